"""Talks to Chronopost's three SOAP services. Every verb: build, send, read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from adapters.carriers.chronopost import codes
from adapters.carriers.chronopost.mapping import Credentials, Extras, read_error, read_fault
from adapters.carriers.chronopost.mapping_booking import (
    build_booking,
    build_quote,
    parcel_ref,
    read_booking,
    read_label,
    read_quotes,
    read_void,
)
from adapters.carriers.chronopost.mapping_pickup import build_cancellation, build_pickup, read_cancellation, read_pickup
from adapters.carriers.chronopost.mapping_tracking import (
    build_find,
    build_numbered,
    build_tracking,
    read_found,
    read_proof,
    read_tracking,
    with_parcels,
)
from adapters.seam import Carrier, CarrierAccount, CarrierProfile, LookUp, Pace, Reader, Service, credentials_of
from adapters.toolkit.http import Http
from adapters.toolkit.soap import Soap, soap_reader
from schemas.charges import Quote
from schemas.customs_fields import rows
from schemas.errors import RefusalCode, Refused
from schemas.shipments import Booking, BookingRequest, FoundBooking, Label, Pickup, PickupRequest, VoidReceipt
from schemas.tracking import ProofOfDelivery, TrackingReport
from schemas.values import ClientRef, Waybill

WSDL = Path(__file__).parent / "wsdl"
HOST = "https://ws.chronopost.fr"


class Chronopost(Carrier):
    """Chronopost as one contract sees it."""

    profile: ClassVar[CarrierProfile] = CarrierProfile(
        id="chronopost",
        name="Chronopost",
        protocol="soap",
        api_version="ShippingServiceWS shippingMultiParcelV4, TrackingServiceWS trackSkybillV2 (manual VL3.24.10.14)",
        documentation="https://www.chronopost.fr",
        countries=tuple(sorted(codes.EU)),
        services=tuple(Service(code=code, name=name) for code, name in codes.SERVICES.items()),
        reference_length=35,
        page_limit=10,
        pace=Pace(per_second=2.0, concurrency=4),
        look_up=LookUp.SEARCHABLE,
        look_up_proof=(
            "trackWithSenderRef finds the numbers booked under our shipperRef (the manual, 2.3.2.b6, says that it can be "
            "searched by later); not proved by a call of ours. A new number is known after some ten minutes (2.6.4). The "
            "reservation, and so the label, cannot be found again: void such a booking and book anew."
        ),
        settle_seconds=900,
        customs_fields=rows(
            codes.CUSTOMS,
            "the manual states no unit of the customs values: none are told",
            within=tuple(sorted(codes.EU)),
        ),
        credentials=Credentials,
        extras=Extras,
    )
    readers: ClassVar[Mapping[str, Reader]] = {
        "booking": soap_reader(read_booking, read_fault),
        "label": soap_reader(read_label, read_fault),
        "tracking": soap_reader(read_tracking, read_fault),
        "void": soap_reader(read_void, read_fault),
        "pickup": soap_reader(read_pickup, read_fault),
        "pickup_void": soap_reader(read_cancellation, read_fault),
        "quote": soap_reader(read_quotes, read_fault),
        "proof": soap_reader(read_proof, read_fault),
        "find": soap_reader(read_found, read_fault),
    }
    read_error = staticmethod(read_error)

    def __init__(self, account: CarrierAccount, http: Http) -> None:
        super().__init__(account, http)
        self.credentials = credentials_of(account, Credentials)
        self.shipping = self._service("shipping", "ShippingServiceWS")
        self.tracking = self._service("tracking", "TrackingServiceWS")
        self.prices = self._service("quickcost", "QuickcostServiceWS")

    def _service(self, name: str, service: str) -> Soap:
        base = (self.account.base_url or HOST).rstrip("/")
        return Soap(self.http, WSDL / f"{name}.wsdl", f"{base}/{name}-cxf/{service}", read_fault)

    async def book(self, request: BookingRequest) -> Booking:
        """By `shippingMultiParcelV4`: the manual recommends it, for returns too (3.6), and every logged call uses it. V5
        differs by one header field that has no meaning to us; the operations for one parcel are older.

        A return is an ordinary shipment whose shipper is the returner. `withReservation` is 2: the label comes at once and
        stays with the carrier under the reservation. Collected where the extras ask for it; then our reference is unique
        at the carrier for that day.
        """
        arguments = build_booking(request, self.credentials)
        return read_booking(await self.shipping.create("book", "shippingMultiParcelV4", arguments))

    async def fetch_label(self, waybill: Waybill, handle: str | None) -> Sequence[Label]:
        """All parcels of the reservation in one PDF. Raises Refused where the booking kept no reservation number."""
        if handle is None:
            raise Refused("no reservation to fetch a label of", code=RefusalCode.NOT_FOUND, field="handle")
        arguments = {"reservationNumber": handle, "mode": "PDF"}
        return read_label(await self.shipping.read("label", "getReservedSkybillWithTypeAndMode", arguments))

    async def void(self, waybill: Waybill) -> VoidReceipt:
        """One parcel: a shipment of several is voided number by number."""
        arguments = build_numbered(waybill, self.credentials)
        return read_void(await self.tracking.create("void", "cancelSkybill", arguments))

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        """One number a call; the operation needs no account."""
        reports = [
            read_tracking(await self.tracking.read("track", "trackSkybillV2", build_tracking(waybill)))
            for waybill in waybills[: self.profile.tracking_batch]
        ]
        return TrackingReport(events=tuple(event for report in reports for event in report.events))

    async def find_bookings(self, client_ref: ClientRef) -> Sequence[FoundBooking]:
        """Numbers under our reference; where there is just one, its further parcels too, at most `page_limit`."""
        found = await self._found(client_ref)
        others: list[FoundBooking] = []
        while len(found) == 1 and len(others) + 1 < self.profile.page_limit:
            more = await self._found(parcel_ref(client_ref, len(others) + 2))
            if not more:
                break
            others += more
        return [with_parcels(found[0], others)] if others else found

    async def _found(self, reference: str) -> Sequence[FoundBooking]:
        arguments = build_find(reference, self.credentials)
        return read_found(await self.tracking.read("find", "trackWithSenderRef", arguments))

    async def quote(self, request: BookingRequest) -> Sequence[Quote]:
        """Every product open from the returner to the consignee. `calculateProducts` tells net, tax and gross; what
        `quickCost` adds for one product (surcharges) does not say whether it is in the total."""
        arguments = build_quote(request, self.credentials)
        return read_quotes(await self.prices.read("quote", "calculateProducts", arguments))

    async def fetch_proof(self, waybill: Waybill) -> ProofOfDelivery:
        """The carrier's PDF. Raises Refused where there is none, or none yet."""
        arguments = {**build_numbered(waybill, self.credentials), "pdf": True}
        proof = read_proof(await self.tracking.read("proof", "searchPOD", arguments))
        return proof.model_copy(update={"waybill": waybill})

    async def book_pickup(self, request: PickupRequest) -> Pickup:
        """In France, of parcels that have their labels. Our reference is unique per day: a second one is refused."""
        arguments = build_pickup(request, self.credentials)
        return read_pickup(await self.shipping.create("pickup", "creerEnlevementNational", arguments))

    async def cancel_pickup(self, pickup: Pickup) -> VoidReceipt:
        """By the number the carrier confirmed; a collection booked with its shipment has one too."""
        arguments = build_cancellation(pickup, self.credentials)
        return read_cancellation(await self.shipping.create("cancel_pickup", "annulerEnlevements", arguments))
