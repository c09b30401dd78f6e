"""What a decision means for the lines beside the one that waited: tax on it, and the second of two that were alike."""

from collections import Counter
from typing import Any

import pytest

from gateway.core import Gateway
from gateway.journeys import disputes
from gateway.store import tables
from schemas.charges import ChargeType
from tests.house.billing import AGREED, bill, book, freight, lines_of, take_in
from tests.journeys.test_contracted import booked
from tests.journeys.test_deciding import all_of, books, say

TAXED = [freight("SBX1"), freight("SBX1", "4.00", "ZZ9"), freight("SBX1", "2.80", "TAX")]
"""20 % of 14.00, while nobody knows what ZZ9 is."""
TWICE = [freight("SBX1"), freight("SBX1", "4.00", "ZZ9"), freight("SBX1", "4.00", "ZZ9")]


async def taken(gw: Gateway, exporter: str, number: str, rows: list[dict[str, Any]]) -> str:
    return (await take_in(gw, exporter, bill(number, rows))).invoice_ids[0]


async def found(gw: Gateway, invoice_id: str) -> list[tuple[str, str, int]]:
    return [(row.state, row.finding, row.agreed_minor) for row in await lines_of(gw, invoice_id)]


async def test_tax_on_what_turns_out_to_be_duty_is_too_much(gateway: Gateway, exporter: str) -> None:
    """Duty is no revenue of the carrier's: 20 % of 10.00 is 2.00. What was posted is reversed and posted anew."""
    await booked(gateway, exporter)
    invoice_id = await taken(gateway, exporter, "B1", TAXED)
    assert (await found(gateway, invoice_id))[2] == ("matched", "matched", 280)
    before = await books(gateway)
    await say(gateway, exporter, "ZZ9", ChargeType.DUTY)
    line = (await lines_of(gateway, invoice_id))[2]
    assert (line.state, line.finding, line.agreed_minor) == ("held", "tax_wrong", 200)
    assert line.because == "20 % of 10.00 EUR is 2.00 EUR, 2.80 EUR are billed"
    drafts = {row.id: row for row in await all_of(gateway, tables.disputes)}
    assert (drafts[line.dispute_id].finding, drafts[line.dispute_id].minor) == ("tax_wrong", 80)
    after = await books(gateway)
    moved = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert moved == {
        "vat_recoverable": -80,
        "dispute_receivable": 80,
        "costs_recharged": 80,
        "exporter_receivable": -80,
    }
    entries = [row for row in await all_of(gateway, tables.ledger) if row.posting_key.split(":")[1] == line.id]
    posted = Counter((row.posting_key.partition(":")[0], row.debit, row.minor) for row in entries)
    assert posted == {
        ("line", "vat_recoverable", 280): 1,
        ("line", "exporter_receivable", 280): 1,
        ("judged_again", "carrier_payable", 280): 1,
        ("judged_again", "costs_recharged", 280): 1,
        ("judged_again", "vat_recoverable", 200): 1,
        ("judged_again", "dispute_receivable", 80): 1,
        ("judged_again", "exporter_receivable", 200): 1,
    }


async def test_tax_on_what_is_taxed_stays_as_it_was(gateway: Gateway, exporter: str) -> None:
    await booked(gateway, exporter)
    invoice_id = await taken(gateway, exporter, "B1", TAXED)
    await say(gateway, exporter, "ZZ9", ChargeType.FUEL)
    assert (await found(gateway, invoice_id))[2] == ("matched", "matched", 280)
    assert not [row for row in await all_of(gateway, tables.ledger) if row.posting_key.startswith("judged_again:")]


async def test_the_second_of_two_alike_is_agreed_once_it_is_known_what_they_are(
    gateway: Gateway, exporter: str
) -> None:
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", {**AGREED, ChargeType.REMOTE_AREA: 800})
    invoice_id = await taken(gateway, exporter, "B1", TWICE)
    assert (await found(gateway, invoice_id))[1:] == [("held", "unknown_charge", 0), ("disputed", "duplicate", 0)]
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    assert (await found(gateway, invoice_id))[1:] == [("matched", "under", 400), ("matched", "matched", 400)]
    left = {row.finding: (row.state, row.minor) for row in await all_of(gateway, tables.disputes)}
    assert left == {"unknown_charge": ("withdrawn", 0), "duplicate": ("withdrawn", 0)}
    sums = await books(gateway)
    assert (sums["dispute_receivable"], sums["exporter_receivable"], sums["carrier_payable"]) == (0, 1_800, -1_800)


async def test_the_second_of_two_alike_stays_one_where_only_one_was_agreed(gateway: Gateway, exporter: str) -> None:
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", {**AGREED, ChargeType.REMOTE_AREA: 400})
    invoice_id = await taken(gateway, exporter, "B1", TWICE)
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    assert (await found(gateway, invoice_id))[1:] == [("matched", "matched", 400), ("disputed", "duplicate", 0)]
    assert [row.state for row in await all_of(gateway, tables.disputes) if row.finding == "duplicate"] == ["draft"]
    assert (await books(gateway))["dispute_receivable"] == 400


@pytest.mark.parametrize("settle", [disputes.file, disputes.withdraw])
async def test_what_a_person_has_settled_stays(gateway: Gateway, exporter: str, settle: Any) -> None:
    """Filed with the carrier, or accepted: the same bill as above, where both would be agreed."""
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", {**AGREED, ChargeType.REMOTE_AREA: 800})
    invoice_id = await taken(gateway, exporter, "B1", TWICE)
    [draft] = [row for row in await all_of(gateway, tables.disputes) if row.finding == "duplicate"]
    async with gateway.store.transaction(exporter) as tx:
        await settle(tx, draft.id, "said by a person")
    before = (await found(gateway, invoice_id))[2]
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    assert (await found(gateway, invoice_id))[2] == before
    assert before[:2] == ("disputed" if settle is disputes.file else "matched", "duplicate")
    await books(gateway)


async def test_a_later_bill_makes_no_duplicate_of_an_earlier_one(gateway: Gateway, exporter: str) -> None:
    """The same tax on another charge, billed later: it was judged against this bill, and not this bill against it."""
    await booked(gateway, exporter)
    invoice_id = await taken(gateway, exporter, "B1", TAXED)
    await taken(gateway, exporter, "B2", [freight("SBX1", "2.80", "TAX")])
    await say(gateway, exporter, "ZZ9", ChargeType.FUEL)
    assert (await found(gateway, invoice_id))[2] == ("matched", "matched", 280)


async def test_a_second_decision_corrects_what_the_first_had_corrected(gateway: Gateway, exporter: str) -> None:
    """Each time everything that was posted of the line is reversed, and it is posted anew."""
    await booked(gateway, exporter)
    rows = [*TAXED[:2], freight("SBX1", "1.00", "ZZ8"), freight("SBX1", "3.00", "TAX")]  # 20 % of 15.00
    invoice_id = await taken(gateway, exporter, "B1", rows)
    for code, agreed in (("ZZ9", 220), ("ZZ8", 200)):
        await say(gateway, exporter, code, ChargeType.DUTY)
        assert (await found(gateway, invoice_id))[3] == ("held", "tax_wrong", agreed)
    assert (await books(gateway))["vat_recoverable"] == 200
    found_ones = [row for row in await all_of(gateway, tables.disputes) if row.finding == "tax_wrong"]
    assert sorted((row.state, row.minor) for row in found_ones) == [("draft", 100), ("withdrawn", 0)]
