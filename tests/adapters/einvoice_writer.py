"""Bills in the terms of EN 16931, written as UBL and as CII, for reading them back."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

from hypothesis import strategies as st

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"


@dataclass(frozen=True)
class Part:
    charge: bool
    code: str
    text: str
    minor: int

    @property
    def signed(self) -> int:
        return self.minor if self.charge else -self.minor


@dataclass(frozen=True)
class Line:
    """`base` is what the line bills beside its parts; its amount holds both."""

    waybill: str
    name: str
    base: int
    parts: tuple[Part, ...] = ()

    @property
    def minor(self) -> int:
        return self.base + sum(part.signed for part in self.parts)


@dataclass(frozen=True)
class Bill:
    number: str
    credit: bool
    lines: tuple[Line, ...]
    parts: tuple[Part, ...] = ()
    taxes: tuple[int, ...] = ()
    prepaid: int = 0
    rounding: int = 0

    def sum_of(self, *, charge: bool) -> int:
        return sum(part.minor for part in self.parts if part.charge is charge)

    @property
    def totals(self) -> dict[str, int]:
        lines = sum(line.minor for line in self.lines)
        net = lines - self.sum_of(charge=False) + self.sum_of(charge=True)
        gross = net + sum(self.taxes)
        return {
            "lines": lines,
            "allowances": self.sum_of(charge=False),
            "charges": self.sum_of(charge=True),
            "net": net,
            "tax": sum(self.taxes),
            "gross": gross,
            "prepaid": self.prepaid,
            "rounding": self.rounding,
            "payable": gross - self.prepaid + self.rounding,
        }


FREE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
MINOR = st.integers(1, 10_000_000)


def bills(charges: Sequence[str], allowances: Sequence[str], names: Sequence[str]) -> st.SearchStrategy[Bill]:
    part = st.one_of(
        st.builds(Part, st.just(True), st.sampled_from(charges), FREE, MINOR),
        st.builds(Part, st.just(False), st.sampled_from(allowances), FREE, MINOR),
    )
    parts = st.lists(part, max_size=3).map(tuple)
    waybill = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20)
    line = st.builds(Line, waybill, st.sampled_from(names), st.integers(-10_000_000, 10_000_000), parts)
    taxes = st.lists(MINOR, max_size=2).map(tuple)
    lines = st.lists(line, min_size=1, max_size=6).map(tuple)
    return st.builds(Bill, FREE, st.booleans(), lines, parts, taxes, st.integers(0, 500), st.integers(-3, 3))


def points(minor: int) -> str:
    return str(Decimal(minor).scaleb(-2))


def node(tag: str, *inside: str, **attributes: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{given}>{''.join(inside)}</{tag}>"


def cbc(tag: str, value: str, **attributes: str) -> str:
    return node(f"cbc:{tag}", escape(value), **attributes)


def cash(tag: str, minor: int) -> str:
    return cbc(tag, points(minor), currencyID="EUR")


def cac(tag: str, *inside: str) -> str:
    return node(f"cac:{tag}", *inside)


def ubl_part(part: Part) -> str:
    given = cbc("AllowanceChargeReasonCode", part.code) + cbc("AllowanceChargeReason", part.text)
    charge = cbc("ChargeIndicator", "true" if part.charge else "false")
    return cac("AllowanceCharge", charge, given, cash("Amount", part.minor))


def ubl(bill: Bill) -> bytes:
    root = "CreditNote" if bill.credit else "Invoice"
    out = [cbc("ID", bill.number), cbc("IssueDate", "2026-10-04")]
    out += [cbc(f"{root}TypeCode", "381" if bill.credit else "380"), cbc("DocumentCurrencyCode", "EUR")]
    legal = cac("PartyLegalEntity", cbc("RegistrationName", "Hollow Carrier"))
    out += [cac("AccountingSupplierParty", cac("Party", legal)), *map(ubl_part, bill.parts)]
    rates = (cac("TaxSubtotal", cash("TaxAmount", tax), cac("TaxCategory", cbc("ID", "S"))) for tax in bill.taxes)
    out.append(cac("TaxTotal", cash("TaxAmount", sum(bill.taxes)), *rates))
    names = ("LineExtensionAmount", "AllowanceTotalAmount", "ChargeTotalAmount", "TaxExclusiveAmount")
    kinds = ("lines", "allowances", "charges", "net")
    names += ("TaxInclusiveAmount", "PrepaidAmount", "PayableRoundingAmount", "PayableAmount")
    kinds += ("gross", "prepaid", "rounding", "payable")
    stated = (cash(name, bill.totals[kind]) for name, kind in zip(names, kinds, strict=True))
    out.append(cac("LegalMonetaryTotal", *stated))
    for number, line in enumerate(bill.lines, 1):
        about = cac("DocumentReference", cbc("ID", line.waybill), cbc("DocumentTypeCode", "130"))
        inside = [cbc("ID", str(number)), cash("LineExtensionAmount", line.minor), about, *map(ubl_part, line.parts)]
        out.append(cac(f"{root}Line", *inside, cac("Item", cbc("Name", line.name))))
    return f'<{root} xmlns="{UBL}{root}-2" xmlns:cac="{CAC}" xmlns:cbc="{CBC}">{"".join(out)}</{root}>'.encode()


def ram(tag: str, *inside: str, **attributes: str) -> str:
    return node(f"ram:{tag}", *inside, **attributes)


def cii_part(part: Part) -> str:
    charge = ram("ChargeIndicator", node("udt:Indicator", "true" if part.charge else "false"))
    given = ram("ReasonCode", escape(part.code)) + ram("Reason", escape(part.text))
    return ram("SpecifiedTradeAllowanceCharge", charge, ram("ActualAmount", points(part.minor)), given)


def cii_line(number: int, line: Line) -> str:
    about = ram("AssociatedDocumentLineDocument", ram("LineID", str(number)))
    goods = ram("SpecifiedTradeProduct", ram("Name", escape(line.name)))
    total = ram("SpecifiedTradeSettlementLineMonetarySummation", ram("LineTotalAmount", points(line.minor)))
    waybill = ram("AdditionalReferencedDocument", ram("IssuerAssignedID", line.waybill), ram("TypeCode", "130"))
    settlement = ram("SpecifiedLineTradeSettlement", *map(cii_part, line.parts), total, waybill)
    return ram("IncludedSupplyChainTradeLineItem", about, goods, settlement)


def cii(bill: Bill) -> bytes:
    date = node("udt:DateTimeString", "20261004", format="102")
    code = ram("TypeCode", "381" if bill.credit else "380")
    paper = node("rsm:ExchangedDocument", ram("ID", escape(bill.number)), code, ram("IssueDateTime", date))
    seller = ram("ApplicableHeaderTradeAgreement", ram("SellerTradeParty", ram("Name", "Hollow Carrier")))
    rates = [
        ram("ApplicableTradeTax", ram("CalculatedAmount", points(tax)), ram("CategoryCode", "S")) for tax in bill.taxes
    ]
    names = ("LineTotalAmount", "ChargeTotalAmount", "AllowanceTotalAmount", "TaxBasisTotalAmount")
    kinds = ("lines", "charges", "allowances", "net")
    names += ("TaxTotalAmount", "RoundingAmount", "GrandTotalAmount", "TotalPrepaidAmount", "DuePayableAmount")
    kinds += ("tax", "rounding", "gross", "prepaid", "payable")
    stated = [ram(name, points(bill.totals[kind])) for name, kind in zip(names, kinds, strict=True)]
    summed = ram("SpecifiedTradeSettlementHeaderMonetarySummation", *stated)
    money = [ram("InvoiceCurrencyCode", "EUR"), *rates, *map(cii_part, bill.parts), summed]
    lines = [cii_line(number, line) for number, line in enumerate(bill.lines, 1)]
    trade = node("rsm:SupplyChainTradeTransaction", *lines, seller, ram("ApplicableHeaderTradeSettlement", *money))
    spaces = f'xmlns:rsm="{RSM}" xmlns:ram="{RAM}" xmlns:udt="{UDT}"'
    return f"<rsm:CrossIndustryInvoice {spaces}>{paper}{trade}</rsm:CrossIndustryInvoice>".encode()


def pdf(content: bytes, name: str = "factur-x.xml") -> bytes:
    """A blank page with a file inside."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    writer.add_attachment(name, content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


Writer = Callable[[Bill], bytes]
