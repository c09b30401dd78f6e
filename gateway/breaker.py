"""Whether a lane's carrier is well enough to be called at all, by how the calls of the last minute ended."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW, CALLS, PROBE = 60.0, 20, 15.0


@dataclass
class Breaker:
    """Counts how calls end. Open: turned away at once, but for one probe, and another 15 s after that one is over."""

    monotonic: Callable[[], float]
    outcomes: deque[tuple[float, bool]] = field(default_factory=deque)
    failures: int = 0
    opened_at: float | None = None
    probed_at: float = 0.0
    probing: bool = False
    """While the one probe is in line or under way, however long it takes."""

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None

    def admits(self) -> bool:
        return self.shut_for() == 0.0

    def begin_probe(self) -> bool:
        """Whether whoever was admitted just now is the probe; it says when it is over."""
        self.probing = self.probing or self.is_open
        return self.is_open

    def end_probe(self) -> None:
        self.probing, self.probed_at = False, self.monotonic()

    def shut_for(self) -> float:
        """Seconds until it would let anyone through; of a probe that is under way nobody knows when it will be over."""
        if self.opened_at is None:
            return 0.0
        if self.probing:
            return PROBE
        return max(0.0, max(self.opened_at, self.probed_at) + PROBE - self.monotonic())

    def heard(self, failed: bool) -> None:
        now = self.monotonic()
        if not failed and self.opened_at is not None:
            self.opened_at = None
            self.outcomes.clear()
            self.failures = 0
        self.outcomes.append((now, failed))
        self.failures += failed
        while now - self.outcomes[0][0] > WINDOW:
            self.failures -= self.outcomes.popleft()[1]
        if self.opened_at is None and len(self.outcomes) >= CALLS and self.failures * 2 >= len(self.outcomes):
            self.opened_at = now
