"""Chronopost (France): SOAP services `ShippingServiceWS`, `TrackingServiceWS` and `QuickcostServiceWS`, without a release
number; the carrier's manual is "Web Services", VL3.24.10.14.

Documentation: https://www.chronopost.fr (the manual comes from the carrier's integration desk); every service answers
`?wsdl` at its own address, for example https://ws.chronopost.fr/shipping-cxf/ShippingServiceWS?wsdl.

Oddities:
- Account number and password stand inside the body. Tracking and the label of a reservation need neither.
- Every answer is HTTP 200; `errorCode` tells, 0 is well. Code 33 is any invalid field, and only its words say which.
- A booking has two keys: the parcels' numbers, and the reservation that the label is fetched with (`Booking.handle`).
- Every parcel has a number of its own and is tracked and voided by it; the waybill is the first parcel's.
- A number is known to tracking and cancelling only some ten minutes after it was made.
- The look-up by our reference finds the number, not the reservation: a found booking has no label to fetch.
- Insured values are in cents. The unit of the customs values is written nowhere, so goods that cross the EU's customs
  border with a declaration are refused here.
- Event codes are padded with spaces; event times carry their offset.
"""

from adapters.carriers.chronopost.client import Chronopost

ADAPTER = Chronopost
