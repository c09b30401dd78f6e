"""What Shopify is told of goods that came back: never more than was recorded, and nothing over another's word."""

import json
from datetime import UTC, datetime

import pytest

from adapters.platforms.shopify.mapping_disposing import build_dispositions, require_disposable
from adapters.toolkit.http import Reply
from schemas.acceptance import Condition
from schemas.errors import Refused, Unsupported
from schemas.returns import DecidedLine, Decision, DecisionKind

Told = dict[str, int]
HERE = "gid://shopify/Location/1"


def said(kind: str, **lines: int) -> Decision:
    seen = tuple(DecidedLine(line_id="L1", quantity=lines[name], condition=Condition(name)) for name in lines)
    when = datetime(2026, 3, 10, tzinfo=UTC)
    decision = Decision(rma_id="R1", kind=DecisionKind(kind), decided_at=when, lines=seen)
    require_disposable(decision)
    return decision


def there(status: str = "OPEN", more: bool = False, **stands: int) -> Reply:
    sold = {"fulfillmentLineItem": {"id": "F1"}}
    dispositions = [{"type": word, "quantity": count} for word, count in stands.items()]
    line = {"id": "G1", "totalQuantity": 3, "dispositions": dispositions, **sold}
    order = {"id": "O1", "status": status, "lineItems": {"nodes": [line], "pageInfo": {"hasNextPage": more}}}
    found = {
        "id": "R1",
        "returnLineItems": {"nodes": [{"id": "L1", **sold}]},
        "reverseFulfillmentOrders": {"nodes": [order]},
    }
    return Reply(200, json.dumps({"data": {"return": found}}).encode())


def told(stands: Reply, decision: Decision) -> Told:
    return {one["dispositionType"]: one["quantity"] for one in build_dispositions(stands, decision, HERE)}


@pytest.mark.parametrize(
    ("decision", "stands", "expected"),
    [
        (said("accepted_in_part", new=1, damaged=2), {}, {"RESTOCKED": 1, "NOT_RESTOCKED": 2}),
        (said("accepted_in_part", new=1, damaged=2), {"RESTOCKED": 1}, {"NOT_RESTOCKED": 2}),
        (said("accepted_in_part", new=1, damaged=2), {"RESTOCKED": 1, "NOT_RESTOCKED": 2}, {}),
        (said("accepted_with_reservation", new=1, missing=2), {}, {"RESTOCKED": 1, "MISSING": 2}),
        (said("accepted", damaged=1), {}, {"RESTOCKED": 2, "NOT_RESTOCKED": 1}),
        (said("accepted"), {"PROCESSING_REQUIRED": 3, "RESTOCKED": 1}, {"RESTOCKED": 2}),
        (said("rejected", new=1, missing=1), {}, {"NOT_RESTOCKED": 2, "MISSING": 1}),
    ],
)
def test_each_unit_is_told_as_it_was_found(decision: Decision, stands: Told, expected: Told) -> None:
    assert told(there(**stands), decision) == expected


@pytest.mark.parametrize(
    "decision",
    [
        said("accepted_in_part", new=1),  # of three: what became of the others?
        said("accepted_in_part", new=3),  # then which part is not accepted?
        said("accepted_with_reservation", damaged=1),
        said("accepted", opened=1),
        said("accepted_in_part", new=2, damaged=2),
    ],
)
def test_what_was_not_told_apart_is_for_a_person(decision: Decision) -> None:
    with pytest.raises(Unsupported):
        told(there(), decision)


@pytest.mark.parametrize("kind", ["accepted_in_part", "accepted_with_reservation", "refund"])
def test_a_part_without_units_is_for_a_person(kind: str) -> None:
    with pytest.raises(Unsupported):
        said(kind)


@pytest.mark.parametrize(
    ("decision", "stands"),
    [
        (said("rejected"), there("CLOSED", RESTOCKED=3)),  # the second version of an acceptance
        (said("accepted"), there(NOT_RESTOCKED=1)),
        (said("accepted"), there("CLOSED", RESTOCKED=1)),
        (said("accepted"), there("CANCELED")),
        (said("accepted"), there(more=True)),
    ],
)
def test_anothers_word_in_place_of_ours_is_not_success(decision: Decision, stands: Reply) -> None:
    with pytest.raises(Refused):
        told(stands, decision)


def test_a_line_that_is_sold_twice_there_is_for_a_person() -> None:
    body = json.loads(there().content)
    lines = body["data"]["return"]["reverseFulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"]
    lines.append({**lines[0], "id": "G2"})
    with pytest.raises(Unsupported):
        told(Reply(200, json.dumps(body).encode()), said("accepted", damaged=1))
    assert len(build_dispositions(Reply(200, json.dumps(body).encode()), said("accepted"), HERE)) == 2
