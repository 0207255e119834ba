"""What it costs to read back and summarise a room of 10,000 encrypted messages, on the stub homeserver.

Time is from the question to the end of the answer; memory is the most that the replica took, above what it
held before the question. The gateway answers at once and with no summary, so that what is measured is
reading, decrypting, assessing, condensing in parts, and in the end the rules.

Run: `python -m tests.bench rooms`.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from pathlib import Path

from tests.bench.offstage import Offstage, instant_gateway, offstage
from tests.bench.process import cpu, resident
from tests.bench.table import Row, show
from tests.rig.citizens import Citizen, Seen
from tests.rig.stub import Json, Room

MESSAGES = 10_000
PATIENCE = 300.0
SAID = (
    "Le tableau de suivi du lot {n} est à jour, rien à signaler pour les échéances de cette période.",
    "Qui relance la DDT pour les chiffres du lot {n} ?",
    "Je m’en occupe d’ici vendredi.",
    "C’est décidé, on garde la salle Garonne pour la réunion n° {n}.",
    "Je ne suis pas convaincu par ce calendrier, il est trop serré.",
    "Bonjour à tous, bonne journée.",
)


class Resident(Citizen):
    """A citizen in a room with others, not in a chat of two."""

    def meet(self) -> Room:
        room = super().meet()
        for n in range(3):
            other: Json = {
                "type": "m.room.member",
                "sender": f"@autre{n}:stub",
                "state_key": f"@autre{n}:stub",
            }
            room.state.append(
                self._server.post(
                    room, other["sender"], other["type"], {"membership": "join"}, state_key=other["state_key"]
                )
            )
        return room


async def measure(on: Offstage, count: int) -> list[Row]:
    """A room of so many messages, then `!résumé` of all of them."""
    done = asyncio.Event()
    resident_ = Resident(on.server, "alice", on.bot, encrypted=True)

    def hears(seen: Seen) -> None:
        if not seen.growing and "Compte rendu" in seen.text:
            done.set()

    resident_.hears = hears
    resident_.meet()
    texts = itertools.cycle(SAID)
    for n in range(count):
        resident_.say(next(texts).format(n=n))
        if n % 200 == 0:
            await asyncio.sleep(0)
    (replica,) = on.replicas
    await _settled(replica.pid)
    done.clear()
    before, cpu_before, began = resident(replica.pid), cpu(replica.pid), time.monotonic()
    resident_.say(f"!résumé {count}")
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    took, used = time.monotonic() - began, cpu(replica.pid) - cpu_before
    grown = resident(replica.pid, "VmHWM") - before
    return [
        Row(what=f"summary of {count} messages", measured=took, unit="s", goal=60.0),
        Row(what="CPU of the replica", measured=used, unit="s"),
        Row(what="memory above what it held", measured=grown, unit="MB", goal=200.0),
    ]


async def _settled(pid: int) -> None:
    """Wait until the replica has taken in what was said."""
    used = -1.0
    while cpu(pid) - used > 0.05:
        used = cpu(pid)
        await asyncio.sleep(1.0)


async def _measured(count: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        async with instant_gateway() as gateway, offstage(Path(folder) / "on", gateway) as on:
            return await measure(on, count)


def main(*, quick: bool = False) -> None:
    """`quick`: a tenth of the messages."""
    show("A long room read back", asyncio.run(_measured(MESSAGES // 10 if quick else MESSAGES)))
