"""Old events leave the database for files that say the same, once, whatever happens halfway; nothing else leaves."""

import gzip
import hashlib
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway import archive as archiving
from gateway.core import Gateway
from gateway.journeys import timeline, tracking
from gateway.store import tables
from schemas.returns import ReturnStatus
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.house.clock import MovableClock
from tests.house.rows import add_exporter, add_row

LONG = timedelta(days=400)


class Killed(BaseException):
    """The machine goes."""


def scan(number: int) -> TrackingEvent:
    text = f"在 hub {number}"
    known = {"wire_code": "HUB", "wire_text": text, "event_id": str(number), "zone": ZoneSource.STATED}
    return TrackingEvent(waybill=Waybill("W1"), status=TrackingStatus.IN_TRANSIT, occurred_at=None, **known)  # type: ignore[arg-type]


@pytest.fixture
async def house(gateway: Gateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A gateway with three returns: one that ended long ago, one that is long under way, one that ended now."""
    exporter = await add_exporter(gateway.store)
    made: dict[str, str] = {}
    for name, status in (("old", ReturnStatus.CLOSED), ("moving", ReturnStatus.SHIPPED)):
        made[name], made[f"{name} shipment"] = await a_return(gateway, exporter, status)
    clock.advance(LONG + timedelta(days=1))
    made["new"], made["new shipment"] = await a_return(gateway, exporter, ReturnStatus.CLOSED)

    def ready(settings: Any) -> Any:
        return _As(gateway)

    monkeypatch.setattr(archiving, "ready_gateway", ready)
    return gateway, exporter, made


class _As:
    """The gateway of the test, in place of one that is opened."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def __aenter__(self) -> Gateway:
        return self.gateway

    async def __aexit__(self, *how: object) -> None:
        return None


async def a_return(gateway: Gateway, exporter: str, status: ReturnStatus) -> tuple[str, str]:
    async with gateway.store.transaction(exporter) as tx:
        return_id = await add_row(tx, tables.returns, status=status, updated_at=tx.now)
        shipment = await add_row(tx, tables.shipments, return_id=return_id, waybill="W1", status="in_transit")
        await tx.events.add_distinct(shipment, [scan(number) for number in range(3)], "poll")
    return return_id, shipment


async def left(gateway: Gateway) -> Counter[str]:
    async with gateway.store.front_desk() as connection:
        columns = tables.events.c
        found = await connection.execute(select(columns.shipment_id, func.count()).group_by(columns.shipment_id))
        return Counter({row[0]: row[1] for row in found})


def written(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.jsonl.gz"))


async def test_what_ended_long_ago_is_in_a_file_and_nothing_else(house: Any, tmp_path: Path) -> None:
    gateway, exporter, made = house
    said: list[str] = []
    counts = await archiving.archive(gateway.settings, LONG, tmp_path, said.append)
    assert (counts.returns, counts.events, counts.files) == (1, 3, 1)
    assert said == ["1 returns, 3 events, 1 files"]
    assert await left(gateway) == {made["moving shipment"]: 3, made["new shipment"]: 3}
    (path,) = written(tmp_path)
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert {line["wire_text"] for line in lines} == {scan(number).wire_text for number in range(3)}
    assert {(line["return_id"], line["shipment_id"]) for line in lines} == {(made["old"], made["old shipment"])}
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_suffix(".sha256").read_text() == f"{sha256}  {path.name}\n"
    async with gateway.store.reading(exporter) as tx:
        (moment,) = [one for one in await timeline.moments(tx, made["old"]) if one.kind == "events.archived"]
    assert moment.data["after"] == {"file": str(path.relative_to(tmp_path)), "sha256": sha256, "events": 3}
    again = await archiving.archive(gateway.settings, LONG, tmp_path, said.append)
    assert (again.returns, again.files) == (0, 0)


async def test_killed_between_writing_and_deleting(house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, _, made = house

    def die(name: str) -> None:
        assert name == "archive.before_delete"
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(archiving, "crash", die)
        with pytest.raises(Killed):
            await archiving.archive(gateway.settings, LONG, tmp_path, print)
    assert (await left(gateway))[made["old shipment"]] == 3
    (first,) = written(tmp_path)
    content = first.read_bytes()
    counts = await archiving.archive(gateway.settings, LONG, tmp_path, print)
    assert counts.events == 3
    assert written(tmp_path) == [first]
    assert first.read_bytes() == content
    assert (await left(gateway))[made["old shipment"]] == 0


async def test_what_came_in_between_is_not_lost(house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, exporter, made = house
    async with gateway.store.transaction(exporter) as tx:
        events = await tx.archiving.events([made["old"]])
    monkeypatch.setattr("gateway.store.archiving.Archiving.events", _first_without_the_last(events))
    counts = await archiving.archive(gateway.settings, LONG, tmp_path, print)
    assert counts.events == 0
    assert (await left(gateway))[made["old shipment"]] == 3


def _first_without_the_last(events: Any) -> Any:
    answers = iter((events[:-1], events))

    async def read(self: Any, return_ids: Any) -> Any:
        return next(answers)

    return read


async def test_a_disk_that_lies_deletes_nothing(house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, _, made = house
    monkeypatch.setattr(archiving, "_durably", lambda path, content: path.write_bytes(gzip.compress(b"")))
    with pytest.raises(archiving.NotWritten):
        await archiving.archive(gateway.settings, LONG, tmp_path, print)
    assert (await left(gateway))[made["old shipment"]] == 3


async def test_a_late_scan_of_an_archived_shipment_moves_nothing(house: Any, tmp_path: Path) -> None:
    gateway, exporter, made = house
    await archiving.archive(gateway.settings, LONG, tmp_path, print)
    async with gateway.store.transaction(exporter) as tx:
        assert await tracking.record(gateway, tx, made["old shipment"], [scan(9)], "push") == []
        assert (await tx.shipments.get(made["old shipment"])).status == "in_transit"
    assert (await left(gateway))[made["old shipment"]] == 0
