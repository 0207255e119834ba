"""An answer that waits for the send budget is seen: in numbers, in readiness, and in one line of the log."""

from __future__ import annotations

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from core.connector import Pace
from core.delivery.outbox import slow
from core.delivery.send_waits import LONG, SendWaits
from tests.core.conftest import core_on
from tests.rig.platform import Platform, message

LIMITED = Pace(per_second=0.2, burst=10, scope="compte", exact=True, remedy="demandez override_ratelimit")


class Limited(Platform):
    """A platform of which the account may send a message every five seconds, ten of them at once."""

    def pace(self, address: object, sending: object) -> Pace:
        return LIMITED


def test_what_waits_is_counted_with_its_age() -> None:
    """Nobody waiting is well; one that waits for more than half a minute is not."""
    now = 100.0
    waits = SendWaits(lambda: now)
    assert (waits.now.count, waits.now.oldest, waits.now.trouble) == (0, 0.0, None)
    with waits.one():
        now += LONG
        with waits.one():
            assert waits.now.trouble is None
            now += 1.0
            assert waits.now.trouble == "2 messages wait to be sent, the oldest for 31 s"
    assert waits.now.count == 0


def test_operators_read_the_rate_and_what_to_ask_for() -> None:
    """In the words of their language."""
    said = slow(0.2, LIMITED.remedy)
    assert said == "le compte n’envoie que 0,2 message/s\u00a0: demandez override_ratelimit"


async def test_answers_that_wait_for_the_budget_are_told(tmp_path: Path) -> None:
    """More answers than the account may send at once: one waits, is counted, and the log says so once."""
    with capture_logs() as lines:
        async with core_on(tmp_path, platform=Limited()) as core:
            for number in range(14):
                await core.tell(
                    message(f"Question {number}", room=f"!room{number}:x", sender=f"@p{number}:x")
                )
            async with asyncio.timeout(20):
                while "send_budget_short" not in [line["event"] for line in lines]:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert core.outbox.waits.now.count > 0
    (line,) = [line for line in lines if line["event"] == "send_budget_short"]
    assert line["reason"] == "le compte n’envoie que 0,2 message/s\u00a0: demandez override_ratelimit"
