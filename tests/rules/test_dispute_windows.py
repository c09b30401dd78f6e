"""Until when a finding may be disputed: the carrier's own window, its start, its source; and what holds without one."""

from datetime import date

import pytest

from adapters import registry
from gateway.rules.dispute_windows import OURS, ends
from schemas.charges import FindingKind
from schemas.dispute_windows import WindowStart

KNOWN = {
    WindowStart.INVOICE: date(2026, 3, 20),
    WindowStart.SHIPMENT: date(2026, 3, 2),
    WindowStart.PROMISE: date(2026, 3, 6),
}


@pytest.mark.parametrize(
    ("carrier", "finding", "last"),
    [
        ("ups", FindingKind.LATE_DELIVERY, date(2026, 3, 21)),
        ("ups", FindingKind.VOIDED_BILLED, date(2026, 8, 29)),
        ("ups", FindingKind.RATE_OVER, date(2026, 6, 18)),
        ("fedex", FindingKind.LATE_DELIVERY, date(2026, 4, 4)),
        ("fedex", FindingKind.WEIGHT_OVER, date(2026, 5, 19)),
        ("dhl_express", FindingKind.LATE_DELIVERY, date(2026, 3, 16)),
        ("dhl_express", FindingKind.RATE_OVER, date(2026, 4, 3)),
        ("nobody", FindingKind.RATE_OVER, date(2026, 4, 3)),
    ],
)
def test_each_carrier_has_its_own_window_and_says_whose_it_is(carrier: str, finding: FindingKind, last: date) -> None:
    found = ends(registry.dispute_windows(carrier), finding, KNOWN, 14)
    assert found.last == last
    assert (OURS in found.because) == (carrier == "nobody")
    assert ("read on 2026-" in found.because) == (carrier != "nobody")


def test_a_window_whose_start_nobody_knows_is_not_guessed() -> None:
    unknown = KNOWN | {WindowStart.PROMISE: None}
    found = ends(registry.dispute_windows("ups"), FindingKind.LATE_DELIVERY, unknown, 14)
    assert (found.last, OURS in found.because) == (date(2026, 4, 3), True)


@pytest.mark.parametrize("carrier", sorted({one.profile.carrier for one in registry.invoice_readers().values()}))
def test_of_several_the_one_that_ends_first_counts(carrier: str) -> None:
    windows = registry.dispute_windows(carrier)
    for finding in FindingKind:
        found = ends(windows, finding, KNOWN, 14)
        for one in (one for one in windows if finding in one.findings):
            assert (found.last - KNOWN[one.starts]).days <= one.days
