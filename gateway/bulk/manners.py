"""How a process of bulk work behaves on a machine that also answers requests. To be called before polars is imported."""

import os

THREADS = "POLARS_MAX_THREADS"


def step_back() -> None:
    """Run only where nobody else wants to, and leave one core alone: beside a server that answers within milliseconds even
    the least share of its core is felt. On an idle machine it costs that one core; who names `POLARS_MAX_THREADS` himself
    is taken at his word."""
    os.environ.setdefault(THREADS, str(max(len(os.sched_getaffinity(0)) - 1, 1)) if _is_linux() else "1")
    if _is_linux():
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)


def _is_linux() -> bool:
    return hasattr(os, "SCHED_IDLE")
