"""DHL Express's codes in our words. Facts only.

Tracking codes: DHL Group's status sheet, service `express` (CS, DS, PY, SC and 103 stand in no table of ours: closing a
record, disposal, a payment and a changed product say nothing we have a word for). Charge codes: DHL's list of 225 special
services (2020) and the newer ones met in rate answers. Problem numbers: MyDHL API 3.1.1, its error examples.
"""

from collections.abc import Mapping

from schemas.charges import ChargeType
from schemas.errors import RefusalCode
from schemas.shipments import LabelFormat, VoidOutcome
from schemas.tracking import ExceptionReason, TrackingStatus

TRACKING: Mapping[str, TrackingStatus] = {
    "AD": TrackingStatus.IN_TRANSIT,  # a later delivery agreed with the consignee: no trouble
    "AF": TrackingStatus.IN_TRANSIT,
    "AR": TrackingStatus.IN_TRANSIT,  # at the delivery facility, not yet out
    "BA": TrackingStatus.DELIVERY_FAILED,
    "BN": TrackingStatus.IN_CUSTOMS,  # the consignee's own broker was told
    "BR": TrackingStatus.IN_CUSTOMS,  # given to that broker, who clears
    "CA": TrackingStatus.DELIVERY_FAILED,
    "CC": TrackingStatus.READY_TO_COLLECT,
    "CD": TrackingStatus.IN_CUSTOMS,
    "CM": TrackingStatus.DELIVERY_FAILED,
    "CR": TrackingStatus.IN_TRANSIT,  # clearance is over: it moves again
    "DD": TrackingStatus.DELIVERED,
    "DF": TrackingStatus.IN_TRANSIT,
    "FD": TrackingStatus.IN_TRANSIT,  # sent on to another destination, delivery still to come
    "HP": TrackingStatus.HELD,
    "IC": TrackingStatus.IN_CUSTOMS,
    "MC": TrackingStatus.IN_TRANSIT,
    "MD": TrackingStatus.IN_TRANSIT,  # came too late for the day's round
    "MS": TrackingStatus.IN_TRANSIT,
    "ND": TrackingStatus.DELIVERY_FAILED,
    "NH": TrackingStatus.DELIVERY_FAILED,
    "OH": TrackingStatus.HELD,
    "OK": TrackingStatus.DELIVERED,
    "PD": TrackingStatus.IN_TRANSIT,  # some pieces delivered, others still moving: never "delivered"
    "PL": TrackingStatus.IN_TRANSIT,
    "PU": TrackingStatus.HANDED_OVER,
    "RD": TrackingStatus.DELIVERY_FAILED,
    "RR": TrackingStatus.IN_CUSTOMS,  # sheet: "response received"; on the wire: customs status updated
    "RT": TrackingStatus.RETURNED_TO_SENDER,
    "SA": TrackingStatus.HANDED_OVER,
    "SM": TrackingStatus.IN_TRANSIT,  # scheduled for movement; since June 2024
    "SS": TrackingStatus.HELD,
    "TP": TrackingStatus.IN_TRANSIT,  # given to another carrier: DHL tells no more
    "TR": TrackingStatus.IN_TRANSIT,
    "UD": TrackingStatus.IN_CUSTOMS,
    "WC": TrackingStatus.OUT_FOR_DELIVERY,
    "101": TrackingStatus.DELIVERED,  # 101, 102, 104: DHL Group's words for a whole shipment
    "102": TrackingStatus.IN_TRANSIT,
    "104": TrackingStatus.ANNOUNCED,
}

REASONS: Mapping[str, ExceptionReason] = {
    "BA": ExceptionReason.CONSIGNEE_ADDRESS,
    "CA": ExceptionReason.CONSIGNEE_ABSENT,
    "CD": ExceptionReason.CUSTOMS_DELAY,
    "CM": ExceptionReason.CONSIGNEE_ADDRESS,
    "DD": ExceptionReason.CARRIER_DAMAGED,
    "HP": ExceptionReason.CONSIGNEE_PAYMENT,
    "MC": ExceptionReason.CARRIER_MISROUTED,
    "MD": ExceptionReason.CARRIER_DELAY,
    "MS": ExceptionReason.CARRIER_MISROUTED,
    "NH": ExceptionReason.CONSIGNEE_ABSENT,
    "RD": ExceptionReason.CONSIGNEE_REFUSED,
    "UD": ExceptionReason.CUSTOMS_DELAY,
}

REFUSALS: Mapping[str, RefusalCode] = {
    "996": RefusalCode.SERVICE_UNAVAILABLE,  # the product is not sold on this lane or day
    "1504": RefusalCode.NOT_FOUND,
    "3501": RefusalCode.ACCOUNT_INVALID,  # the user may not ask for this
    "5556": RefusalCode.ACCOUNT_INVALID,  # not the account the pickup was booked with
    "7008": RefusalCode.SERVICE_UNAVAILABLE,
    "7096": RefusalCode.DATA_INVALID,
    "7099": RefusalCode.DATA_MISSING,
    "7120": RefusalCode.CUSTOMS_DATA_MISSING,  # paperless trade without an invoice
    "7127": RefusalCode.DATA_INVALID,
    "7147": RefusalCode.DATA_INVALID,  # a word in the description is not accepted
    "7163": RefusalCode.NOT_FOUND,
    "8003": RefusalCode.ACCOUNT_INVALID,
    "8007": RefusalCode.ACCOUNT_INVALID,
    "400104": RefusalCode.DATA_INVALID,
    "bad request": RefusalCode.DATA_INVALID,  # from here on titles, in lower case
    "validation error": RefusalCode.DATA_INVALID,
    "unprocessable entity": RefusalCode.DATA_INVALID,
    "wrong format": RefusalCode.DATA_INVALID,
    "missing parameters": RefusalCode.DATA_MISSING,
    "not found": RefusalCode.NOT_FOUND,
    "not data found": RefusalCode.NOT_FOUND,  # sic
    "no data found": RefusalCode.NOT_FOUND,
    "pickup not found": RefusalCode.NOT_FOUND,
}

PHRASES: Mapping[str, RefusalCode] = {
    "dateandtime": RefusalCode.DATE_INVALID,  # 998 stands for anything ill-formed, so its words decide
    "shiptimestamp": RefusalCode.DATE_INVALID,
    "missing": RefusalCode.DATA_MISSING,
    "required key": RefusalCode.DATA_MISSING,
    "completed": RefusalCode.ALREADY_USED,  # before the next: "cancelled or completed" may mean the van has been
    "already cancel": RefusalCode.ALREADY_VOIDED,
    "account": RefusalCode.ACCOUNT_INVALID,
    "not available": RefusalCode.SERVICE_UNAVAILABLE,
    "not found": RefusalCode.NOT_FOUND,
}
"""Asked in this order where the number stands in no table."""

CANCELS: Mapping[RefusalCode, VoidOutcome] = {
    RefusalCode.ALREADY_USED: VoidOutcome.REJECTED,
    RefusalCode.ALREADY_VOIDED: VoidOutcome.ALREADY_VOID,
    RefusalCode.NOT_FOUND: VoidOutcome.NOT_APPLICABLE,
}
"""Refusals of a cancellation that are its outcome."""

UNSURE = frozenset({"999"})
"""A process failure: it may have happened half-way, whatever the status."""

_BY_TYPE: Mapping[ChargeType, str] = {
    ChargeType.OTHER_SERVICE: """
        0A 0B 0C 0D 0E 0F 0G 0H 0I 0J 0K 0L 0M 0N BB BC BD BE BF CD CE CF CG CH CI CJ CK CL DE GA GB GC GD GE GF GG GH
        GI GJ HG HI HN JA JC JD JE LH NN PA PB PC PE PS TA TC TD TE TH TJ UA UB UC UD UE UF UG UH UI UJ UK UL UM UN UO
        UP UQ UR US UT UV UW VA VB VC VD VE VF VG WP WR WS Y1 Y2 Y3 YI YJ YK""",
    ChargeType.SATURDAY_HOLIDAY: "AA AB AC AD AG",
    ChargeType.INCLUDED_NO_CHARGE: """
        30 BA DS DT DU HV HW HY JY KY LV LW LX PT PU PV PW QH QI QY SW SX TB TN TT TU TV TW TX TY WY YV YW YX""",
    ChargeType.SECURITY_RISK: "CA CB CC",
    ChargeType.PEAK_DEMAND: "CR",  # emergency situation; newer than the list, met in rate answers
    ChargeType.DUTY_TAX_SERVICE_FEE: "DC DD",
    ChargeType.ENVIRONMENT: "EA EB EC EE FE",  # EE and FE (GoGreen) met in rate answers
    ChargeType.FUEL: "FB FC FF",
    ChargeType.DANGEROUS_GOODS: "HB HC HD HE HH HK HL HM",
    ChargeType.INSURANCE: "IB IC II",
    ChargeType.BILLING_FEE: "KA KD KE KF",
    ChargeType.COD: "KB",
    ChargeType.INTERCEPT_REROUTE: "LA LC",
    ChargeType.STORAGE: "LE LG WK",
    ChargeType.ADDRESS_CORRECTION: "MA MB",
    ChargeType.REMOTE_AREA: "OB OC OE OO",
    ChargeType.DATA_ENTRY_FEE: "PD",
    ChargeType.PICKUP: "PX PY QA QB QD QE QF",
    ChargeType.SIGNATURE: "SA SB SC SD SE",
    ChargeType.RETURN_TO_SENDER: "TG",
    ChargeType.RESIDENTIAL: "TK",
    ChargeType.CUSTOMS_CLEARANCE: "WA WB WD WE WF WG WH WI WJ WL WM WN WQ",
    ChargeType.DISBURSEMENT: "WC",
    ChargeType.EXPORT_DECLARATION: "WO",
    ChargeType.IMPORT_TAX: "XB XC XF XG XH",
    ChargeType.GOVERNMENT_FEE: "XD XE XI XJ",
    ChargeType.DUTY: "XX",
    ChargeType.OVERSIZE: "YB YG",
    ChargeType.ADDITIONAL_HANDLING: "YC YE YH",
    ChargeType.OVERWEIGHT: "YF YY",
    ChargeType.CREDIT_CLAIM: "ZA ZB ZC",
    ChargeType.CREDIT_REBATE: "ZD ZE",
}
CHARGES: Mapping[str, ChargeType] = {code: kind for kind, codes in _BY_TYPE.items() for code in codes.split()}

CHARGE_NAMES: Mapping[str, ChargeType] = {
    "FUEL SURCHARGE": ChargeType.FUEL,
    "SHIPMENT INSURANCE": ChargeType.INSURANCE,
    "EMERGENCY SITUATION": ChargeType.PEAK_DEMAND,
}
"""For lines without a code."""

TOTALS: Mapping[str, ChargeType] = {"SPRQT": ChargeType.FREIGHT, "STTXA": ChargeType.TAX, "STDIS": ChargeType.DISCOUNT}
"""The parts of `totalPriceBreakdown`: net shipment charge, tax, discount."""

IMAGES: Mapping[str, LabelFormat] = {
    "PDF": LabelFormat.PDF,
    "ZPL": LabelFormat.ZPL,
    "ZPL2": LabelFormat.ZPL,
    "PNG": LabelFormat.PNG,
}

AREA_ZONES: Mapping[str, str] = {
    area: zone
    for zone, areas in {
        "Australia/Sydney": "SYD CBR",
        "Australia/Melbourne": "MEL",
        "Australia/Brisbane": "BNE",
        "Australia/Adelaide": "ADL",
        "Australia/Perth": "PER",
        "Australia/Darwin": "DRW",
        "Australia/Hobart": "HBA",
        "America/New_York": "NYC JFK EWR BOS PHL BWI WAS IAD DCA ATL MIA MCO TPA CLT RDU CVG CLE PIT DTW BUF",
        "America/Indiana/Indianapolis": "IND",
        "America/Chicago": "CHI ORD MSP STL MCI MKE DFW DAL HOU IAH AUS SAT MSY MEM BNA",
        "America/Denver": "DEN SLC ABQ",
        "America/Phoenix": "PHX TUS",
        "America/Los_Angeles": "LAX SFO SJC OAK SMF SAN SEA PDX LAS ONT SNA",
        "Pacific/Honolulu": "HNL",
        "America/Anchorage": "ANC",
        "America/Toronto": "YYZ YTO YHM YUL YMQ YMX YOW",
        "America/Winnipeg": "YWG",
        "America/Edmonton": "YYC YEG",
        "America/Vancouver": "YVR",
        "America/Halifax": "YHZ",
        "America/Sao_Paulo": "SAO GRU VCP CPQ RIO GIG CWB POA BHZ CNF BSB",
        "America/Mexico_City": "MEX GDL MTY QRO",
        "America/Santiago": "SCL",
        "Europe/Madrid": "MAD BCN VLC SVQ BIO VIT ZAZ AGP ALC",
        "Atlantic/Canary": "LPA TFN TFS",
        "Europe/Lisbon": "LIS OPO",
        "Europe/Moscow": "MOW SVO DME LED",
        "Asia/Jakarta": "JKT CGK BDO SRG",
        "Asia/Makassar": "DPS",
    }.items()
    for area in areas.split()
}
"""DHL's service areas (IATA city codes) in countries of several zones."""

COUNTRY_ZONES: Mapping[str, str] = {
    pair[:2]: f"{part}/{pair[3:]}"
    for part, pairs in {
        "Africa": """
            EG:Cairo GH:Accra KE:Nairobi MA:Casablanca NG:Lagos TN:Tunis TZ:Dar_es_Salaam UG:Kampala
            ZA:Johannesburg""",
        "America": """
            BO:La_Paz CO:Bogota CR:Costa_Rica DO:Santo_Domingo GT:Guatemala HN:Tegucigalpa JM:Jamaica
            NI:Managua PA:Panama PE:Lima PR:Puerto_Rico PY:Asuncion SV:El_Salvador UY:Montevideo
            VE:Caracas""",
        "Asia": """
            AE:Dubai AM:Yerevan AZ:Baku BD:Dhaka BH:Bahrain BN:Brunei CN:Shanghai CY:Nicosia GE:Tbilisi
            HK:Hong_Kong IL:Jerusalem IN:Kolkata JO:Amman JP:Tokyo KH:Phnom_Penh KR:Seoul KW:Kuwait
            LA:Vientiane LB:Beirut LK:Colombo MM:Yangon MO:Macau MY:Kuala_Lumpur NP:Kathmandu OM:Muscat
            PH:Manila PK:Karachi QA:Qatar SA:Riyadh SG:Singapore TH:Bangkok TW:Taipei UZ:Tashkent
            VN:Ho_Chi_Minh""",
        "Atlantic": "IS:Reykjavik",
        "Europe": """
            AL:Tirane AT:Vienna BA:Sarajevo BE:Brussels BG:Sofia BY:Minsk CH:Zurich CZ:Prague DE:Berlin
            DK:Copenhagen EE:Tallinn FI:Helsinki FR:Paris GB:London GR:Athens HR:Zagreb HU:Budapest
            IE:Dublin IT:Rome LI:Vaduz LT:Vilnius LU:Luxembourg LV:Riga MC:Monaco MD:Chisinau
            ME:Podgorica MK:Skopje MT:Malta NL:Amsterdam NO:Oslo PL:Warsaw RO:Bucharest RS:Belgrade
            SE:Stockholm SI:Ljubljana SK:Bratislava TR:Istanbul UA:Kyiv""",
        "Indian": "MU:Mauritius MV:Maldives",
        "Pacific": "NZ:Auckland",
    }.items()
    for pair in pairs.split()
}
"""Countries where it is one time everywhere a parcel is scanned."""

COUNTRY_NAMES: Mapping[str, str] = {
    "AUSTRALIA": "AU",
    "AUSTRIA": "AT",
    "BELGIUM": "BE",
    "BRAZIL": "BR",
    "CANADA": "CA",
    "CHINA": "CN",
    "CHINA MAINLAND": "CN",
    "CHINA, PEOPLES REPUBLIC": "CN",
    "CZECH REPUBLIC": "CZ",
    "DENMARK": "DK",
    "FRANCE": "FR",
    "GERMANY": "DE",
    "HONG KONG": "HK",
    "HONG KONG SAR, CHINA": "HK",
    "INDIA": "IN",
    "INDONESIA": "ID",
    "IRELAND": "IE",
    "ITALY": "IT",
    "JAPAN": "JP",
    "MALAYSIA": "MY",
    "MEXICO": "MX",
    "NETHERLANDS": "NL",
    "NEW ZEALAND": "NZ",
    "PHILIPPINES": "PH",
    "POLAND": "PL",
    "PORTUGAL": "PT",
    "SINGAPORE": "SG",
    "SPAIN": "ES",
    "SWEDEN": "SE",
    "SWITZERLAND": "CH",
    "THAILAND": "TH",
    "UNITED ARAB EMIRATES": "AE",
    "UNITED KINGDOM": "GB",
    "UNITED STATES OF AMERICA": "US",
    "VIETNAM": "VN",
}
"""Spelled out behind a city, as older answers do."""

PLANNING_ZONES: Mapping[str, str] = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CL": "America/Santiago",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "US": "America/Chicago",
}
"""Where a country has several zones: one that is good enough to plan a shipping day in, never to read a scan with."""
