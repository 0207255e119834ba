"""The pages for a ministry: what they tell, and to whom."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.config.environment import Secret
from core.documents.sandbox.sandbox import Sandbox
from core.gateway.ask import Usage
from core.http.page_access import PageAccess
from core.http.pages import Pages, Service
from core.http.server import Health, serve
from core.http.verifier_page import VerifierPage
from core.inbox.records import Ref
from core.metrics import Metrics
from core.policy.file import shipped_policy
from core.policy.rules import ArchiveRule
from core.provenance.record import Register
from core.provenance.verifying import FileExaminer
from core.sessions.controls import Announcement
from core.sessions.figures import ServiceFigures
from core.store.valkey import Store
from core.texts import Contacts, DataNotice
from core.vault import Vault
from tests.core.stored import embedded, fixed, partitions, store
from tests.rig.answers import answer
from tests.rig.serving import serving

__all__ = ["embedded", "fixed", "partitions", "store"]

TOKEN = "un-jeton-de-trente-deux-signes-au-moins"
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC).timestamp()


def pages(
    store: Store,
    vault: Vault,
    access: PageAccess,
    *,
    language: str = "fr",
    announced: Announcement | None = None,
) -> Pages:
    service = Service(
        policy=shipped_policy(),
        contacts=Contacts(
            help="aide@ministere.example",
            security="fsd@ministere.example",
            notice=DataNotice(
                controller="La ministre", legal_basis="Mission publique", dpo="dpd@ministere.example"
            ),
        ),
        organisation="Ministère de l’Exemple",
        language=language,
    )
    return Pages(ServiceFigures(store, vault, lambda: NOW), access, service, lambda: announced)


def verifier(
    store: Store, vault: Vault, keys: Mapping[str, Ed25519PublicKey] | None = None, *, sandbox: Sandbox
) -> VerifierPage:
    register = Register(store, vault, days=90, clock=lambda: NOW)
    service = Service(policy=shipped_policy(), contacts=Contacts(), organisation="Ministère", language="fr")
    public = lambda: keys or {}  # noqa: E731
    return VerifierPage(service, public, register, FileExaminer(sandbox, public, register), 90)


@asynccontextmanager
async def served(made: Pages | VerifierPage, *more: VerifierPage) -> AsyncGenerator[str]:
    routes = [route for each in (made, *more) for route in each.routes]
    health = Health(lambda: {"store": "ready"}, Metrics(), pages=routes)
    async with serve(health, ("127.0.0.1", 0)) as (host, port):
        yield f"http://{host}:{port}"


async def used(store: Store, vault: Vault) -> None:
    """Twelve people in Tchap with one model, three by mail with another, a refusal, two opinions."""
    figures = ServiceFigures(store, vault, lambda: NOW)
    people = [("tchap", "petit", f"@p{n}:x") for n in range(12)] + [
        ("mail", "grand", f"m{n}") for n in range(3)
    ]
    for connector, model, person in people:
        done = answer(model, Usage(kwh=(0.001, 0.002), kgco2eq=(0.0, 0.0)))
        counted = figures.counting(
            person=person, connector=connector, level="N1", models=(model,), documents=100, done=(done,)
        )
        await store.run(counted)
    refused = figures.counting(
        person="@p1:x", connector="tchap", level="N4", refusals=("out_of_scope",), answered=False
    )
    await store.run(refused)
    about = Ref(questions=(), posts=(), session="", turn="a")
    await figures.judge("@p1:x", "good", about)
    await figures.judge("@p2:x", "bad", about)


async def get(url: str, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as session, session.get(url, headers=named) as response:
        return response.status, await response.text()


def cells(html: str) -> list[list[str]]:
    """The texts of each line of each table."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(cell.replace("\u202f", " ").split()) for cell in row] for row in found]


async def test_figures_of_weeks(store: Store, fixed: Vault) -> None:
    """People, answers, documents, refusals, opinions, energy; groups of fewer than ten are not described."""
    await used(store, fixed)
    async with served(pages(store, fixed, PageAccess())) as url:
        status, html = await get(f"{url}/chiffres")
    rows = cells(html)
    assert status == 200
    assert rows[1][:5] == ["semaine du 23 novembre 2026", "15", "15", "1 500", "0"]
    assert rows[1][5:] == ["1", "50 % (2 avis)", "15,0 à 30,0", "–", "–"]
    assert ["Tchap", "12", "12"] in rows
    assert ["Courriel", "moins de 10", "non montré"] in rows
    assert ["Information protégée, hors périmètre", "1"] in rows


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "Les questions sont gardées, et auront leur réponse ensuite. Jusqu’au 25 novembre 2026"),
        ("en", "Questions are kept, and answered afterwards. Until 25 November 2026 at 12:00."),
    ],
)
async def test_what_is_announced_stands_above_the_figures(
    store: Store, fixed: Vault, language: str, said: str
) -> None:
    """Those who steer the service see what agents are told, and until when; else nothing."""
    announced = Announcement(text="Mise à jour <ce soir>.", until=NOW + 3600, closed=True)
    async with served(pages(store, fixed, PageAccess(), language=language, announced=announced)) as url:
        _, html = await get(f"{url}/chiffres")
    assert f"Mise à jour &lt;ce soir&gt;. {said}" in html
    async with served(pages(store, fixed, PageAccess(), language=language)) as url:
        _, html = await get(f"{url}/chiffres")
    assert "fr-callout" not in html


@pytest.mark.parametrize(
    ("par", "name"), [("jour", "2026-11-25"), ("semaine", "2026-W48"), ("mois", "2026-11")]
)
async def test_the_same_as_csv(store: Store, fixed: Vault, par: str, name: str) -> None:
    """A line for each period, which a spreadsheet of the country reads."""
    await used(store, fixed)
    async with served(pages(store, fixed, PageAccess())) as url:
        status, text = await get(f"{url}/chiffres.csv?par={par}")
    head, first, *_ = (line.split(";") for line in text.removeprefix("\ufeff").splitlines())
    told = dict(zip(head, first, strict=True))
    assert (status, told["periode"], told["personnes"], told["refus"]) == (200, name, "15", "1")
    assert (told["wh_min"], told["wh_max"], told["disponibilite"]) == ("15.000", "30.000", "")


LOCAL = PageAccess()
BEARER = PageAccess(token=Secret(TOKEN))
PROXIED = PageAccess(header="X-Remote-User", proxies=(ip_network("127.0.0.0/8"),))
ELSEWHERE = PageAccess(header="X-Remote-User", proxies=(ip_network("10.0.0.0/8"),))
BASIC = aiohttp.encode_basic_auth("x", TOKEN)


@pytest.mark.parametrize(
    ("access", "headers", "status"),
    [
        pytest.param(LOCAL, {}, 200, id="this machine"),
        pytest.param(LOCAL, {"X_Forwarded_For": "192.0.2.1"}, 403, id="forwarded to this machine"),
        pytest.param(LOCAL, {"Host": "mechant.example"}, 403, id="a browser that another site turned here"),
        pytest.param(BEARER, {}, 401, id="no token"),
        pytest.param(BEARER, {"Authorization": "Bearer faux"}, 401, id="another token"),
        pytest.param(BEARER, {"Authorization": "Basic %%"}, 401, id="what is no password"),
        pytest.param(BEARER, {"X_Remote_User": "alice"}, 401, id="a header that nobody asked for"),
        pytest.param(BEARER, {"Authorization": f"Bearer {TOKEN}"}, 200, id="token"),
        pytest.param(BEARER, {"Authorization": BASIC}, 200, id="token as a password"),
        pytest.param(PROXIED, {"X_Remote_User": "alice"}, 200, id="let in by the proxy"),
        pytest.param(PROXIED, {"X_Remote_User": " "}, 403, id="not let in by the proxy"),
        pytest.param(PROXIED, {}, 403, id="not through the proxy"),
        pytest.param(ELSEWHERE, {"X_Remote_User": "alice"}, 403, id="a header from elsewhere"),
    ],
)
async def test_who_may_see_the_figures(
    store: Store, fixed: Vault, access: PageAccess, headers: dict[str, str], status: int
) -> None:
    """Closed by default beyond this machine; the notice is open to all."""
    async with served(pages(store, fixed, access)) as url:
        assert (await get(f"{url}/chiffres", **headers))[0] == status
        assert (await get(f"{url}/chiffres.csv", **headers))[0] == status
        assert (await get(f"{url}/notice", **headers))[0] == 200


@pytest.mark.parametrize(("language", "words"), [("fr", "Vos droits"), ("en", "Your rights")])
async def test_the_notice_says_whom_to_ask(store: Store, fixed: Vault, language: str, words: str) -> None:
    """In the language of the service: contacts, retention, what each channel may carry."""
    async with served(pages(store, fixed, PageAccess(), language=language)) as url:
        _, html = await get(f"{url}/notice")
    for each in (
        words,
        "La ministre",
        "Mission publique",
        "aide@ministere.example",
        "fsd@ministere.example",
        "dpd@ministere.example",
        "183",
    ):
        assert each in html
    assert any(row[0] == "Tchap, salon chiffré" and row[1].startswith("N2") for row in cells(html))


async def test_the_notice_says_what_goes_to_the_archives(store: Store, fixed: Vault) -> None:
    """What people mark, and all of the channels that the policy names; nothing without archives."""
    rule = ArchiveRule(channels=("tchap_encrypted",))
    for archives in (True, False):
        service = Service(
            policy=replace(shipped_policy(), archive=rule),
            contacts=Contacts(),
            organisation="Ministère",
            language="fr",
            archives=archives,
        )
        made = Pages(ServiceFigures(store, fixed, lambda: NOW), PageAccess(), service)
        async with served(made) as url:
            _, html = await get(f"{url}/notice")
        assert ("toutes celles de ces canaux le sont\u00a0: Tchap, salon chiffré." in html) is archives


async def test_pages_ask_for_nothing_elsewhere(store: Store, fixed: Vault) -> None:
    """No script, and all that they link for their looks is served beside them."""
    async with served(pages(store, fixed, PageAccess())) as url:
        for path in ("/chiffres", "/notice"):
            _, html = await get(url + path)
            assert "<script" not in html
            for sheet in re.findall(r'href="(/dsfr/[^"]+)"', html):
                status, css = await get(url + sheet)
                assert status == 200
                fonts = re.findall(r"url\((\w[\w-]+\.woff2)\)", css)
                assert [(await get_status(f"{url}/dsfr/{font}")) for font in fonts] == [200] * len(fonts)


async def get_status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


AXE = Path(__file__).parents[2] / "rig/node/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice", "RGAAv4"]
PROBE = """<script src="/axe.js"></script><script>
axe.run(document, {runOnly: RULES}).then(found => {
  const told = found.violations.flatMap(one => one.nodes.map(node => one.id + ": " + node.html));
  const page = location.pathname + location.search;
  return fetch("/found", {method: "POST", body: JSON.stringify({page, told})});
}).then(answer => answer.text()).then(next => { if (next) location = next; });
</script></body>""".replace("RULES", orjson.dumps(RULES).decode())
ACCESSIBLE = ["/chiffres", "/chiffres?par=mois", "/notice", "/verifier", "/verifier?texte=x"]


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed: make browser")
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make test does")
async def test_the_pages_are_accessible(store: Store, fixed: Vault, tmp_path: Path) -> None:
    """axe finds nothing against WCAG 2.1 AA and the RGAA in a real browser, which goes from page to page."""
    await used(store, fixed)
    made = pages(store, fixed, PageAccess()), verifier(store, fixed, sandbox=Sandbox())
    found: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    async with served(*made) as url, probed(url, found) as probe, chromium(tmp_path, probe + ACCESSIBLE[0]):
        for page in ACCESSIBLE:
            told = await asyncio.wait_for(found.get(), 60)
            assert told == {"page": page, "told": []}


def probed(url: str, found: asyncio.Queue[dict[str, Any]]) -> AbstractAsyncContextManager[str]:
    """A server of the same pages, in which axe runs: their own rules would forbid it. It tells what axe has
    found in a page, and names the next to the browser. A text to verify is posted."""
    following = iter(ACCESSIBLE[1:])

    async def page(request: web.Request) -> web.Response:
        if request.path == "/axe.js":
            return web.Response(body=AXE.read_bytes(), content_type="text/javascript")
        if request.path == "/found":
            await found.put(orjson.loads(await request.read()))
            return web.Response(text=next(following, ""))
        method = "POST" if "texte" in request.query else "GET"
        where, form = f"{url}{request.rel_url}", dict(request.query)
        async with aiohttp.ClientSession() as session, session.request(method, where, data=form) as got:
            body = (await got.read()).replace(b"</body>", PROBE.encode())
            return web.Response(body=body, content_type=got.content_type, charset="utf-8")

    return _server(page)


@asynccontextmanager
async def _server(page: Callable[[web.Request], object]) -> AsyncGenerator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", page)  # type: ignore[arg-type]
    async with serving(application) as url:
        yield url


@asynccontextmanager
async def chromium(folder: Path, url: str) -> AsyncGenerator[None]:
    """A browser that opens the page."""
    process = await asyncio.create_subprocess_exec(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", url,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
