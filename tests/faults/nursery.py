"""Starts gateway processes quickly: one process has imported everything and forks at a word.

A child is a process of its own in every way that a fault can tell: it has its own id, sockets and memory, runs `homeward`
with its own arguments and environment, and is killed by SIGKILL. Only the imports and the API's description, three seconds,
are not made again.

Protocol, JSON lines: in {"argv", "env", "log"}; out {"pid"} at once, and {"ended", "status"} when a child has ended, its
status as from `Popen.returncode`.
"""

import gc
import importlib
import json
import os
import random
import select
import signal
import sys
import traceback
from typing import Any

TICK = 0.02
LIVING: set[int] = set()


def main() -> None:
    _import_everything()
    _make_what_is_the_same_for_all()
    try:
        _listen()
    except BrokenPipeError:  # whoever asks is gone, and it was noticed in saying something
        pass
    finally:
        _end_them()


def _listen() -> None:
    _say({"ready": True})
    pending = b""
    while True:
        readable, _, _ = select.select([0], [], [], TICK)
        if readable:
            read = os.read(0, 65_536)
            if not read:
                return
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                _say({"pid": _fork(json.loads(line))})
        _bury()


def _import_everything() -> None:
    import aiosqlite
    import uvloop

    import gateway.__main__
    import gateway.web.app
    from adapters import registry

    del aiosqlite, gateway, uvloop
    registry.carriers()
    registry.platforms()
    registry.invoice_readers()


def _make_what_is_the_same_for_all() -> None:
    """The API's description takes a door most of the second in which it comes up, and says nothing about its database."""
    from gateway.web import openapi

    openapi.rendered()
    gc.collect()
    gc.freeze()  # no child looks through it again


def _fork(told: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        LIVING.add(child)
        return child
    os.setsid()
    log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(told["env"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    status = 1
    try:
        _run(told["argv"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _run(argv: list[str]) -> None:
    from gateway import crash
    from gateway.__main__ import main as homeward

    importlib.reload(crash)  # reads HOMEWARD_CRASH again, in the module whose function everybody holds
    sys.argv = ["homeward", *argv]
    homeward()


def _bury() -> None:
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        LIVING.discard(child)
        _say({"ended": child, "status": os.waitstatus_to_exitcode(status)})


def _end_them() -> None:
    """The tests are over, perhaps because somebody killed them: nobody else would end these."""
    for child in LIVING:
        os.kill(child, signal.SIGKILL)


def _say(said: dict[str, Any]) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
