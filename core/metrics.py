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
    """The counters of one process. Names of labels are those of the arguments."""

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

        self._received = counter("events_received", "Events given by a platform", "connector", "outcome")
        self._answered = histogram("answer", "From the question to its delivered answer", "connector")
        self._refused = counter(
            "refusals", "Questions answered by a refusal or a failure", "connector", "why"
        )
        self._jobs = counter("jobs", "Jobs that did not simply end with an answer", "outcome")
        self._ignored = counter("ignored", "Malformed or foreign input that was dropped", "connector", "why")
        self._undecryptable = counter("undecryptable", "Messages that could not be decrypted", "connector")
        self._identities = counter("identity_changes", "People known by another identity now", "connector")
        self._sent = counter("sends", "Posts and edits attempted", "connector", "what", "outcome")
        self._first_sign = histogram(
            "first_sign", "From the question to a first sign of life", "connector", buckets=SHORT
        )
        self._budget = histogram("budget_wait", "Waits for the send budget", "what")
        self._requests = counter("gateway_requests", "Requests to models", "model", "outcome")
        self._first_token = histogram("gateway_first_token", "From the request to its first token", "model")
        self._tokens = counter("gateway_tokens", "Tokens, as the gateway counted them", "model", "kind")
        self._inbox = gauge("inbox", "Conversations or jobs in the store", "state")
        self._oldest = gauge(
            "inbox_oldest_seconds", "Age of the oldest event that waits, for a replica or to be sent"
        )
        self._archives = gauge("archive_packages", "Packages that wait for the archives to acknowledge them")
        self._archives_oldest = gauge("archive_oldest_seconds", "Since when the oldest of them waits")
        self._store = gauge("store_bytes", "Memory that the store holds and may hold (0: no limit)", "what")
        self._ready = gauge("ready", "Whether a part of this replica is ready", "part")
        self._failures = counter(
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
        self._too_new = counter(
            "too_new", "Values of a newer version that were met, and given back untouched", "kind"
        )
        self._build = gauge("build_info", "What runs here", "version", "python", "policy", "replica")

    # events and jobs
    def received(self, connector: str, outcome: str) -> None:
        self._received.labels(connector, outcome).inc()

    def answered(self, connector: str, seconds: float) -> None:
        self._answered.labels(connector).observe(seconds)

    def refused(self, connector: str, why: str) -> None:
        self._refused.labels(connector, why).inc()

    def job(self, outcome: str) -> None:
        self._jobs.labels(outcome).inc()

    def ignored(self, connector: str, why: str) -> None:
        self._ignored.labels(connector, why).inc()

    def undecryptable(self, connector: str) -> None:
        self._undecryptable.labels(connector).inc()

    def identity_changed(self, connector: str) -> None:
        self._identities.labels(connector).inc()

    # what goes out
    def sent(self, connector: str, what: str, outcome: str) -> None:
        self._sent.labels(connector, what, outcome).inc()

    def first_sign(self, connector: str, seconds: float) -> None:
        self._first_sign.labels(connector).observe(seconds)

    def budget_wait(self, what: str, seconds: float) -> None:
        self._budget.labels(what).observe(seconds)

    # models
    def requested(self, model: str, outcome: str) -> None:
        self._requests.labels(model, outcome).inc()

    def first_token(self, model: str, seconds: float) -> None:
        self._first_token.labels(model).observe(seconds)

    def tokens(self, model: str, *, prompt: int, completion: int) -> None:
        self._tokens.labels(model, "prompt").inc(prompt)
        self._tokens.labels(model, "completion").inc(completion)

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

    # state of this replica
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

    def too_new(self, kind: str) -> None:
        self._too_new.labels(kind).inc()

    def part_failed(self, part: str) -> None:
        self._failures.labels(part).inc()

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
