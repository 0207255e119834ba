"""`relais demo`: the main job on this machine, from nothing.

A local homeserver, the bot and a person: what one types goes encrypted through the homeserver to the bot, and
its answer comes back the same way. With `--ask` one question is asked and the answer printed.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bots.demo import scenes
from bots.demo.homeserver import Homeserver, homeserver, synapse_program
from bots.demo.prompt import converse
from bots.demo.recorded import MODEL, recorded
from bots.demo.tour import Cast, Tour
from bots.replica import run
from bots.serve import quiet, tchap
from connectors.tchap.visitor import Visitor, joins, visit
from core.config.settings import Settings, load_settings

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
