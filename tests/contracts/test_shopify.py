"""Against what is known of Shopify: its signature vectors, its published webhook, and the types of its GraphQL API."""

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.platforms.shopify import ADAPTER, codes, mapping, mapping_queries
from adapters.platforms.shopify.client import ShopifyCredentials
from adapters.seam import PlatformAccount
from adapters.toolkit.http import Http, Reply
from adapters.toolkit.transport import open_client
from schemas.errors import AdapterError, OutcomeUnknown, Refused, SignatureRejected, Unintelligible
from schemas.messages import InboundMessage
from schemas.returns import PlatformEventKind, ReturnReason, ReturnStatus

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared/contracts/platforms/shopify"
needs_contract = pytest.mark.skipif(not CONTRACT.is_dir(), reason="the contracts folder is not here")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def shop(secret: str = "s", former: str | None = None) -> ADAPTER:
    credentials = ShopifyCredentials(
        shop="a.myshopify.com",
        client_secret=SecretStr(secret),
        former_secret=SecretStr(former) if former is not None else None,
        access_token=SecretStr("t"),
    )
    return ADAPTER(PlatformAccount(id="a", platform="shopify", credentials=credentials), Http(client=open_client()))


def message(body: bytes, **headers: str) -> InboundMessage:
    named = {name.lower().replace("_", "-"): value for name, value in headers.items()}
    return InboundMessage(body=body, headers=named, received_at=NOW)


def sign(body: bytes, secret: str = "s") -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@needs_contract
def test_published_vectors_and_tampered_copies() -> None:
    for vector in json.loads((CONTRACT / "vectors/webhook_hmac.json").read_text())["vectors"]:
        body, signature = vector["raw_body"].encode(), vector["headers"]["X-Shopify-Hmac-Sha256"]
        adapter = shop(vector["secret"])
        if vector["expected"] == "reject":
            with pytest.raises(SignatureRejected):
                adapter.verify(message(body, x_shopify_hmac_sha256=signature))
            continue
        for name in ("x_shopify_hmac_sha256", "shopify_hmac_sha256"):
            adapter.verify(message(body, **{name: signature}))
        shop("new", former=vector["secret"]).verify(message(body, x_shopify_hmac_sha256=signature))
        for forged in (message(body + b" ", x_shopify_hmac_sha256=signature), message(body)):
            with pytest.raises(SignatureRejected):
                adapter.verify(forged)


@pytest.mark.parametrize("given", ["", "é" * 44, "=" * 44, "A" * 5000])
def test_odd_signatures_are_rejected_not_crashed_on(given: str) -> None:
    with pytest.raises(SignatureRejected):
        shop().verify(message(b"{}", x_shopify_hmac_sha256=given))


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(SignatureRejected):
        shop("", former="").verify(message(b"{}", x_shopify_hmac_sha256=sign(b"{}", "")))


def test_one_delivery_has_one_id() -> None:
    body = b'{"id": 1}'
    first = message(body, x_shopify_event_id="e1", x_shopify_webhook_id="w1", x_shopify_topic="returns/close")
    again = message(body, shopify_event_id="e1", shopify_webhook_id="w1", shopify_topic="returns/close")
    other = message(body, x_shopify_event_id="e1", x_shopify_webhook_id="w2", x_shopify_topic="returns/update")
    bare, changed = message(body), message(body + b" ")
    ids = [shop().delivery_id(each) for each in (first, again, other, bare, changed)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


@needs_contract
@pytest.mark.parametrize("headers", [{"x_shopify_topic": "returns/request"}, {"shopify_topic": "returns/request"}, {}])
def test_published_webhook(headers: dict[str, str]) -> None:
    sample = (CONTRACT / "samples/webhook_returns_request.json").read_bytes()
    [event] = shop().read(message(sample, x_shopify_triggered_at="2026-03-29T18:00:27.877041743Z", **headers))
    assert (event.kind, event.rma_id) == (PlatformEventKind.RETURN_CHANGED, "gid://shopify/Return/3547267221")
    assert event.order_id == "gid://shopify/Order/5196695273621"
    assert (event.status, event.wire_status) == (ReturnStatus.REQUESTED, "requested")
    assert [(item.sku, item.quantity, item.reason) for item in event.items] == [(None, 1, ReturnReason.UNWANTED)]
    assert event.occurred_at == datetime(2026, 3, 29, 18, 0, 27, 877041, tzinfo=UTC)


def test_ids_beyond_double_precision_and_without_a_global_form() -> None:
    body = b'{"id": 9007199254740993, "order": {"id": 9007199254740995}, "return_line_items": {"updates": []}}'
    [event] = shop().read(message(body, x_shopify_topic="returns/approve"))
    assert event.rma_id == "gid://shopify/Return/9007199254740993"
    assert event.order_id == "gid://shopify/Order/9007199254740995"
    assert (event.status, event.wire_status, event.items) == (ReturnStatus.APPROVED, None, ())


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"7", b'"x"', b"\xff\xfe", b'{"id": ' + b"9" * 5000 + b"}", b"[" * 200_000]
)
def test_what_is_no_webhook_is_unintelligible(body: bytes) -> None:
    with pytest.raises(Unintelligible):
        shop().read(message(body, x_shopify_topic="returns/request"))


@pytest.mark.parametrize("topic", sorted(codes.TOPICS))
@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"id": null, "order": [], "status": {}, "return_line_items": 5}',
        b'{"admin_graphql_api_id": "gid://shopify/Return/1", "return_line_items": [1, {"id": 2, "quantity": -1}, null]}',
        b'{"admin_graphql_api_id": "\\ud800", "status": "open"}',
    ],
)
def test_broken_webhooks_name_nothing_false(topic: str, body: bytes) -> None:
    [event] = shop().read(message(body, x_shopify_topic=topic))
    assert event.items == ()
    assert event.kind is PlatformEventKind.IGNORED or event.rma_id == "gid://shopify/Return/1"


@needs_contract
def test_published_answers() -> None:
    sample = CONTRACT / "samples/graphql_reverseDeliveryCreateWithShipping.response.json"
    assert mapping.read_payload(Reply(200, sample.read_bytes()), "reverseDeliveryCreateWithShipping") is None
    approved = CONTRACT / "samples/graphql_returnApproveRequest.response.json"
    found = mapping.node(mapping.read_data(Reply(200, approved.read_bytes())), "returnApproveRequest", "return")
    assert len(mapping.nodes(found, "returnLineItems")) == 1
    assert mapping.status_of(found["status"]) == (ReturnStatus.APPROVED, "OPEN")


@pytest.mark.parametrize(
    ("code", "error"),
    [("NOT_FOUND", Refused), ("NEW_CODE", Refused), (None, Refused), ("INTERNAL_ERROR", OutcomeUnknown)],
)
def test_user_errors(code: str | None, error: type[AdapterError]) -> None:
    said = {"data": {"m": {"userErrors": [{"code": code, "field": ["input", 0], "message": "no"}]}}}
    with pytest.raises(error) as raised:
        mapping.read_payload(Reply(200, json.dumps(said).encode(), creates=True), "m")
    assert (raised.value.wire_code, raised.value.wire_text) == (code, "no")


def test_a_throttled_query_says_when() -> None:
    said = (
        b'{"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": {"requestedQueryCost": 300,'
        b' "throttleStatus": {"currentlyAvailable": 100.0, "restoreRate": 50.0}}}}'
    )
    with pytest.raises(AdapterError) as raised:
        mapping.read_data(Reply(200, said, creates=True))
    assert (type(raised.value).__name__, raised.value.retry_after) == ("Throttled", 4.0)


@cache
def types() -> dict[str, dict]:
    return json.loads((CONTRACT / "graphql_types_returns.json").read_text())["types"]


def type_of(field: str) -> str:
    """The type behind a field of the dump, without nullability, list and connection."""
    name = re.sub(r"ICollection<(\w+)>", r"\1", field).rstrip("?")
    return {"ReturnLineItemTypeConnection": "ReturnLineItem"}.get(name, name.removesuffix("Connection"))


def unknown_fields(query: str, root: str) -> tuple[list[str], int]:
    """Fields asked of a type in the dump that it does not have, and how many fields were checked."""
    text = re.sub(r"\([^()]*\)", "", query[query.index("{") :])
    tokens = re.findall(r"\.\.\. on \w+|\w+|[{}]", text)
    stack, last, wrong, checked = [], root, [], 0
    for token in tokens:
        if token == "{":
            stack.append(last)
        elif token == "}":
            stack.pop()
        elif token.startswith("..."):
            last = token.split()[-1]
        else:
            owner, last = stack[-1], ""
            fields = types().get(owner, {}).get("fields")
            if token in ("nodes", "pageInfo"):
                last = owner if token == "nodes" else ""
            elif fields:
                checked += 1
                wrong += [] if token in fields else [f"{owner}.{token}"]
                last = type_of(fields.get(token, {}).get("type", ""))
            else:
                last = ROOTS.get(token, "")
    return wrong, checked


ANSWERS = ("STATUS", "APPROVE", "DECLINE")
ROOTS = {
    "return": "Return",
    "returns": "Return",
    "reverseDeliveryCreateWithShipping": "ReverseDeliveryCreateWithShippingPayload",
    "returnApproveRequest": "ReturnApproveRequestPayload",
    "returnDeclineRequest": "ReturnDeclineRequestPayload",
    "reverseFulfillmentOrderDispose": "ReverseFulfillmentOrderDisposePayload",
}


@needs_contract
@pytest.mark.parametrize(
    "name", ["RETURN", "CHANGED_RETURNS", "DELIVERIES", "CREATE_DELIVERY", "GOODS", "DISPOSE", *ANSWERS]
)
def test_every_field_asked_for_exists(name: str) -> None:
    wrong, checked = unknown_fields(getattr(mapping_queries, name), "")
    assert wrong == []
    assert checked


@needs_contract
def test_a_field_that_does_not_exist_would_be_seen() -> None:
    assert unknown_fields("query { return(id: 1) { id updatedAt } }", "") == (["Return.updatedAt"], 2)


@needs_contract
def test_tables_cover_the_published_enums() -> None:
    assert set(types()["ReturnStatus"]["values"]) == set(codes.STATUS)
    assert set(types()["ReturnReason"]["values"]) == set(codes.REASONS)
    assert set(types()["ReturnErrorCode"]["values"]) == set(codes.REFUSALS) | set(codes.UNCERTAIN)
    assert set(types()["ReverseFulfillmentOrderDispositionType"]["values"]) >= {
        word for word in (*codes.DISPOSITIONS.values(), *codes.CONDITIONS.values()) if word
    }
