"""What we tell eBay: our label, a decision, a message. Each is built from the return as it stands there, so that telling it
twice changes nothing. Source: Add Shipping Label, Update Tracking, Process Return Request, Mark Return Received and Send
Return Message of Post-Order v2."""

from adapters.platforms.ebay import codes
from adapters.platforms.ebay.mapping import Node, node, read_object, words
from adapters.platforms.ebay.mapping_returns import history, shipment_of, status_of, waybill_of
from adapters.toolkit.http import Reply
from schemas.errors import RefusalCode, Refused, Unsupported
from schemas.returns import Decision, DecisionKind, ReturnStatus, TrackingNote
from schemas.thread import MessageNote, Side

Telling = tuple[str, str, Node] | None
"""Method, the last step of the path, and the body; None where nothing is left to tell."""


def build_tracking(stands: Reply, note: TrackingNote) -> Telling:
    """The label of ours, or its number in place of another's."""
    body = read_object(stands)
    given, known = waybill_of(node(body, "detail")), shipment_of(node(body, "detail"))
    if given == note.waybill:
        return None
    if status_of(node(body, "summary"))[0] not in codes.BEFORE_ARRIVAL:
        raise Refused("the return waits for no label", code=RefusalCode.WINDOW_CLOSED)
    if given:
        used = {"usedCarrierName": words(known.get("carrierName")), "usedTrackingNumber": given}
        return "PUT", "update_tracking", {**used, "newCarrierName": note.carrier, "newTrackingNumber": note.waybill}
    label: dict[str, object] = {
        "labelAction": "PURCHASE_LABEL",
        "carrierName": note.carrier,
        "trackingNumber": note.waybill,
        "forwardShippingLabelProvided": True,
    }
    return "POST", "add_shipping_label", {**label, **({"comments": _text(note.label_url)} if note.label_url else {})}


def require_told(decision: Decision) -> None:
    """Raises Unsupported for what eBay takes from nobody but a person."""
    if decision.kind not in codes.RECEIVED and decision.kind not in codes.DECISIONS:
        raise Unsupported(f"eBay takes no {decision.kind} from us", field="kind")


def build_decision(stands: Reply, decision: Decision) -> Telling:
    """Raises Refused where the return is past it."""
    status, raw = status_of(node(read_object(stands), "summary"))
    comments = {"comments": _text(decision.reason)} if decision.reason else {}
    if decision.kind in codes.RECEIVED:
        if status in codes.BEFORE_ARRIVAL:
            return "POST", "mark_as_received", comments
        done = status in (ReturnStatus.DELIVERED, ReturnStatus.REFUNDED, ReturnStatus.CLOSED)
    elif status is ReturnStatus.REQUESTED:
        return "POST", "decide", {"decision": codes.DECISIONS[decision.kind], **comments}
    elif decision.kind is DecisionKind.APPROVED:
        done = status in codes.AFTER_APPROVAL
    else:
        done = status is ReturnStatus.DECLINED
    if not done:
        raise Refused("the return is past this decision", code=RefusalCode.WINDOW_CLOSED, wire_code=raw)
    return None


def require_exporter(note: MessageNote) -> None:
    """Raises Unsupported for the service's words: the buyer would read them as the seller's."""
    if note.side is not Side.EXPORTER:
        raise Unsupported("eBay shows the buyer what is written as the seller's words", field="side")


def build_message(stands: Reply, note: MessageNote) -> Telling:
    """With our reference beneath, by which it is found again."""
    reference = f"Ref. {note.message_id}"
    wrote = (each.get("notes") for each in history(read_object(stands)))
    if any(reference in notes for notes in wrote if isinstance(notes, str)):
        return None
    return "POST", "send_message", {"message": _text(f"{note.text}\n\n{reference}")}


def _text(content: str) -> Node:
    return {"content": content}
