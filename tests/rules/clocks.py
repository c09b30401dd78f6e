"""Shorthand for the deadline tests: policies, local times, and deadlines as a wall clock shows them."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.rules import deadlines
from schemas.acceptance import Clock, Deadline, DeadlinePolicy, LimitUnit

BERLIN, SHANGHAI, CAIRO = "Europe/Berlin", "Asia/Shanghai", "Africa/Cairo"
HOURS, DAYS, BUSINESS, MONTHS = LimitUnit.HOURS, LimitUnit.CALENDAR_DAYS, LimitUnit.BUSINESS_DAYS, LimitUnit.MONTHS
MOMENT = timedelta(microseconds=1)
NO_TIME = timedelta(0)


def policy(amount: int, unit: LimitUnit, **terms: Any) -> DeadlinePolicy:
    return DeadlinePolicy(clock=Clock.ACCEPTANCE, amount=amount, unit=unit, **terms)


def local(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def began(terms: DeadlinePolicy, text: str, zone: str = BERLIN, **more: Any) -> Deadline:
    return deadlines.start(terms, local(text, zone), zone, **more)


def due(terms: DeadlinePolicy, text: str, zone: str = BERLIN, **more: Any) -> str:
    """The end on the clock of the place."""
    return shown(began(terms, text, zone, **more))


def shown(deadline: Deadline) -> str:
    return f"{deadline.due_by.astimezone(ZoneInfo(deadline.zone)):%Y-%m-%d %H:%M}"


def moments(deadline: Deadline) -> dict[str, datetime]:
    return {stage.name: stage.at for stage in deadline.stages}
