"""Places in a lane: how many at once, and who goes first."""

import asyncio
from collections import deque


class Places:
    """So many at once. Who is urgent goes before everybody else who waits."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._ordinary: deque[asyncio.Future[None]] = deque()

    async def take(self, *, urgent: bool) -> None:
        """Waits for a place. Whoever took one gives it back."""
        if self._free:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._ordinary).append(called)
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():  # called and cancelled in the same moment
                self.give()
            raise

    def give(self) -> None:
        for line in (self._urgent, self._ordinary):
            while line:
                called = line.popleft()
                if not called.done():
                    called.set_result(None)
                    return
        self._free += 1
