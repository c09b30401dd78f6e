"""DHL Express MyBill: the CSV download of invoices, one row an invoice (I), then one row a shipment (S).

https://mybill.dhl.com. Columns are found by name: countries add and drop them, and users make layouts of their own.

Known oddities
- Carriage stands in the Weight Charge column, up to nine further charges (XC1 to XC9) beside it with code, name, amount and
  tax. A tenth would be read too.
- The three discounts are signed amounts, to be added.
- The tax of a shipment is one amount, and becomes a line of its own: an invoice's total is with tax, its charges without.
- Duty and tax paid at the border come on invoices of their own, with no weight, under codes XX and XB.
- Comma with decimal points, or semicolon with decimal commas. Dates are YYYYMMDD.
- Four weights are given; the billed one is read.
- An invoice fee and a tax adjustment may stand in the I row alone. They are taken where the shipments do not come to the
  total without them.
"""

from adapters.invoices.dhl_mybill.reader import DhlMyBill

ADAPTER = DhlMyBill
