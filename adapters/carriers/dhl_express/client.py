"""DHL Express over MyDHL API."""

from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, SecretStr

from adapters.carriers.dhl_express import (
    mapping,
    mapping_booking,
    mapping_charges,
    mapping_customs,
    mapping_pickups,
    mapping_tracking,
)
from adapters.seam import Carrier, CarrierAccount, CarrierProfile, LookUp, Pace, Reader, Service, StatedLimit
from adapters.toolkit.auth import basic
from adapters.toolkit.http import Call, Http, Reply
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit, PolicySource
from schemas.charges import Quote
from schemas.customs_fields import rows
from schemas.errors import AdapterError, Refused
from schemas.shipments import Booking, BookingRequest, FoundBooking, Pickup, PickupRequest, VoidReceipt
from schemas.starts import ClockStart
from schemas.tracking import ProofOfDelivery, TrackingReport
from schemas.values import ClientRef, ShortText, Waybill

PRODUCTION = "https://express.api.dhl.com/mydhlapi"
INTERFACE = "3.1.0"
"""`x-version`: the description of 3.1.1 says not to change this value."""
VIEWS = ("all-checkpoints", "advance-shipment")
"""Scanned shipments, and those only announced."""


class Credentials(BaseModel):
    """User and password of MyDHL API, and the account that pays. `requestor` is named when a pickup is cancelled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: ShortText
    password: SecretStr
    account_number: ShortText
    requestor: ShortText = "Returns desk"


CLAIM = DeadlinePolicy(
    clock=Clock.CLAIM,
    amount=30,
    unit=LimitUnit.CALENDAR_DAYS,
    starts=ClockStart.HANDED_OVER,
    source=PolicySource.CARRIER_TABLE,
    because="DHL Express, terms and conditions of carriage: in writing within 30 days of DHL accepting the shipment",
)
"""All kinds of claims. A slow return may run out of it before anybody opens the box."""

PROFILE = CarrierProfile(
    id="dhl_express",
    name="DHL Express",
    protocol="rest",
    api_version="MyDHL API 3.1.1",
    documentation="https://developer.dhl.com/api-reference/dhl-express-mydhl-api",
    services=(
        Service(code="P", name="Express Worldwide, goods"),
        Service(code="D", name="Express Worldwide, documents"),
        Service(code="U", name="Express Worldwide, European Union"),
        Service(code="Y", name="Express 12:00, goods"),
        Service(code="E", name="Express 9:00, goods"),
        Service(code="H", name="Economy Select, goods"),
        Service(code="W", name="Economy Select, European Union"),
        Service(code="N", name="Express Domestic"),
    ),
    reference_length=35,  # customerReferences.value, maxLength
    tracking_batch=200,  # GET /tracking, shipmentTrackingNumber, maxItems
    page_limit=len(VIEWS),
    pace=Pace(
        per_second=5.0,
        concurrency=8,
        source=(
            "our own caution; DHL agrees it per customer, the API says nothing. DHL's mails to new customers speak of 500 "
            "calls a day on its test system, which nobody could verify: no daily quota is assumed"
        ),
    ),
    look_up=LookUp.SEARCHABLE,
    look_up_proof=(
        "GET /tracking by shipmentReference (CU), shipmentReferenceType and shipperAccountNumber, described in 3.1.1. A "
        "match says only that a shipment with our reference exists: its label is not to be had again. Unproved: how soon "
        "a label without a scan is found, whether a payer's account counts as shipperAccountNumber, whether a date range "
        "must be sent (prose yes, schema no). DHL's test system tracks a fixed list only."
    ),
    settle_seconds=21_600,  # a guess on the safe side: DHL states no lag between label and tracking
    limits=(
        StatedLimit(
            field="customs.items",
            maximum=mapping_booking.ITEMS,
            unit="lines",
            source="MyDHL API 3.1.1, exportDeclaration.lineItems, maxItems",
        ),
    ),
    customs_fields=rows(mapping_customs.CUSTOMS, "MyDHL API 3.1.1, POST /shipments, properties and required"),
    claims=(CLAIM,),
    credentials=Credentials,
    extras=mapping_booking.Extras,
)


class DhlExpress(Carrier):
    """Import shipments on the consignee's account. DHL cancels pickups, never shipments: an unused label is not billed."""

    profile = PROFILE
    readers: ClassVar[Mapping[str, Reader]] = {
        "booking": mapping_booking.read_booking,
        "tracking": mapping_tracking.read_tracking,
        "void": mapping_pickups.read_cancelled,
        "pickup": mapping_pickups.read_pickup,
        "quote": mapping_charges.read_quotes,
        "proof": mapping_tracking.read_proof,
        "find": mapping_tracking.read_found,
    }
    accepts: ClassVar[Mapping[str, frozenset[int]]] = {"tracking": frozenset({404}), "find": frozenset({404})}

    def __init__(self, account: CarrierAccount, http: Http) -> None:
        super().__init__(account, http)
        if not isinstance(account.credentials, Credentials):
            raise TypeError("the account's credentials are not DHL Express's")
        self.credentials = account.credentials
        self.base = (account.base_url or PRODUCTION).rstrip("/")
        secret = account.credentials.password.get_secret_value()
        self.headers = {**basic(account.credentials.username, secret), "x-version": INTERFACE}

    @staticmethod
    def read_error(reply: Reply) -> AdapterError | None:
        return mapping.read_error(reply)

    async def book(self, request: BookingRequest) -> Booking:
        body = mapping_booking.build_booking(request, self.credentials.account_number)
        headers = {**self.headers, "Message-Reference": message_reference(request.client_ref)}
        call = Call.create("book", "POST", f"{self.base}/shipments", headers=headers, json=body)
        return mapping_booking.read_booking(await self.http.send(call))

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        reply = await self._search("track", mapping_tracking.build_tracking(waybills))
        return mapping_tracking.read_tracking(reply, waybills)

    async def find_bookings(self, client_ref: ClientRef) -> Sequence[FoundBooking]:
        found: dict[Waybill, FoundBooking] = {}
        for view in VIEWS:
            query = mapping_tracking.build_search(client_ref, self.credentials.account_number, view)
            for match in mapping_tracking.read_found(await self._search("find_bookings", query)):
                found.setdefault(match.booking.waybill, match)
        return tuple(found.values())

    async def quote(self, request: BookingRequest) -> Sequence[Quote]:
        body = mapping_pickups.build_rates(request, self.credentials.account_number)
        reply = await self.http.send(Call.read("quote", "POST", f"{self.base}/rates", headers=self.headers, json=body))
        countries = request.shipper.address.country, request.consignee.address.country
        return mapping_charges.read_quotes(reply, *countries)

    async def book_pickup(self, request: PickupRequest) -> Pickup:
        body = mapping_pickups.build_pickup(request, self.credentials.account_number)
        headers = {**self.headers, "Message-Reference": message_reference(request.client_ref)}
        call = Call.create("book_pickup", "POST", f"{self.base}/pickups", headers=headers, json=body)
        return mapping_pickups.read_pickup(await self.http.send(call), request.zone)

    async def cancel_pickup(self, pickup: Pickup) -> VoidReceipt:
        """Each confirmation by itself; one that is gone already does not keep the others from being cancelled."""
        numbers = pickup.confirmations or (pickup.confirmation,)
        return mapping_pickups.joined([await self._cancel(number) for number in numbers])

    async def fetch_proof(self, waybill: Waybill) -> ProofOfDelivery:
        address = f"{self.base}/shipments/{quote(waybill, safe='')}/proof-of-delivery"
        params = (("content", "epod-summary"),)
        reply = await self.http.send(Call.read("fetch_proof", "GET", address, headers=self.headers, params=params))
        return mapping_tracking.read_proof(reply, waybill)

    async def _search(self, name: str, params: mapping_tracking.Parameters) -> Reply:
        url, accepts = f"{self.base}/tracking", self.accepts["tracking"]
        return await self.http.send(Call.read(name, "GET", url, headers=self.headers, params=params, accepts=accepts))

    async def _cancel(self, number: str) -> VoidReceipt:
        url = f"{self.base}/pickups/{quote(number, safe='')}"
        params = mapping_pickups.build_cancel(self.credentials.requestor)
        try:
            reply = await self.http.send(
                Call.create("cancel_pickup", "DELETE", url, headers=self.headers, params=params)
            )
        except Refused as error:
            return mapping_pickups.refused_cancel(error)
        return mapping_pickups.read_cancelled(reply)


def message_reference(client_ref: ClientRef) -> str:
    """DHL traces calls by 28 to 36 characters; the same reference gives the same."""
    return f"homeward-{client_ref}".ljust(28, "-")
