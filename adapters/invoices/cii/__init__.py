"""UN/CEFACT Cross Industry Invoice D16B in the terms of EN 16931: Factur-X, ZUGFeRD 2, XRechnung (CII); bare or inside a PDF.

https://fnfe-mpe.org/factur-x/ and https://www.ferd-net.de/

Known oddities
- A PDF carries the document as an embedded file. Reading it needs the extra `pdf`; a PDF without such a file is a picture of
  an invoice, and is refused.
- The profiles MINIMUM and BASIC WL carry no lines: such a bill cannot be held against bookings and says so.
- The profile EXTENDED groups lines: those of status GROUP or INFORMATION repeat others and are not summed. It also has
  logistics charges beside the document's charges; ChargeTotalAmount holds both.
- A document of type 381 and its like carries positive amounts and is turned.
- There is no place for a waybill: invoiced objects (type 130), product characteristics, texts, as in UBL.
- ZUGFeRD 1 (root CrossIndustryDocument) is another language and is not read.
"""

from adapters.invoices.cii.reader import Cii

ADAPTER = Cii
