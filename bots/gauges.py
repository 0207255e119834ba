"""What operators see of a replica: the state of its parts, and its metrics."""

from __future__ import annotations

from collections.abc import Mapping

from core.connector.upkeep import Upkeep
from core.delivery.outbox import Outbox, SendWaits
from core.http.server import READY
from core.inbox.inbox import Inbox
from core.models.access import Models
from core.sessions.figures import Period, ServiceFigures, Span
from core.store.valkey import Store
from core.telemetry import metrics
from core.worker.worker import Worker


def parts(store: Store, worker: Worker, outbox: Outbox, upkeep: Upkeep) -> Mapping[str, str]:
    """The state of each part for /readyz."""
    states = {
        name: READY if connector.ready.is_set() else "connecting"
        for name, connector in outbox.connectors.items()
    } | dict(upkeep.troubles)
    return {
        "store": store.trouble or READY,
        "worker": "draining" if worker.draining else READY,
        "sending": outbox.waits.now.trouble or READY,
        **states,
    }


async def gauges(inbox: Inbox, waits: SendWaits) -> None:
    stats, sending = await inbox.stats(), waits.now
    metrics.inbox(
        ready=stats.ready,
        delayed=stats.delayed,
        leased=stats.leased,
        dead=stats.dead,
        sending=sending.count,
        oldest=max(stats.oldest, sending.oldest),
    )


async def service_gauges(figures: ServiceFigures, models: Models) -> None:
    """Bring up to date what is shown of the service as a whole."""
    for model in models.policy.models:
        metrics.model_up(model.id, up=models.breaker(model).wait <= 0)
    spans: tuple[Span, ...] = ("day", "week")
    for span in spans:
        (now,) = await figures.periods(span, 1)
        told = {group: now.told(group) or 0 for group in now.people}
        metrics.people(span, told, satisfied=now.satisfied, unsatisfied=now.unsatisfied)
        if span == "day":
            metrics.footprint(wh=_bounds(now, "wh"), gco2e=_bounds(now, "gco2e"))


def _bounds(period: Period, what: str) -> tuple[float, float]:
    return period.count(what, "low") / 1000, period.count(what, "high") / 1000
