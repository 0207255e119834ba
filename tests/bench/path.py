"""How much of relais one « Bonjour » passes: functions, files and classes, from /sync to the answer's end.

One person asks in an encrypted direct chat; homeserver and embedded store are real, the replica runs in
this process, warm: somebody asked before. Counted is each function and file of `core`, `connectors` and
`bots` that is entered between the question and a second after its answer, and each class of whose `self` a
function is; values that are made and have no function entered are told beside. What the replica does for
other reasons meanwhile (its timers) is taken away by a watch that is longer than each of these, in which
nobody asks. Of the tree for which the goals were set this counts 427 functions, 91 files, 57 classes and 30
values, where the goals' author counted 359, 83 and 61.

Run: `python -m tests.bench.path [--list]`. It is no test: it says whether a change made the path shorter.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from bots import replica as composition
from bots.serve import tchap
from core.config.settings import load_settings
from tests.chaos.crowd import crowd
from tests.rig.gateway import fake_gateway
from tests.rig.homeserver import Homeserver, homeserver

ROOT = Path(__file__).parents[2]
SHIPPED = ("core", "connectors", "bots")
OURS = tuple(str(ROOT / name) + os.sep for name in SHIPPED)
GOAL = {"functions": 200, "files": 45, "classes": 35}


@dataclass
class Path_:
    """What was entered."""

    functions: Counter[tuple[str, str]] = field(default_factory=Counter)
    classes: set[tuple[str, str]] = field(default_factory=set)
    working: set[tuple[str, str]] = field(default_factory=set)
    """Those of which a function is entered; the others are values that are made, and no more."""
    _known: dict[CodeType, tuple[str, str] | None] = field(default_factory=dict)

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call":
            return
        code = frame.f_code
        name = self._known.get(code, "")
        if name == "":
            name = self._known[code] = self._name(code)
        if name is not None:
            self.functions[name] += 1
        if code.co_argcount and code.co_varnames[0] == "self":
            self._class(type(frame.f_locals["self"]), works=name is not None)

    @staticmethod
    def _name(code: CodeType) -> tuple[str, str] | None:
        ours = code.co_filename.startswith(OURS) and not code.co_name.startswith("<")
        return (code.co_filename.removeprefix(f"{ROOT}{os.sep}"), code.co_qualname) if ours else None

    def _class(self, of: type, *, works: bool) -> None:
        if of.__module__.partition(".")[0] in SHIPPED:
            self.classes.add((of.__module__, of.__qualname__))
            if works:
                self.working.add((of.__module__, of.__qualname__))

    def without(self, other: Path_) -> Path_:
        kept = {name: count for name, count in self.functions.items() if name not in other.functions}
        classes = self.classes - other.classes
        return Path_(functions=Counter(kept), classes=classes, working=self.working & classes)

    @property
    def figures(self) -> dict[str, int]:
        files = {file for file, _ in self.functions}
        return {"functions": len(self.functions), "files": len(files), "classes": len(self.working)}


async def watched(seconds: float, ask: Any = None) -> Path_:
    """What is entered in so many seconds, in which `ask` is awaited."""
    path = Path_()
    began = time.monotonic()
    threading.setprofile(path)
    sys.setprofile(path)
    try:
        if ask is not None:
            await ask
        await asyncio.sleep(max(0.0, seconds - (time.monotonic() - began)))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return path


async def answered(folder: Path, server: Homeserver) -> Path_:
    """The path of one « Bonjour »."""
    user = await server.register("assistant", "le mot de passe du robot", displayname="Assistant")
    async with fake_gateway() as gateway, crowd(server, folder / "people", 1, "alice") as (alice,):
        os.environ |= {
            "RELAIS_DATA_DIR": str(folder / "data"),
            "RELAIS_LOG_LEVEL": "error",
            "RELAIS_TCHAP__HOMESERVER": server.base_url,
            "RELAIS_TCHAP__USER": user,
            "RELAIS_TCHAP__PASSWORD": "le mot de passe du robot",
            "RELAIS_TCHAP__CROSS_SIGNING_SEED": "a seed that is long enough to be one".ljust(48, "."),
            "RELAIS_TCHAP__MESSAGES_PER_SECOND": "100",
            "RELAIS_GATEWAY__URL": gateway.url,
            "RELAIS_GATEWAY__MODEL": gateway.models[0],
        }
        ready = asyncio.Event()
        composition.COUNT_EVERY = 5.0
        replica = asyncio.ensure_future(
            composition.run(load_settings(), [tchap], ready=ready.set, service=False)
        )
        await ready.wait()
        await alice.meet(user)
        await alice.ask("Bonsoir")
        await asyncio.sleep(2.0)
        idle = await watched(12.0)  # longer than its slowest timer
        path = await watched(4.0, alice.ask("Bonjour"))
        replica.cancel()
        await asyncio.wait([replica])
        return path.without(idle)


async def main() -> int:
    parser = argparse.ArgumentParser(description="count what one « Bonjour » passes")
    parser.add_argument("--list", action="store_true", help="name each function")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="path-") as name:
        async with homeserver(Path(name) / "synapse", server_name="localhost") as server:
            path = await answered(Path(name), server)
    if options.list:
        for (file, function), count in sorted(path.functions.items()):
            print(f"{file}\t{function}\t{count}")
        for module, cls in sorted(path.classes):
            print(f"{'class' if (module, cls) in path.working else 'value'}\t{module}.{cls}")
    figures = "  ".join(f"{name} {count} (goal {GOAL[name]})" for name, count in path.figures.items())
    print(f"{figures}  values that are only made {len(path.classes - path.working)}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
