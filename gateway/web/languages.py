"""Which language a caller reads: English or Chinese."""

from collections.abc import Mapping

LANGUAGES = ("en", "zh")


def preferred(accept_language: str) -> str:
    """The better of our languages by an Accept-Language header (RFC 9110 section 12.5.4); English where it says nothing."""
    wishes: dict[str, float] = {}
    for part in accept_language[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES:
            wishes[language] = max(wishes.get(language, 0.0), _weight(weight))
    return max(LANGUAGES, key=lambda language: wishes.get(language, 0.0))


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0


def language_of(headers: Mapping[str, str]) -> str:
    return preferred(headers.get("Accept-Language", ""))
