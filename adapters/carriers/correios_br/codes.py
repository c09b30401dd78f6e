"""Correios' codes in our words.

Sources: the carrier's manual "Web Service Logística Reversa" (May 2016), annexes 05 (errors) and 06 (states of orders), the
numbers of the states as public clients of the service know them; the carrier's table of SRO events. Where the manual and the
table say nothing of who is at fault, no reason is given.
"""

import re
from collections.abc import Mapping

from schemas.customs_fields import Carries, CustomsFact
from schemas.errors import RefusalCode
from schemas.tracking import ExceptionReason as R
from schemas.tracking import TrackingStatus as T

COUNTER = "A"
COLLECTION = "C"
COLLECTION_OR_COUNTER = "CA"
KINDS = (COUNTER, COLLECTION)
"""As orders are asked for and cancelled: CA is one of these by the time it exists."""

OBJECT_FORM = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")

CUSTOMS: Mapping[CustomsFact, tuple[Carries, str]] = {
    CustomsFact.DECLARATION: (Carries.NOT_CARRIED, ""),
}

SERVICES: Mapping[str, str] = {
    "04677": "PAC reverso",
    "03301": "PAC reverso (new contracts)",
    "03247": "SEDEX reverso (new contracts)",
    "41076": "PAC reverso (test system, old contracts)",
}
"""Numbers are the contract's own; others are taken as they are."""

_ZONES = {
    "America/Sao_Paulo": "DF ES GO MG PR RJ RS SC SP",
    "America/Bahia": "BA",
    "America/Maceio": "AL SE",
    "America/Recife": "PE",
    "America/Fortaleza": "CE MA PB PI RN",
    "America/Belem": "AP PA",
    "America/Araguaina": "TO",
    "America/Campo_Grande": "MS",
    "America/Cuiaba": "MT",
    "America/Manaus": "AM",  # the far south-west, an hour behind, has no code of its own
    "America/Boa_Vista": "RR",
    "America/Porto_Velho": "RO",
    "America/Rio_Branco": "AC",
}
ZONES: Mapping[str, str] = {state: zone for zone, states in _ZONES.items() for state in states.split()}

STATES: Mapping[str, str] = {
    "acre": "AC",
    "alagoas": "AL",
    "amapa": "AP",
    "amazonas": "AM",
    "bahia": "BA",
    "ceara": "CE",
    "distrito federal": "DF",
    "espirito santo": "ES",
    "goias": "GO",
    "maranhao": "MA",
    "mato grosso": "MT",
    "mato grosso do sul": "MS",
    "minas gerais": "MG",
    "para": "PA",
    "paraiba": "PB",
    "parana": "PR",
    "pernambuco": "PE",
    "piaui": "PI",
    "rio de janeiro": "RJ",
    "rio grande do norte": "RN",
    "rio grande do sul": "RS",
    "rondonia": "RO",
    "roraima": "RR",
    "santa catarina": "SC",
    "sao paulo": "SP",
    "sergipe": "SE",
    "tocantins": "TO",
}

# The login, the contract, or the card it is billed to.
SHUT_ACCOUNT = frozenset({"-1", "105", "109", "140", "218", "237"})
AWAY = frozenset({"-11", "210"})
NOTHING_THERE = frozenset({"-8", "-13"})
NOT_CANCELLABLE = "-9"
STILL_GOOD = "-16"
CANCELLED_WORDS: tuple[str, ...] = ("desistencia", "cancelad", "desist")
SRO_ABSENT_WORDS: tuple[str, ...] = ("nao encontrado", "nao localizado", "not found")
SRO_LOGIN_WORDS: tuple[str, ...] = ("senha", "usuario")

_REFUSALS: Mapping[RefusalCode, str] = {
    RefusalCode.DATA_MISSING: "104 122 125 138 208 232 -7",
    RefusalCode.ADDRESS_INVALID: "113 114 115 117 216",
    RefusalCode.ADDRESS_NOT_SERVICED: "1111 112 120 1366 222 223",
    RefusalCode.SERVICE_UNAVAILABLE: "111 202 225 235",
    RefusalCode.VALUE_EXCEEDED: "108",
    RefusalCode.DATE_INVALID: "134 236 -14 -18",
    RefusalCode.NOT_FOUND: "-5 -8 -13",
    RefusalCode.ALREADY_USED: "-17",
    RefusalCode.WINDOW_CLOSED: "-16",
}
# Every other validation error. Left out, because they are none or something may exist: 3 (file processing), 10 (the file was
# processed already), 195, 1955 and 19888 (a number used already), 210 and -11 (away at the moment), -9 (has an answer of its
# own), and the account's.
_INVALID = (
    "103 107 136 142 198 1988 198888 199 200 201 203 204 205 206 207 209 211 212 213 214 215 217 219 220 221 224 226 227 228 "
    "229 230 231 233 234 -3 -4 -10 -12 -15"
)
REFUSALS: Mapping[str, RefusalCode] = {
    **{code: meaning for meaning, listed in _REFUSALS.items() for code in listed.split()},
    **dict.fromkeys(_INVALID.split(), RefusalCode.DATA_INVALID),
}

# By the manual's letters and by the numbers that are sent. Left out: 7 and 60 ("delivered", and it is not said to whom), 10,
# 69 and 70 (an object listed as not collected), 80 and above (other products).
ORDER_STATUSES: Mapping[str, T] = {
    "ACO": T.ANNOUNCED,
    "CND": T.ANNOUNCED,
    "TRA": T.ANNOUNCED,
    "TE1": T.ANNOUNCED,
    "TE2": T.CANCELLED,
    "COL": T.HANDED_OVER,
    "PCA": T.CANCELLED,
    "ETK": T.ANNOUNCED,
    "DEC": T.CANCELLED,
    "PEX": T.EXPIRED,
    "AGU": T.ANNOUNCED,
    "0": T.ANNOUNCED,
    "1": T.ANNOUNCED,
    "3": T.ANNOUNCED,
    "4": T.ANNOUNCED,
    "5": T.CANCELLED,
    "6": T.HANDED_OVER,
    "8": T.CANCELLED,
    "9": T.CANCELLED,
    "11": T.LOST,
    "15": T.HANDED_OVER,
    "35": T.ANNOUNCED,
    "53": T.ANNOUNCED,
    "55": T.ANNOUNCED,
    "57": T.EXPIRED,
    "65": T.ANNOUNCED,
    "68": T.CANCELLED,
}
ORDER_REASONS: Mapping[str, R] = {
    **dict.fromkeys(("TE1", "TE2", "PEX", "4", "5", "57"), R.RETURNER_NOT_READY),
    "11": R.CARRIER_LOST,
}

RETRACTION = "EST"
"""Asks to disregard the entry before it."""

_THREE = ("BDE", "BDI", "BDR")
_DELIVERIES: Mapping[T, str] = {
    T.DELIVERED: "0 1",
    T.DELIVERY_FAILED: "2 4 5 6 7 8 10 19 20 21 25 26 33 34 36 38 42 46 47 48 49",
    T.HELD: "3 12 28 37 41 43",
    T.READY_TO_COLLECT: "24",
    T.RETURNED_TO_SENDER: "23",
    T.LOST: "9 50 51 52",
    T.IN_TRANSIT: "22 32 45 53 57 66 69",
    T.IN_CUSTOMS: "40 54 55 56 58 59",
    # 35 says that a collection or a delivery was not made, and not which: before the hand-over it must not count as one.
    T.UNKNOWN: "35",
}
_OTHERS: Mapping[T, str] = {
    T.HANDED_OVER: "CO-1 PO-0 PO-1 PO-9",
    # OEC 9 and LDE 9 are out for delivery to the sender, which is no delivery that the consignee may wait for. PAR 15 is the
    # arrival in the country of destination, whatever a public table's category says.
    T.IN_TRANSIT: (
        "CD-0 CD-1 CD-2 CD-3 CMT-0 CUN-0 CUN-1 DO-0 DO-1 DO-2 RO-0 RO-1 TRI-0 PMT-1 FC-1 FC-2 FC-3 FC-5 LDE-9 OEC-9 PAR-15 "
        "PAR-17 PAR-18 EST-1 EST-2 EST-3 EST-4 EST-5 EST-6 EST-9"
    ),
    T.IN_CUSTOMS: "PAR-16",
    T.OUT_FOR_DELIVERY: "OEC-0 OEC-1",
    T.READY_TO_COLLECT: "LDI-0 LDI-1 LDI-2 LDI-3 LDI-14",
    T.DELIVERY_FAILED: "FC-4 FC-7",
    T.HELD: "BLQ-1",
    T.LOST: "IDC-1 IDC-2 IDC-3 IDC-4 IDC-5 IDC-6 IDC-7",
}
EVENTS: Mapping[tuple[str, str], T] = {
    **{(kind, one): status for status, listed in _DELIVERIES.items() for one in listed.split() for kind in _THREE},
    **{
        (kind, number): status
        for status, listed in _OTHERS.items()
        for kind, _, number in (one.partition("-") for one in listed.split())
    },
}

_WHY: Mapping[R, str] = {
    R.CONSIGNEE_ABSENT: "2 20 21",
    R.CONSIGNEE_REFUSED: "4",
    R.CONSIGNEE_ADDRESS: "6 7 8 10 19 34",
    R.CONSIGNEE_NOT_COLLECTED: "26",
    R.CONSIGNEE_OTHER: "25 33 38",
    R.RETURNER_OTHER: "3 12 48",  # not fetched back by the sender; the sender does not let it be fetched
    R.RETURNER_PACKAGING: "49",
    R.CARRIER_LOST: "9 50 51 52",
    R.CARRIER_DAMAGED: "28 37",
    R.CARRIER_DELAY: "41 46 47 66 69",
    R.CARRIER_OTHER: "35 36 42",
    R.CUSTOMS_REFUSED: "40",
    R.CUSTOMS_DUTY: "54 55 58 59",
    R.CUSTOMS_PAPERS: "56",
    R.CUSTOMS_OTHER: "43",
    R.UNKNOWN: "5",
}
_WHY_OTHERS: Mapping[R, str] = {
    R.CARRIER_LOST: "IDC-1 IDC-2 IDC-3 IDC-4 IDC-5 IDC-6 IDC-7",
    R.CARRIER_MISROUTED: "FC-3",
    R.CARRIER_OTHER: "EST-1 EST-2 EST-3 EST-4 EST-5 EST-6 EST-9",
    R.CONSIGNEE_ADDRESS: "FC-4",
    R.CONSIGNEE_OTHER: "FC-7",
    R.RETURNER_OTHER: "BLQ-1 FC-1",
}
REASONS: Mapping[tuple[str, str], R] = {
    **{(kind, one): reason for reason, listed in _WHY.items() for one in listed.split() for kind in _THREE},
    **{
        (kind, number): reason
        for reason, listed in _WHY_OTHERS.items()
        for kind, _, number in (one.partition("-") for one in listed.split())
    },
}
