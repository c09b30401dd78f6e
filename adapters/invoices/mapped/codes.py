"""How profiles write days: the tokens of a date form, and what each of them stands for."""

from collections.abc import Mapping

DATE_TOKENS: Mapping[str, str] = {
    "YYYY": r"(?P<y>[0-9]{4})",
    "YY": r"(?P<y>[0-9]{2})",  # of this century
    "MMM": r"(?P<m>[A-Za-z]{3})[a-z]*",  # Sep, September; English
    "MM": r"(?P<m>[0-9]{1,2})",  # one figure is taken too: spreadsheets drop the nought
    "M": r"(?P<m>[0-9]{1,2})",
    "DD": r"(?P<d>[0-9]{1,2})",
    "D": r"(?P<d>[0-9]{1,2})",
}
