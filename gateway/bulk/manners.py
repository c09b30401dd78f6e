"""How a process of bulk work behaves on a machine that also answers requests. To be called before polars is imported."""

import os

THREADS = "POLARS_MAX_THREADS"


def step_back() -> None:
    """Run only where nobody else wants to, and never on the first core: beside a server that answers within milliseconds even
    the least share of its core is felt. On an idle machine that core is what it costs; who names `POLARS_MAX_THREADS` himself
    is taken at his word."""
    if not _is_linux():
        os.environ.setdefault(THREADS, "1")
        os.nice(19)
        return
    ours = sorted(os.sched_getaffinity(0))
    left = ours[1:] or ours
    os.environ.setdefault(THREADS, str(len(left)))
    os.sched_setaffinity(0, left)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _is_linux() -> bool:
    return hasattr(os, "SCHED_IDLE")
