"""The sales terms that a return is opened under, and keeps: those that its source names, else the only ones published."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.returns import ReturnAuthorization


async def terms_for(tx: Desk, source: Record, authorization: ReturnAuthorization) -> str | None:
    """The version that is valid on the day of the order, else of the request; None where nobody has named any, or where
    several are published and nobody can tell which."""
    if source.terms_name is not None:
        found = _valid(await tx.terms.of_name(source.terms_name), authorization, tx.now)
        return str(found.id) if found else None
    names = sorted({row.name for row in await tx.terms.those("name", "version", public=True)})
    last = [_valid(await tx.terms.of_name(name), authorization, tx.now) for name in names]
    shown = [row.id for row in last if row is not None and row.public]
    return str(shown[0]) if len(shown) == 1 else None


def _valid(versions: Iterable[Record], authorization: ReturnAuthorization, now: datetime) -> Record | None:
    """The last version that counts on that day, by the days of its own zone."""
    valid = [row for row in versions if _counts(row, authorization, now)]
    return valid[-1] if valid else None


def _counts(row: Record, authorization: ReturnAuthorization, now: datetime) -> bool:
    asked_at = authorization.requested_at or now
    day = authorization.ordered_on or asked_at.astimezone(ZoneInfo(row.terms.zone)).date()
    return bool(row.terms.valid_from <= day and (row.terms.valid_until is None or day <= row.terms.valid_until))
