"""The faults there are, and where one of them cannot happen."""

from collections.abc import Mapping

FAULTS = tuple(f"F{number:02d}" for number in range(1, 61))

NOT_ON: Mapping[tuple[str, str], str] = {
    ("F09", "sqlite"): "no line lies between the process and its own file; what a full disk does is F56",
    (
        "F53",
        "sqlite",
    ): "there is no database server to restart; the process itself is killed by the crash points and the soak",
    ("F54", "sqlite"): "Valkey is for several machines; embedded, the lanes' memory is the process's own",
    ("F55", "sqlite"): "as F54",
    ("F60", "sqlite"): "the database is in the process: its calls cannot be slow one by one",
}
"""Fault and store to the reason why there is nothing to test there."""
