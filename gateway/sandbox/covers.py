"""What the sandbox carrier insures: a policy for a parcel that is not handed over yet. Read from the ledger each time."""

import hashlib
import json
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gateway.sandbox.carrier import IN_EUR, PREMIUM, Carrier, Refusal
from gateway.sandbox.ledger import Entry

Json = dict[str, Any]


class Covers:
    """One per cent of the value, at least one euro."""

    def __init__(self, world: Carrier) -> None:
        self.world, self.ledger = world, world.ledger

    def bind(self, twist: str, account: str, wanted: Json, key: str | None) -> Json:
        """Bind it, or answer with what was bound under the same key. Raises Refusal once the parcel has moved."""
        fingerprint = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
        known = [one for one in self._bound(account) if key and one["key"] == key]
        if known and known[0]["print"] != fingerprint:
            raise Refusal("KEY_REUSED", "this key was used for another cover", "Idempotency-Key", 409)
        entry = known[0] if known else self._write(account, wanted, key, fingerprint)
        if twist == "dead_2xx":
            self.ledger.write("cover_cancelled", number=entry["number"])
        return self._said(entry)

    def _write(self, account: str, wanted: Json, key: str | None, fingerprint: str) -> Entry:
        for name in ("reference", "waybill", "value"):
            if not wanted.get(name):
                raise Refusal("DATA_MISSING", f"{name} is required", name)
        shipment = self.world.get(str(wanted["waybill"]))
        if shipment.moved or not shipment.live:
            raise Refusal("USED", "handed over, or void", "waybill", 409)
        worth = Decimal(wanted["value"]["amount"]) * IN_EUR.get(wanted["value"]["currency"], Decimal(1))
        premium = max(worth * PREMIUM, Decimal(1)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return self.ledger.write(
            "cover_bound",
            number=f"POL{len(self.ledger.of('cover_bound')) + 1:06d}",
            account=account,
            client_ref=wanted["reference"],
            wanted=wanted,
            premium={"amount": str(premium), "currency": "EUR"},
            key=key,
            print=fingerprint,
        )

    def find(self, account: str, reference: str) -> list[Json]:
        horizon = self.ledger.clock() - timedelta(seconds=self.world.settings.lookup_lag)
        bound = [one for one in self._bound(account) if one["client_ref"] == reference]
        return [self._said(one) for one in bound if datetime.fromisoformat(one["at"]) <= horizon]

    def cancel(self, account: str, number: str) -> str:
        """`voided`, `already_void`, or `rejected` once the parcel has moved. Raises Refusal for an unknown one."""
        entry = next((one for one in self._bound(account) if one["number"] == number), None)
        if entry is None:
            raise Refusal("NOT_FOUND", "no such policy", "number", 404)
        if self._over(number):
            return "already_void"
        if self.world.get(str(entry["wanted"]["waybill"])).moved:
            return "rejected"
        self.ledger.write("cover_cancelled", number=number)
        return "voided"

    def _over(self, number: str) -> bool:
        return any(one["number"] == number for one in self.ledger.of("cover_cancelled"))

    def _bound(self, account: str) -> list[Entry]:
        return [one for one in self.ledger.of("cover_bound") if one["account"] == account]

    def _said(self, entry: Entry) -> Json:
        said = {name: entry[name] for name in ("number", "premium")}
        state = "closed" if self._over(entry["number"]) else "open"
        return {"success": True, **said, "reference": entry["client_ref"], "state": state}
