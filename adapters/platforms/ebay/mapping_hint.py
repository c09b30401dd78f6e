"""What a Platform Notification says: which return it is about, and no more. Nobody signed it."""

from adapters.platforms.ebay import codes
from adapters.platforms.ebay.mapping import instant, words
from adapters.toolkit.xml import descendants, parse, text
from schemas.errors import Unintelligible
from schemas.returns import PlatformEvent, PlatformEventKind

CAP = 200_000


def read_hint(body: bytes) -> PlatformEvent:
    """Raises Unintelligible for what is no XML, or tells of a return without naming it."""
    event = next(descendants(parse(body, CAP), "NotificationEvent"), None)
    name = words(text(event, "NotificationEventName"), 100)
    occurred_at = instant(text(event, "CreationDate"))
    if name not in codes.EVENTS:
        return PlatformEvent(kind=PlatformEventKind.IGNORED, occurred_at=occurred_at, wire_status=name)
    rma_id = words(text(event, "ReturnId"), 100)
    if rma_id is None or not (rma_id.isascii() and rma_id.isalnum()):
        raise Unintelligible("a notification of no return")
    return PlatformEvent(
        kind=PlatformEventKind.RETURN_CHANGED, rma_id=rma_id, occurred_at=occurred_at, wire_status=name
    )
