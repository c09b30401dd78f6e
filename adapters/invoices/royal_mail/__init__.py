"""Royal Mail: the invoice download of a business account, fields parted by `|`, Windows-1252, one row a docket.

https://www.royalmail.com/business. A header row, an invoice row with its totals, docket rows, comment rows.

Known oddities
- There are no waybills: a docket is a posting of many parcels. Docket number and sender's reference are what can be matched.
- Header names repeat (VAT rates and totals). Docket rows do not name their invoice; it is the file's one, else the one above.
- A row whose only content is words is a comment to the docket above. It becomes a line without money.
- Dates are `26 Sep 2026` on the invoice and `20/09/2026` on a docket. No column names a currency: pounds are assumed, and the
  invoice says so.
- The invoice row's VAT becomes a line of its own: an invoice's total is with tax, its dockets without.
- A credit note's amounts count against the account, whether or not the file writes a minus.
"""

from adapters.invoices.royal_mail.reader import RoyalMail

ADAPTER = RoyalMail
