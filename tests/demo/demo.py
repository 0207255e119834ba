"""`make demo`: the main job on this machine, from nothing.

A local homeserver, the bot and a person: what one types goes encrypted through the homeserver to the bot, and
its answer comes back the same way. With `--ask` one question is asked and the answer printed.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from bots.replica import run
from bots.serve import quiet, tchap
from core.config.settings import Settings, load_settings
from tests.demo import scenes
from tests.demo.prompt import converse
from tests.demo.scenes import ANSWERS, FIGURES, OTHERWISE, POINTS
from tests.demo.tour import Cast, Tour
from tests.rig.child import LOOPBACK
from tests.rig.homeserver import Homeserver, homeserver, synapse_program
from tests.rig.visitor import Visitor, joins, visit

BOT, PERSON = "assistant", "agent"
OTHERS = {"paul": scenes.PAUL, "nadia": scenes.NADIA}
"""The colleagues of the tour."""
STARTS_WITHIN = 60.0
YOUR_GATEWAY = (
    "Pour de vraies réponses, donnez votre passerelle :\n"
    "  make demo RELAIS_GATEWAY__URL=https://… RELAIS_GATEWAY__MODEL=…\n"
)


def demo(*, ask: str | None, file: Path | None) -> int:
    """Returns the exit code. Raises RelaisError when a part does not start, with the remedy."""
    if file is not None and not file.is_file():
        sys.stderr.write(f"relais: le fichier {file} n’existe pas.\n")
        return 2
    synapse_program()
    folder = Path(os.environ.get("RELAIS_DATA_DIR") or "data") / "demo"
    (folder / "person").mkdir(parents=True, exist_ok=True)
    return asyncio.run(_demo(folder, ask, file))


async def _demo(folder: Path, ask: str | None, file: Path | None) -> int:
    if ask is None:
        _say("Démarrage d’un serveur Matrix local et de l’assistant…")
    environ = dict(os.environ)
    async with AsyncExitStack() as stack:
        own_models = _has_models()
        if ask is None and file is None and not own_models:
            environ["RELAIS_GATEWAY__URL"] = await stack.enter_async_context(recorded())
            environ["RELAIS_GATEWAY__MODEL"] = MODEL
            _say("Aucun modèle n’est configuré : les réponses du modèle sont enregistrées d’avance.")
        server = await stack.enter_async_context(homeserver(folder / "homeserver"))
        passwords = _passwords(folder)
        bot = await server.register(BOT, passwords[BOT], displayname="Assistant")
        await server.register(PERSON, passwords[PERSON], displayname="Camille Agent")
        for name, shown in OTHERS.items():
            await server.register(name, passwords[name], displayname=shown)
        settings = load_settings(_environment(environ, server, folder, passwords[BOT]))
        async with (
            _bot(settings),
            visit(server.base_url, PERSON, passwords[PERSON], bot, folder / "person") as visitor,
        ):
            welcome = await visitor.answer(lambda _: None)
            if ask is not None:
                return await _ask(visitor, ask, file)
            async with _tour(server, bot, visitor, passwords, folder) as tour:
                if file is None:
                    await tour.play()
                _introduce(server, bot, passwords, [title for title, _ in tour.scenes()])
                if not own_models:
                    _say(YOUR_GATEWAY)
                await converse(visitor, welcome, file, tour.scene)
    return 0


def _has_models() -> bool:
    """Do the settings name models of their own?"""
    settings = load_settings({**os.environ, "RELAIS_TCHAP__HOMESERVER": "", "RELAIS_TCHAP__USER": ""})
    return settings.gateway is not None or settings.policy is not None


@asynccontextmanager
async def _tour(
    server: Homeserver, bot: str, visitor: Visitor, passwords: Mapping[str, str], folder: Path
) -> AsyncGenerator[Tour]:
    """The tour's room with its people, while the context lasts."""
    people = [f"@{name}:{server.server_name}" for name in OTHERS]
    room = await visitor.open_room(scenes.ROOM, people)
    async with AsyncExitStack() as stack:
        others: dict[str, Visitor] = {}
        for name, shown in OTHERS.items():
            (folder / name).mkdir(exist_ok=True)
            others[shown] = await stack.enter_async_context(
                joins(server.base_url, name, passwords[name], room.room, bot, folder / name)
            )
        await room.joined_by(people)
        await room.answer(lambda _: None)  # the bot says who it is
        yield Tour(Cast(alone=visitor, room=room, others=others, folder=folder), _said)


async def _said(text: str) -> None:
    _say(text)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _passwords(folder: Path) -> dict[str, str]:
    """The passwords of the demo's accounts: made once, readable by this user only."""
    passwords: dict[str, str] = {}
    for name in (BOT, PERSON, *OTHERS):
        path = folder / f"{name}.password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(12))
        passwords[name] = path.read_text()
    return passwords


def _environment(
    environ: Mapping[str, str], server: Homeserver, folder: Path, password: str
) -> dict[str, str]:
    """What was given (a gateway, a policy, a language …), with the demo's own store and account."""
    kept = {
        k: v
        for k, v in environ.items()
        if not k.startswith(("RELAIS_TCHAP__", "RELAIS_STORE__", "RELAIS_SLACK", "RELAIS_MAIL"))
    }
    return kept | {
        "RELAIS_DATA_DIR": str(folder / "bot"),
        "RELAIS_TCHAP__HOMESERVER": server.base_url,
        "RELAIS_TCHAP__USER": f"@{BOT}:{server.server_name}",
        "RELAIS_TCHAP__PASSWORD": password,
        "RELAIS_TCHAP__MESSAGES_PER_SECOND": "100",  # our homeserver has no limits
    }


@asynccontextmanager
async def _bot(settings: Settings) -> AsyncGenerator[None]:
    """A replica that runs while the context lasts; entered once it is ready."""
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(run(quiet(settings), [tchap], ready=ready.set, service=False))
        waiting = group.create_task(ready.wait())
        await asyncio.wait([running, waiting], timeout=STARTS_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if ready.is_set():
            yield
        running.cancel()
        waiting.cancel()


async def _ask(visitor: Visitor, question: str, file: Path | None) -> int:
    if file is not None:
        await visitor.send_file(file, question)
    else:
        await visitor.say(question)
    heard = await visitor.answer(lambda _: None)
    _say(heard.text)
    return 0


def _introduce(server: Homeserver, bot: str, passwords: Mapping[str, str], titles: Sequence[str]) -> None:
    listed = "\n".join(f"  /scène {n}  {title}" for n, title in enumerate(titles, 1))
    _say(
        f"\nPour voir une scène, tapez son numéro :\n{listed}\n"
        f"\nAvec n’importe quel client Matrix :\n"
        f"  serveur      {server.base_url}\n"
        f"  identifiant  {PERSON}\n"
        f"  mot de passe {passwords[PERSON]}\n"
        f"  écrire à     {bot}\n\n"
        "Ou ici : écrivez votre question. « /fichier CHEMIN » envoie un fichier, « !aide » dit le reste, "
        "`exit` termine.\n"
    )


MODEL = "réponses-enregistrées"
PAUSE = 0.02
"""Seconds between two pieces of an answer: it is seen growing."""
_MARKED = re.compile(r"\[m(\d+)\]")


@asynccontextmanager
async def recorded() -> AsyncGenerator[str]:
    """The address of a model server on this machine that gives recorded answers, while the context lasts: the
    tour needs neither model nor network.

    It says so in its name. Which answer is given depends on what the question brings; numbers of messages are
    looked up in what was sent, so that the links of a summary lead to the very messages."""
    app = web.Application(client_max_size=8_000_000)
    app.router.add_post("/v1/chat/completions", _complete)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        _, port = runner.addresses[0][:2]
        yield f"http://{LOOPBACK}:{port}/v1"
    finally:
        await runner.cleanup()


def answer(sent: str, question: str) -> str:
    """The recorded answer to a request: `sent` is all of it, `question` its last message."""
    if _MARKED.search(sent):
        return _summary(sent)
    if "rapport-du-port" in sent:
        return FIGURES
    return next((told for asked, told in ANSWERS if asked in question), OTHERWISE)


def _summary(sent: str) -> str:
    """The recorded minutes, with the numbers that the messages have here."""
    pieces = _MARKED.split(sent)
    numbered = dict(zip(map(int, pieces[1::2]), pieces[2::2], strict=True))
    lists: dict[str, list[dict[str, Any]]] = {}
    for kind, words, item in POINTS:
        number = next((n for n, text in numbered.items() if words in text), None)
        if number is not None:
            lists.setdefault(kind, []).append({**item, "messages": [number]})
    return orjson.dumps(lists).decode()


async def _complete(request: web.Request) -> web.StreamResponse:
    body = orjson.loads(await request.read())
    said = [str(each.get("content", "")) for each in body["messages"]]
    text = answer("\n".join(said[1:]), said[-1])
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in re.findall(r"\S+\s*|\s+", text):
        await _event(response, {"choices": [{"index": 0, "delta": {"content": piece}}], "model": MODEL})
        await asyncio.sleep(PAUSE)
    usage = {"prompt_tokens": sum(map(len, said)) // 4, "completion_tokens": len(text) // 4}
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    closing: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": "stop"}
    end = {"choices": [closing], "model": MODEL, "usage": usage}
    await _event(response, end)
    await response.write(b"data: [DONE]\n\n")
    return response


async def _event(response: web.StreamResponse, data: dict[str, Any]) -> None:
    await response.write(
        b"data: " + orjson.dumps({"id": "tour", "object": "chat.completion.chunk", **data}) + b"\n\n"
    )
