"""Leaves a gateway that keeps failing in peace for a while, then lets one request try it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from core.errors import GatewayUnavailable


class Breaker:
    """One per address and served model: behind one address, a model may be down and others up.

    Closed: requests pass. After `failures` in a row it is open for `pause` seconds and requests fail
    at once. Then one request, the probe, passes: its outcome closes the breaker or opens it again.
    A gateway that asks to slow down is alive.
    """

    def __init__(self, *, failures: int, pause: float, clock: Callable[[], float]) -> None:
        self._allowed = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._probing = False
        self.open_until = 0.0

    @property
    def closed(self) -> bool:
        return self._failures < self._allowed

    @property
    def wait(self) -> float:
        """Seconds until a request may pass; 0.0: now."""
        if self.closed:
            return 0.0
        return max(self.open_until - self._clock(), 1.0 if self._probing else 0.0)

    @contextmanager
    def request(self) -> Generator[None]:
        """Around one request. Raises GatewayUnavailable when the breaker is open."""
        probe = self._enter()
        try:
            yield
        except GatewayUnavailable as error:
            self._ended(failed=not error.limited)
            raise
        except Exception:
            self._ended(failed=False)
            raise
        else:
            self._ended(failed=False)
        finally:
            if probe:
                self._probing = False

    def _enter(self) -> bool:
        if self.closed:
            return False
        if (wait := self.wait) > 0:
            raise GatewayUnavailable("left alone after repeated failures", retry_after=max(wait, 1.0))
        self._probing = True
        return True

    def _ended(self, *, failed: bool) -> None:
        self._failures = self._failures + 1 if failed else 0
        self.open_until = self._clock() + self._pause if self._failures >= self._allowed else 0.0
