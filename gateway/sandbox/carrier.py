"""The sandbox carrier's world: what it has agreed to, as its ledger says, and the rules it refuses by.

Both dialects, REST and SOAP, speak to this one world. An *order* is the common form of a booking, in the shape of the REST
body; a *shipment* is what the world made of it. Nothing is kept that the ledger does not hold.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gateway.sandbox.ledger import Entry, Ledger

Json = dict[str, Any]

SERVICES = {"RETURN": Decimal("8.00"), "RETURN_EXPRESS": Decimal("21.00")}
"""Base price in EUR; each started kilogram comes on top."""
PER_KG = Decimal("1.50")
FUEL = Decimal("0.12")
PREMIUM = Decimal("0.01")
IN_EUR = {"EUR": Decimal(1), "USD": Decimal("0.90"), "GBP": Decimal("1.15"), "CNY": Decimal("0.13")}
HEAVIEST_GRAMS = 70_000
HAND_OVER = timedelta(days=10)
MOVED = frozenset({"COL", "HUB", "CIN", "OFD", "PUD", "ATT", "DLV", "RTS", "HLD", "LST", "DMG"})


class Refusal(Exception):
    """The carrier says no; nothing was created."""

    def __init__(self, code: str, text: str, field: str = "", status: int = 422) -> None:
        super().__init__(text)
        self.code, self.text, self.field, self.status = code, text, field, status


@dataclass(slots=True)
class Shipment:
    """One booking, as the ledger's `booked` line and what followed say."""

    waybill: str
    account: str
    channel: str
    created_at: datetime
    order: Json
    key: str | None
    print: str
    charges: list[Json]
    live: bool = True
    scans: list[Json] = field(default_factory=list)
    renewed_until: datetime | None = None

    @property
    def reference(self) -> str:
        return str(self.order["reference"])

    @property
    def pieces(self) -> list[str]:
        count = len(self.order["pieces"])
        return [self.waybill if count == 1 else f"{self.waybill}-{n}" for n in range(1, count + 1)]

    @property
    def hand_over_by(self) -> datetime:
        return self.renewed_until or self.created_at + HAND_OVER

    @property
    def moved(self) -> bool:
        return any(scan["code"] in MOVED for scan in self.scans)


@dataclass(slots=True)
class Collection:
    """One pickup."""

    confirmation: str
    account: str
    reference: str
    created_at: datetime
    ready_at: str
    close_at: str
    live: bool = True


@dataclass(slots=True)
class Settings:
    """How this carrier treats repeats and look-ups; set by `POST /control/settings`."""

    idempotent_rest: bool = True
    idempotent_soap: bool = False
    refuse_duplicates: bool = False
    lookup_lag: float = 0.0
    token_seconds: float = 3600.0


class Carrier:
    """The world. Every change is a ledger line first."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.settings = ledger, Settings()
        self.shipments: dict[str, Shipment] = {}
        self.collections: dict[str, Collection] = {}
        for entry in ledger.entries:
            self._apply(entry)

    def _write(self, kind: str, **facts: Any) -> Entry:
        entry = self.ledger.write(kind, **facts)
        self._apply(entry)
        return entry

    def _apply(self, entry: Entry) -> None:
        apply = _APPLY.get(entry["kind"])
        if apply:
            apply(self, entry)

    def book(self, account: str, channel: str, order: Json, key: str | None = None) -> Shipment:
        """Agree to carry, or return what was agreed to under the same key. Raises Refusal."""
        require_order(order)
        fingerprint = hashlib.sha256(json.dumps(order, sort_keys=True).encode()).hexdigest()
        for known in self._under(account, str(order["reference"]), key):
            if key and known.key == key and known.print != fingerprint:
                raise Refusal("KEY_REUSED", "this key was used for another booking", "Idempotency-Key", 409)
            if key and known.key == key:
                return known
            if self.settings.refuse_duplicates and known.live:
                raise Refusal("REFERENCE_IN_USE", "a live booking has this reference", "reference", 409)
        number = len(self.shipments) + 1
        waybill = f"SBX{number:08d}{(number * 7) % 10}"
        self._write(
            "booked",
            waybill=waybill,
            account=account,
            channel=channel,
            client_ref=order["reference"],
            order=order,
            key=key,
            print=fingerprint,
            charges=price(order),
        )
        return self.shipments[waybill]

    def _under(self, account: str, reference: str, key: str | None) -> list[Shipment]:
        mine = (one for one in self.shipments.values() if one.account == account)
        return [one for one in mine if one.reference == reference or (key and one.key == key)]

    def find(self, account: str, reference: str) -> list[Shipment]:
        """All bookings under that reference that the look-up already shows."""
        return [one for one in self._visible(self._under(account, reference, None)) if one.reference == reference]

    def booked_since(self, account: str, since: datetime) -> list[Shipment]:
        mine = (one for one in self.shipments.values() if one.account == account and one.created_at >= since)
        return self._visible(mine)

    def _visible(self, found: Iterable[Shipment]) -> list[Shipment]:
        horizon = self.ledger.clock() - timedelta(seconds=self.settings.lookup_lag)
        return [one for one in found if one.created_at <= horizon]

    def get(self, waybill: str) -> Shipment:
        if waybill not in self.shipments:
            raise Refusal("NOT_FOUND", "no such waybill", "waybill", 404)
        return self.shipments[waybill]

    def void(self, waybill: str) -> str:
        """`voided`, `already_void`, or `rejected` once it has moved."""
        shipment = self.get(waybill)
        if not shipment.live:
            return "already_void"
        if shipment.moved:
            return "rejected"
        self._write("voided", waybill=waybill, client_ref=shipment.reference)
        return "voided"

    def renew(self, waybill: str, days: int) -> bool:
        """Good again for so many days from now; False where it is good still. Raises Refusal once used or void."""
        shipment = self.get(waybill)
        if shipment.moved or not shipment.live:
            raise Refusal("USED", "used, or void", "waybill", 409)
        if self.ledger.clock() < shipment.hand_over_by:
            return False
        until = self.ledger.clock() + timedelta(days=days)
        self._write("renewed", waybill=waybill, client_ref=shipment.reference, until=until.isoformat())
        return True

    def scan(self, scan: Json) -> Json:
        """Record one tracking event; `at` is kept as written, readable or not. Returns it with its event id."""
        shipment = self.get(str(scan.get("waybill")))
        entry = {"id": f"EV{len(self.ledger.entries) + 1}", "text": "", "place": None, "piece": None, **scan}
        self._write("scanned", scan=entry, waybill=shipment.waybill)
        return entry

    def proof(self, waybill: str) -> Json:
        """The delivery scan. Raises Refusal where there is none."""
        delivered = [scan for scan in self.get(waybill).scans if scan["code"] == "DLV"]
        if not delivered:
            raise Refusal("NOT_DELIVERED", "not delivered yet", "waybill", 404)
        return delivered[-1]

    def book_pickup(self, account: str, channel: str, wanted: Json) -> Collection:
        """Agree to collect. Raises Refusal for unknown waybills and a closed window."""
        for waybill in wanted.get("waybills", ()):
            self.get(waybill)
        if not wanted.get("ready_at") or str(wanted["ready_at"]) >= str(wanted.get("close_at")):
            raise Refusal("WINDOW", "the window is not open", "ready_at")
        confirmation = f"PU{len(self.collections) + 1:06d}"
        reference = str(wanted.get("reference"))
        self._write(
            "pickup_booked",
            confirmation=confirmation,
            account=account,
            channel=channel,
            client_ref=reference,
            wanted=wanted,
        )
        return self.collections[confirmation]

    def cancel_pickup(self, confirmation: str) -> str:
        """`voided` or `already_void`. Raises Refusal for an unknown one."""
        if confirmation not in self.collections:
            raise Refusal("NOT_FOUND", "no such pickup", "confirmation", 404)
        if not self.collections[confirmation].live:
            return "already_void"
        self._write("pickup_cancelled", confirmation=confirmation)
        return "voided"

    def find_pickups(self, account: str, reference: str) -> list[Collection]:
        mine = (one for one in self.collections.values() if one.account == account)
        return [one for one in mine if one.reference == reference and one.live]

    def _booked(self, entry: Entry) -> None:
        self.shipments[entry["waybill"]] = Shipment(
            waybill=entry["waybill"],
            account=entry["account"],
            channel=entry["channel"],
            created_at=datetime.fromisoformat(entry["at"]),
            order=entry["order"],
            key=entry["key"],
            print=entry["print"],
            charges=entry["charges"],
        )

    def _voided(self, entry: Entry) -> None:
        self.shipments[entry["waybill"]].live = False

    def _renewed(self, entry: Entry) -> None:
        self.shipments[entry["waybill"]].renewed_until = datetime.fromisoformat(entry["until"])

    def _scanned(self, entry: Entry) -> None:
        self.shipments[entry["waybill"]].scans.append(entry["scan"])

    def _pickup_booked(self, entry: Entry) -> None:
        self.collections[entry["confirmation"]] = Collection(
            confirmation=entry["confirmation"],
            account=entry["account"],
            reference=entry["client_ref"],
            created_at=datetime.fromisoformat(entry["at"]),
            ready_at=str(entry["wanted"]["ready_at"]),
            close_at=str(entry["wanted"]["close_at"]),
        )

    def _pickup_cancelled(self, entry: Entry) -> None:
        self.collections[entry["confirmation"]].live = False


_APPLY: dict[str, Callable[[Carrier, Entry], None]] = {
    "booked": Carrier._booked,
    "voided": Carrier._voided,
    "renewed": Carrier._renewed,
    "scanned": Carrier._scanned,
    "pickup_booked": Carrier._pickup_booked,
    "pickup_cancelled": Carrier._pickup_cancelled,
}


def require_order(order: Json) -> None:
    """The carrier's own rules. Raises Refusal for the first one broken."""
    for name in ("reference", "service", "ship_on", "from", "to", "pieces"):
        if not order.get(name):
            raise Refusal("DATA_MISSING", f"{name} is required", name)
    if order["service"] not in SERVICES:
        raise Refusal("SERVICE_UNKNOWN", "no such service", "service")
    if sum(int(piece["grams"]) for piece in order["pieces"]) > HEAVIEST_GRAMS:
        raise Refusal("TOO_HEAVY", "over 70 kg", "pieces")
    for side in ("from", "to"):
        if order[side].get("postal_code") == "00000":
            raise Refusal("ADDRESS_UNKNOWN", "the postal code does not exist", f"{side}.postal_code")


def price(order: Json) -> list[Json]:
    """Freight, fuel, and a premium where goods are insured; EUR."""
    grams = sum(int(piece["grams"]) for piece in order["pieces"])
    freight = SERVICES[order["service"]] + PER_KG * -(-grams // 1000)
    lines = [("FRT", "Freight", freight), ("FSC", "Fuel surcharge", freight * FUEL)]
    if insured := order.get("insured"):
        worth = Decimal(insured["amount"]) * IN_EUR.get(insured["currency"], Decimal(1))
        lines.append(("INS", "Insurance", max(worth * PREMIUM, Decimal(1))))
    cent = Decimal("0.01")
    return [
        {"code": code, "text": text, "amount": str(amount.quantize(cent, ROUND_HALF_UP)), "currency": "EUR"}
        for code, text, amount in lines
    ]
