"""A request that a buyer made at a platform: the exporter answers here, the platform hears it once and has the last word."""

import re
from typing import Any

import pytest

from adapters import registry
from tests.house.settled import Settled
from tests.house.waiting import eventually
from tests.web.doors import Api

Json = dict[str, Any]
pytestmark = pytest.mark.parametrize("carrier_kind", ["rest"])  # no carrier is asked


async def requested(settled: Settled) -> str:
    await settled.authorise(status="requested", label="returner")
    row = await eventually(settled.return_of, within=15.0)
    assert row is not None
    assert row.status == "requested"
    return str(row.id)


async def told(settled: Settled) -> list[Json]:
    entries: list[Json] = (await settled.bench.ask("ledger?kind=told_decision"))["entries"]
    return [one["told"] for one in entries]


async def test_a_yes_is_told_once_and_the_platform_has_the_last_word(api: Api, settled: Settled) -> None:
    return_id = await requested(settled)
    made = await api.post(f"/v1/returns/{return_id}/approve", status=202)
    assert made["status"] == "requested"  # nobody there has said so yet
    (said,) = await eventually(lambda: told(settled), within=15.0) or []
    assert (said["decision"], said["reason"]) == ("approved", None)
    for again in ("approve", "decline"):
        body = {"reason": "no"} if again == "decline" else None
        refused = await api.post(f"/v1/returns/{return_id}/{again}", body, 409)
        assert refused["state"] == "requested"
    assert len(await told(settled)) == 1
    await settled.authorise(status="approved", label="returner")

    async def approved() -> bool:
        row = await settled.return_of()
        return row is not None and row.status == "approved"

    assert await eventually(approved, within=15.0)
    await api.post(f"/v1/returns/{return_id}/approve", status=409)


async def test_a_no_says_why(api: Api, settled: Settled) -> None:
    return_id = await requested(settled)
    await api.post(f"/v1/returns/{return_id}/decline", {}, 422)
    await api.post(f"/v1/returns/{return_id}/decline", {"reason": "Worn,\nsays the buyer."}, 202)
    (said,) = await eventually(lambda: told(settled), within=15.0) or []
    assert (said["decision"], said["reason"]) == ("declined", "Worn, says the buyer.")
    moments = (await api.get(f"/v1/returns/{return_id}/timeline"))["moments"]
    assert "return.answered" in [one["kind"] for one in moments]


async def test_where_a_platform_takes_no_answer_there_is_no_button(
    api: Api, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    return_id = await requested(settled)
    page = f"/console/returns/{return_id}"
    client = api.client
    form = re.findall(r'name="csrf" value="([0-9a-f]+)"', await (await client.get("/console/sign-in")).text())[-1]
    await client.post("/console/sign-in", data={"csrf": form, "key": api.key})
    shown = await (await client.get(f"{page}?lang=zh")).text()
    assert "买家的退货请求" in shown
    there = dict(registry.platforms())
    kept = there["sandbox"]
    there["sandbox"] = type("Deaf", (kept,), {"give_decision": None})
    monkeypatch.setattr(registry, "platforms", lambda: there)
    assert "买家的退货请求" not in await (await client.get(f"{page}?lang=zh")).text()
    await api.post(f"/v1/returns/{return_id}/approve", status=409)
    there["sandbox"] = kept
    token = re.findall(r'name="csrf" value="([0-9a-f]+)"', shown)[-1]
    for reason, status in (("", 422), ("x" * 501, 422), ("Worn.", 303)):
        sent = {"csrf": token, "reason": reason}
        answered = await client.post(f"{page}/decline", data=sent, allow_redirects=False)
        assert answered.status == status
    assert await eventually(lambda: told(settled), within=15.0)
    assert "买家的退货请求" not in await (await client.get(f"{page}?lang=zh")).text()
