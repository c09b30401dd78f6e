"""UN/EDIFACT INVOIC, directories D.96A and D.01B, plain or in EANCOM's subset.

Segments and codes by the UN's directories. https://service.unece.org/trade/untdid/d01b/trmd/invoic_c.htm

Known oddities
- Separators are the usual ones or those of the UNA segment; the release character makes one a letter. Decimal mark is point
  or comma, whatever UNA says.
- A line's amount (MOA 203) lawfully contains its allowances and charges (ALC); freight senders also let the ALC groups be all
  that is charged, one of them repeating the line amount, or add them on top. The reading is taken under which the lines come
  to MOA 79; where none does, the lawful one, and the bill breaks its sum.
- ALC groups behind UNS repeat what stands above: they are not added. Tax is there by TAX group (MOA 124), a line of its own.
- A code list named as the sender's own (agency 91, 92) is not the UN's: there only the text decides.
- A credit note (BGM 381 and its like) writes positive amounts; one that already writes its total with a minus is left so.
- There is no place for a waybill: it is the line's RFF of CN, AAS, AWB and the like, else the message's.
"""

from adapters.invoices.edifact_invoic.reader import EdifactInvoic

ADAPTER = EdifactInvoic
