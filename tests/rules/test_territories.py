"""Between which places goods pass without a declaration."""

import pytest

from schemas.territories import needs_declaration
from schemas.values import Address


def at(place: str) -> Address:
    country, _, postcode = place.partition(" ")
    return Address(lines=("1 Somewhere",), city="Somewhere", country=country, postal_code=postcode or None)


@pytest.mark.parametrize(
    ("origin", "destination", "declared"),
    [
        ("FR 69003", "DE 10115", False),
        ("FR 69003", "FR 75001", False),
        ("MC 98000", "IT 00118", False),
        ("LI 9490", "CH 8001", False),
        ("FR 69003", "CN 523000", True),
        ("FR 69003", "GB SW1A 1AA", True),
        ("FR 69003", "CH 8001", True),
        ("RE 97400", "FR 75001", True),
        ("ES 35001", "ES 28001", True),
        ("ES 35001", "ES 35001", False),
        ("DE 78266", "DE 10115", True),
        ("DE 27498", "NL 1012", True),
        ("IT 23041", "IT 23032", True),
        ("FI 22100", "FI 00100", True),
        ("GR 63086", "GR 10431", True),
        ("AL 1001", "FR 69003", True),
    ],
)
def test_a_declaration_is_needed_where_a_territory_is_left(origin: str, destination: str, declared: bool) -> None:
    assert needs_declaration(at(origin), at(destination)) is declared
    assert needs_declaration(at(destination), at(origin)) is declared
