"""UPS Billing Data: the CSV that UPS sends or offers with an invoice, version 2.1, one row a charge, no header.

Up to 250 columns, known by their place. https://www.ups.com/us/en/support/shipping-support/billing-data

Known oddities
- No header: the file is recognised by its shape. Trailing columns may be cut; a row with more than 250 is not trusted.
- Rows of class INF repeat a charge for information and are not summed. The incentive amount is the discount that was taken
  off already: the net amount is what counts, and nothing else.
- Comma or semicolon; where the version reads `2,1`, amounts have decimal commas. Dates are ISO, day first, or in American
  accounts month first.
- Texts are in the account's language, so codes come first, then the place in the bill (category, detail, class), then words.
  The code of a freight row is the service, not a charge.
- Two rows may be alike in every key and both be right.
- Rows to the account carry no tracking number. Corrections come weeks later, under category ADJ.
"""

from adapters.invoices.ups_billing.reader import UpsBilling

ADAPTER = UpsBilling
