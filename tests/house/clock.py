"""A clock that a test moves by hand."""

import time
from datetime import UTC, datetime, timedelta

MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class MovableClock:
    """Begins on a Monday noon and runs on, so that whatever waits a second is not waited for in vain. `advance` moves it;
    `stand` stops it, for tests that compare instants."""

    def __init__(self, at: datetime = MONDAY_NOON) -> None:
        self._at, self._since, self._stands = at, time.monotonic(), False

    def __call__(self) -> datetime:
        if self._stands:
            return self._at
        return self._at + timedelta(seconds=time.monotonic() - self._since)

    def advance(self, by: timedelta) -> None:
        self._at += by

    def stand(self, at: datetime | None = None) -> datetime:
        """Stand still, here or there."""
        self._at, self._stands = at or self(), True
        return self._at

    def run(self) -> None:
        """Run again from where it stands."""
        self._since, self._stands = time.monotonic(), False
