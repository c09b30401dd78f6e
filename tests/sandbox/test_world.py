"""The rest of the sandbox's world: scans by poll and push, bills, the platform that tries again, the sink."""

from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from adapters.registry import invoice_reader, platform
from adapters.seam import PlatformAccount
from adapters.toolkit.auth import require_standard_webhook, standard_webhook
from adapters.toolkit.http import Http
from gateway.sandbox.papers import build_pdf, build_zpl
from gateway.sandbox.platform import API_KEY, SECRET
from schemas.charges import ChargeType
from schemas.errors import SignatureRejected
from schemas.returns import Decision, DecisionKind, TrackingNote
from schemas.tracking import TrackingStatus
from tests.sandbox.bench import Bench, bench, request

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FAST = [0.0, 0.01, 0.01, 0.01]


async def test_both_dialects_tell_the_same_journey() -> None:
    """REST by stated offset, SOAP by local time and place: the same instants and meanings."""
    async with bench() as world:
        booking = await world.carrier("sandbox_rest").book(request("HW-1"))
        await world.tell("journey", waybill=booking.waybill, start_at="2026-03-03T10:00:00+08:00")
        rest = (await world.carrier("sandbox_rest").track([booking.waybill])).events
        soap = (await world.carrier("sandbox_soap").track([booking.waybill])).events
        assert [(one.status, one.occurred_at) for one in rest] == [(one.status, one.occurred_at) for one in soap]
        assert rest[-1].status is TrackingStatus.DELIVERED
        assert (await world.carrier("sandbox_rest").fetch_proof(booking.waybill)).delivered_at == rest[-1].occurred_at


async def test_scans_are_pushed_signed_and_as_often_as_told() -> None:
    async with bench() as world:
        booking = await world.carrier("sandbox_rest").book(request("HW-1"))
        await world.tell("push_target", url=f"{world.base}/sink/push", secret="push-me", copies=2)
        await world.tell("scans", waybill=booking.waybill, code="HUB")
        pushed: list[Any] = []
        while len(pushed) < 2:
            pushed = (await world.ask("sink/push"))["deliveries"]
        assert all(booking.waybill in one["body"] for one in pushed)


async def test_a_bill_comes_from_what_was_booked() -> None:
    """By default to the cent; with an adjusted charge, an unknown one, and a total that does not fit, on request."""
    async with bench() as world:
        carrier = world.carrier("sandbox_rest")
        booking = await carrier.book(request("HW-1"))
        void = await carrier.book(request("HW-2"))
        await carrier.void(void.waybill)
        reader = invoice_reader("sandbox_csv")()
        first = reader.read((await world.tell("bill", account="linden"))["document"].encode())
        assert not first.problems
        assert [line.money for line in first.invoices[0].lines] == [charge.money for charge in booking.charges]
        asked = {
            "account": "linden",
            "waybills": [booking.waybill],
            "adjust": {booking.waybill: {"FRT": "99.00", "RAS": "5"}},
        }
        second = reader.read((await world.tell("bill", **asked, total="1.00"))["document"].encode())
        assert [problem.code for problem in second.problems] == ["sum_error"]
        assert ChargeType.REMOTE_AREA in {line.type for line in second.invoices[0].lines}
        fetched = await carrier.fetch_invoices(datetime(2020, 1, 1, tzinfo=UTC))
        assert [reader.read(one.content).invoices[0].number for one in fetched] == ["SBI000001", "SBI000002"]


def sandbox_platform(world: Bench, shop: str) -> Any:
    adapter = platform("sandbox")
    credentials = adapter.profile.credentials.model_validate({"webhook_secret": SECRET, "api_key": API_KEY})
    base = f"{world.base}/platform/{shop}"
    return adapter(
        PlatformAccount(id=shop, platform="sandbox", credentials=credentials, base_url=base), Http(world.client)
    )


async def test_a_webhook_is_tried_until_it_is_taken() -> None:
    """The same id and body each time; only the 2xx is in the ledger."""
    async with bench() as world:
        await world.tell("sink/hooks", secret=SECRET, scripts=[{"answer": 500, "times": 2}])
        await world.tell("platform/shop1", url=f"{world.base}/sink/hooks", schedule=FAST)
        told = await world.tell("platform/shop1/returns", **{"return": {"id": "R1", "status": "approved"}})
        tries = (await world.ask("platform/shop1/deliveries?settle=1"))["tries"]
        taken = (await world.ask("sink/hooks"))["deliveries"]
        assert [one["status"] for one in tries] == [500, 500, 200]
        assert {(one["id"], one["verified"]) for one in taken} == {(told["deliveries"][0], True)}
        assert [one["try"] for one in (await world.ask("ledger?kind=delivered"))["entries"]] == [3]


@pytest.mark.parametrize(
    ("told", "arrived", "verified"),
    [
        ({"copies": 5}, 5, True),
        ({"drop": True}, 0, True),
        ({"tamper": True}, 1, False),
        ({"hang_up": True, "tries": 1}, 1, True),
    ],
)
async def test_a_webhook_is_misdelivered_on_request(told: dict[str, Any], arrived: int, verified: bool) -> None:
    async with bench() as world:
        await world.tell("sink/hooks", secret=SECRET)
        await world.tell("platform/shop1", url=f"{world.base}/sink/hooks", schedule=FAST)
        await world.tell("platform/shop1/returns", **{"return": {"id": "R1", "status": "approved"}}, **told)
        tries = (await world.ask("platform/shop1/deliveries?settle=1"))["tries"]
        taken: list[Any] = []
        while len(taken) < arrived:
            taken = (await world.ask("sink/hooks"))["deliveries"]
        assert len(taken) == arrived
        assert all(one["verified"] is verified for one in taken)
        assert ("hung up" in [one["status"] for one in tries]) is ("hang_up" in told)


async def test_the_platform_is_asked_back_and_told() -> None:
    async with bench() as world:
        shop = sandbox_platform(world, "shop1")
        for number in range(150):
            await world.tell(
                "platform/shop1/returns", drop=True, **{"return": {"id": f"R{number}", "status": "approved"}}
            )
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        first = await shop.list_returns(long_ago, None)
        rest = await shop.list_returns(long_ago, first.next)
        assert len({one.rma_id for page in (first, rest) for one in page.returns}) == 150
        assert (first.next, rest.next) == ("100", None)
        assert (await shop.fetch_return("R7")).rma_id == "R7"
        await shop.give_tracking(TrackingNote(rma_id="R7", carrier="sandbox_rest", waybill="SBX1"))
        await shop.give_decision(Decision(rma_id="R7", kind=DecisionKind.ACCEPTED, decided_at=NOW))
        lines = (await world.ask("ledger?kind=told_tracking,told_decision"))["entries"]
        assert [(line["kind"], line["rma"]) for line in lines] == [("told_tracking", "R7"), ("told_decision", "R7")]
        other = sandbox_platform(world, "shop2")
        assert (await other.list_returns(long_ago, None)).returns == ()


async def test_the_sink_answers_as_told() -> None:
    async with bench() as world:
        script = [
            {"answer": 410},
            {"answer": 301},
            {"answer": 429, "retry_after": 9},
            {"answer": "drip", "seconds": 0.4},
        ]
        await world.tell("sink/exporter", scripts=script)
        replies = [await world.send("POST", "/sink/exporter", b"{}") for _ in range(5)]
        assert [reply.status for reply in replies] == [410, 301, 429, 200, 200]
        assert replies[2].headers["retry-after"] == "9"
        assert replies[3].content == b".."
        assert not any(one["verified"] for one in (await world.ask("sink/exporter"))["deliveries"])


def test_our_signature_is_the_standard_one() -> None:
    """Against the reference library, both ways."""
    body, at = b'{"type": "ping"}', datetime.now(UTC)
    stamp = str(int(at.timestamp()))
    assert standard_webhook(SECRET, "msg_1", stamp, body) == Webhook(SECRET).sign("msg_1", at, body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp}
    headers["webhook-signature"] = "v1,bm9uZQ== " + Webhook(SECRET).sign("msg_1", at, body.decode())
    require_standard_webhook(["whsec_b3RoZXI=", SECRET], headers, body, at.timestamp())
    for late in (-301, 301):
        with pytest.raises(SignatureRejected):
            require_standard_webhook([SECRET], headers, body, at.timestamp() + late)


def test_labels_are_real_files() -> None:
    """A PDF whose cross-reference table points at its objects, and text that cannot break out of its field."""
    pdf = build_pdf(["A (b) \\ c", "Ünïcode 中"])
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    offsets = [int(line[:10]) for line in pdf[start:].split(b"\n")[3:8]]
    assert all(pdf[offset:].startswith(f"{number} 0 obj".encode()) for number, offset in enumerate(offsets, 1))
    assert rb"(A \(b\) \\ c)" in pdf
    assert build_zpl(["A^XZ~B"]).count(b"^XZ") == 1
