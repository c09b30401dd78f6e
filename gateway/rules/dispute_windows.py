"""Until when a finding may be disputed: by the carrier's own windows, the one that ends first; else by our caution. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from schemas.charges import FindingKind
from schemas.dispute_windows import DisputeWindow, WindowStart

OURS = "our own caution, the shortest that carriers are known to keep"


class Ends(NamedTuple):
    """The last day, the day that it is counted from, and by whose rule."""

    last: date
    start: date
    because: str


def ends(
    windows: Sequence[DisputeWindow], finding: FindingKind, days: Mapping[WindowStart, date | None], otherwise: int
) -> Ends:
    """By what is known of the line. `days` has the invoice's; of a window whose start nobody knows nothing can be said, and
    `otherwise` so many days from the invoice's count."""
    named = [one for one in windows if finding in one.findings]
    found = [
        Ends(start + timedelta(days=one.days), start, _said(one))
        for one in named or [one for one in windows if not one.findings]
        if (start := days.get(one.starts))
    ]
    issued = days[WindowStart.INVOICE]
    assert issued is not None
    ours = Ends(issued + timedelta(days=otherwise), issued, f"{otherwise} days from {WindowStart.INVOICE}: {OURS}")
    return min(found, default=ours)


def _said(window: DisputeWindow) -> str:
    about = f"{window.source}, read on {window.read_on.isoformat()}, confidence {window.confidence}"
    return f"{window.days} days from {window.starts}: {about}"
