"""What happens to each return in the simulated year, and when it is heard: drawn from a seed, and known to nobody else."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from adapters.carriers.sandbox_rest.mapping_tracking import read_report
from adapters.toolkit.http import Reply
from schemas.acceptance import AcceptanceDecision
from schemas.tracking import ExceptionReason, TrackingEvent
from tests.journeys.year.oracle import first_due
from tests.journeys.year.places import RULES, Rule

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
HOUR = timedelta(hours=1)
DECISIONS = (AcceptanceDecision.ACCEPT, AcceptanceDecision.ACCEPT_WITH_RESERVATION, AcceptanceDecision.REJECT)
RETURNERS = (("FR", "Europe/Paris"), ("JP", "Asia/Tokyo"), ("NP", "Asia/Kathmandu"), ("GB", "Europe/London"))
NO_MEANING = ("Q77", "XX1", "??")


@dataclass(frozen=True)
class Scan:
    code: str
    at: datetime
    heard: datetime
    naive: bool = False
    delay: bool = False

    def wire(self, zone: str) -> dict[str, str]:
        """As the carrier writes it; without an offset it is the place's clock."""
        local = self.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return {"code": self.code, "at": (local if self.naive else self.at).isoformat(timespec="seconds")}


@dataclass
class Story:
    number: int
    booked_at: datetime
    scans: list[Scan] = field(default_factory=list)
    pause: tuple[datetime, datetime] | None = None
    """The clock stands still from the first to the second."""
    extended_at: datetime | None = None
    decided_at: datetime | None = None
    decision_heard: datetime | None = None
    decision: AcceptanceDecision = AcceptanceDecision.ACCEPT
    claimed_at: datetime | None = None

    @property
    def place(self) -> int:
        return self.number % len(RULES)

    @property
    def rule(self) -> Rule:
        return RULES[self.place]

    @property
    def returner(self) -> tuple[str, str]:
        """The country that it is handed over in, and its zone."""
        return RETURNERS[self.number // len(RULES) % len(RETURNERS)]

    @property
    def waybill(self) -> str:
        return f"SBX{self.number:08d}"

    def events(self, scans: list[Scan]) -> list[TrackingEvent]:
        """What the adapter makes of them."""
        told = [scan.wire(self.rule.zone) for scan in scans]
        body = json.dumps({"shipments": [{"waybill": self.waybill, "events": told}]}).encode()
        events = read_report(Reply(200, body), self.rule.zone).events
        late = ExceptionReason.CARRIER_DELAY
        return [e.model_copy(update={"reason": late}) if s.delay else e for e, s in zip(events, scans, strict=True)]


def tell(number: int, seed: int, grain: timedelta) -> Story:
    """One return's year. Acts are heard on a multiple of `grain`, as if somebody worked through them then."""
    dice = Random(f"{seed}:{number}")
    story = Story(number, _on(BEGINS + YEAR * dice.random(), grain))
    if dice.random() < 0.04:
        return story  # never handed over
    at = story.booked_at + timedelta(hours=dice.uniform(2, 24 * 9 if dice.random() < 0.85 else 24 * 15))
    if dice.random() > 0.08:
        _scan(story, dice, "COL", at, slow=0.25)
    for _ in range(dice.randint(1, 3)):
        at += timedelta(hours=dice.uniform(6, 60))
        _scan(story, dice, "HUB", at)
    if dice.random() < 0.06:
        _scan(story, dice, "HLD", at + HOUR, delay=True)
    if dice.random() < 0.3:
        at = _collection_point(story, dice, at)
    at += timedelta(hours=dice.uniform(3, 50))
    fate = dice.random()
    if fate < 0.03:
        return _noise(story, dice, grain)  # lost
    if fate < 0.06:
        _scan(story, dice, "RTS", at)
        return _noise(story, dice, grain)
    clean = dice.random() < 0.25 and story.rule.pausable
    _scan(story, dice, "DLV", at, slow=0 if clean else 0.1)
    if not clean and dice.random() < 0.1:
        _scan(story, dice, "DLV", at - timedelta(hours=dice.uniform(0.5, 30)), slow=1)
    if clean:
        _moves(story, dice, grain)
    _decide(story, dice, at, grain)
    return _noise(story, dice, grain)


def _on(at: datetime, grain: timedelta) -> datetime:
    """The first multiple of the grain from this instant on."""
    return BEGINS - ((BEGINS - at) // grain) * grain


def _scan(story: Story, dice: Random, code: str, at: datetime, *, slow: float = 0.05, delay: bool = False) -> None:
    at = at.replace(microsecond=0)
    hours = dice.uniform(24, 144) if dice.random() < slow else dice.uniform(0, 4)
    there = ZoneInfo(story.rule.zone)
    around = {(at + away).astimezone(there).utcoffset() for away in (-3 * HOUR, 3 * HOUR)}
    naive = dice.random() < 0.3 and len(around) == 1  # in the repeated hour such a stamp means two instants
    story.scans.append(Scan(code, at, at + timedelta(hours=hours), naive, delay))


def _collection_point(story: Story, dice: Random, at: datetime) -> datetime:
    """It waits to be fetched, for a while; some go out again, and some of those wait once more."""
    at += timedelta(hours=dice.uniform(3, 30))
    _scan(story, dice, "PUD", at)
    at += timedelta(days=dice.uniform(0.5, 9))
    if dice.random() < 0.2:
        _scan(story, dice, "OFD", at)
        at += timedelta(hours=dice.uniform(2, 9))
        if dice.random() < 0.5:
            _scan(story, dice, "PUD", at)
            at += timedelta(days=dice.uniform(0.5, 4))
    return at


def _moves(story: Story, dice: Random, grain: timedelta) -> None:
    """A pause with its proof, and more time, both while the limit runs."""
    heard = _on(max(scan.heard for scan in story.scans if scan.code == "DLV"), grain)
    at = _on(heard + timedelta(hours=dice.uniform(1, 8)), grain)
    if dice.random() < 0.6:
        until = _on(at + timedelta(days=dice.uniform(0.2, 9)), grain)
        story.pause, at = (at, until), until
    if story.rule.extension and dice.random() < 0.6:
        story.extended_at = at + grain


def _decide(story: Story, dice: Random, delivered: datetime, grain: timedelta) -> None:
    """Most decide in time, some in the very last second, some too late, some never; and it may be heard days later."""
    known = _on(min(scan.heard for scan in story.scans if scan.code == "DLV"), grain)
    after = max(one for one in (known, story.pause and story.pause[1], story.extended_at) if one) + grain
    roll = dice.random()
    if roll > 0.88:
        return
    due = first_due(story.rule, delivered, story.pause, bool(story.extended_at))
    if roll < 0.1 and due > after:
        at = due + timedelta(seconds=dice.choice((-1, 0, 1)))
    else:
        at = after + (max(due - after, HOUR)) * dice.choice((dice.uniform(0, 0.6), dice.uniform(0, 1.3)))
    story.decided_at = max(at.replace(microsecond=0), delivered + HOUR)
    late = timedelta(days=dice.uniform(0, 3)) if dice.random() < 0.1 else timedelta(0)
    story.decision_heard = _on(max(story.decided_at, after) + late, grain)
    story.decision = dice.choices(DECISIONS, (8, 1, 1))[0]
    if story.decision is not AcceptanceDecision.ACCEPT and dice.random() < 0.7:
        story.claimed_at = _on(story.decision_heard + timedelta(days=dice.uniform(0.1, 16)), grain)


def _noise(story: Story, dice: Random, grain: timedelta) -> Story:
    """Codes that nobody knows, scans that are told again, later and elsewhere in the list; all heard when somebody looks."""
    if dice.random() < 0.15:
        at = story.booked_at + timedelta(hours=dice.uniform(1, 400))
        story.scans.append(Scan(dice.choice(NO_MEANING), at.replace(microsecond=0), at + HOUR))
    for scan in list(story.scans):
        if dice.random() < 0.2:
            again = scan.heard + timedelta(hours=dice.uniform(1, 90))
            story.scans.append(Scan(scan.code, scan.at, again, scan.naive, scan.delay))
    story.scans = [replace(scan, heard=_on(scan.heard, grain)) for scan in story.scans]
    dice.shuffle(story.scans)
    return story
