"""ANSI X12 210, motor carrier freight details and invoice, and its sister 110 for air freight. Versions 4010, 4060, 5010.

Segments by X12's own tables (ASC X12 transaction sets 110 and 210, data element 150 for charge codes); carriers' guides
narrow them. https://x12.org/products/transaction-sets

Known oddities
- Separators are named in the ISA segment and read from there, also where its fields are not of the lawful width.
- Amounts have two implied decimals (type N2), but explicit points are seen. Where a file writes some, its numbers without
  one may be whole units: the reading is taken under which the charges come to the total.
- L3 total = B3 net amount = sum of the L1 charges; SE counts the segments. A file that breaks one of them is told so.
- An L1 without a charge code is the line haul. Carriers use lists of their own beside X12's: an unknown code stays `UNKNOWN`.
- The waybill is the carrier's reference (N9 with CN, 2I or AW) of the LX loop, else of the header, else B303.
- Without a C3 segment no currency is named: US dollars are assumed, and the invoice says so.
"""

from adapters.invoices.x12_210.reader import X12Freight

ADAPTER = X12Freight
