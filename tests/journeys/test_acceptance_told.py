"""A part is told to the platform as a part, unit by unit; where a platform cannot be told that, a person is asked to."""

from typing import Any

import pytest

from adapters.platforms.sandbox.client import SandboxPlatform
from schemas.errors import Unsupported
from schemas.returns import Decision
from tests.house.settled import Settled
from tests.house.waiting import eventually
from tests.web.doors import Api

Json = dict[str, Any]
pytestmark = pytest.mark.parametrize("carrier_kind", ["rest"])  # no carrier is asked


async def accepted_in_part(api: Api, settled: Settled) -> str:
    """One of three is as agreed, two are damaged."""
    items = [{"id": "1", "title": "Jacket", "quantity": 3}]
    await settled.authorise(status="delivered", label="returner", items=items)
    row = await eventually(settled.return_of, within=15.0)
    assert row is not None
    found = {"line_id": "1", "packaging": "original_opened"}
    inspections = [{**found, "quantity": 1, "condition": "new"}, {**found, "quantity": 2, "condition": "damaged"}]
    said = {"decision": "part", "decided_at": settled.gateway.clock().isoformat(), "decided_by": "Li Na"}
    await api.post(f"/v1/returns/{row.id}/acceptances", {**said, "inspections": inspections}, 201)
    return str(row.id)


async def test_a_part_is_told_as_a_part(api: Api, settled: Settled) -> None:
    await accepted_in_part(api, settled)

    async def told() -> list[Json]:
        entries: list[Json] = (await settled.bench.ask("ledger?kind=told_decision"))["entries"]
        return [one["told"] for one in entries]

    (said,) = await eventually(told, within=15.0) or []
    assert said["decision"] == "accepted_in_part"
    assert [(one["quantity"], one["condition"]) for one in said["lines"]] == [(1, "new"), (2, "damaged")]


async def test_a_part_that_a_platform_cannot_be_told_is_a_persons(
    api: Api, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def all_or_nothing(self: SandboxPlatform, decision: Decision) -> None:
        raise Unsupported(f"no {decision.kind} here", field="kind")

    monkeypatch.setattr(SandboxPlatform, "give_decision", all_or_nothing)
    return_id = await accepted_in_part(api, settled)

    async def asked() -> list[str]:
        return [one["kind"] for one in (await api.get("/v1/tasks"))["data"] if one["return_id"] == return_id]

    assert "tell_platform" in (await eventually(asked, within=15.0) or [])
