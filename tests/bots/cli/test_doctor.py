"""`relais doctor` on real parts: an embedded store, a sandbox, sockets, and a small gateway."""

import asyncio
import fcntl
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, redirect_stdout
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from redis.asyncio import Redis

from bots.base import opened
from bots.cli import doctor, doctor_models, doctor_store
from bots.cli import doctor_checks as checks
from bots.cli.doctor_checks import Check
from core.config.environment import Environment, Secret
from core.config.settings import GatewaySettings, HttpSettings, Settings, StoreSettings, load_settings
from core.documents.sandbox.fork_client import Client
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError, Deferred
from core.http.server import Health, serve
from core.language.operators import Phrase
from core.metrics import Metrics
from core.policy.file import load_policy
from core.store.valkey import open_store
from tests.rig.serving import serving
from tests.rig.valkey import valkey

ANYWHERE = HttpSettings(bind=("127.0.0.1", 0))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A fresh machine."""
    return Settings(data_dir=tmp_path / "data", http=ANYWHERE)


@asynccontextmanager
async def gateway(
    answer: Callable[[web.Request], web.Response],
    completed: Callable[[web.Request], Awaitable[web.Response]] | None = None,
) -> AsyncIterator[str]:
    """A gateway that tells its models and answers with one token; gives its URL."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    application = web.Application()
    asked = [web.get("/v1/models", handle), web.post("/v1/chat/completions", completed or _token)]
    application.add_routes(asked)
    async with serving(application) as url:
        yield f"{url}/v1"


async def _token(_: web.Request) -> web.Response:
    said = {"model": "petit", "choices": [{"delta": {"content": "Oui"}, "finish_reason": "stop"}]}
    text = f"data: {orjson.dumps(said).decode()}\n\ndata: [DONE]\n\n"
    return web.Response(text=text, content_type="text/event-stream")


def asking(settings: Settings, url: str, key: str = "") -> Settings:
    """The settings with a gateway at `url`."""
    environment = Environment(values={"RELAIS_GATEWAY__API_KEY": key})
    return settings.model_copy(
        update={"gateway": GatewaySettings(url=url, model="petit"), "environment": environment}
    )


async def test_a_fresh_machine_is_well(settings: Settings) -> None:
    """Everything that can be checked without any setting, on real parts."""
    with redirect_stdout(io.StringIO()) as out:
        code = await doctor.doctor(as_json=False, load=lambda: settings)
    assert code == 0, out.getvalue()
    for name in (
        "Réglages",
        "Dossier de données",
        "Politique",
        "Stockage",
        "Modèle extraits",
        "Adresse HTTP",
    ):
        assert f"bien      {name} : " in out.getvalue()
    assert out.getvalue().endswith("\nTout va bien.\n")


async def test_json_is_one_document_and_nothing_else(settings: Settings) -> None:
    """For machines; the exit code says the same."""
    (settings.data_dir.parent / "data").write_text("a file where the folder should be")
    with redirect_stdout(io.StringIO()) as out:
        assert await doctor.doctor(as_json=True, load=lambda: settings) == 1
    document = orjson.loads(out.getvalue())
    assert document["ok"] is False
    folder = next(check for check in document["checks"] if check["name"] == "Dossier de données")
    assert folder["ok"] is False
    assert "RELAIS_DATA_DIR" in folder["remedy"]


async def test_wrong_settings_are_all_listed(tmp_path: Path) -> None:
    """Then nothing else can be checked."""
    environ = {"RELAIS_LANGUAGE": "de", "RELAIS_GATEWAY__MODEL": "m"}
    with redirect_stdout(io.StringIO()) as out:
        code = await doctor.doctor(as_json=False, load=lambda: load_settings(environ, tmp_path))
    assert code == 1
    assert out.getvalue() == (
        "ÉCHEC     Réglages : RELAIS_LANGUAGE : n’est aucune des valeurs connues\n"
        "          → Écrivez l’une de ces valeurs : fr, en\n"
        "ÉCHEC     Réglages : RELAIS_GATEWAY__URL : manque : RELAIS_GATEWAY__MODEL en a besoin\n"
        "          → Donnez-le, ou retirez les autres de cette partie\n"
        "\nÀ corriger : 2\n"
    )


async def examined(*probes: tuple[str, checks.Probe], settings: Settings) -> list[Check]:
    return [check async for check in doctor.examine(lambda: settings, probes)][1:]


async def test_probes_of_platforms_are_made_and_their_failures_told(settings: Settings) -> None:
    """Whatever a probe raises of ours becomes a check, and the next one is made."""

    async def good(_: Settings) -> Sequence[Check]:
        return [Check(name="Tchap", ok=True, detail="connecté")]

    async def refused(_: Settings) -> Sequence[Check]:
        raise ConfigurationError("RELAIS_TCHAP__PASSWORD", "settings.zero")

    async def away(_: Settings) -> Sequence[Check]:
        raise Deferred("503")

    found = await examined(("A", refused), ("B", away), ("C", good), settings=settings)
    assert found == [
        Check(
            name="A",
            ok=False,
            detail="RELAIS_TCHAP__PASSWORD : est nul",
            remedy=Phrase("settings.zero").remedy,
        ),
        Check(name="B", ok=False, detail="503"),
        Check(name="Tchap", ok=True, detail="connecté"),
    ]


async def test_what_nobody_foresaw_is_told_without_a_secret(settings: Settings) -> None:
    """Errors of Python may hold what was to be sent: here a key, with a byte that is no text."""
    environ = {
        "RELAIS_GATEWAY__URL": "http://127.0.0.1:9/v1",
        "RELAIS_GATEWAY__MODEL": "petit",
        "RELAIS_GATEWAY__API_KEY": "sk-tresor\udce9",
    }
    with_key = load_settings(environ, settings.data_dir)
    found = await examined(("Modèles", doctor_models.models), settings=with_key)
    (check,) = [each for each in found if "interrompu" in each.detail]
    assert "UnicodeEncodeError, core.gateway.one_shot" in check.detail
    assert "tresor" not in f"{check.detail}{check.remedy}"


async def test_a_probe_that_hangs_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unanswering platform does not hold up the doctor."""
    monkeypatch.setattr(doctor, "WITHIN", 0.01)

    async def hang(_: Settings) -> Sequence[Check]:
        await asyncio.Event().wait()
        return []

    (check,) = await examined(("Tchap", hang), settings=settings)
    assert (check.ok, check.name) == (False, "Tchap")


@pytest.mark.usefixtures("on_disk")
async def test_a_store_held_by_a_running_relais_is_well(settings: Settings) -> None:
    """The doctor is asked while the assistant runs."""
    async with open_store(data_dir=settings.data_dir):
        (check,) = await doctor_store.store(settings)
    assert check.ok
    assert "un relais qui tourne" in check.detail


async def test_a_store_that_a_running_relais_holds_and_that_is_down_is_told(settings: Settings) -> None:
    """As on a full disk: it is not said to be at rest."""
    folder = settings.data_dir / "store"
    folder.mkdir(parents=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4242")
        lock.flush()
        (found,) = await doctor_store.store(settings)
    assert not found.ok
    assert "processus 4242" in found.detail
    assert "Libérez" in found.remedy


async def test_a_store_that_is_away_is_told(settings: Settings, tmp_path: Path) -> None:
    """With what its opener says."""
    url = Secret(f"unix://{tmp_path}/nothing")
    away = settings.model_copy(update={"store": StoreSettings(url=url, keys=(Secret("k" * 32),))})
    (check,) = await examined(("Stockage", doctor_store.store), settings=away)
    assert not check.ok
    assert "ne répond pas" in check.detail


@pytest.mark.usefixtures("on_disk")
async def test_a_store_sealed_under_other_keys_is_told(settings: Settings) -> None:
    """Whether its server runs or not, and without starting one; nothing is written."""
    first, second = (
        settings.model_copy(update={"store": StoreSettings(keys=(Secret(letter * 40),))})
        for letter in ("a", "b")
    )
    async with opened(first):
        assert all(check.ok for check in await doctor_store.store(first))
        assert "scellé par d’autres clés" in (await doctor_store.store(second))[-1].detail
    before = files(settings.data_dir)
    assert all(check.ok for check in await doctor_store.store(first))
    (check,) = await doctor_store.store(second)
    assert not check.ok
    assert "scellé par d’autres clés" in check.detail
    assert files(settings.data_dir) == before


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, by path."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    """No folder of a fresh machine is made; an empty server is not sealed with our keys."""
    await doctor.doctor(as_json=False, load=lambda: settings)
    assert not settings.data_dir.exists()
    async with valkey(tmp_path / "store", tcp=True, appendfsync="always") as server:
        url = Secret(server.url)
        there = settings.model_copy(update={"store": StoreSettings(url=url, keys=(Secret("k" * 40),))})
        found = await doctor_store.store(there)
        assert all(check.ok for check in found)
        assert "vide" in found[-1].detail
        async with Redis.from_url(server.url) as client:
            assert await client.dbsize() == 0


async def test_the_kept_name_of_a_replica_is_read_only(settings: Settings) -> None:
    """Nothing comes and goes in the data folder, not even for a moment."""
    settings.data_dir.mkdir(mode=0o700)
    (settings.data_dir / "replica").write_text("paris-1\n")
    before = settings.data_dir.stat().st_mtime_ns
    await checks.data_folder(settings)
    assert settings.data_dir.stat().st_mtime_ns == before


async def test_a_wrong_policy_does_not_hide_the_state_of_the_store(
    settings: Settings, tmp_path: Path
) -> None:
    """Each check stands for itself."""
    (tmp_path / "p.toml").write_text("[ceilings]\nslack = 'N9'")
    found = await examined(
        *doctor.PROBES, settings=settings.model_copy(update={"policy": tmp_path / "p.toml"})
    )
    amiss = [check.name for check in found if not check.ok]
    assert amiss == ["Politique"]
    assert ":2 " in next(check.detail for check in found if not check.ok)


async def test_a_gateway_that_knows_the_model_is_well(settings: Settings) -> None:
    """The key is sent; an alias is a name too."""
    seen: list[str | None] = []

    def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({"data": [{"id": "autre", "aliases": ["petit"]}]})

    async with gateway(answer) as url:
        found = await doctor_models.models(asking(settings, url, key="clé-de-passerelle"))
        (check,) = found
    assert check == Check(name="Modèle petit", ok=True, detail=f"{url} répond et connaît « petit »")
    assert seen == ["Bearer clé-de-passerelle"]


@pytest.mark.parametrize(
    ("status", "body", "detail", "remedy"),
    [
        (401, b"{}", "refuse la clé (401)", "RELAIS_GATEWAY__API_KEY"),
        (403, b"{}", "refuse la clé (403)", "RELAIS_GATEWAY__API_KEY"),
        (404, b"no", "répond 404", "/v1"),
        (200, b'{"data": [{"id": "b"}, {"id": "a"}]}', "ne connaît pas « petit »", "l’un de ces noms : a, b"),
        (200, b'{"data": 3}', "ne connaît pas « petit »", "aucun n’est annoncé"),
        (200, b"<html>", "autre chose que la liste de ses modèles", "Corrigez l’adresse"),
    ],
)
async def test_what_a_gateway_refuses_is_told_with_the_remedy(
    settings: Settings, status: int, body: bytes, detail: str, remedy: str
) -> None:
    """A table of answers."""
    async with gateway(lambda _: web.Response(status=status, body=body)) as url:
        (check,) = await doctor_models.models(asking(settings, url))
    assert not check.ok
    assert detail in check.detail
    assert remedy in check.remedy


async def test_a_gateway_that_is_away_is_told(settings: Settings) -> None:
    """Nobody listens there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        (check,) = await doctor_models.models(asking(settings, url))
    assert not check.ok
    assert f"{url} ne répond pas" in check.detail


async def test_a_local_model_that_is_not_there_is_told(settings: Settings, tmp_path: Path) -> None:
    """Its file or its extra is missing."""
    (tmp_path / "p.toml").write_text(
        '[[models]]\nid="smol"\nserved="smol"\nurl="no.gguf"\nclearance="N3"\ndialect="local"'
    )
    (check,) = await doctor_models.models(settings.model_copy(update={"policy": tmp_path / "p.toml"}))
    assert (check.name, check.ok) == ("Modèle smol", False)
    assert check.remedy


async def test_an_address_held_by_a_running_relais_is_well(settings: Settings) -> None:
    """Its /readyz is known; any other program is a problem."""
    async with serve(Health(dict, Metrics()), ("127.0.0.1", 0)) as bind:
        (check,) = await checks.http(settings.model_copy(update={"http": HttpSettings(bind=bind)}))
    assert check.ok
    assert "un relais qui tourne" in check.detail


async def test_an_address_held_by_another_program_is_told(settings: Settings) -> None:
    """With the remedy of whoever would have listened there."""
    async with gateway(lambda _: web.Response()) as url:
        port = int(url.split(":")[2].removesuffix("/v1"))
        with pytest.raises(ConfigurationError, match="est prise"):
            await checks.http(settings.model_copy(update={"http": HttpSettings(bind=("127.0.0.1", port))}))


async def test_the_sandbox_says_its_level(settings: Settings) -> None:
    """As probed on this machine."""
    check, *_ = await doctor.sandbox(settings)
    assert "niveau " in check.detail


async def test_a_sandbox_below_what_the_policy_demands(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctor says so; no file is read then."""
    path = tmp_path / "policy.toml"
    path.write_text('[documents]\nsandbox = "full"\n')
    settings = settings.model_copy(update={"policy": path})
    start = Client.start

    async def weaker() -> Client:
        client = await start()
        client.strength = asyncio.get_running_loop().create_future()
        client.strength.set_result("seccomp")  # a machine without Landlock
        return client

    monkeypatch.setattr(Client, "start", weaker)
    (check,) = await doctor.sandbox(settings)
    assert not check.ok
    assert check.detail == "niveau seccomp, la politique exige full"
    async with Sandbox(minimum=load_policy(settings).sandbox) as sandbox:
        assert (await sandbox.read(b"Bonjour", name="a.txt")).reason == "sandbox"
