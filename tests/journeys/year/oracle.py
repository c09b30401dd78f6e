"""What must have become of every limit, computed once more: naively, day by day, from what is printed about limits and from
the `holidays` library, and without asking anything of the gateway's rules."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import holidays

from tests.journeys.year.places import BUSINESS, HOURS, MONTHS, Rule

if TYPE_CHECKING:
    from tests.journeys.year.story import Scan, Story

DAY = timedelta(days=1)
PHYSICAL = {"COL", "HUB", "HLD", "PUD", "OFD", "DLV", "RTS"}
MOVING = {"COL", "HUB", "OFD"}
HAND_OVER_DAYS, HOLD_DAYS, LOSS_DAYS, DAMAGE_DAYS, DELAY_DAYS = 10, 7, 60, 14, 21
"""What the sandbox carriers print."""
Pause = tuple[datetime, datetime] | None
_laws: dict[str, Any] = {}


@dataclass(frozen=True)
class Expected:
    state: str
    due: datetime | None = None
    """None where nobody asks any more."""
    ended: datetime | None = None


def is_open(rule: Rule, day: date) -> bool:
    if day in rule.opened:
        return True
    if day in rule.closed:
        return False
    if rule.calendar is None:
        return day.weekday() < 5
    if rule.calendar not in _laws:
        country, _, region = rule.calendar.partition("-")
        _laws[rule.calendar] = holidays.country_holidays(country, subdiv=region or None)
    return bool(_laws[rule.calendar].is_working_day(day))


def midnight_after(day: date, zone: str) -> datetime:
    following = day + DAY
    return datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def first_due(rule: Rule, start: datetime, pause: Pause = None, extended: bool = False) -> datetime:
    """The end of a place's acceptance limit."""
    amount = rule.amount + (rule.extension if extended else 0)
    if rule.unit is HOURS:
        end = start + timedelta(hours=rule.amount)
        stood = pause[1] - pause[0] if pause and pause[0] < end else timedelta(0)
        return start + timedelta(hours=amount) + stood
    local = start.astimezone(ZoneInfo(rule.zone))
    day = local.date()
    if rule.cutoff is not None and local.time() > rule.cutoff:
        day += DAY
    last = _months_later(day, rule.amount) if rule.unit is MONTHS else _walk(rule, day, amount, pause)
    while rule.roll and not is_open(rule, last):
        last += DAY
    if rule.at_clock_time:
        return datetime.combine(last, local.time().replace(fold=0), ZoneInfo(rule.zone)).astimezone(UTC)
    return midnight_after(last, rule.zone)


def _walk(rule: Rule, day: date, amount: int, pause: Pause) -> date:
    """Count the days that count: open ones where only those do, and none that a pause touched."""
    touched = (date.max, date.min)
    if pause:
        there = ZoneInfo(rule.zone)
        touched = pause[0].astimezone(there).date(), (pause[1] - timedelta(microseconds=1)).astimezone(there).date()
    if rule.day_one:
        day -= DAY
    while amount:
        day += DAY
        counts = rule.unit is not BUSINESS or is_open(rule, day)
        amount -= counts and not touched[0] <= day <= touched[1]
    return day


def _months_later(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    return date(year, month, day.day)


def _days(start: datetime, days: int, zone: str) -> datetime:
    return midnight_after(start.astimezone(ZoneInfo(zone)).date() + days * DAY, zone)


def _first(scans: "list[Scan]", codes: set[str]) -> datetime | None:
    return min((scan.at for scan in scans if scan.code in codes), default=None)


def _ready(scans: "list[Scan]") -> datetime | None:
    if any(scan.code == "RTS" for scan in scans):
        return None
    moved = max((scan.at for scan in scans if scan.code in MOVING), default=None)
    return min((s.at for s in scans if s.code == "PUD" and (moved is None or s.at >= moved)), default=None)


def expected(story: "Story") -> dict[tuple[str, str], Expected]:
    """Every limit that the return ever had, and how it stands when all is over."""
    zone, heard = story.rule.zone, sorted(story.scans, key=lambda scan: scan.heard)
    found = {
        ("hand_over", ""): _met_or_over(
            _days(story.booked_at, HAND_OVER_DAYS, story.returner[1]), _first(heard, PHYSICAL)
        )
    }
    moments = sorted({scan.heard for scan in heard})
    seen = [[scan for scan in heard if scan.heard <= moment] for moment in moments]
    delivered, back = _first(heard, {"DLV"}), _first(heard, {"RTS"})
    if any(_ready(known) and not _first(known, {"DLV"}) for known in seen):
        ready = _ready(heard)
        due = ready and _days(ready, HOLD_DAYS, zone)
        found["hold", ""] = _met_or_over(due, delivered) if due else Expected("cancelled")
    if any(_first(known, PHYSICAL) and not _first(known, {"DLV", "RTS"}) for known in seen):
        lost = Expected("expired", _days(_first(heard, PHYSICAL) or story.booked_at, LOSS_DAYS, zone))
        found["claim", "loss"] = Expected("cancelled") if delivered or back else lost
    if delivered is not None:
        found |= _delivered(story, heard, delivered)
    return found


def _delivered(story: "Story", heard: "list[Scan]", delivered: datetime) -> dict[tuple[str, str], Expected]:
    """The true delivery counts, also where it is heard after somebody has decided; only what is moot already stays so."""
    zone = story.rule.zone
    due = first_due(story.rule, delivered, story.pause, bool(story.extended_at))
    found = {("acceptance", ""): _met_or_over(due, story.decided_at)}
    damage = _days(delivered, DAMAGE_DAYS, zone)
    agreed = story.decided_at is not None and story.decision == "accept"
    found["claim", "damage"] = Expected("cancelled") if agreed else _met_or_over(damage, story.claimed_at)
    if any(scan.delay for scan in heard):
        found["claim", "delay"] = Expected("expired", _days(delivered, DELAY_DAYS, zone))
    return found


def _met_or_over(due: datetime | None, ended: datetime | None) -> Expected:
    return Expected("met" if ended else "expired", due, ended)
