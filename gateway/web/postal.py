"""Postal codes by country, as the Universal Postal Union lists their forms; countries that are not here are not checked."""

import re
from collections.abc import Mapping

_FOUR, _FIVE, _SIX = "[0-9]{4}", "[0-9]{5}", "[0-9]{6}"
FORMS: Mapping[str, re.Pattern[str]] = {
    country: re.compile(form)
    for form, countries in (
        (_FOUR, "AT AU BE BG CH CY DK HU LI LU NO NZ PH SI ZA"),
        (_FIVE, "DE EE ES FI FR HR IT KR MC MX MY TH TR UA"),
        (_SIX, "CN IN RO SG VN"),
        ("[0-9]{3} ?[0-9]{2}", "CZ GR SE SK"),
        ("[0-9]{2}-[0-9]{3}", "PL"),
        ("[0-9]{4}-[0-9]{3}", "PT"),
        ("[0-9]{4} ?[A-Z]{2}", "NL"),
        ("[0-9]{5}(-[0-9]{4})?", "US PR"),
        ("[0-9]{3}-?[0-9]{4}", "JP"),
        ("[0-9]{5}-?[0-9]{3}", "BR"),
        ("(LV-)?[0-9]{4}", "LV"),
        ("(LT-)?[0-9]{5}", "LT"),
        ("[A-Z]{3} ?[0-9]{4}", "MT"),
        ("[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]", "CA"),
        ("(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})", "GB"),
        ("[A-Z][0-9][0-9W] ?[A-Z0-9]{4}", "IE"),
    )
    for country in countries.split()
}


def fits(country: str, postal_code: str) -> bool:
    """Whether the code has its country's form; lower case is taken."""
    form = FORMS.get(country)
    return form is None or form.fullmatch(postal_code.strip().upper()) is not None
