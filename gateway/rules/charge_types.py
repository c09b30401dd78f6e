"""What a person has decided that a carrier's unknown charges are. Pure.

A decision is a version and is never changed. For a bill's day the last version counts whose day has come; one without a day
counts for every bill. What has its type already is not asked for again, so a later version rewrites nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from schemas.charges import ChargeType

CODE, TEXT = "code", "text"


@dataclass(frozen=True, slots=True)
class Decision:
    """Charges of one carrier with this code, or this text, are of a type. `folded` is how it is compared."""

    id: str
    by: str
    folded: str
    version: int
    type: ChargeType
    valid_from: date | None = None


def fold(said: str) -> str:
    """Codes and texts differ in blanks and capitals from file to file."""
    return " ".join(said.split()).casefold()


class Decisions:
    """All of one carrier's that count on a bill's day."""

    def __init__(self, decisions: Iterable[Decision], day: date) -> None:
        self._said: dict[tuple[str, str], Decision] = {}
        for one in sorted(decisions, key=lambda one: one.version):
            if one.valid_from is None or one.valid_from <= day:
                self._said[one.by, one.folded] = one

    def of(self, kind: ChargeType | str, code: str | None, text: str) -> Decision | None:
        """What an unknown charge is, by its code before its text; None where nobody decided, or a table knows it."""
        if kind != ChargeType.UNKNOWN:
            return None
        return self._said.get((CODE, fold(code or ""))) or self._said.get((TEXT, fold(text)))
