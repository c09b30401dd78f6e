"""The sandbox platform, served by `gateway.sandbox`; also the generic contract for a shop that has no adapter of its own.

A shop that signs its messages by Standard Webhooks 1.0 (https://www.standardwebhooks.com) and writes returns in the form
below needs no adapter: it uses this one. Money is a decimal string, weights are grams, instants carry their offset,
countries are ISO 3166-1 alpha-2. All but `id` and `status` may be left out; unknown fields are ignored.

    {"type": "return.changed", "occurred_at": "2026-03-02T09:30:00+08:00", "data": {
      "id": "R1", "number": "R-1001", "status": "approved", "kind": "return", "label": "merchant",
      "order": {"id": "O1", "number": "1001", "placed_on": "2026-02-11"},
      "items": [{"id": "1", "sku": "A-1", "title": "Jacket", "quantity": 1,
                 "unit_price": {"amount": "79.90", "currency": "EUR"}, "unit_grams": 900,
                 "hs_code": "620140", "origin": "CN", "reason": "size_too_small", "reason_text": "too tight"}],
      "returner": {"name": "…", "lines": ["…"], "city": "…", "postal_code": "…", "country": "FR",
                   "phone": "…", "email": "…"},
      "outbound_waybill": "…", "waybill": null, "note": null, "papers_asked": null,
      "requested_at": "2026-03-01T20:00:00+08:00", "updated_at": "2026-03-02T09:30:00+08:00"}}

What the shop writes in a return's thread comes as a message of its own; `id` is the shop's for it, and the same again is the
same message. `answer_by` may be left out. What was written here is put there, at `…/returns/{id}/messages/{message}`.

    {"type": "message.posted", "occurred_at": "2026-03-03T10:00:00+08:00", "data": {
      "return_id": "R1", "id": "M1", "text": "…", "posted_at": "2026-03-03T10:00:00+08:00",
      "answer_by": "2026-03-05T18:00:00+08:00"}}

What the exporter decides is put at `…/returns/{id}/decision`: `approved` or `declined` of a return that is `requested`;
`accepted`, `accepted_with_reservation`, `accepted_in_part` or `rejected` of goods that came back, with the units that were
inspected in `lines`: `{"id": "1", "quantity": 2, "condition": "damaged"}`, once for each condition that a line was found in.

`{"type": "ping"}` is answered and kept. The API that it asks back is in `gateway/sandbox/platform.py`.
"""

from adapters.platforms.sandbox.client import SandboxPlatform

ADAPTER = SandboxPlatform
