"""Named places where the fault bench kills the process. They do nothing unless `HOMEWARD_CRASH=name[:nth]` is set.

A kill is SIGKILL to ourselves: no handler runs, no buffer is flushed, exactly as when the machine goes.
"""

import os
import signal

_wanted, _, _nth = os.environ.get("HOMEWARD_CRASH", "").partition(":")
_left = int(_nth or 1)


def crash(name: str) -> None:
    """Die here, if this is the place that was asked for, the nth time it is passed."""
    global _left
    if name == _wanted:
        _left -= 1
        if _left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
