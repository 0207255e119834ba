"""Every number that relais shows to Prometheus, in one place. Labels are few and bounded; none is a person.

`metrics` is what the code counts with; `render` is what `/metrics` answers. A count costs about 1 µs.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

SHORT = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
LONG = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)


class Metrics:
    """The counters of one process: what is counted by itself is an attribute, what counts together a
    method."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"relais_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...] = LONG) -> Histogram:
            return Histogram(f"relais_{name}_seconds", text, labels, buckets=buckets, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"relais_{name}", text, labels, registry=registry)

        self.received = counter("events_received", "Events given by a platform", "connector", "outcome")
        self.answered = histogram("answer", "From the question to its delivered answer", "connector")
        self.refused = counter("refusals", "Questions answered by a refusal or a failure", "connector", "why")
        self.jobs = counter("jobs", "Jobs that did not simply end with an answer", "outcome")
        self.ignored = counter("ignored", "Malformed or foreign input that was dropped", "connector", "why")
        self.undecryptable = counter("undecryptable", "Messages that could not be decrypted", "connector")
        self.identities = counter("identity_changes", "People known by another identity now", "connector")
        self.sent = counter("sends", "Posts and edits attempted", "connector", "what", "outcome")
        self.first_sign = histogram(
            "first_sign", "From the question to a first sign of life", "connector", buckets=SHORT
        )
        self.budget_wait = histogram("budget_wait", "Waits for the send budget", "what")
        self.requested = counter("gateway_requests", "Requests to models", "model", "outcome")
        self.first_token = histogram("gateway_first_token", "From the request to its first token", "model")
        self.tokens = counter("gateway_tokens", "Tokens, as the gateway counted them", "model", "kind")
        self._inbox = gauge("inbox", "Conversations or jobs in the store", "state")
        self._oldest = gauge(
            "inbox_oldest_seconds", "Age of the oldest event that waits, for a replica or to be sent"
        )
        self._archives = gauge("archive_packages", "Packages that wait for the archives to acknowledge them")
        self._archives_oldest = gauge("archive_oldest_seconds", "Since when the oldest of them waits")
        self._store = gauge("store_bytes", "Memory that the store holds and may hold (0: no limit)", "what")
        self._ready = gauge("ready", "Whether a part of this replica is ready", "part")
        self.failures = counter(
            "part_failures", "Times that a part ended by a failure, and ran again", "part"
        )
        self._sandbox = gauge("sandbox_level", "Strength of the sandbox for documents", "level")
        self._sandbox_enough = gauge("sandbox_enough", "1 when it is as strong as the policy demands")
        self._people = gauge(
            "people",
            "People answered in the present day or week; 0 while they are fewer than ten",
            "span",
            "by",
            "name",
        )
        self._satisfied = gauge(
            "judgements", "Answers judged in the present day or week", "span", "judgement"
        )
        self._energy = gauge("energy_wh", "Estimated energy of the answers of today, in Wh", "bound")
        self._carbon = gauge(
            "carbon_gco2e", "Estimated emissions of the answers of today, in g CO2e", "bound"
        )
        self._model = gauge("model_up", "1 while the model answers; 0 while its breaker is open", "model")
        self.too_new = counter(
            "too_new", "Values of a newer version that were met, and given back untouched", "kind"
        )
        self._build = gauge("build_info", "What runs here", "version", "python", "policy", "replica")

    def people(self, span: str, groups: Mapping[str, int], *, satisfied: int, unsatisfied: int) -> None:
        """How many people by group (`all`, `connector|tchap`), where they are enough to be told."""
        for group, count in groups.items():
            by, _, name = group.partition("|")
            self._people.labels(span, by, name).set(count)
        self._satisfied.labels(span, "satisfied").set(satisfied)
        self._satisfied.labels(span, "unsatisfied").set(unsatisfied)

    def footprint(self, *, wh: tuple[float, float], gco2e: tuple[float, float]) -> None:
        """The lower and the upper bound of what the answers of today took."""
        for gauge, bounds in ((self._energy, wh), (self._carbon, gco2e)):
            for name, value in zip(("low", "high"), bounds, strict=True):
                gauge.labels(name).set(value)

    def model_up(self, model: str, *, up: bool) -> None:
        self._model.labels(model).set(up)

    def inbox(self, *, oldest: float, **states: int) -> None:
        """How many are `ready`, `delayed`, `leased`, `dead`, wait here for `sending`; `oldest` in seconds."""
        for state, count in states.items():
            self._inbox.labels(state).set(count)
        self._oldest.set(oldest)

    def archives(self, *, waiting: int, oldest: float) -> None:
        """What waits for the archives; `oldest` in seconds."""
        self._archives.set(waiting)
        self._archives_oldest.set(oldest)

    def store(self, *, used: int, limit: int) -> None:
        self._store.labels("used").set(used)
        self._store.labels("limit").set(limit)

    def ready(self, parts: Mapping[str, bool]) -> None:
        """Whether each part is ready; those that are no longer named are no longer shown."""
        self._ready.clear()
        for part, ready in parts.items():
            self._ready.labels(part).set(ready)

    def sandbox(self, level: str, *, enough: bool) -> None:
        """`enough`: as strong as the policy demands, so that files are read."""
        self._sandbox.clear()
        self._sandbox.labels(level).set(1)
        self._sandbox_enough.set(enough)

    def build(self, *, policy: str, replica: str) -> None:
        self._build.clear()
        self._build.labels(relais_version(), platform.python_version(), policy, replica).set(1)

    def render(self) -> bytes:
        """All of them in Prometheus's text format 0.0.4."""
        return generate_latest(self.registry)


def relais_version() -> str:
    try:
        return version("relais")
    except PackageNotFoundError:
        return "unknown"


metrics = Metrics()
