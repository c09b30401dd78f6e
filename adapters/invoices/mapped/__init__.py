"""Everybody else's CSV and XLSX: read by a profile, a YAML file of a dozen lines that names the columns.

`homeward read invoice FILE --profile my.yaml`. How to write one: `adapters/README.md`, section Profiles. Those in `profiles/`
are ours, and found by themselves where a file has all of their columns:

- `correos_express`: one row a shipment, one column a charge, labels above the table.
- `wwex`: shipment detail of a UPS reseller. It knows no invoice number, and one price for carriage and accessorials.
- `easypost_shipment_invoice`: what an aggregator asks for a shipment. Its own price, not the carrier's lines.
- `dhl_ecommerce`: no header, so it is never found by itself. The places of its money are known, their meaning is not: its
  charges stay `UNKNOWN`, and it names no waybill.

Known oddities
- A file whose profile names no column or label for the invoice's number is one bill, called by the hash of its bytes.
- Where no total is stated, the lines are the total: only the row totals, if there are any, can be held.
"""

from adapters.invoices.mapped.reader import Mapped

ADAPTER = Mapped
