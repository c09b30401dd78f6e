"""Customs reliefs: what speaks for and against, by the table; months by the calendar; nothing unknown is decided."""

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import customs, deadlines
from gateway.rules.calendars import end_of, zone_of
from schemas.customs_case import Candidate, CustomsFacts, CustomsVerdict, Weighing
from schemas.terms import PaperKind

TODAY = date(2026, 5, 4)
GOOD: dict[str, Any] = {
    "supervision": "9610",
    "declaration_number": "310120260000000001",
    "declared_on": date(2026, 2, 1),
    "exported_on": date(2026, 2, 3),
    "why": "returned",
    "state": "unchanged",
    "refund": "never",
    "food": False,
}


def facts(**changed: Any) -> CustomsFacts:
    return CustomsFacts.model_validate({**GOOD, **changed}, strict=False)


def told(home: str = "CN", today: date = TODAY, **changed: Any) -> dict[str, Candidate]:
    return {one.regime: one for one in customs.candidates(facts(**changed), home=home, today=today)}


def test_a_return_of_the_announcement_is_possible_and_names_its_source_and_papers() -> None:
    found = customs.candidates(facts(), home="CN", today=TODAY, papers={PaperKind.EXPORT_DECLARATION})
    candidate = next(one for one in found if one.regime == "cn_2026_16")
    assert candidate.verdict is CustomsVerdict.POSSIBLE
    assert {ground.weighs for ground in candidate.grounds} == {Weighing.FOR}
    assert (candidate.last_day, candidate.source_on) == (date(2026, 8, 3), date(2026, 2, 6))
    assert {paper.kind: paper.there for paper in candidate.papers}[PaperKind.EXPORT_DECLARATION] is True
    assert {paper.kind: paper.there for paper in candidate.papers}[PaperKind.TAX_CERTIFICATE] is False


@pytest.mark.parametrize(
    ("changed", "condition", "weighs"),
    [
        ({"food": True}, "not_food", "against"),
        ({"food": None}, "not_food", "open"),
        ({"supervision": "0110"}, "supervision", "against"),
        ({"supervision": None}, "supervision", "open"),
        ({"declared_on": date(2025, 12, 31)}, "declared_in_time", "against"),
        ({"declared_on": date(2026, 1, 1)}, "declared_in_time", "for"),
        ({"declared_on": date(2027, 12, 31)}, "declared_in_time", "for"),
        ({"declared_on": date(2028, 1, 1)}, "declared_in_time", "against"),
        ({"why": "quality"}, "why_back", "against"),
        ({"why": "unknown"}, "why_back", "open"),
        ({"state": "tried"}, "same_state", "for"),
        ({"state": "used"}, "same_state", "against"),
        ({"state": "processed"}, "same_state", "against"),
        ({"refund": "unknown"}, "refund", "open"),
        ({"refund": "refunded"}, "refund", "against"),
        ({"refund": "paid_back"}, "refund", "for"),
        ({"exported_on": None}, "in_period", "open"),
        ({"exported_on": date(2025, 11, 3)}, "in_period", "against"),
        ({"exported_on": date(2025, 11, 4)}, "in_period", "for"),
        ({"exported_on": date(2025, 11, 3), "reimported_on": date(2026, 5, 3)}, "in_period", "for"),
    ],
)
def test_each_condition_of_the_announcement(changed: dict[str, Any], condition: str, weighs: str) -> None:
    candidate = told(**changed)["cn_2026_16"]
    assert {ground.condition: ground.weighs for ground in candidate.grounds}[condition] == weighs
    verdict = {"for": "possible", "open": "open", "against": "excluded"}[weighs]
    assert candidate.verdict == verdict


@pytest.mark.parametrize("day", [date(2026, 8, 30), date(2026, 8, 31)])
def test_six_months_at_a_months_end(day: date) -> None:
    assert told(exported_on=day)["cn_2026_16"].last_day == date(2027, 2, 28)


def test_under_1210_the_period_runs_from_leaving_the_zone() -> None:
    early = {"supervision": "1210", "exported_on": date(2026, 1, 5)}
    assert told(**early)["cn_2026_16"].last_day is None
    assert told(**early)["cn_2026_16"].needs == ("zone_exit_on",)
    assert told(**early, zone_exit_on=date(2026, 3, 10))["cn_2026_16"].last_day == date(2026, 9, 10)


@pytest.mark.parametrize(
    ("home", "changed", "regime", "verdict", "last"),
    [
        ("DE", {"export_mrn": "26DE0000000000000A"}, "eu_ucc_203", "possible", date(2029, 2, 3)),
        ("DE", {}, "eu_ucc_203", "open", date(2029, 2, 3)),
        ("GB", {"export_mrn": "26GB0000000000000A"}, "uk_rgr", "possible", date(2029, 2, 3)),
        ("US", {"home_product": True, "exported_on": None}, "us_9801_home", "possible", None),
        ("US", {"home_product": False}, "us_9801_home", "excluded", None),
        ("US", {}, "us_9801", "possible", date(2029, 2, 3)),
        ("CN", {"why": "quality"}, "cn_quality", "possible", date(2027, 2, 3)),
    ],
)
def test_other_reliefs(home: str, changed: dict[str, Any], regime: str, verdict: str, last: date | None) -> None:
    candidate = told(home, **changed)[regime]
    assert (candidate.verdict, candidate.last_day) == (verdict, last)


def test_a_country_without_a_row_has_no_candidate() -> None:
    assert told("BR") == {}


@pytest.mark.parametrize("mrn", ["26DE", "26de0000000000000A", "2DE00000000000000A", "26DE0000000000000AB"])
def test_an_mrn_has_eighteen_characters_in_its_form(mrn: str) -> None:
    with pytest.raises(ValueError, match="export_mrn"):
        facts(export_mrn=mrn)


def test_what_a_booking_needs_is_named() -> None:
    relief = customs.BY_ID["cn_2026_16"]
    assert customs.lacking(relief, facts()) == ()
    assert customs.lacking(relief, facts(declaration_number=None, exported_on=None)) == (
        "declaration_number",
        "exported_on",
    )
    assert customs.lacking(customs.BY_ID["us_9801_home"], CustomsFacts()) == ()


def test_every_row_can_be_told_apart_and_lacks_only_facts_that_exist() -> None:
    assert len(customs.BY_ID) == len(customs.RELIEFS)
    for relief in customs.RELIEFS:
        assert set(relief.needs) <= set(CustomsFacts.model_fields)
        assert set(customs.lacking(relief, CustomsFacts())) <= set(CustomsFacts.model_fields)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.sampled_from([one for one in customs.RELIEFS if one.months]))
def test_the_engines_clock_ends_with_the_tables_last_day(day: date, relief: customs.Relief) -> None:
    """The one computation against the other, in the relief's zone, month ends included."""
    policy, zone = customs.policy_of(relief), zone_of(relief.zone)
    assert policy is not None
    start = datetime.combine(day, time(0), zone)
    last = customs.last_day(relief, facts(exported_on=day, zone_exit_on=day))
    assert last is not None
    assert deadlines.start(policy, start, relief.zone).due_by == end_of(last, zone)
