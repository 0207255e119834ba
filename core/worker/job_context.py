"""What the jobs of a replica are run with."""

from __future__ import annotations

from collections.abc import Sequence

from core.bot import Bot
from core.delivery.outbox import Outbox
from core.turn.services import Services
from core.worker.endings import Gate
from core.worker.notices import Notices


class JobContext:
    """What the jobs of a replica are run with. It keeps nothing of one job for another, but which of those
    that wait for models may try."""

    def __init__(self, *, services: Services, outbox: Outbox, bots: Sequence[Bot], max_age: float) -> None:
        """`max_age`: seconds after which a question is too old."""
        self.services = services
        self.outbox = outbox
        self.bots = bots
        self.max_age = max_age
        self.notices = Notices(services, outbox)
        self.gate = Gate(services.models)
