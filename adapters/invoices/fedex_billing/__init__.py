"""FedEx Billing Online: the CSV download of invoices, one row a package, charges side by side.

Layout as downloaded in the United States in August 2025 (107 columns, then pairs of charge text and amount, then a note).
https://www.fedex.com/en-us/billing-online.html

Known oddities
- Header names repeat, so columns are found by name once and rows are read by position. The number of pairs differs between
  downloads (51, 25); any number is read.
- Charges have no codes, only texts, and new ones every season: a text that stands in no table stays `UNKNOWN`.
- Discounts are negative pairs. Transport plus pairs is the row's net; the nets of an invoice are its amount due.
- No currency column: the account has it. USD is assumed where no column says otherwise, and the invoice says so.
- Rows whose id has 7 or 9 digits, with no service and no weight, are charges to the account: no waybill.
- A multi-piece group repeats the waybill; its money stands on the group's own row, the pieces have none.
- A later correction repeats the waybill with an empty date, service and weight and a single charge.
"""

from adapters.invoices.fedex_billing.reader import FedexBilling

ADAPTER = FedexBilling
