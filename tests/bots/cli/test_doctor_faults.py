"""Sixty faults and more, each planted by itself: `relais doctor` names it, with what to do.

`docs/operations.md` lists them; each is planted in what stands on a machine that is well otherwise: settings, a
folder, a real Valkey, real mail servers, and a homeserver, a Slack and a gateway that answer as they are told.
"""

# ruff: noqa: E501 - a table reads better with a row a line

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from redis.asyncio import Redis

from bots.base import opened
from bots.cli import doctor, doctor_checks
from bots.serve import platform_probes
from connectors.mail import smtp
from connectors.tchap.cross_signing import Identity
from core.config.settings import load_settings
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.fork_client import Client
from core.store.keyring import unlock
from core.store.valkey import open_store
from core.vault import Keys, generate
from tests.rig import mail as mail_rig
from tests.rig.mail import AUTHSERV, DOMAIN, MailServer, mail_server
from tests.rig.mail_extras import authority
from tests.rig.serving import serving
from tests.rig.slack import fake_slack
from tests.rig.slack.server import SECRET, TOKEN
from tests.rig.valkey import valkey

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
USER = "@robot:agent.example"
SEED = "la graine du robot, de plus de trente-deux signes"
KEY = "une clé de plus de trente-deux caractères"
V3 = "/_matrix/client/v3"
Answer = tuple[int, Any]


@dataclass
class World:
    """One machine and what it depends on. `env` are its settings; `answers` what the homeserver and the gateway
    say, by method and path; `date` their Date header."""

    folder: Path
    patch: pytest.MonkeyPatch
    stack: AsyncExitStack
    env: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    date: str = ""
    url: str = ""
    mail: MailServer | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    async def handle(self, request: web.Request) -> web.Response:
        status, body = self.answers.get(
            f"{request.method} {request.path}", (404, {"errcode": "M_UNRECOGNIZED"})
        )
        text = body if isinstance(body, str) else json.dumps(body)
        kinds = {"<": "text/html", "d": "text/event-stream"}
        return web.Response(
            status=status, text=text, content_type=kinds.get(text[:1], "application/json"),
            headers={**self.headers, **({"Date": self.date} if self.date else {})},
        )  # fmt: skip

    async def server(self, ssl: Any = None) -> str:
        application = web.Application()
        application.add_routes([web.route("*", "/{path:.*}", self.handle)])
        self.url = await self.stack.enter_async_context(serving(application, ssl))
        return self.url

    async def store(self, **options: str) -> str:
        server = await self.stack.enter_async_context(valkey(self.folder / "valkey", tcp=True, **options))
        self.env |= {"RELAIS_STORE__URL": server.url, "RELAIS_STORE__KEYS": json.dumps([KEY])}
        return server.url

    async def at_store(self, *command: str) -> None:
        async with Redis.from_url(self.env["RELAIS_STORE__URL"]) as client:
            await client.execute_command(*command)

    def policy(self, text: str) -> None:
        path = self.folder / "politique.toml"
        path.write_text(text)
        self.env["RELAIS_POLICY"] = str(path)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


# -- what is well ----------------------------------------------------------------------------------------


async def nothing(world: World) -> None:
    """A machine without any platform."""


async def a_store(world: World) -> None:
    await world.store()


async def a_gateway(world: World) -> None:
    said = {"model": "petit", "choices": [{"delta": {"content": "Oui"}, "finish_reason": "stop"}]}
    world.answers |= {
        "GET /v1/models": (200, {"data": [{"id": "petit"}]}),
        "POST /v1/chat/completions": (200, f"data: {json.dumps(said)}\n\ndata: [DONE]\n\n"),
    }
    world.env |= {"RELAIS_GATEWAY__URL": f"{await world.server()}/v1", "RELAIS_GATEWAY__MODEL": "petit"}


def keys_of(seed: str, *, signed: bool = True) -> dict[str, Any]:
    identity = Identity(seed, USER)
    device = {"keys": {"curve25519:D": "c"}, "signatures": {}}
    if signed:
        device = identity.self_signing.sign(device, USER)
    published = identity.upload()
    return {
        "device_keys": {USER: {"D": device}},
        "master_keys": {USER: published["master_key"]},
        "self_signing_keys": {USER: published["self_signing_key"]},
    }


async def a_homeserver(world: World) -> None:
    room = f"{V3}/rooms/!salon:agent.example"
    world.answers |= {
        "GET /_matrix/client/versions": (200, {"versions": ["v1.11"]}),
        f"GET {V3}/login": (200, {"flows": [{"type": "m.login.password"}]}),
        f"POST {V3}/login": (200, {"user_id": USER, "device_id": "E", "access_token": "t"}),
        f"POST {V3}/logout": (200, {}),
        f"GET {V3}/account/whoami": (200, {"user_id": USER, "device_id": "D"}),
        f"POST {V3}/keys/query": (200, keys_of(SEED)),
        f"POST {V3}/keys/upload": (200, {"one_time_key_counts": {"signed_curve25519": 50}}),
        f"GET {V3}/joined_rooms": (200, {"joined_rooms": ["!salon:agent.example"]}),
        f"GET {room}/state": (200, [{"type": "m.room.power_levels", "state_key": "", "content": {}}]),
    }
    world.env |= {
        "RELAIS_TCHAP__HOMESERVER": await world.server(),
        "RELAIS_TCHAP__USER": USER,
        "RELAIS_TCHAP__PASSWORD": "secret",
        "RELAIS_TCHAP__CROSS_SIGNING_SEED": SEED,
    }


async def a_device(world: World) -> None:
    await a_homeserver(world)
    world.env["RELAIS_TCHAP__ACCESS_TOKEN"] = "jeton"


async def a_slack(world: World) -> None:
    slack = await world.stack.enter_async_context(fake_slack())
    slack.team.channel("projet")
    world.env |= {
        "RELAIS_SLACK__BOT_TOKEN": TOKEN,
        "RELAIS_SLACK__SIGNING_SECRET": SECRET,
        "RELAIS_SLACK__API_URL": f"{slack.base}/api/",
    }


async def a_mailbox(world: World) -> None:
    if why := mail_rig.missing():
        pytest.skip(why)
    server = world.mail = await world.stack.enter_async_context(mail_server("synthese"))
    world.env |= {
        "RELAIS_MAIL__ADDRESS": f"synthese@{DOMAIN}",
        "RELAIS_MAIL__IMAP_URL": server.imap_url("synthese"),
        "RELAIS_MAIL__SMTP_URL": server.smtp_url("synthese"),
        "RELAIS_MAIL__AUTHSERV_ID": AUTHSERV,
    }


# -- the faults ------------------------------------------------------------------------------------------

Plant = Callable[[World], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`name` is what went wrong, in the words of the docs; `says` stands in what doctor shows of it."""

    name: str
    on: Callable[[World], Awaitable[None]]
    probe: str
    plant: Plant
    says: tuple[str, ...]


FAULTS: list[Fault] = []


def fault(
    name: str, *says: str, on: Callable[[World], Awaitable[None]] = nothing, probe: str = ""
) -> Callable[[Plant], Plant]:
    def add(plant: Plant) -> Plant:
        FAULTS.append(Fault(name=name, on=on, probe=probe, plant=plant, says=says))
        return plant

    return add


def given(name: str, says: tuple[str, ...], **env: str) -> None:
    """A fault that is a wrong setting."""
    FAULTS.append(Fault(name=name, on=nothing, probe="", plant=lambda w: w.env.update(env), says=says))


def said(on: Any, name: str, probe: str, path: str, answer: Answer, *says: str) -> None:
    """A fault that is what a server answers."""

    def plant(world: World) -> None:
        world.answers[path] = answer

    FAULTS.append(Fault(name=name, on=on, probe=probe, plant=plant, says=says))


def refused(errcode: str, status: int = 403, **more: object) -> Answer:
    return status, {"errcode": errcode, **more}


TCHAP = {"RELAIS_TCHAP__HOMESERVER": "https://m.example", "RELAIS_TCHAP__USER": USER}
MAIL = {
    "RELAIS_MAIL__ADDRESS": "a@b.fr",
    "RELAIS_MAIL__SMTP_URL": "smtps://u:p@h",
    "RELAIS_MAIL__AUTHSERV_ID": "mx",
}
IMAP = {"RELAIS_MAIL__IMAP_URL": "imaps://u:p@h"}

given("un nom de réglage mal écrit", ("RELAIS_TCHAP__HOMESERVR", "RELAIS_TCHAP__HOMESERVER"),
      RELAIS_TCHAP__HOMESERVR="x")  # fmt: skip
given("une durée qui n’en est pas une", ("RELAIS_MAX_AGE",), RELAIS_MAX_AGE="demain")
given("une langue inconnue", ("RELAIS_LANGUAGE", "fr, en"), RELAIS_LANGUAGE="de")
given("un niveau de journal inconnu", ("RELAIS_LOG_LEVEL", "warning"), RELAIS_LOG_LEVEL="verbose")
given("un stockage sans clés", ("RELAIS_STORE__KEYS", "openssl"), RELAIS_STORE__URL="redis://h")
given("l’adresse d’un autre genre de base", ("RELAIS_STORE__URL", "redis"), RELAIS_STORE__URL="mysql://h",
      RELAIS_STORE__KEYS=json.dumps([KEY]))  # fmt: skip
given(
    "une clé trop courte",
    ("RELAIS_STORE__KEYS",),
    RELAIS_STORE__URL="redis://h",
    RELAIS_STORE__KEYS='["abc"]',
)
given("Tchap sans mot de passe ni jeton", ("RELAIS_TCHAP__PASSWORD", "ACCESS_TOKEN"), **TCHAP)
given("Tchap sans compte", ("RELAIS_TCHAP__USER",), RELAIS_TCHAP__HOMESERVER="https://m.example",
      RELAIS_TCHAP__PASSWORD="p")  # fmt: skip
given("une liste qui n’est pas du JSON", ("RELAIS_TCHAP__ALLOWED_SERVERS",), **TCHAP, RELAIS_TCHAP__PASSWORD="p",
      RELAIS_TCHAP__ALLOWED_SERVERS="[agent.example")  # fmt: skip
given(
    "Slack sans secret ni socket",
    ("RELAIS_SLACK__APP_TOKEN", "SIGNING_SECRET"),
    RELAIS_SLACK__BOT_TOKEN="xoxb-1",
)
given("le courriel sans nom d’authentification", ("RELAIS_MAIL__AUTHSERV_ID", "Authentication-Results"),
      RELAIS_MAIL__ADDRESS="a@b.fr", RELAIS_MAIL__SMTP_URL="smtps://u:p@h", **IMAP)  # fmt: skip
given("le courriel sans réception", ("RELAIS_MAIL__IMAP_URL", "WEBHOOK_SECRET"), **MAIL)
given(
    "deux dossiers au lieu de trois",
    ("RELAIS_MAIL__FOLDERS",),
    **MAIL,
    **IMAP,
    RELAIS_MAIL__FOLDERS='["a","b"]',
)
given("OAuth à moitié donné", ("RELAIS_MAIL__OAUTH_CLIENT",), **MAIL, **IMAP,
      RELAIS_MAIL__OAUTH_TOKEN_URL="https://login.example/t")  # fmt: skip
ARCHIVES = {"RELAIS_ARCHIVE__AGENCY": "FRAN", "RELAIS_ARCHIVE__ORIGIN": "relais"}
given("des archives sans dossier ni adresse", ("RELAIS_ARCHIVE__FOLDER", "RELAIS_ARCHIVE__URL"), **ARCHIVES)
given("une politique qui n’est pas là", ("RELAIS_POLICY",), RELAIS_POLICY="/nulle/part.toml")
given("un fichier de secret absent", ("RELAIS_GATEWAY__API_KEY_FILE",), RELAIS_GATEWAY__URL="https://g/v1",
      RELAIS_GATEWAY__MODEL="m", RELAIS_GATEWAY__API_KEY_FILE="/nulle/part")  # fmt: skip
given("une autorité qui n’en est pas une", ("RELAIS_CA_FILE",), RELAIS_CA_FILE="/nulle/part.pem")
given("une adresse d’écoute sans port", ("RELAIS_HTTP__BIND",), RELAIS_HTTP__BIND="partout")


@fault("une ligne de .env écrite deux fois", "RELAIS_CONTACT", "une seconde fois")
def _(world: World) -> None:
    (world.folder / ".env").write_text("RELAIS_CONTACT=a\nRELAIS_CONTACT=b\n")


@fault("un dossier de données qui est un fichier", "RELAIS_DATA_DIR", probe="Dossier de données")
def _(world: World) -> None:
    world.data.write_text("un fichier")


@fault("un dossier de données en mémoire", "tmpfs", "durable", probe="Dossier de données")
def _(world: World) -> None:
    world.patch.setattr(doctor_checks, "_filesystem", lambda _: "tmpfs")


@fault("un dossier de données sur un disque du réseau", "nfs4", "local", probe="Dossier de données")
def _(world: World) -> None:
    world.patch.setattr(doctor_checks, "_filesystem", lambda _: "nfs4")


@fault("un disque presque plein", "Libérez", probe="Dossier de données")
def _(world: World) -> None:
    world.patch.setattr(doctor_checks, "ROOM", 10**18)


@fault("des secrets que d’autres comptes lisent", "store.key", "chmod", probe="Dossier de données")
def _(world: World) -> None:
    world.data.mkdir()
    (world.data / "store.key").write_text(KEY)
    (world.data / "store.key").chmod(0o644)


@fault(
    "un secret que nomme .env et que d’autres comptes lisent",
    "jeton.txt",
    "chmod",
    probe="Dossier de données",
)
def _(world: World) -> None:
    secret = world.folder / "jeton.txt"
    secret.write_text("un jeton de plus de trente-deux caractères")
    secret.chmod(0o644)
    (world.folder / ".env").write_text(f"RELAIS_HTTP__TOKEN_FILE={secret}\n")
    (world.folder / ".env").chmod(0o600)


@fault("un proxy nommé dans l’environnement", "HTTPS_PROXY", "aucun proxy", probe="Machine")
def _(world: World) -> None:
    world.patch.setenv("HTTPS_PROXY", "http://proxy.example:3128")


@fault(
    "un stockage sans limite de mémoire", "sans limite de mémoire", "maxmemory", on=a_store, probe="Stockage"
)
def _(world: World) -> None:
    """As every server is until it is given one."""


def collecting(name: str, status: int, *says: str) -> None:
    async def plant(world: World) -> None:
        world.answers["POST /v1/traces"] = (status, {})
        world.env["RELAIS_OTLP__URL"] = f"{await world.server()}/v1/traces"

    FAULTS.append(Fault(name=name, on=nothing, probe="Traces", plant=plant, says=says))


collecting("un collecteur de traces à une autre adresse", 404, "répond 404", "/v1/traces")
collecting("un collecteur de traces qui veut un jeton", 401, "refuse", "OTEL_EXPORTER_OTLP_HEADERS")


@fault("un collecteur de traces éteint", "ne répond pas", "RELAIS_OTLP__URL", probe="Traces")
def _(world: World) -> None:
    world.env["RELAIS_OTLP__URL"] = f"http://127.0.0.1:{free_port()}/v1/traces"


def stamping(world: World) -> None:
    made = authority(world.folder / "tls")
    world.env |= {
        "RELAIS_AUDIT__TIMESTAMP_URL": f"http://127.0.0.1:{free_port()}/",
        "RELAIS_AUDIT__TIMESTAMP_CA": str(made.ca_file),
    }


@fault("un serveur d’horodatage éteint", "RELAIS_AUDIT__TIMESTAMP_URL", probe="Horodatage")
def _(world: World) -> None:
    stamping(world)


@fault(
    "une autorité d’horodatage sans sa racine",
    "ne contient pas de racine",
    "RELAIS_AUDIT__TIMESTAMP_CA",
    probe="Horodatage",
)
def _(world: World) -> None:
    stamping(world)
    world.env["RELAIS_AUDIT__TIMESTAMP_CA"] = str(world.folder / "tls" / "server.pem")


@fault("trop peu de fichiers ouverts permis", "LimitNOFILE", probe="Machine")
def _(world: World) -> None:
    world.patch.setattr(doctor_checks, "FILES", 10**9)


@fault("un dossier d’archives où rien ne s’écrit", "RELAIS_ARCHIVE__FOLDER", probe="Archives")
def _(world: World) -> None:
    (world.folder / "note").write_text("un fichier")
    world.env |= {**ARCHIVES, "RELAIS_ARCHIVE__FOLDER": str(world.folder / "note" / "versements")}


@fault("un service d’archives qui ne répond pas", "RELAIS_ARCHIVE__URL", probe="Archives")
def _(world: World) -> None:
    world.env |= {**ARCHIVES, "RELAIS_ARCHIVE__URL": f"http://127.0.0.1:{free_port()}/versements"}


@fault("un certificat C2PA qui n’en est pas un", "RELAIS_C2PA__CERTIFICATES", probe="Manifeste C2PA")
def _(world: World) -> None:
    (world.folder / "c2pa.pem").write_text("rien")
    world.env |= {
        "RELAIS_C2PA__CERTIFICATES": str(world.folder / "c2pa.pem"),
        "RELAIS_C2PA__KEY": "rien",
    }


MODEL = '[[models]]\nid="petit"\nserved="petit"\nurl="{url}"\nclearance="{level}"\n'


def policy(name: str, text: str, *says: str) -> None:
    FAULTS.append(Fault(name=name, on=nothing, probe="Politique", plant=lambda w: w.policy(text), says=says))


policy("une politique mal écrite", "[ceilings]\nslack = ", ":2")
policy("un niveau qui n’existe pas", "[ceilings]\nslack = 'N9'", ":2", "N0")
policy("une clé de politique inconnue", "[retention]\nsession_dayz = 3", "session_days")
policy("une passerelle en clair au-dessus de N1", MODEL.format(url="http://g.example/v1", level="N2"),
       "en clair", "https")  # fmt: skip
policy("des échanges gardés dix ans", "[retention]\nsession_days = 3650", "3650", "366")
policy("un journal gardé un mois", "[retention]\naudit_days = 30", "audit_days", "183")
policy("un modèle que personne n’atteint",
       MODEL.format(url="https://g.example/v1", level="N0") + '[unmarked]\ndefault = "N2"\n',
       "Personne ne peut atteindre")  # fmt: skip
policy(
    "un canal dont tout dépasse le plafond",
    '[ceilings]\nmail = "N0"\n[unmarked]\ndefault = "N1"\n',
    "Courriel",
)
policy("une clé de passerelle qui n’est pas donnée",
       MODEL.format(url="https://g.example/v1", level="N2") + 'api_key_env = "CLE_ABSENTE"\n', "CLE_ABSENTE")  # fmt: skip
policy("le second lecteur d’un modèle absent", '[second_reader]\nmodel = "grand"\n', "second_reader")


@fault("une passerelle à côté d’une politique qui a des modèles", "RELAIS_GATEWAY__URL", probe="Politique")
def _(world: World) -> None:
    world.policy(MODEL.format(url="https://g.example/v1", level="N2"))
    world.env |= {"RELAIS_GATEWAY__URL": "https://g/v1", "RELAIS_GATEWAY__MODEL": "m"}


STORE = "Stockage"


@fault("un stockage éteint", "ne répond pas", "RELAIS_STORE__URL", probe=STORE)
def _(world: World) -> None:
    port = free_port()
    world.env |= {"RELAIS_STORE__URL": f"redis://127.0.0.1:{port}", "RELAIS_STORE__KEYS": json.dumps([KEY])}


@fault("un mauvais mot de passe du stockage", "mot de passe", probe=STORE)
async def _(world: World) -> None:
    url = await world.store()
    await world.at_store("CONFIG", "SET", "requirepass", "secret")
    world.env["RELAIS_STORE__URL"] = url.replace("redis://", "redis://:faux@")


@fault("TLS demandé à un stockage qui n’en parle pas", "ne répond pas", "rediss", on=a_store, probe=STORE)
def _(world: World) -> None:
    world.patch.setattr("core.store.place.CONNECT_WITHIN", 0.5)
    world.env["RELAIS_STORE__URL"] = world.env["RELAIS_STORE__URL"].replace("redis://", "rediss://")


def configured(name: str, says: tuple[str, ...], *settings: tuple[str, str]) -> None:
    async def plant(world: World) -> None:
        for option, value in settings:
            await world.at_store("CONFIG", "SET", option, value)

    FAULTS.append(Fault(name=name, on=a_store, probe=STORE, plant=plant, says=says))


configured("un stockage qui évince", ("noeviction",), ("maxmemory-policy", "allkeys-lru"))
configured("un stockage qui ne garde rien", ("appendonly",), ("appendonly", "no"), ("save", ""))
configured("un stockage qui remet l’écriture à plus tard", ("appendfsync",), ("appendfsync", "no"))
configured("un stockage presque plein", ("mémoire pleine", "maxmemory"), ("maxmemory", "1100000"))
configured("un stockage sans ses réplicas", ("réplicas",), ("min-replicas-to-write", "1"))


@fault("l’adresse d’un réplica du stockage", "réplica", "maître", on=a_store, probe=STORE)
async def _(world: World) -> None:
    await world.at_store("REPLICAOF", "127.0.0.1", str(free_port()))


async def _sealed(world: World, keys: Keys) -> None:
    url = world.env["RELAIS_STORE__URL"]
    async with open_store(url=url, data_dir=world.data) as store:
        await unlock(store, keys)


@fault("d’autres clés que celles du stockage", "scellé par d’autres clés", on=a_store, probe=STORE)
async def _(world: World) -> None:
    await _sealed(world, Keys(["une autre clé de plus de trente-deux caractères"]))


@fault("une clé retirée par une rotation", "retirée", on=a_store, probe=STORE)
async def _(world: World) -> None:
    await _sealed(world, Keys([KEY]))
    await world.at_store("SADD", "relais:retired", Keys([KEY]).newest.hex())


@fault("la clé du stockage embarqué perdue", "store.key", "sauvegarde", probe=STORE)
async def _(world: World) -> None:
    async with opened(load_settings({"RELAIS_DATA_DIR": str(world.data)}, world.folder)):
        pass
    (world.data / "store.key").unlink()


@fault("la clé du stockage embarqué changée", "autres clés", probe=STORE)
async def _(world: World) -> None:
    async with opened(load_settings({"RELAIS_DATA_DIR": str(world.data)}, world.folder)):
        pass
    (world.data / "store.key").write_text(generate())


MODELS = "Modèles"


@fault("une passerelle éteinte", "ne répond pas", probe=MODELS)
def _(world: World) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    world.env |= {"RELAIS_GATEWAY__URL": url, "RELAIS_GATEWAY__MODEL": "petit"}


@fault("une passerelle sous une autorité privée", "certificat inconnu", "RELAIS_CA_FILE", probe=MODELS)
async def _(world: World) -> None:
    url = await world.server(authority(world.folder / "tls").context)
    world.env |= {"RELAIS_GATEWAY__URL": f"{url}/v1", "RELAIS_GATEWAY__MODEL": "petit"}


def behind(name: str, says: tuple[str, ...], **certificate: Any) -> None:
    """A gateway whose certificate is of a known authority, and wrong otherwise."""

    async def plant(world: World) -> None:
        made = authority(world.folder / "tls", **certificate)
        world.env["RELAIS_CA_FILE"] = str(made.ca_file)
        world.env |= {
            "RELAIS_GATEWAY__URL": f"{await world.server(made.context)}/v1",
            "RELAIS_GATEWAY__MODEL": "m",
        }

    FAULTS.append(Fault(name=name, on=nothing, probe=MODELS, plant=plant, says=says))


behind(
    "le certificat expiré d’une passerelle", ("certificat expiré", "renouveler"), valid=timedelta(minutes=-1)
)
behind("une passerelle sous un autre nom que son certificat", ("d’un autre nom",), host="autre.example")


@fault("une passerelle dont le nom n’a pas d’adresse", "pas d’adresse", "DNS", probe=MODELS)
def _(world: World) -> None:
    world.env |= {"RELAIS_GATEWAY__URL": "https://passerelle.invalid/v1", "RELAIS_GATEWAY__MODEL": "petit"}


GET, ASK = "GET /v1/models", "POST /v1/chat/completions"
said(
    a_gateway,
    "une clé de passerelle refusée",
    MODELS,
    GET,
    (401, {}),
    "refuse la clé",
    "RELAIS_GATEWAY__API_KEY",
)
said(a_gateway, "une adresse de passerelle qui finit mal", MODELS, GET, (404, "non"), "répond 404", "/v1")
said(a_gateway, "un modèle que la passerelle ne connaît pas", MODELS, GET, (200, {"data": [{"id": "grand"}]}),
     "ne connaît pas", "grand")  # fmt: skip
said(
    a_gateway,
    "un modèle annoncé et pas servi",
    MODELS,
    ASK,
    (400, {"error": "not loaded"}),
    "qui ne répond rien",
)


@fault("l’horloge de la machine décalée", "diffère de", "NTP", on=a_gateway, probe="Horloge")
def _(world: World) -> None:
    world.date = "Wed, 25 Nov 2015 19:00:00 GMT"


HS = "Tchap"


@fault("un serveur Tchap éteint", "ne répond pas", "RELAIS_TCHAP__HOMESERVER", on=a_homeserver, probe=HS)
def _(world: World) -> None:
    world.env["RELAIS_TCHAP__HOMESERVER"] = f"http://127.0.0.1:{free_port()}"


@fault("un serveur Tchap sous une autorité privée", "RELAIS_CA_FILE", on=a_homeserver, probe=HS)
async def _(world: World) -> None:
    world.env["RELAIS_TCHAP__HOMESERVER"] = await world.server(authority(world.folder / "tls").context)


@fault("le certificat expiré du serveur Tchap", "certificat expiré", "renouveler", on=a_homeserver, probe=HS)
async def _(world: World) -> None:
    made = authority(world.folder / "tls", valid=timedelta(minutes=-1))
    world.env["RELAIS_CA_FILE"] = str(made.ca_file)
    world.env["RELAIS_TCHAP__HOMESERVER"] = await world.server(made.context)


LOGIN, QUERY = f"POST {V3}/login", f"POST {V3}/keys/query"
said(a_homeserver, "l’adresse d’un site au lieu du serveur Matrix", HS, "GET /_matrix/client/versions",
     (200, "<html>"), "ne répond pas comme un serveur Matrix")  # fmt: skip
said(
    a_homeserver, "un mot de passe Tchap changé", HS, LOGIN, refused("M_FORBIDDEN"), "RELAIS_TCHAP__PASSWORD"
)
said(a_homeserver, "un serveur sans connexion par mot de passe", HS, f"GET {V3}/login", (200, {"flows": []}),
     "RELAIS_TCHAP__ACCESS_TOKEN")  # fmt: skip
said(a_homeserver, "un compte fermé", HS, LOGIN, refused("M_USER_DEACTIVATED"), "fermé ou suspendu")
said(
    a_homeserver,
    "un compte expiré",
    HS,
    LOGIN,
    refused("ORG_MATRIX_EXPIRED_ACCOUNT"),
    "a expiré",
    "Renouvelez",
)
said(
    a_homeserver,
    "un compte limité par le serveur",
    HS,
    LOGIN,
    refused("M_LIMIT_EXCEEDED", 429),
    "override_ratelimit",
)
said(a_homeserver, "une autre identité cryptographique", HS, QUERY,
     (200, keys_of("une autre graine, de plus de trente-deux signes")), "une autre identité cryptographique")  # fmt: skip
said(a_device, "un jeton Tchap révoqué", HS, f"GET {V3}/account/whoami", refused("M_UNKNOWN_TOKEN", 401),
     "RELAIS_TCHAP__ACCESS_TOKEN")  # fmt: skip
said(a_device, "le jeton d’un autre compte", HS, f"GET {V3}/account/whoami",
     (200, {"user_id": "@autre:agent.example", "device_id": "D"}), "@autre:agent.example")  # fmt: skip
said(
    a_device,
    "un appareil que personne n’a signé",
    HS,
    QUERY,
    (200, keys_of(SEED, signed=False)),
    "n’est pas signé",
)
said(a_device, "plus de clés à usage unique", HS, f"POST {V3}/keys/upload", (200, {"one_time_key_counts": {}}),
     "plus aucune clé à usage unique")  # fmt: skip
said(a_device, "un salon où le robot ne peut pas écrire", HS, f"GET {V3}/rooms/!salon:agent.example/state",
     (200, [{"type": "m.room.power_levels", "state_key": "", "content": {"events_default": 50}}]),
     "ne peut pas écrire dans !salon:agent.example")  # fmt: skip


@fault("une identité dont la graine est perdue", "aucune graine n’est connue", on=a_homeserver, probe=HS)
def _(world: World) -> None:
    del world.env["RELAIS_TCHAP__CROSS_SIGNING_SEED"]


@fault(
    "un serveur à la fois d’agents et d’invités",
    "ALLOWED_SERVERS et GUEST_SERVERS",
    on=a_homeserver,
    probe=HS,
)
def _(world: World) -> None:
    both = {
        "RELAIS_TCHAP__ALLOWED_SERVERS": '["agent.example"]',
        "RELAIS_TCHAP__GUEST_SERVERS": '["agent.example"]',
    }
    world.env |= both


@fault("le propre serveur du robot oublié", "agent.example", "refusées", on=a_homeserver, probe=HS)
def _(world: World) -> None:
    world.env["RELAIS_TCHAP__ALLOWED_SERVERS"] = '["autre.example"]'


@fault("un antivirus qui ne répond pas", "RELAIS_TCHAP__CONTENT_SCANNER", on=a_homeserver, probe=HS)
def _(world: World) -> None:
    world.env["RELAIS_TCHAP__CONTENT_SCANNER"] = f"http://127.0.0.1:{free_port()}"


@fault("un appareil gardé qui est abîmé", "device.json", on=a_homeserver, probe=HS)
def _(world: World) -> None:
    (world.data / "tchap").mkdir(parents=True)
    (world.data / "tchap" / "device.json").write_text("{")


@fault(
    "un compte qui n’envoie presque rien", "0,2 message/s", "override_ratelimit", on=a_homeserver, probe=HS
)
def _(world: World) -> None:
    """As every account is without `override_ratelimit`."""


SLACK = "Slack"


@fault("un jeton Slack révoqué", "RELAIS_SLACK__BOT_TOKEN", on=a_slack, probe=SLACK)
def _(world: World) -> None:
    world.env["RELAIS_SLACK__BOT_TOKEN"] = "xoxb-faux"


@fault("Slack hors d’atteinte", "ne répond pas", "RELAIS_SLACK__API_URL", on=a_slack, probe=SLACK)
def _(world: World) -> None:
    world.env["RELAIS_SLACK__API_URL"] = f"http://127.0.0.1:{free_port()}/api/"


@fault("un jeton de socket refusé", "xapp-", "connections:write", on=a_slack, probe=SLACK)
def _(world: World) -> None:
    world.env["RELAIS_SLACK__APP_TOKEN"] = "xapp-faux"


@fault("un canal Slack où l’app n’est pas", "#absent", "/invite", on=a_slack, probe=SLACK)
def _(world: World) -> None:
    world.env["RELAIS_SLACK__CHANNELS"] = '["#absent"]'


@fault("un secret de signature tronqué", "trop court", "Signing Secret", on=a_slack, probe=SLACK)
def _(world: World) -> None:
    world.env["RELAIS_SLACK__SIGNING_SECRET"] = "court"


BOX = "Courriel"


@fault("un mot de passe de boîte changé", "RELAIS_MAIL__IMAP_URL", on=a_mailbox, probe=BOX)
async def _(world: World) -> None:
    assert world.mail is not None
    await world.mail.change_password("synthese", "un autre")


@fault("un serveur IMAP éteint", "ne répond pas", "RELAIS_MAIL__IMAP_URL", on=a_mailbox, probe=BOX)
def _(world: World) -> None:
    world.env["RELAIS_MAIL__IMAP_URL"] = f"imap://u:p@127.0.0.1:{free_port()}"


@fault("un serveur SMTP éteint", "n’accepte pas", "RELAIS_MAIL__SMTP_URL", on=a_mailbox, probe=BOX)
def _(world: World) -> None:
    world.env["RELAIS_MAIL__SMTP_URL"] = f"smtp://u:p@127.0.0.1:{free_port()}"


@fault("un mot de passe d’envoi refusé", "le serveur refuse la connexion", on=a_mailbox, probe=BOX)
def _(world: World) -> None:
    url = world.env["RELAIS_MAIL__SMTP_URL"]
    world.env["RELAIS_MAIL__SMTP_URL"] = url.replace(f":{mail_rig.PASSWORD}@", ":faux@")


@fault("le domaine des collègues oublié", DOMAIN, "RELAIS_MAIL__ALLOWED_DOMAINS", on=a_mailbox, probe=BOX)
def _(world: World) -> None:
    world.env["RELAIS_MAIL__ALLOWED_DOMAINS"] = '["autre.example"]'


@fault("une adresse d’écoute prise par un autre programme", "est prise", probe="Adresse HTTP")
async def _(world: World) -> None:
    world.env["RELAIS_HTTP__BIND"] = (await world.server()).removeprefix("http://")


@fault("une adresse d’écoute d’une autre machine", "pas une adresse de cette machine", probe="Adresse HTTP")
def _(world: World) -> None:
    world.env["RELAIS_HTTP__BIND"] = "203.0.113.7:8080"


@fault("Tesseract absent", "absente", "tesseract-ocr", probe="Bac à sable des documents")
def _(world: World) -> None:
    world.patch.setattr(Ocr, "languages", lambda _: asyncio.sleep(0, ""))


@fault(
    "Tesseract sans le français", "ne connaît que eng", "tesseract-ocr-fra", probe="Bac à sable des documents"
)
def _(world: World) -> None:
    world.patch.setattr(Ocr, "languages", lambda _: asyncio.sleep(0, "eng"))


@fault(
    "une reconnaissance que le bac à sable retient",
    "ne lit rien",
    "seccomp",
    probe="Bac à sable des documents",
)
def _(world: World) -> None:
    world.patch.setattr(doctor, "_WORD", "introuvable")
    picture = doctor._picture
    world.patch.setattr(doctor, "_picture", lambda _: picture("autre"))


@fault("un bac à sable plus faible que demandé", "la politique exige full", probe="Bac à sable des documents")
def _(world: World) -> None:
    world.policy('[documents]\nsandbox = "full"\n')
    start = Client.start

    async def weaker() -> Client:
        client = await start()
        client.strength = asyncio.get_running_loop().create_future()
        client.strength.set_result("seccomp")
        return client

    world.patch.setattr(Client, "start", weaker)


async def greeting(world: World, words: bytes) -> int:
    """The port of a server that greets like this, and understands nothing."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        while await reader.readline():
            writer.write(b"-ERR unknown\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    world.stack.callback(server.close)
    return int(server.sockets[0].getsockname()[1])


def certified(name: str, on: Callable[[World], Awaitable[None]], probe: str, setting: str, scheme: str,
              says: tuple[str, ...], **certificate: Any) -> None:  # fmt: skip
    """A server whose certificate is of a known authority, and wrong otherwise."""

    async def plant(world: World) -> None:
        made = authority(world.folder / "tls", **certificate)
        url = await world.server(made.context)
        world.env |= {"RELAIS_CA_FILE": str(made.ca_file), setting: url.replace("https://", scheme)}
        if probe == STORE:
            world.env["RELAIS_STORE__KEYS"] = json.dumps([KEY])

    FAULTS.append(Fault(name=name, on=on, probe=probe, plant=plant, says=says))


EXPIRED, NAMED = ("certificat expiré", "renouveler"), ("d’un autre nom", "le nom qui est dans le certificat")
PAST = timedelta(minutes=-1)
certified(
    "le certificat expiré du stockage", nothing, STORE, "RELAIS_STORE__URL", "rediss://", EXPIRED, valid=PAST
)
certified("un stockage sous un autre nom que son certificat", nothing, STORE, "RELAIS_STORE__URL", "rediss://", NAMED,
          host="autre.example")  # fmt: skip
certified("le certificat expiré du serveur IMAP", a_mailbox, BOX, "RELAIS_MAIL__IMAP_URL", "imaps://u:p@", EXPIRED,
          valid=PAST)  # fmt: skip
certified("un serveur IMAP sous un autre nom que son certificat", a_mailbox, BOX, "RELAIS_MAIL__IMAP_URL",
          "imaps://u:p@", NAMED, host="autre.example")  # fmt: skip
certified("le certificat expiré du serveur SMTP", a_mailbox, BOX, "RELAIS_MAIL__SMTP_URL", "smtps://u:p@", EXPIRED,
          valid=PAST)  # fmt: skip
certified("un serveur SMTP sous un autre nom que son certificat", a_mailbox, BOX, "RELAIS_MAIL__SMTP_URL",
          "smtps://u:p@", NAMED, host="autre.example")  # fmt: skip
certified("le serveur Tchap sous un autre nom que son certificat", a_homeserver, HS, "RELAIS_TCHAP__HOMESERVER",
          "https://", ("d’un autre nom",), host="autre.example")  # fmt: skip


@fault("une base du stockage qui n’existe pas", "out of range", "le nombre à la fin", on=a_store, probe=STORE)
def _(world: World) -> None:
    world.env["RELAIS_STORE__URL"] = f"{world.env['RELAIS_STORE__URL'].rstrip('/')}/99"


@fault(
    "un compte du stockage qui ne peut que lire", "tous les droits", "ACL SETUSER", on=a_store, probe=STORE
)
async def _(world: World) -> None:
    await world.at_store(
        "ACL", "SETUSER", "relais", "on", ">motdepasse", "~*", "+@read", "+info", "+config", "+time"
    )
    world.env["RELAIS_STORE__URL"] = world.env["RELAIS_STORE__URL"].replace("://", "://relais:motdepasse@")


@fault("un stockage qui n’en est pas un", "ni un Redis", "RELAIS_STORE__URL", probe=STORE)
async def _(world: World) -> None:
    url = (await world.server()).replace("http://", "redis://")
    world.env |= {"RELAIS_STORE__URL": url, "RELAIS_STORE__KEYS": json.dumps([KEY])}


@fault("TLS demandé au port IMAP qui n’en parle pas", "ne parle pas TLS", "993", on=a_mailbox, probe=BOX)
def _(world: World) -> None:
    world.env["RELAIS_MAIL__IMAP_URL"] = world.env["RELAIS_MAIL__IMAP_URL"].replace("imap://", "imaps://")


@fault("un serveur POP à la place d’IMAP", "ne répond pas", "143", on=a_mailbox, probe=BOX)
async def _(world: World) -> None:
    world.env["RELAIS_MAIL__IMAP_URL"] = (
        f"imap://u:p@127.0.0.1:{await greeting(world, b'+OK POP3 ready' + bytes((13, 10)))}"
    )


@fault("l’envoi au port de réception des courriels", "n’accepte pas", "587", on=a_mailbox, probe=BOX)
def _(world: World) -> None:
    assert world.mail is not None
    world.env["RELAIS_MAIL__SMTP_URL"] = world.mail.smtp_url("synthese", port=world.mail.port("smtp"))


def lying(world: World, **fields: str) -> None:
    """A mail that lies in the mailbox."""
    assert world.mail is not None
    mail = EmailMessage()
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Bonjour")
    world.mail.lay("synthese", mail)


@fault(
    "un serveur d’entrée d’un autre nom", "autre.example", "RELAIS_MAIL__AUTHSERV_ID", on=a_mailbox, probe=BOX
)
def _(world: World) -> None:
    lying(world, From=f"anne@{DOMAIN}", Authentication_Results="autre.example; dkim=pass")


@fault("des réponses que personne ne signe", "signature DKIM", "Faites signer", on=a_mailbox, probe=BOX)
def _(world: World) -> None:
    lying(world, From=f"synthese@{DOMAIN}")


said(a_homeserver, "un serveur Tchap d’avant Matrix 1.1", HS, "GET /_matrix/client/versions",
     (200, {"versions": ["r0.6.1"]}), "trop ancien", "Matrix 1.1")  # fmt: skip
said(a_homeserver, "un mot de passe qui ouvre un autre compte", HS, LOGIN,
     (200, {"user_id": "@autre:agent.example", "device_id": "E", "access_token": "t"}),
     "@autre:agent.example", "RELAIS_TCHAP__USER")  # fmt: skip
said(a_gateway, "une page de connexion à la place de la passerelle", MODELS, GET, (200, "<html>Connexion"),
     "autre chose que la liste", "Corrigez l’adresse")  # fmt: skip
said(a_gateway, "un quota de passerelle épuisé", MODELS, ASK, (429, {"error": "quota"}), "429", "quota")


@fault(
    "le salon du support où le robot n’est pas", "!aide:agent.example", "Invitez-le", on=a_device, probe=HS
)
def _(world: World) -> None:
    world.env["RELAIS_SUPPORT__ROOM"] = "!aide:agent.example"


@fault("un modèle de document qui n’en est pas un", "pas un DOCX", "Word", probe="Modèle de document")
def _(world: World) -> None:
    (world.folder / "charte.docx").write_text("une charte")
    world.env["RELAIS_TEMPLATE"] = str(world.folder / "charte.docx")


@fault("un jeton d’archives refusé", "401", "RELAIS_ARCHIVE__TOKEN", probe="Archives")
async def _(world: World) -> None:
    world.answers["GET /versements"] = (401, {})
    url = f"{await world.server()}/versements"
    world.env |= {
        "RELAIS_ARCHIVE__URL": url,
        "RELAIS_ARCHIVE__AGENCY": "FRAN",
        "RELAIS_ARCHIVE__ORIGIN": "relais",
    }


@fault("des droits qui manquent à l’app Slack", "chat:write", "réinstallez-la", probe=SLACK)
async def _(world: World) -> None:
    world.headers["X-OAuth-Scopes"] = "channels:read"
    world.answers["POST /api/auth.test"] = (200, {"ok": True, "team": "ministère", "user": "assistant"})
    world.env |= {
        "RELAIS_SLACK__BOT_TOKEN": TOKEN,
        "RELAIS_SLACK__SIGNING_SECRET": SECRET,
        "RELAIS_SLACK__API_URL": f"{await world.server()}/api/",
    }


policy("une marque qui peut prendre un temps sans mesure", '[markings.x]\npattern = "(a+)+$"\nlevel = "N2"\n',
       "temps sans mesure", "pattern")  # fmt: skip
policy("une marque qui se trouve dans tout texte", '[markings.x]\npattern = ".*"\nlevel = "N2"\n',
       "dans tout texte", "pattern")  # fmt: skip
policy("des droits qui bloquent tout le monde", '[[rights]]\npeople = ["*"]\ndeny = "N0"\n', "bloque tout le monde",
       "Nommez")  # fmt: skip
policy("des droits d’une personne sans son serveur", '[[rights]]\npeople = ["anne"]\nlevel = "N2"\n', "« anne »",
       "@nom:serveur")  # fmt: skip
policy(
    "un plancher au-dessus de ce que le canal porte", '[floors]\n"slack:*" = "N2"\n', "slack:*", "plancher"
)
policy("des versements sans archives", '[archive]\nchannels = ["mail"]\n', "RELAIS_ARCHIVE__FOLDER")
policy("un registre gardé trente ans", "[retention]\nregister_days = 10950\n", "register_days", "366")
policy("une étiquette qui n’en est pas une", '[labels]\nN2 = "sensible"\n', "sensible", "identifiant")
policy("une étiquette pour deux niveaux",
       '[labels]\nN1 = "11111111-1111-1111-1111-111111111111"\nN2 = "11111111-1111-1111-1111-111111111111"\n',
       "N1, N2", "sa propre étiquette")  # fmt: skip
policy("des réponses de trois signes", "[quotas]\nanswer_characters = 3\n", "answer_characters", "1000")
given("le salon du support sans Tchap", ("RELAIS_TCHAP__HOMESERVER", "RELAIS_SUPPORT__ROOM"),
      RELAIS_SUPPORT__ROOM="!aide:agent.example")  # fmt: skip
given("deux fois le même espace Slack", ("RELAIS_SLACK", "deux fois"),
      RELAIS_SLACK=json.dumps([{"bot_token": "xoxb-1", "app_token": "xapp-1"}] * 2))  # fmt: skip
given("deux fois la même boîte", ("RELAIS_MAIL", "deux fois la boîte a@b.fr"),
      RELAIS_MAIL=json.dumps([{"address": "a@b.fr", "smtp_url": "smtps://u:p@h", "imap_url": "imaps://u:p@h",
                               "authserv_id": "mx"}] * 2))  # fmt: skip


def proxied(name: str, says: tuple[str, ...], **env: str) -> None:
    plant: Plant = lambda w: w.env.update(env)  # noqa: E731
    FAULTS.append(Fault(name=name, on=nothing, probe="Adresse HTTP", plant=plant, says=says))


proxied("l’en-tête du mandataire cru de partout", ("RELAIS_HTTP__PROXIES", "0.0.0.0/0", "mandataire"),
        RELAIS_HTTP__PROXY_HEADER="X-Remote-User", RELAIS_HTTP__PROXIES='["0.0.0.0/0"]')  # fmt: skip
proxied("un en-tête du mandataire que chacun envoie", ("RELAIS_HTTP__PROXY_HEADER", "User-Agent", "X-Remote-User"),
        RELAIS_HTTP__PROXY_HEADER="User-Agent")  # fmt: skip


@fault(
    "la page des mentions à une autre adresse", "404", "RELAIS_NOTICE__URL", probe="Mentions d’information"
)
async def _(world: World) -> None:
    world.env["RELAIS_NOTICE__URL"] = f"{await world.server()}/notice"


@fault(
    "la page des mentions que rien ne sert",
    "ne répond pas",
    "RELAIS_NOTICE__URL",
    probe="Mentions d’information",
)
def _(world: World) -> None:
    world.env["RELAIS_NOTICE__URL"] = f"http://127.0.0.1:{free_port()}/notice"


@fault(
    "un dossier de données qui mène nulle part", "n’existe pas", "RELAIS_DATA_DIR", probe="Dossier de données"
)
def _(world: World) -> None:
    world.data.symlink_to(world.folder / "nulle" / "part")


@fault("un nom de réplica abîmé", "le nom d’un réplica", "Retirez", probe="Dossier de données")
def _(world: World) -> None:
    world.data.mkdir()
    (world.data / "replica").write_text("un nom !! faux\n")


@fault("un disque sans place pour un fichier de plus", "que 3 fichiers", "inodes", probe="Dossier de données")
def _(world: World) -> None:
    full = os.statvfs_result((4096, 4096, 10**9, 10**9, 10**9, 100, 3, 3, 0, 255))
    world.patch.setattr(os, "statvfs", lambda _: full)


@fault("un dossier d’archives plein", "Libérez", probe="Archives")
def _(world: World) -> None:
    world.patch.setattr(doctor, "ROOM", 10**18)
    world.env |= {**ARCHIVES, "RELAIS_ARCHIVE__FOLDER": str(world.folder)}


@fault("un service d’archives en panne", "500", "en panne", probe="Archives")
async def _(world: World) -> None:
    world.answers["GET /versements"] = (500, "")
    world.env |= {**ARCHIVES, "RELAIS_ARCHIVE__URL": f"{await world.server()}/versements"}


@fault("un compte du stockage qui ne peut pas écrire", "HSET", "ACL SETUSER", on=a_store, probe=STORE)
async def _(world: World) -> None:
    await world.at_store("ACL", "SETUSER", "relais", "on", ">motdepasse", "~*", "&*", "+@all", "-@write")
    world.env["RELAIS_STORE__URL"] = world.env["RELAIS_STORE__URL"].replace("://", "://relais:motdepasse@")


@fault("un compte du stockage qui n’entend rien", "SUBSCRIBE", "ACL SETUSER", on=a_store, probe=STORE)
async def _(world: World) -> None:
    await world.at_store("ACL", "SETUSER", "relais", "on", ">motdepasse", "~*", "resetchannels", "+@all")
    world.env["RELAIS_STORE__URL"] = world.env["RELAIS_STORE__URL"].replace("://", "://relais:motdepasse@")


@fault("un stockage sans connexion libre", "maxclients", "CLIENT LIST", on=a_store, probe=STORE)
async def _(world: World) -> None:
    holding = Redis.from_url(world.env["RELAIS_STORE__URL"])
    world.stack.push_async_callback(holding.aclose)
    await holding.execute_command("CONFIG", "SET", "maxclients", "1")


@fault("un serveur à la place d’un Sentinel", "pas un Sentinel", "26379", on=a_store, probe=STORE)
def _(world: World) -> None:
    url = world.env["RELAIS_STORE__URL"].replace("redis://", "redis+sentinel://")
    world.env["RELAIS_STORE__URL"] = f"{url.rstrip('/')}/maitre"


said(a_gateway, "une passerelle en panne", MODELS, GET, (500, "non"), "répond 500", "journal")


@fault(
    "un contexte plus grand que celui de la passerelle", "4096", "context = 4096", on=a_gateway, probe=MODELS
)
def _(world: World) -> None:
    world.answers[GET] = (200, {"data": [{"id": "petit", "max_model_len": 4096}]})


@fault(
    "une clé de passerelle blanche", "RELAIS_GATEWAY__API_KEY_FILE", "est vide", on=a_gateway, probe=MODELS
)
def _(world: World) -> None:
    (world.folder / "cle").write_text("  \n")
    world.env["RELAIS_GATEWAY__API_KEY_FILE"] = str(world.folder / "cle")


@fault(
    "une image du compte qui n’en est pas une",
    "n’est pas une image",
    "RELAIS_TCHAP__PICTURE",
    on=a_homeserver,
    probe=HS,
)
def _(world: World) -> None:
    (world.folder / "photo.png").write_text("un texte")
    world.env["RELAIS_TCHAP__PICTURE"] = str(world.folder / "photo.png")


@fault("le robot parmi les autres robots", "RELAIS_TCHAP__BOTS", USER, on=a_homeserver, probe=HS)
def _(world: World) -> None:
    world.env["RELAIS_TCHAP__BOTS"] = json.dumps([USER])


@fault(
    "le nom du domaine au lieu du serveur Matrix", "https://matrix.agent.example", on=a_homeserver, probe=HS
)
def _(world: World) -> None:
    del world.answers["GET /_matrix/client/versions"]
    said = {"m.homeserver": {"base_url": "https://matrix.agent.example"}}
    world.answers["GET /.well-known/matrix/client"] = (200, said)


said(a_device, "un jeton qui n’est celui d’aucun appareil", HS, f"GET {V3}/account/whoami", (200, {"user_id": USER}),
     "d’aucun appareil", "RELAIS_TCHAP__ACCESS_TOKEN")  # fmt: skip


def answering(name: str, answer: Answer, *says: str) -> None:
    """What a Slack says, or what is in its place."""

    async def plant(world: World) -> None:
        world.answers["POST /api/auth.test"] = answer
        world.env |= {
            "RELAIS_SLACK__BOT_TOKEN": TOKEN,
            "RELAIS_SLACK__SIGNING_SECRET": SECRET,
            "RELAIS_SLACK__API_URL": f"{await world.server()}/api/",
        }

    FAULTS.append(Fault(name=name, on=nothing, probe=SLACK, plant=plant, says=says))


answering("une page de proxy à la place de Slack", (200, "<html>Proxy"), "autre chose que Slack", "API_URL")
answering("une app que Slack limite", (429, {"ok": False, "error": "ratelimited"}), "limite", "une minute")


@fault(
    "un serveur de jetons éteint",
    "serveur de jetons",
    "RELAIS_MAIL__OAUTH_TOKEN_URL",
    on=a_mailbox,
    probe=BOX,
)
def _(world: World) -> None:
    world.env |= {
        "RELAIS_MAIL__OAUTH_TOKEN_URL": f"http://127.0.0.1:{free_port()}/token",
        "RELAIS_MAIL__OAUTH_CLIENT": "id:secret",
    }


@fault("un serveur SMTP qui se tait", "n’accepte pas", "RELAIS_MAIL__SMTP_URL", on=a_mailbox, probe=BOX)
async def _(world: World) -> None:
    world.patch.setattr(smtp, "CHECKED_WITHIN", 0.2)
    world.env["RELAIS_MAIL__SMTP_URL"] = f"smtp://u:p@127.0.0.1:{await greeting(world, b'')}"


# -- the tests -------------------------------------------------------------------------------------------


@asynccontextmanager
async def machine(folder: Path, patch: pytest.MonkeyPatch) -> AsyncGenerator[World]:
    patch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("RELAIS_")]:
        patch.delenv(name)
    async with AsyncExitStack() as stack:
        env = {"RELAIS_DATA_DIR": str(folder / "data"), "RELAIS_HTTP__BIND": "127.0.0.1:0"}
        yield World(folder=folder, patch=patch, stack=stack, env=env)


async def shown(world: World, probe: str) -> tuple[bool, str]:
    """Is all well, and what doctor shows of one probe."""
    probes = [each for each in (*doctor.PROBES, *platform_probes()) if each[0] == probe]
    checks = [
        check
        async for check in doctor.examine(lambda: load_settings(world.env, world.folder), probes)
        if check.name != "Réglages" or not check.ok
    ]
    return all(check.ok for check in checks), "\n".join(f"{each.detail} → {each.remedy}" for each in checks)


@pytest.mark.parametrize("planted", FAULTS, ids=[each.name for each in FAULTS])
async def test_a_planted_fault_is_named_with_its_remedy(
    planted: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it all is well there; with it, doctor says what is wrong and what to do."""
    async with machine(tmp_path, monkeypatch) as world:
        await planted.on(world)
        if (done := planted.plant(world)) is not None:
            await done
        _, text = await shown(world, planted.probe)
    assert [word for word in planted.says if word not in text] == [], text


@pytest.mark.parametrize(
    ("on", "probe"),
    [
        (a_store, STORE), (a_gateway, MODELS), (a_gateway, "Horloge"), (a_homeserver, HS), (a_device, HS),
        (a_slack, SLACK), (a_mailbox, BOX), (nothing, "Bac à sable des documents"),
    ],
)  # fmt: skip
async def test_without_a_fault_all_is_well(
    on: Callable[[World], Awaitable[None]], probe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the faults are planted in."""
    async with machine(tmp_path, monkeypatch) as world:
        await on(world)
        well, text = await shown(world, probe)
    assert well, text


def test_the_documentation_lists_them() -> None:
    """Sixty at least, each in the table of docs/operations.md, with what doctor says of it."""
    rows = {row.split(" | ")[0].removeprefix("| "): row for row in DOCS.read_text().splitlines()}
    assert len(FAULTS) >= 60
    assert [
        each.name for each in FAULTS if any(said not in rows.get(each.name, "") for said in each.says)
    ] == []
