"""OASIS UBL 2.1 invoices and credit notes in the terms of EN 16931: Peppol BIS Billing 3.0, XRechnung (UBL), BIS of others.

https://docs.peppol.eu/poacc/billing/3.0/

Known oddities
- There is no place for a waybill. It is looked for, in this order, in the line's invoiced object (DocumentReference of type
  130), its additional properties, its notes, name and description, and in the document's own invoiced object.
- An object's scheme is a code of list 1153: with one that is no number of a consignment it is a reference only.
- A line's amount holds the line's own allowances and charges; they are taken out and billed by their own reasons.
- Credit notes carry positive amounts and are turned; negative invoices exist and are left.
- Tax in a second currency (the accounting one) is not read. What was paid before is a line of type `UNKNOWN`, because it is
  no charge: a person decides.
- A document in a StandardBusinessDocument envelope is found inside it.
"""

from adapters.invoices.ubl.reader import Ubl

ADAPTER = Ubl
