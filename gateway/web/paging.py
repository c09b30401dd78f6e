"""Pages: a sealed cursor that holds the last row's place, good for one list of one exporter only."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from gateway.core import Gateway
from gateway.store.lists import After
from gateway.store.secrets import SealBroken
from gateway.store.transaction import Record
from gateway.web.problems import FieldError, Problem

DEFAULT, MOST = 50, 200
WHOLE = re.compile(r"[1-9][0-9]{0,3}")
T = TypeVar("T")


def limit_of(text: str | None) -> int:
    """1 to 200."""
    if text is None:
        return DEFAULT
    if not WHOLE.fullmatch(text) or int(text) > MOST:
        raise Problem("invalid-parameter", errors=[FieldError("limit", "range", f"1–{MOST}")])
    return int(text)


def open_cursor(gw: Gateway, belongs_to: str, cursor: str | None) -> After:
    """The place that a cursor of ours holds. `belongs_to` is the list, its exporter and its filters."""
    if not cursor:
        return None
    try:
        at, row_id = json.loads(gw.sealer.open(f"cursor:{belongs_to}", cursor))
    except (SealBroken, UnicodeEncodeError) as error:
        raise Problem("invalid-parameter", errors=[FieldError("cursor", "cursor")]) from error
    return datetime.fromisoformat(at), row_id


def cut(
    gw: Gateway, belongs_to: str, rows: Sequence[Record], limit: int, at: Callable[[Record], datetime]
) -> tuple[Sequence[Record], str | None]:
    """The page, and the cursor of the next one if there is more: `rows` holds one more than `limit` then."""
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], gw.sealer.seal(f"cursor:{belongs_to}", json.dumps([at(last).isoformat(), last.id]))
