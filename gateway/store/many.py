"""Very many rows and very many keys: written a column at a time, asked for in lists of one length.

Row by row through SQLAlchemy a bill of twenty thousand lines takes longer to bind than to store. Lists are of three lengths,
so that three statements are compiled and not one for every bill; a short list is filled up with its last key.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Executable, bindparam, literal_column

from gateway.store.prepared import Columns, Prepared
from gateway.store.transaction import Tx

ROWS = 1_000
"""Rows in one statement: as much as the loop can wait for on SQLite, which answers on its thread."""
SIZES = (8, 50, 500)


class ByKeys:
    """A question by a list of keys. `build` makes it of what stands in its `in_`."""

    def __init__(self, build: Callable[[Sequence[Any]], Executable]) -> None:
        self._forms = {size: Prepared(build([bindparam(f"key_{n}") for n in range(size)])) for size in SIZES}

    async def tuples(self, tx: Tx, keys: Sequence[str], **given: Any) -> list[tuple[Any, ...]]:
        """The answer, part by part, as plain tuples; `given` are the question's other parameters."""
        found: list[tuple[Any, ...]] = []
        size = next((size for size in SIZES if len(keys) <= size), SIZES[-1])
        for start in range(0, len(keys), size):
            if start:
                await asyncio.sleep(0)
            some = keys[start : start + size]
            filled = [*some, *[some[-1]] * (size - len(some))]
            asked = {f"key_{n}": key for n, key in enumerate(filled)} | given
            found += (await tx.say(self._forms[size], asked)).tuples()
        return found


def words(*ours: str) -> list[Any]:
    """Words of ours for an `in_` that is prepared: they stand in the statement as they are."""
    return [literal_column(f"'{word}'") for word in ours]


async def write(tx: Tx, statement: Prepared, columns: Columns) -> None:
    """Run a statement for every row of these columns."""
    for some in columns.parts(ROWS):
        await tx.say(statement, some)
        await asyncio.sleep(0)
