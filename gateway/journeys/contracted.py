"""What the contract with a carrier says of its bills beyond prices: the rate of tax, days of storage, promises, whom duty is
asked of. Reading only; nothing is asked where there is no tariff."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.rules.storage import days_stored
from gateway.rules.tariffs import Place, Way, promised_at, storage_of, tax_permille
from gateway.store.store import Desk
from gateway.store.tariffs import Version
from gateway.store.touched import Shipment
from schemas.customs import Incoterm
from schemas.tariffs import DutyPayer
from schemas.tracking import TrackingStatus
from schemas.values import Json


@dataclass(frozen=True, slots=True)
class Contracts:
    """Versions of the carriers' tariffs by account, the last first; days of storage of shipments that are billed for it."""

    versions: Mapping[str, Sequence[Version]] = field(default_factory=dict)
    stored: Mapping[str, int | None] = field(default_factory=dict)

    def terms(self, row: Shipment, asked: Json, currency: str | None) -> dict[str, Any]:
        """The fields of `Booked` that they give for a shipment; `asked` is its request, `currency` what was agreed in."""
        day = date.fromisoformat(asked["ship_on"])
        its = (one for one in self.versions.get(row.account_id, ()) if one.valid_from <= day)
        version = next((one for one in its if one.valid_until is None or day <= one.valid_until), None)
        if version is None:
            return {}
        tariff, way = version.tariff, _way(asked)
        days = self.stored.get(row.id) if currency in (None, tariff.currency) else None
        storage = storage_of(tariff, days) if days is not None else None
        incoterm = (asked["customs"] or {}).get("incoterm")
        handed = _day(row.handed_over_at, version.zone)
        return {
            "tax_permille": tax_permille(tariff, way),
            "storage": storage.minor if storage else None,
            "promised_at": promised_at(tariff, way, handed) if handed else None,
            "duty_is_ours": tariff.duty_payer is DutyPayer.ACCOUNT or incoterm == Incoterm.DDP,
        }


def _day(at: datetime | None, zone: str) -> date | None:
    """The account's own day of an instant."""
    return at.astimezone(ZoneInfo(zone)).date() if at else None


def _way(asked: Json) -> Way:
    return Way(asked["service"], _place(asked["shipper"]), _place(asked["consignee"]))


def _place(party: Json) -> Place:
    return Place(party["address"]["country"], party["address"]["postal_code"])


async def contracts_of(tx: Desk, carriers: Sequence[str], stored: Collection[str]) -> Contracts:
    """`stored`: shipments that a bill asks storage for."""
    found: dict[str, list[Version]] = {}
    for version in await tx.tariffs.of_carriers(carriers):
        found.setdefault(version.account_id, []).append(version)
    if not found or not stored:
        return Contracts(found)
    scans: dict[str, list[tuple[TrackingStatus, datetime]]] = {}
    zones: dict[str, str] = {}
    for shipment_id, status, at, zone in await tx.touched.scans(sorted(stored)):
        scans.setdefault(shipment_id, []).append((TrackingStatus(status), at))
        zones[shipment_id] = zone
    return Contracts(found, {key: days_stored(its, ZoneInfo(zones[key])) for key, its in scans.items()})
