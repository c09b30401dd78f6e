"""Where goods pass a border without a declaration: inside one territory.

The customs territory of the Union is Regulation (EU) No 952/2013, article 4; what lies inside it but outside its VAT area
(Directive 2006/112/EC, article 6) passes with a declaration as well, and so is a territory of its own here.
"""

import re
from collections.abc import Mapping

from schemas.values import Address

EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905
JOINED: Mapping[str, str] = {"MC": "EU", "LI": "CH"}
"""Countries inside another's customs territory."""
APART: Mapping[str, re.Pattern[str]] = {
    "DE": re.compile("78266|27498"),  # Büsingen, Heligoland
    "ES": re.compile("(35|38|51|52)..."),  # the Canary Islands, Ceuta, Melilla
    "FI": re.compile("22..."),  # Åland
    "GR": re.compile("63086"),  # Mount Athos
    "IT": re.compile("23041"),  # Livigno
}
"""Places of member states, by their postcodes, that goods leave or reach with a declaration only."""


def territory(address: Address) -> str:
    """`EU`, a country, or a country and the postcode of a place apart: equal where no declaration is needed between them."""
    country = JOINED.get(address.country, address.country)
    postcode = re.sub(r"\D", "", address.postal_code or "")
    apart = APART.get(country)
    if apart is not None and apart.fullmatch(postcode):
        return f"{country} {postcode}"
    return "EU" if country in EU else country


def needs_declaration(origin: Address, destination: Address) -> bool:
    """Whether goods on this way pass customs."""
    return territory(origin) != territory(destination)
