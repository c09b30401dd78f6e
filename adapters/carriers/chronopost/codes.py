"""Chronopost's codes in our words.

Sources: the carrier's manual "Web Services", VL3.24.10.14 (FR), sections 4.1 (event codes), 4.3.1 and 4.3.2 (errors of
shipping and of collections), 4.3.6 (errors of prices), 2.6.2.b (proof), 2.6.4.b (cancelling); product names as the carrier
sells them. Event codes may be padded with spaces on the wire ("TS ").
"""

from collections.abc import Mapping

from schemas.customs_fields import Carries, CustomsFact
from schemas.errors import RefusalCode
from schemas.shipments import LabelFormat
from schemas.tracking import ExceptionReason, TrackingStatus

SERVICES: Mapping[str, str] = {
    "01": "Chrono 13",
    "02": "Chrono 10",
    "16": "Chrono 18",
    "17": "Chrono Express",
    "44": "Chrono Classic",
    "86": "Chrono Relais 13",
    "3T": "Chrono Retour Europe",
    "4R": "Chrono Reverse 9",
    "4S": "Chrono Reverse 10",
    "4T": "Chrono Reverse 13",
    "4U": "Chrono Reverse 18",
    "5X": "2Shop",
    "6B": "2Shop Europe",
}

# PPR, SPD and THE are PDF too, laid out otherwise: they are chosen by `extras.label_mode`.
LABEL_MODES: Mapping[LabelFormat, str] = {LabelFormat.PDF: "PDF", LabelFormat.ZPL: "Z2D"}

LABEL_FORMATS: Mapping[bytes, LabelFormat] = {
    b"%PDF": LabelFormat.PDF,
    b"^XA": LabelFormat.ZPL,
    b"\x89PNG": LabelFormat.PNG,
}
"""How a label file begins. The reply's own `type` says TXT for ZPL and is no help."""

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK"
EU: frozenset[str] = frozenset(_EU.split())
"""No customs between these; Monaco is inside the customs territory."""

CUSTOMS: Mapping[CustomsFact, tuple[Carries, str]] = {
    CustomsFact.DECLARATION: (Carries.NOT_CARRIED, ""),
}

INSURED_CURRENCIES: frozenset[str] = frozenset({"EUR", "USD", "GBP"})

# 33 is every kind of invalid field; a word in its message says that it was our account's.
ACCOUNT_WORDS: tuple[str, ...] = ("accescolis",)

# Only what is refused before a number is allotted. Left out, because something may exist or nobody knows: 1 and 29 (system
# error), 2 (application error), 36 (the label could not be stored), 37 (the number range failed), 908 (date arithmetic).
REFUSALS: Mapping[str, RefusalCode] = {
    "3": RefusalCode.DATA_MISSING,
    "4": RefusalCode.DATA_MISSING,
    "5": RefusalCode.DATA_MISSING,
    "6": RefusalCode.DATA_INVALID,
    "7": RefusalCode.DATA_MISSING,
    "8": RefusalCode.ACCOUNT_INVALID,
    "9": RefusalCode.ADDRESS_NOT_SERVICED,
    "10": RefusalCode.ADDRESS_INVALID,
    "11": RefusalCode.ADDRESS_NOT_SERVICED,
    "12": RefusalCode.ADDRESS_INVALID,
    "13": RefusalCode.DATE_INVALID,
    "14": RefusalCode.WINDOW_CLOSED,  # ready too late for that day's round
    "15": RefusalCode.DATE_INVALID,
    "16": RefusalCode.DATE_INVALID,
    "17": RefusalCode.DATE_INVALID,
    "18": RefusalCode.WINDOW_CLOSED,  # ready too late for that day's round
    "19": RefusalCode.DATE_INVALID,
    "20": RefusalCode.DATE_INVALID,
    "21": RefusalCode.DATE_INVALID,
    "24": RefusalCode.DATA_INVALID,
    "25": RefusalCode.REFERENCE_IN_USE,  # a collection's reference is unique per day
    "31": RefusalCode.DATA_MISSING,
    "32": RefusalCode.DATA_INVALID,
    "33": RefusalCode.DATA_INVALID,
    "34": RefusalCode.DATA_INVALID,
    "35": RefusalCode.SERVICE_UNAVAILABLE,  # product, countries and postal codes do not go together
    "38": RefusalCode.SERVICE_UNAVAILABLE,  # as 35
    "907": RefusalCode.DATE_INVALID,
    "910": RefusalCode.DATE_INVALID,
    "911": RefusalCode.WEIGHT_EXCEEDED,
    "912": RefusalCode.DATA_MISSING,
    "916": RefusalCode.ADDRESS_NOT_SERVICED,
    "917": RefusalCode.ADDRESS_NOT_SERVICED,
    "918": RefusalCode.WINDOW_CLOSED,
    "920": RefusalCode.ADDRESS_NOT_SERVICED,
    "921": RefusalCode.SERVICE_UNAVAILABLE,
    "922": RefusalCode.SIZE_EXCEEDED,
}
SHUT_ACCOUNT: frozenset[str] = frozenset({"30"})
"""Shipping: contract number or password wrong."""

PICKUP_CANCEL_REFUSALS: Mapping[str, RefusalCode] = {
    "3": RefusalCode.DATA_MISSING,
    "8": RefusalCode.ACCOUNT_INVALID,
    "28": RefusalCode.NOT_FOUND,
}
PICKUP_NOT_CANCELLED: frozenset[str] = frozenset({"27"})

VOID_REFUSALS: Mapping[str, RefusalCode] = {"2": RefusalCode.NOT_FOUND}
# Also what is said in the first ten minutes or so, before the parcel is in the carrier's information system.
NOT_VOIDED: frozenset[str] = frozenset({"3"})

LABEL_REFUSALS: Mapping[str, RefusalCode] = {"29": RefusalCode.NOT_FOUND}
TRACKING_REFUSALS: Mapping[str, RefusalCode] = {"2": RefusalCode.NOT_FOUND}
PRICE_REFUSALS: Mapping[str, RefusalCode] = {
    "2": RefusalCode.DATA_MISSING,
    "4": RefusalCode.SERVICE_UNAVAILABLE,
    "5": RefusalCode.SERVICE_UNAVAILABLE,
}
PRICE_SHUT_ACCOUNT: frozenset[str] = frozenset({"3"})

SYSTEM_ERRORS: frozenset[str] = frozenset({"1", "29"})
"""The service itself failed: a read is repeated later."""

PROOF_ABSENT: Mapping[str, str] = {
    "1": "no signature is taken for this shipment",
    "2": "no proof of delivery is kept online for this shipment",
    "3": "the image is not there yet; it comes within a working day of delivery",
}
PROOF_TYPES: Mapping[bytes, str] = {b"%PDF": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}

NOT_PLACES: frozenset[str] = frozenset({"Web Services", "Service d'avisage", "CHRONOPOST NETWORKS"})
"""Office labels that name a service of the carrier's, not a place."""

# Left out, and so unknown, are notes that are no scans of the parcel: AC, CD, CL, CP, CT, CV, FA, G, GC, H, IC, IM, K, NN,
# OD, PH, SF, SM, SO, TE, V; anomalies whose course the code does not tell: A, AR, AS, DP, F, KC, PT, RF, RR, S, TR, UN, VO;
# and DR (destroyed), for which there is no word here.
_EVENTS: Mapping[TrackingStatus, str] = {
    TrackingStatus.ANNOUNCED: "DC EA DE CC",
    TrackingStatus.HANDED_OVER: "DB DV DY PC PE",
    TrackingStatus.IN_TRANSIT: (
        "A1 A2 AT BA BW CR DI DS E EC ED EE EI FC FD HD I1 I2 I9 IA IS IX L LC LT O RA RD RO RT SC SD SE SI SJ SR ST SV T "
        "TI TO TP TS TT W WD Z ZA ZC ZI ZS ZT"
    ),
    TrackingStatus.IN_CUSTOMS: "AP DF DO DT EJ VD",
    TrackingStatus.OUT_FOR_DELIVERY: "J LR RB TA X",
    TrackingStatus.READY_TO_COLLECT: "AB B IP MD ZD",
    TrackingStatus.DELIVERY_FAILED: "CA CO IN N NA NL P PA PR RC",
    TrackingStatus.DELIVERED: "D D1 D2 D6 D7 DD RG RI U VC Y",
    TrackingStatus.RETURNED_TO_SENDER: "Q R",
    TrackingStatus.HELD: "AV BD BL ER FI I IV LW M NC RL RV SK",
    TrackingStatus.CANCELLED: "AN",
}
EVENTS: Mapping[str, TrackingStatus] = {code: status for status, codes in _EVENTS.items() for code in codes.split()}

_DELAYS = "A1 A2 AT CR DI HD IS LC LT RA RD RT W ZA ZC ZI ZS ZT"
REASONS: Mapping[str, ExceptionReason] = {
    **dict.fromkeys(_DELAYS.split(), ExceptionReason.CARRIER_DELAY),
    "AP": ExceptionReason.CUSTOMS_DUTY,
    "BW": ExceptionReason.NATURE_WEATHER,
    "CA": ExceptionReason.CONSIGNEE_ADDRESS,
    "DD": ExceptionReason.CARRIER_DAMAGED,
    "DF": ExceptionReason.CUSTOMS_PAPERS,
    "DO": ExceptionReason.CUSTOMS_OTHER,
    "DP": ExceptionReason.RETURNER_PACKAGING,
    "DS": ExceptionReason.NATURE_OTHER,  # a strike in the country of destination
    "EJ": ExceptionReason.CUSTOMS_OTHER,
    "FD": ExceptionReason.CARRIER_MISROUTED,
    "FI": ExceptionReason.CONSIGNEE_NOT_COLLECTED,
    "IA": ExceptionReason.CONSIGNEE_OTHER,  # closed, or no deliveries in the afternoon
    "IN": ExceptionReason.CONSIGNEE_OTHER,  # the place cannot be reached
    "KC": ExceptionReason.CARRIER_DAMAGED,
    "LW": ExceptionReason.NATURE_WEATHER,
    "NL": ExceptionReason.CONSIGNEE_OTHER,  # the code for the hand-out was not shown
    "P": ExceptionReason.CONSIGNEE_ABSENT,
    "PR": ExceptionReason.CONSIGNEE_REFUSED,
    "RF": ExceptionReason.CARRIER_DAMAGED,  # the cold chain broke
    "RR": ExceptionReason.CARRIER_DAMAGED,  # arrived open
    "SR": ExceptionReason.CARRIER_MISROUTED,
    "VD": ExceptionReason.CUSTOMS_DELAY,
    "WD": ExceptionReason.CARRIER_MISROUTED,
}
