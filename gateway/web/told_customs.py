"""What our API answers of a customs case."""

from datetime import date, datetime

from gateway.web.told import DeadlineTold, Told
from schemas.customs_case import CustomsFacts, Ground, NeededPaper
from schemas.terms import Paper


class CandidateTold(Told):
    """A relief that comes into question, for a person to confirm; no advice. `due_at`: the first instant that is too late."""

    regime: str
    verdict: str
    grounds: tuple[Ground, ...]
    papers: tuple[NeededPaper, ...]
    needs: tuple[str, ...]
    relief: str
    source: str
    source_on: date
    confidence: str
    last_day: date | None
    due_at: datetime | None
    zone: str
    seconds_left: int | None


class CustomsTold(Told):
    """`home`: where the goods go home to. `because` says why there are no candidates yet. `deadline` runs once one is
    confirmed."""

    return_id: str
    home: str | None
    because: str | None
    facts: CustomsFacts
    papers: tuple[Paper, ...]
    waybills: tuple[str, ...]
    """Outbound and return waybills, together."""
    candidates: tuple[CandidateTold, ...]
    regime: str | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    deadline: DeadlineTold | None
