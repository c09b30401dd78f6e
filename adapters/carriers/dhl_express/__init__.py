"""DHL Express, MyDHL API 3.1.1 (REST, HTTP Basic): https://developer.dhl.com/api-reference/dhl-express-mydhl-api

A return is an import shipment: the returner ships, the consignee's account pays. Known oddities:

- There is no cancel of a shipment; a label that is never scanned is not billed. Pickups are cancelled, one confirmation at
  a time, and one request may become several confirmations.
- Times go out as `2024-01-31T19:19:40 GMT+08:00`. Scans come back as date, time and, seldom, offset, each a string.
- An error's own number stands in its sentence (`8003: ...`); the status may be a string, or be called `code`.
- A validation-only booking answers 201 with a body that says `status: 400`.
- Every price is repeated per currency kind; optional services stand in the list without a price.
- `Message-Reference` is for tracing. It makes nothing idempotent.
"""

from adapters.carriers.dhl_express.client import DhlExpress

ADAPTER = DhlExpress

__all__ = ["ADAPTER"]
