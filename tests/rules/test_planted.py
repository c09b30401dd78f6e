"""Every planted finding is found, nothing else is, and every minor unit is somewhere: recall and precision are whole."""

import random
from collections import Counter

import pytest

from gateway.journeys.importing import why_wrong
from gateway.rules.judging import Bill, Verdict, judge
from gateway.rules.ledger import DISPUTED, OWED, OWED_DUTY, PAYABLE, transfers_of
from gateway.rules.meanings import TWENTY
from schemas.charges import CarrierInvoice, FindingKind, InvoiceLine
from schemas.values import Money
from tests.house.planted import ISSUED, POLICY, SERVICES, Planted, plant


@pytest.mark.parametrize("lines", [2_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_all_of_them_and_no_other(lines: int) -> None:
    planted = plant(lines)
    assert planted.lines >= lines
    found = {**_judged(planted), **_broken(planted)}
    assert found == planted.truth
    assert {kind for kind, _ in found.values()} >= set(TWENTY)
    assert len({line.currency for some in planted.invoices.values() for line in some}) == 5


def _judged(planted: Planted) -> dict[str, tuple[FindingKind, int]]:
    found: dict[str, tuple[FindingKind, int]] = {}
    for number, lines in planted.invoices.items():
        if number in planted.broken:
            continue
        shuffled = random.Random(number).sample(lines, len(lines))
        verdicts = judge(shuffled, planted.index, POLICY, Bill(ISSUED, SERVICES))
        _conserved(number, planted, verdicts)
        found |= {verdict.line_id: (verdict.kind, verdict.agreed) for verdict in verdicts}
    return found


def _conserved(number: str, planted: Planted, verdicts: list[Verdict]) -> None:
    """What is owed to the carrier is the bill, and all of it is allocated or disputed: by currency, to the minor unit."""
    by_id = {line.id: line for line in planted.invoices[number]}
    books, billed = Counter[tuple[str, str]](), Counter[str]()
    for verdict in verdicts:
        line = by_id[verdict.line_id]
        billed[line.currency] += line.minor
        for move in transfers_of(line.type, line.minor, verdict.agreed, line.currency, "ret"):
            books[move.debit, move.currency] += move.minor
            books[move.credit, move.currency] -= move.minor
    for code, total in billed.items():
        allocated = books[OWED, code] + books[OWED_DUTY, code]
        assert -books[PAYABLE, code] == total == allocated + books[DISPUTED, code]
        assert sum(minor for (_, its), minor in books.items() if its == code) == 0


def _broken(planted: Planted) -> dict[str, tuple[FindingKind, int]]:
    """A bill that asks for one minor unit more than its lines is held whole."""
    found: dict[str, tuple[FindingKind, int]] = {}
    for number in planted.broken:
        lines = planted.invoices[number]
        asked = sum(line.minor for line in lines) + 1
        kept = tuple(
            InvoiceLine(number=place, type=line.type, money=Money.from_minor(line.minor, line.currency))
            for place, line in enumerate(lines, 1)
        )
        total = Money.from_minor(asked, lines[0].currency)
        assert why_wrong(CarrierInvoice(carrier="c", number=number, total=total, lines=kept), ())
        found |= {line.id: (FindingKind.SUM_ERROR, 0) for line in lines}
    return found
