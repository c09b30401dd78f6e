"""What tasks are about: every code that is asked with, in both languages, with the same places and all of them given."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from string import Formatter

import pytest

from gateway.rules.details import FORMS, INSTANTS, Detail, counted, said_of
from gateway.web.console.words import Words
from tests.house.sources import files

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def places(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name}


@pytest.mark.parametrize("code", sorted(FORMS))
def test_both_languages_have_the_same_places(code: str) -> None:
    english, chinese = FORMS[code]
    assert places(english) == places(chinese)
    assert english.isascii()
    assert not chinese.isascii()


def asked_with() -> Iterator[tuple[str, str]]:
    """Every code that a `Detail.of` names, with where; and each string of a conditional that chooses one."""
    for file in files():
        if not file.path.startswith("gateway/"):
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Detail.of":
                for each in ast.walk(node.args[0]):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value, file.path


def test_every_code_is_known_and_every_form_is_used() -> None:
    named = {code for code, _ in asked_with()}
    assert named - set(FORMS) == set()
    by_variable = {
        "scanned_already",
        "takes_no_void",
        "no_look_up",
        "not_answered",
        "reference_taken",
        "scanned_meanwhile",
    }
    assert set(FORMS) - named == by_variable


def test_as_text_it_is_english_and_a_reader_gets_his_own() -> None:
    detail = Detail.of("limit_over", clock="acceptance", due_at=AT, expiry="escalate")
    assert str(detail) == "acceptance limit was over at 2026-03-02 09:30 UTC; policy: escalate"
    task = type("Task", (), {"code": detail.code, "given": detail.given, "detail": str(detail)})
    chinese = Words("zh", "Asia/Shanghai", AT).about(task)
    assert chinese == "验收期限已于 2026-03-02 17:30 届满；约定的处理：请人工处理"
    english = Words("en", "Europe/Paris", AT).about(task)
    assert english == "Acceptance limit was over at 2026-03-02 10:30; policy: ask a person"


def test_somebody_elses_words_stay_as_they_are() -> None:
    told = Detail.of("refused", refusal="weight_exceeded", words="Gewicht {zu} hoch")
    assert str(told) == "weight_exceeded: Gewicht {zu} hoch"
    words = Words("zh", "Asia/Shanghai", AT)
    task = type("Task", (), {"code": told.code, "given": told.given, "detail": str(told)})
    assert words.about(task) == "超重：Gewicht {zu} hoch"
    for code in (None, "of_a_later_version"):
        raw = type("Task", (), {"code": code, "given": None, "detail": "Please send the receipt."})
        assert words.about(raw) == "Please send the receipt."
        assert said_of(code, None) is None


def test_what_bills_came_to_is_counted_in_words() -> None:
    detail = Detail.of("invoice_differs", invoice="I-1", findings=counted({"rate_over": 2, "unmatched": 1}))
    assert str(detail) == "invoice I-1: rate_over 2, unmatched 1"
    task = type("Task", (), {"code": detail.code, "given": detail.given, "detail": str(detail)})
    assert Words("zh", "Asia/Shanghai", AT).about(task) == "账单 I-1：高于约定 2 笔、非本方运单 1 笔"


def test_instants_are_given_where_they_are_told_as_such() -> None:
    assert {name for form, _ in FORMS.values() for name in places(form)} >= INSTANTS


def test_why_an_account_is_paused_is_told_in_the_readers_language() -> None:
    chinese = Words("zh", "Asia/Shanghai", AT)
    assert chinese.sentence(str(Detail.of("carrier_rejects_us"))) == "承运商拒绝所用的凭证"
    assert chinese.sentence("for the holidays") == "for the holidays"
    assert chinese.sentence("{words}") == "{words}"
