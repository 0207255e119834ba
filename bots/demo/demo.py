"""`relais demo`: the main job on this machine, from nothing.

A local homeserver, the bot and a person: what one types goes encrypted through the homeserver to the bot, and
its answer comes back the same way. With `--ask` one question is asked and the answer printed.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bots.demo.homeserver import Homeserver, homeserver, synapse_program
from bots.demo.prompt import converse
from bots.replica import run
from bots.serve import quiet, tchap
from connectors.tchap.visitor import Visitor, visit
from core.config.settings import Settings, load_settings

BOT, PERSON = "assistant", "agent"
STARTS_WITHIN = 60.0


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
    async with homeserver(folder / "homeserver") as server:
        passwords = _passwords(folder)
        bot = await server.register(BOT, passwords[BOT], displayname="Assistant")
        await server.register(PERSON, passwords[PERSON], displayname="Camille Agent")
        settings = load_settings(_environment(os.environ, server, folder, passwords[BOT]))
        async with (
            _bot(settings),
            visit(server.base_url, PERSON, passwords[PERSON], bot, folder / "person") as visitor,
        ):
            welcome = await visitor.answer(lambda _: None)
            if ask is not None:
                return await _ask(visitor, ask, file)
            _introduce(server, bot, passwords)
            await converse(visitor, welcome, file)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _passwords(folder: Path) -> dict[str, str]:
    """The passwords of the demo's accounts: made once, readable by this user only."""
    passwords: dict[str, str] = {}
    for name in (BOT, PERSON):
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


def _introduce(server: Homeserver, bot: str, passwords: Mapping[str, str]) -> None:
    _say(
        f"\nAvec n’importe quel client Matrix :\n"
        f"  serveur      {server.base_url}\n"
        f"  identifiant  {PERSON}\n"
        f"  mot de passe {passwords[PERSON]}\n"
        f"  écrire à     {bot}\n\n"
        "Ou ici : écrivez votre question. « /fichier CHEMIN » envoie un fichier, « !aide » dit le reste, "
        "Ctrl-D termine.\n"
    )
