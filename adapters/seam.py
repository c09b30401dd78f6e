"""The seam: what a carrier, a platform or an invoice format is to the gateway.

Two small base classes and a handful of capabilities. A capability is a runtime-checkable Protocol of one or two verbs;
`isinstance` is how anyone asks whether an adapter has it. Canonical models in, canonical models out; every failure is an
`AdapterError`. A profile states facts the gateway needs without a call; no behaviour hides in it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from adapters.profiles import (
    CarrierAccount,
    CarrierProfile,
    Facts,
    InvoiceProfile,
    LookUp,
    Pace,
    PlatformAccount,
    PlatformProfile,
    RenewalTerms,
    Service,
    StatedLimit,
    credentials_of,
)
from adapters.remedies import FilesClaims, FilesDisputes, FindsClaims, FindsCovers, FindsDisputes, InsuresGoods
from adapters.toolkit.http import Http, Reply
from schemas.applying import ApplicationReceipt, ApplicationRequest
from schemas.charges import InvoiceReading, Quote
from schemas.errors import AdapterError
from schemas.messages import Document, InboundMessage, Subscription, Trust
from schemas.returns import Decision, ListedReturns, PlatformEvent, ReturnAuthorization, TrackingNote
from schemas.shipments import Booking, BookingRequest, FoundBooking, Label, Pickup, PickupRequest, Renewal, VoidReceipt
from schemas.thread import MessageNote
from schemas.tracking import ProofOfDelivery, TrackingEvent, TrackingReport
from schemas.values import ClientRef, Waybill

Reader = Callable[[Reply], Any]
"""Reads one kind of reply into a canonical value, or raises an AdapterError. Pure."""


class Carrier(ABC):
    """One carrier, as seen through one account. Holds a connection, no memory."""

    profile: ClassVar[CarrierProfile]
    readers: ClassVar[Mapping[str, Reader]]
    """Reply kind (booking, tracking, void, pickup, quote, proof, find) to the pure function that the verb itself uses."""
    accepts: ClassVar[Mapping[str, frozenset[int]]] = {}
    """Error statuses, by reply kind, that the reader reads itself: a 404 that says "none of them known"."""

    def __init__(self, account: CarrierAccount, http: Http) -> None:
        self.account = account
        self.http = http.reading_errors(type(self).read_error)

    @staticmethod
    def read_error(reply: Reply) -> AdapterError | None:
        """What an error status means where this carrier says so; None leaves it to the sender's own sorting."""
        return None

    @abstractmethod
    async def book(self, request: BookingRequest) -> Booking:
        """Create the shipment under `request.client_ref`. Repeated only with the same reference and body, and only if
        the profile says that this gives one booking."""

    @abstractmethod
    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        """Every event the carrier knows, in any order, for at most `profile.tracking_batch` waybills."""


@runtime_checkable
class FindsBookings(Protocol):
    async def find_bookings(self, client_ref: ClientRef) -> Sequence[FoundBooking]:
        """All matches, each with its state."""
        ...


@runtime_checkable
class FindsByDay(Protocol):
    """For carriers whose orders are listed by day only: `sent_at` is when the creating call left."""

    async def find_bookings_sent(self, client_ref: ClientRef, sent_at: datetime) -> Sequence[FoundBooking]:
        """All matches, each with its state."""
        ...

    async def find_pickups_sent(self, client_ref: ClientRef, sent_at: datetime) -> Sequence[Pickup]: ...


@runtime_checkable
class ListsBookings(Protocol):
    async def list_bookings(self, since: datetime) -> Sequence[FoundBooking]: ...


@runtime_checkable
class VoidsBookings(Protocol):
    async def void(self, waybill: Waybill) -> VoidReceipt: ...


@runtime_checkable
class Renews(Protocol):
    """Terms are the profile's `renewal`."""

    async def renew(self, waybill: Waybill, days: int) -> Renewal:
        """So many calendar days more for an authorisation that was not used in time. Asking again does no harm: an
        authorisation that is good is refused, or answered with the limit that stands."""
        ...


@runtime_checkable
class QuotesCharges(Protocol):
    async def quote(self, request: BookingRequest) -> Sequence[Quote]:
        """Prices in the return's direction, freight, surcharges and insurance apart."""
        ...


@runtime_checkable
class FetchesLabels(Protocol):
    async def fetch_label(self, waybill: Waybill, handle: str | None) -> Sequence[Label]:
        """`handle` is the booking's, for carriers that fetch labels by another key."""
        ...


@runtime_checkable
class BooksPickups(Protocol):
    async def book_pickup(self, request: PickupRequest) -> Pickup: ...

    async def cancel_pickup(self, pickup: Pickup) -> VoidReceipt: ...


@runtime_checkable
class FindsPickups(Protocol):
    async def find_pickups(self, client_ref: ClientRef) -> Sequence[Pickup]: ...


@runtime_checkable
class PushesTracking(Protocol):
    def verify(self, message: InboundMessage) -> Trust: ...

    def read_push(self, message: InboundMessage) -> Sequence[TrackingEvent]: ...


@runtime_checkable
class ProvesDelivery(Protocol):
    async def fetch_proof(self, waybill: Waybill) -> ProofOfDelivery: ...


@runtime_checkable
class IssuesInvoices(Protocol):
    async def fetch_invoices(self, since: datetime) -> Sequence[Document]: ...


class Platform(ABC):
    """One platform, as seen through one shop. A push is a trigger; where `AsksBack`, the state comes from the API."""

    profile: ClassVar[PlatformProfile]

    def __init__(self, account: PlatformAccount, http: Http) -> None:
        self.account = account
        self.http = http.reading_errors(type(self).read_error)

    @staticmethod
    def read_error(reply: Reply) -> AdapterError | None:
        return None

    @abstractmethod
    def verify(self, message: InboundMessage) -> Trust:
        """Raises SignatureRejected. Compares bytes in constant time; the time is `message.received_at`."""

    @abstractmethod
    def delivery_id(self, message: InboundMessage) -> str:
        """The same for every repetition of one delivery, and for no other. Never raises: falls back to the body's hash."""

    @abstractmethod
    def read(self, message: InboundMessage) -> Sequence[PlatformEvent]:
        """What a verified message says. Raises Unintelligible where it is not of the platform's form at all."""


@runtime_checkable
class ListsReturns(Protocol):
    async def list_returns(self, since: datetime, after: str | None) -> ListedReturns:
        """One page of what changed since then, by a call or two; `after` is the `next` of the page before. Who gives ids
        `AsksBack`."""


@runtime_checkable
class AsksBack(Protocol):
    async def fetch_return(self, rma_id: str) -> ReturnAuthorization: ...


@runtime_checkable
class TakesTracking(Protocol):
    async def give_tracking(self, note: TrackingNote) -> None:
        """Tell the platform our waybill (and label, where it takes one). Safe to repeat."""
        ...


@runtime_checkable
class TakesDecision(Protocol):
    async def give_decision(self, decision: Decision) -> None: ...


@runtime_checkable
class TakesApplications(Protocol):
    """A platform that decides on return applications."""

    async def give_application(self, request: ApplicationRequest) -> ApplicationReceipt:
        """Hand it in, or hand it in as it stands by now: more papers, or taken back. The same reference is the same
        application, however often it is asked; a platform that cannot promise that does not get this capability."""
        ...


@runtime_checkable
class TakesMessages(Protocol):
    async def give_message(self, note: MessageNote) -> None:
        """Post it to the return's thread there. The same `message_id` again is the same message: safe to repeat."""
        ...


@runtime_checkable
class ManagesSubscriptions(Protocol):
    """A platform that drops subscriptions, and lets us look after ours."""

    async def subscriptions(self) -> Sequence[Subscription]: ...

    async def subscribe(self, wanted: Subscription) -> None:
        """Safe to repeat."""
        ...


class InvoiceReader(ABC):
    """One invoice format: bytes in, canonical invoices out. No I/O, no clock."""

    profile: ClassVar[InvoiceProfile]

    @abstractmethod
    def recognises(self, head: bytes) -> bool:
        """Whether a file that starts so (first 8 KiB) is of this format."""

    @abstractmethod
    def read(self, document: bytes) -> InvoiceReading:
        """Everything the file says. A line that cannot be read is a problem with row and column, not an exception."""


@runtime_checkable
class TakesProfile(Protocol):
    """An invoice format that somebody describes in a file of his own."""

    @classmethod
    def with_profile(cls, profile: str | bytes) -> InvoiceReader:
        """By a profile's own text, or by the name of one that comes along. Raises Refused, and says what is wrong."""
        ...


CARRIER_CAPABILITIES: Mapping[str, type] = {
    "find": FindsBookings,
    "find_by_day": FindsByDay,
    "list": ListsBookings,
    "void": VoidsBookings,
    "renew": Renews,
    "quote": QuotesCharges,
    "label": FetchesLabels,
    "pickup": BooksPickups,
    "find_pickup": FindsPickups,
    "push": PushesTracking,
    "proof": ProvesDelivery,
    "invoices": IssuesInvoices,
    "dispute": FilesDisputes,
    "find_dispute": FindsDisputes,
    "claim": FilesClaims,
    "find_claim": FindsClaims,
    "cover": InsuresGoods,
    "find_cover": FindsCovers,
}
PLATFORM_CAPABILITIES: Mapping[str, type] = {
    "list": ListsReturns,
    "ask_back": AsksBack,
    "tracking": TakesTracking,
    "decision": TakesDecision,
    "application": TakesApplications,
    "messages": TakesMessages,
    "subscriptions": ManagesSubscriptions,
}


def capabilities(adapter: type, table: Mapping[str, type]) -> frozenset[str]:
    """The names of the capabilities an adapter class has."""
    return frozenset(name for name, protocol in table.items() if issubclass(adapter, protocol))


# fmt: off
__all__ = [
    "CARRIER_CAPABILITIES", "PLATFORM_CAPABILITIES", "AsksBack", "BooksPickups", "Carrier", "CarrierAccount",
    "CarrierProfile", "Facts", "FetchesLabels", "FilesClaims", "FilesDisputes", "FindsBookings", "FindsByDay",
    "FindsClaims", "FindsCovers", "FindsDisputes", "FindsPickups", "InsuresGoods", "InvoiceProfile", "InvoiceReader",
    "IssuesInvoices", "ListsBookings", "ListsReturns", "LookUp", "ManagesSubscriptions", "Pace", "Platform",
    "PlatformAccount", "PlatformProfile", "ProvesDelivery", "PushesTracking", "QuotesCharges", "Reader",
    "RenewalTerms", "Renews", "Service", "StatedLimit", "TakesApplications", "TakesDecision", "TakesMessages",
    "TakesProfile", "TakesTracking", "VoidsBookings", "capabilities", "credentials_of",
]
# fmt: on
