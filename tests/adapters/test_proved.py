"""Values made without looking are the values that looking would have made."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Place, Waybill

LOOKED_AT = TrackingEvent(
    waybill=Waybill("W1"),
    status=TrackingStatus.IN_TRANSIT,
    occurred_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
    zone=ZoneSource.STATED,
    place=Place(city="Lyon", country="FR"),
    wire_code="HUB",
)


def test_they_are_equal_written_alike_and_as_frozen() -> None:
    made = TrackingEvent.proved(dict(LOOKED_AT))
    assert made == LOOKED_AT
    assert hash(made) == hash(LOOKED_AT)
    assert made.model_dump_json() == LOOKED_AT.model_dump_json()
    assert TrackingEvent.model_validate_json(made.model_dump_json()) == made
    with pytest.raises(ValidationError):
        made.wire_code = "other"  # type: ignore[misc]


def test_a_copy_changes_none_of_the_others() -> None:
    one, other = (TrackingEvent.proved(dict(LOOKED_AT)) for _ in range(2))
    copy = one.model_copy(update={"wire_text": "elsewhere"})
    assert (copy.wire_text, one.wire_text, other.wire_text) == ("elsewhere", "", "")
    assert one == other == LOOKED_AT
