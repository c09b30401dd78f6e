"""Words for people: nothing that we can tell stands on a page as its code."""

from datetime import UTC, datetime

import pytest

from gateway.web.console.words import Words
from schemas.acceptance import PolicySource
from schemas.messages import NoticeKind


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_what_was_told_has_a_word_in_the_timeline(language: str, kind: NoticeKind) -> None:
    said = Words(language, "UTC", datetime(2026, 3, 2, tzinfo=UTC)).event(f"told.{kind.value}")
    assert " · " not in said
    assert language == "en" or not said.removeprefix("通知：").isascii()


@pytest.mark.parametrize("source", list(PolicySource))
def test_where_a_limit_comes_from_has_a_word(source: PolicySource) -> None:
    english, chinese = (
        Words(one, "UTC", datetime(2026, 3, 2, tzinfo=UTC)).word("limit_source", source) for one in ("en", "zh")
    )
    assert source not in (english, chinese)
    assert not chinese.isascii()
