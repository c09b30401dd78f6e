"""What the sandbox carrier takes in when something went wrong: disputes of its bills, claims for goods.

Read from the ledger each time: a filing is a line there, and so is its end.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from gateway.sandbox.carrier import Carrier, Refusal
from gateway.sandbox.ledger import Entry

Json = dict[str, Any]
LETTERS = {"dispute": "DSP", "claim": "CLM"}
NEEDED = {"dispute": ("reference", "invoice", "reason", "amount", "lines"), "claim": ("reference", "waybill", "amount")}


class Remedies:
    """One shelf for both kinds."""

    def __init__(self, world: Carrier) -> None:
        self.world, self.ledger = world, world.ledger

    def file(self, kind: str, twist: str, account: str, wanted: Json, key: str | None) -> Json:
        """Take it in, or answer with what was taken in under the same key. Raises Refusal."""
        self._require(kind, wanted)
        fingerprint = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
        known = [one for one in self._filed(kind, account) if key and one["key"] == key]
        if known and known[0]["print"] != fingerprint:
            raise Refusal("KEY_REUSED", "this key was used for another filing", "Idempotency-Key", 409)
        entry = known[0] if known else self._write(kind, account, wanted, key, fingerprint)
        if twist == "dead_2xx":
            self.ledger.write(f"{kind}_closed", number=entry["number"])
        if twist == "swapped":
            others = [one for one in self._filed(kind, account) if one["number"] != entry["number"]]
            return {**self.said(kind, entry), "number": others[-1]["number"] if others else f"{LETTERS[kind]}999999"}
        return self.said(kind, entry)

    def find(self, kind: str, account: str, reference: str) -> list[Json]:
        """All under that reference that the look-up already shows."""
        horizon = self.ledger.clock() - timedelta(seconds=self.world.settings.lookup_lag)
        filed = [one for one in self._filed(kind, account) if one["client_ref"] == reference]
        return [self.said(kind, one) for one in filed if datetime.fromisoformat(one["at"]) <= horizon]

    def said(self, kind: str, entry: Entry) -> Json:
        closed = any(one["number"] == entry["number"] for one in self.ledger.of(f"{kind}_closed"))
        state = "closed" if closed else "open"
        return {"success": True, "number": entry["number"], "reference": entry["client_ref"], "state": state}

    def _filed(self, kind: str, account: str) -> list[Entry]:
        return [one for one in self.ledger.of(f"{kind}_filed") if one["account"] == account]

    def _require(self, kind: str, wanted: Json) -> None:
        for name in NEEDED[kind]:
            if not wanted.get(name):
                raise Refusal("DATA_MISSING", f"{name} is required", name)
        if kind == "claim":
            self.world.get(str(wanted["waybill"]))

    def _write(self, kind: str, account: str, wanted: Json, key: str | None, fingerprint: str) -> Entry:
        return self.ledger.write(
            f"{kind}_filed",
            number=f"{LETTERS[kind]}{len(self.ledger.of(f'{kind}_filed')) + 1:06d}",
            account=account,
            client_ref=wanted["reference"],
            wanted=wanted,
            key=key,
            print=fingerprint,
        )
