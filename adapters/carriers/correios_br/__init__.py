"""Correios (Brazil): the SOAP services `logisticaReversaWS` (return authorisations, collections) and `rastro` (SRO tracking).

Documentation: the carrier's manual "Web Service Logística Reversa" (May 2016; implementation guide in English, March 2020),
from https://www.correios.com.br; the service answers `?wsdl` at its own address.

Oddities:
- A booking is an order, not a label: the returner shows its number (the e-ticket) at any counter. That number is our waybill;
  the object's own number exists only once it is posted, and stands beside its events as `piece`.
- The answer names the day until which the order can be used (`prazo`). It ends with that day in Brasília, where the carrier's
  system stands: a day, no instant, so the zone is ours to assume.
- An order that was not used in time is renewed by 5 to 30 days, only after it expired. Asked while it is good, the carrier
  refuses and names the day it is good until: so a renewal whose answer was lost can be asked again.
- The envelope's error code is about the call, the code inside each result about the order: 00 outside and 117 inside is a no.
- Orders are asked for by kind (A counter, C collection), and a number of the other kind is "not found".
- Orders are listed by the day on which they moved, with our reference: that is the only look-up.
- Order dates are dd-mm-yyyy or dd/mm/yyyy; event codes are a type and a number that may be padded ("01").
- A home collection is an order of its own, not an addition to one: it carries the parcel to the consignee as well. It is
  booked with the shipment (`extras.collect_on`), or as a pickup of parcels that have no order yet; at least five days ahead.
- The service's later releases ask for two declarations (no forbidden goods; air-safety) that the WSDL known here lacks.
"""

from adapters.carriers.correios_br.client import CorreiosBr

ADAPTER = CorreiosBr
