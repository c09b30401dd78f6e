"""Bills written as X12 210 and EDIFACT INVOIC, for reading them back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

FREE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
"""Texts without blanks and controls: those are folded, which is asked elsewhere."""
PLAIN = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20)


@dataclass(frozen=True)
class Line:
    waybill: str
    reference: str
    code: str
    minor: int


@dataclass(frozen=True)
class Bill:
    number: str
    lines: tuple[Line, ...]

    @property
    def minor(self) -> int:
        return sum(line.minor for line in self.lines)


def bills(codes: Sequence[str], text: st.SearchStrategy[str] = PLAIN) -> st.SearchStrategy[list[Bill]]:
    """Up to five bills of one to eight lines."""
    line = st.builds(Line, PLAIN, text, st.sampled_from(codes), st.integers(-10_000_000, 10_000_000))
    bill = st.builds(Bill, text, st.lists(line, min_size=1, max_size=8).map(tuple))
    return st.lists(bill, min_size=1, max_size=5, unique_by=lambda one: one.number)


def points(minor: int) -> str:
    return str(Decimal(minor).scaleb(-2))


def x12(
    given: Iterable[Bill], *, element: str = "*", component: str = ">", end: str = "~\n", point: bool = False
) -> bytes:
    amount = points if point else str
    sets = []
    for number, bill in enumerate(given, 1):
        body = [["ST", "210", f"{number:04}"], ["B3", "", bill.number, "", "PP", "K", "20261004", amount(bill.minor)]]
        body[1] += ["", "", "", "HFRT"]
        body.append(["C3", "USD"])
        for at, line in enumerate(bill.lines, 1):
            body += [["LX", str(at)], ["N9", "CN", line.waybill], ["N9", "CR", line.reference]]
            body.append(["L1", str(at), "", "", amount(line.minor), "", "", "", line.code])
        body += [["L3", "", "", "", "", amount(bill.minor)], ["SE", str(len(body) + 2), f"{number:04}"]]
        sets += body
    blank, many = " " * 10, str(number)
    head = [
        "ISA",
        "00",
        blank,
        "00",
        blank,
        "ZZ",
        "HOLLOW".ljust(15),
        "ZZ",
        "HOMEWARD".ljust(15),
        "261004",
        "0815",
        "U",
    ]
    head += ["00401", "000000007", "0", "T", component]
    whole = [head, ["GS", "IM"], *sets, ["GE", many, "7"], ["IEA", "1", "000000007"]]
    return "".join(element.join(one) + end for one in whole).encode()


def edifact(
    given: Iterable[Bill],
    *,
    element: str = "+",
    component: str = ":",
    release: str = "?",
    end: str = "'",
    blank: str = "\n",
    credit: bool = False,
) -> bytes:
    def write(tag: str, *elements: Sequence[str]) -> str:
        return element.join([tag, *(component.join(map(released, one)) for one in elements)]) + end + blank

    def released(text: str) -> str:
        return "".join(release + one if one in element + component + release + end else one for one in text)

    out, messages = [], 0
    for bill in given:
        messages += 1
        body = [("UNH", ["1"], ["INVOIC", "D", "96A"]), ("BGM", ["381" if credit else "380"], [bill.number])]
        body += [("CUX", ["2", "EUR"])]
        for at, line in enumerate(bill.lines, 1):
            body += [("LIN", [str(at)]), ("MOA", ["203", points(line.minor)]), ("RFF", ["CN", line.waybill])]
            body += [("RFF", ["CR", line.reference]), ("ALC", ["C"], [""], ["6"], [""], [line.code])]
            body += [("MOA", ["23", points(line.minor)])]
        body += [("UNS", ["S"]), ("MOA", ["79", points(bill.minor)]), ("MOA", ["77", points(bill.minor)])]
        out += [write(*one) for one in body] + [write("UNT", [str(len(body) + 1)], ["1"])]
    start = f"UNA{component}{element}.{release} {end}{blank}" if element + component + release + end != "+:?'" else ""
    head = write("UNB", ["UNOY", "3"], ["HOLLOW"], ["HOMEWARD"], ["261004", "0815"], ["7"])
    return "".join([start, head, *out, write("UNZ", [str(messages)], ["7"])]).encode()
