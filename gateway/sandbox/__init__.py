"""A world that can be told to misbehave: a carrier over REST and SOAP, a platform, and a sink, on one port of loopback.

It makes the first five minutes work offline, and it is the fault bench. What the carrier agrees to is a line in its own
ledger, on the disk before anyone is answered. `build_sandbox` gives the application, `start_sandbox` serves it;
`python -m gateway.sandbox --port 8090 --ledger sandbox.jsonl` runs it as its own process (port 0 picks one; the first line
printed ends with the address).

Addresses: `/carrier/rest/v1` (see carrier_rest), `/carrier/soap` (see carrier_soap), `/platform/{shop}/returns` (see
platform), `/sink/{name}` (see sink). The control desk takes JSON:

    POST /control/script     {"script", "verb": "book", "channel": "rest" | "soap" | "*", "match": "", "times": 1,
                              "seconds", "bytes", "retry_after", "code"}; times -1 is for ever. Scripts: refuse,
                              fault_in_200, fail_500 (nothing created), 429, token_expired, delay, dead_2xx, swapped,
                              accept_then_500, accept_then_502_html, accept_then_html, accept_then_reset,
                              accept_then_refuse, accept_then_hang, accept_then_truncate; and for every verb at
                              once, until the carrier's clock says so: outage (503), lookup_lag (bookings younger than
                              that are not found).
                              Verbs: token, book, find, void, label, proof, track, quote, pickup, find_pickup,
                              cancel_pickup, bills, file_dispute, find_dispute, file_claim, find_claim,
                              bind_cover, find_cover, cancel_cover; `*` is any.
    POST /control/calm       forget scripts, outage and lag
    POST /control/settings   {"idempotent_rest", "idempotent_soap", "refuse_duplicates", "lookup_lag", "token_seconds"}
    POST /control/clock      {"at": instant | null}: stand still there, or run again
    GET  /control/ledger     ?kind=booked,voided: booked, voided, scanned, pickup_booked, pickup_cancelled, billed, pushed,
                             shop, return_changed, delivered (a webhook answered 2xx), told_tracking, told_decision,
                             told_message, dispute_filed, dispute_closed, claim_filed, claim_closed,
                             cover_bound, cover_cancelled
    GET  /control/live       live bookings: waybill, client_ref, account
    GET  /control/requests   ?verb=book: every request to the carrier with channel, verb, script, account, client_ref, key
    POST /control/scans      {"waybill", "code", "at", "place": {"city", "country"}, "text", "piece", "id", "signed_by",
                              "push": true}; codes: ANN COL HUB CIN OFD PUD ATT DLV RTS HLD LST CAN DMG, or any other.
                              `at` is kept as written, readable or not.
    POST /control/journey    {"waybill", "start_at", "every_hours": 12, "steps": [codes], "place", "push": true}
    POST /control/push_target {"url", "secret", "copies": 1}: scans are pushed there from now on
    POST /control/bill       {"account", "number", "issued_on", "waybills", "adjust": {waybill: {code: amount}},
                              "extra": [rows], "total"}: issue a bill; answers with the document
    POST /control/platform/{shop}            {"url", "secret", "api_key", "schedule": [seconds]}
    POST /control/platform/{shop}/returns    {"return": {"id", …}, "id", "copies", "tries", "hang_up", "tamper", "drop",
                                              "timestamp"}: create or change a return and send its webhook
    POST /control/platform/{shop}/send       {"message": {…}, and as above}
    GET  /control/platform/{shop}/deliveries ?settle=1: every try, after waiting for the open ones
    POST /control/sink/{name}  {"secret", "scripts": [{"answer": 500 | "hang" | "drip", "times", "seconds",
                                "retry_after"}]}
    GET  /control/sink/{name}  every delivery: id, timestamp, verified, answered, body

A person meets misbehaviour without the control desk by an order number that contains TEST-REFUSED, TEST-429, TEST-TIMEOUT
(created, the answer never comes in time), TEST-UNKNOWN-FOUND (created, answered 500) or TEST-UNKNOWN-ABSENT (not created,
answered 500). Each strikes once for one number; TEST-REFUSED always.
"""

from gateway.sandbox.app import build_sandbox, start_sandbox

__all__ = ["build_sandbox", "start_sandbox"]
