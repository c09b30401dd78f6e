"""Against what is known of eBay: its calls, the fields they take, its words, a whole answer, and a notification."""

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.platforms.ebay import ADAPTER, codes, mapping_returns, mapping_telling
from adapters.platforms.ebay.client import Credentials
from adapters.seam import PlatformAccount
from adapters.toolkit.http import Http, Reply
from adapters.toolkit.transport import open_client
from schemas.errors import Refused
from schemas.messages import InboundMessage, Trust
from schemas.returns import Decision, DecisionKind, LabelProvider, PlatformEventKind, ReturnReason, ReturnStatus
from schemas.thread import MessageNote, Side
from schemas.values import Money
from tests.adapters.scenarios import NOW, scenarios_of

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared/contracts/platforms/ebay"
needs_contract = pytest.mark.skipif(not CONTRACT.is_dir(), reason="the contracts folder is not here")


def seller() -> ADAPTER:
    credentials = Credentials(client_id="c", client_secret=SecretStr("s"), refresh_token=SecretStr("r"))
    return ADAPTER(PlatformAccount(id="a", platform="ebay", credentials=credentials), Http(client=open_client()))


def known() -> dict:
    return json.loads((CONTRACT / "request_types.json").read_text())


@needs_contract
def test_the_published_answer_is_read() -> None:
    sample = (CONTRACT / "samples/get_return.response.anonymised.json").read_bytes()
    found = mapping_returns.read_return(Reply(200, sample))
    assert (found.rma_id, found.order_id) == ("5300000042", "26-13700-00001")
    assert (found.status, found.wire_status) == (ReturnStatus.APPROVED, "ITEM_READY_TO_SHIP")
    assert (found.label_provider, found.waybill) == (LabelProvider.PLATFORM, "9302010500000000000001")
    [item] = found.items
    assert (item.quantity, item.unit_price, item.reason) == (1, Money.of("143.99", "USD"), ReturnReason.DEFECTIVE)
    assert found.note == "Item does not switch on"
    assert found.version_at == found.requested_at is not None
    assert found.messages == ()  # why it goes back is its note, not a message


@needs_contract
def test_the_published_notification_is_a_hint_of_its_return() -> None:
    sample = (CONTRACT / "samples/platform_notification_ReturnCreated.reconstructed.xml").read_bytes()
    message = InboundMessage(body=sample, received_at=NOW)
    assert seller().verify(message) is Trust.HINT
    [event] = seller().read(message)
    assert (event.kind, event.rma_id) == (PlatformEventKind.RETURN_CHANGED, "5000021030")
    assert event.status is ReturnStatus.UNKNOWN


@needs_contract
def test_every_call_that_is_recorded_exists() -> None:
    paths = json.loads((CONTRACT / "post_order_return.openapi3.json").read_text())["paths"]
    calls = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    sent = {
        (start[0], re.sub(r"/return/\d+", "/return/{returnId}", start[1].partition("?")[0]))
        for scenario in scenarios_of("platforms")
        if scenario.adapter == "ebay"
        for start in (request.start.split() for request in scenario.recorded("request"))
        if start[1].startswith("/post-order/v2")
    }
    assert {(method, path.removeprefix("/post-order/v2")) for method, path in sent} <= calls
    assert len(sent) == 7


@needs_contract
def test_what_is_said_has_fields_that_are_known() -> None:
    types = known()
    fields = {
        "add_shipping_label": "ProvideLabelRequest",
        "update_tracking": "UpdateTrackingRequest",
        "decide": "DecideReturnRequest",
        "mark_as_received": "MarkAsReceivedRequest",
    }
    checked = set()
    for scenario in (one for one in scenarios_of("platforms") if one.adapter == "ebay"):
        for request in scenario.recorded("request"):
            step = request.start.split()[1].rpartition("/")[2]
            if step in fields and request.body:
                allowed = {name.partition("{")[0] for name in types[fields[step]]}
                assert set(json.loads(request.body)) <= allowed
                checked.add(step)
    assert checked == set(fields)
    searches = {search: mapping_returns.build_search(search, NOW, 25, 25) for search in ("created", "due")}
    assert {name for search in searches.values() for name in search} <= set(types["SearchReturnParams"])
    assert searches["due"]["return_state"] in types["search_filter_return_state_enum"]


@needs_contract
def test_tables_hold_published_words_only() -> None:
    types = known()
    assert set(codes.STATES) <= set(types["summary.state_enum"])
    assert set(codes.STATUSES) <= set(types["summary.status_enum"])
    assert set(types["summary.state_enum"]) | set(types["summary.status_enum"]) >= codes.LABEL_WANTED
    assert set(codes.REASONS) <= {*types["reason_enum"], *types["reason_enum_extra_seen_live"]}
    assert set(codes.DECISIONS.values()) <= set(types["decision_enum"])
    assert set(codes.KINDS) <= set(types["returnType_enum"])
    assert set(types["platform_notification_return_events"]) == codes.EVENTS


def standing(state: str, *notes: str) -> Reply:
    history = [{"activity": "SELLER_SEND_MESSAGE", "notes": note} for note in notes]
    summary = {"returnId": "1", "state": state}
    return Reply(200, json.dumps({"summary": summary, "detail": {"responseHistory": history}}).encode())


def test_a_message_is_known_by_our_reference_and_not_by_its_words() -> None:
    """Two that say the same are two; one whose reply was lost is one."""
    first = MessageNote(rma_id="1", message_id="pst_1", side=Side.EXPORTER, text="Any news?", posted_at=NOW)
    second = first.model_copy(update={"message_id": "pst_2"})
    telling = mapping_telling.build_message(standing("ITEM_SHIPPED"), first)
    assert telling is not None
    words = telling[2]["message"]["content"]
    assert mapping_telling.build_message(standing("ITEM_SHIPPED", words), first) is None
    assert mapping_telling.build_message(standing("ITEM_SHIPPED", words), second) is not None


@pytest.mark.parametrize("state", sorted({*codes.STATES, "REPLACEMENT_SHIPPED", ""}))
def test_a_request_is_answered_only_while_it_waits(state: str) -> None:
    for kind, word in codes.DECISIONS.items():
        decision = Decision(rma_id="1", kind=kind, decided_at=NOW)
        try:
            telling = mapping_telling.build_decision(standing(state), decision)
        except Refused:
            telling = None
        assert telling == (("POST", "decide", {"decision": word}) if state == "RETURN_REQUESTED" else None)


def test_goods_that_are_there_are_not_marked_again() -> None:
    decision = Decision(rma_id="1", kind=DecisionKind.ACCEPTED, decided_at=NOW)
    assert mapping_telling.build_decision(standing("ITEM_DELIVERED"), decision) is None
    assert mapping_telling.build_decision(standing("ITEM_SHIPPED"), decision) == ("POST", "mark_as_received", {})


async def test_a_long_search_goes_on_where_it_stopped_and_ends() -> None:
    """Pages are counted in returns. A page that is not full ends it, whatever the total says; then comes the other search."""
    asked: list[dict[str, str]] = []

    class Pages(ADAPTER):
        async def _send(self, call):
            asked.append(dict(call.params))
            start = int(call.params.get("offset", "0"))
            ids = [{"returnId": str(number)} for number in range(start, min(start + 25, 30))]
            return Reply(200, json.dumps({"members": ids, "paginationOutput": {"totalEntries": 99}}).encode())

    pages = Pages(seller().account, seller().http)
    found, after = [], None
    for _ in range(5):
        page = await pages.list_returns(NOW, after)
        found, after = [*found, *page.ids], page.next
        if after is None:
            break
    assert len(found) == 30 * 2
    assert [("return_state" in each, each.get("offset")) for each in asked] == [
        (False, None),
        (False, "25"),
        (True, None),
        (True, "25"),
    ]
