"""Every reply about scans that the carriers' own files hold, through our readers and the standing that a set of scans has."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters import registry
from adapters.toolkit.http import Reply
from gateway.rules.lifecycle import standing_of
from gateway.store.shipments import event_digest
from schemas.errors import AdapterError
from schemas.tracking import TrackingEvent, ZoneSource

REAL = Path(__file__).parents[2].parent / "shared/contracts/carriers"
FOLDERS = {"dhl_express": "dhl_express_mydhl", "chronopost": "chronopost", "correios_br": "correios_br"}
TOLD = {
    "dhl_express": {"tracking-200-sample-tracking-response-for-shipment-tracking-number.json": 13},
    "correios_br": {
        "legacy-ns-reverse-acompanhar-response-success.xml": 1,
        "recorded-get-tracking-code-events-0-response.xml": 11,
        "recorded-get-tracking-code-with-no-verification-digitevents-0-response.xml": 11,
    },
}
"""The replies with scans among a carrier's files, and how many scans of each we read; all the other files are refused."""
HEARD = datetime(2026, 3, 2, 4, tzinfo=UTC)

needs_contract = pytest.mark.skipif(not REAL.is_dir(), reason="the carriers' own files are not kept in this repository")


def replies(carrier: str) -> dict[str, tuple[TrackingEvent, ...]]:
    """Samples that hold scans, and the scans. What is no such reply is refused as one, and never breaks a reader."""
    found = {}
    readers = registry.carrier(carrier).readers
    for path in sorted((REAL / FOLDERS[carrier] / "samples").iterdir()):
        for kind, read in readers.items():
            if "track" not in kind and kind != "events":
                continue
            try:
                report = read(Reply(200, path.read_bytes()))
            except AdapterError:
                continue
            if report.events:
                found[path.name] = report.events
    return found


@needs_contract
@pytest.mark.parametrize("carrier", sorted(FOLDERS))
def test_fifty_orders_of_a_real_reply_give_one_standing(carrier: str) -> None:
    found = replies(carrier)
    assert {name: len(events) for name, events in found.items()} == TOLD.get(carrier, {})
    for name, events in found.items():
        kept = {event_digest(event): event for event in events}
        dated = [event.model_copy(update={"occurred_at": event.occurred_at or HEARD}) for event in kept.values()]
        chance = random.Random(name)
        seen = {standing_of(chance.sample(dated, len(dated)) + dated[:2]) for _ in range(50)}
        assert len(seen) == 1, name


@needs_contract
@pytest.mark.parametrize("carrier", sorted(TOLD))
def test_each_scan_keeps_its_code_and_what_was_assumed_of_its_time(carrier: str) -> None:
    for events in replies(carrier).values():
        assert len({event_digest(event) for event in events}) == len(events)
        assert all(event.wire_code for event in events)
        assert all(event.wire_time for event in events if event.zone is not ZoneSource.STATED)
