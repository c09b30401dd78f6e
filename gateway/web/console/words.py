"""Words for people: the texts of a language, instants in the exporter's zone, and ages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.letters.words import HAPPENED
from gateway.rules.details import INSTANTS, said_of, sentence
from gateway.web.console import texts_en, texts_zh
from gateway.web.languages import LANGUAGES, language_of

TEXTS: Mapping[str, Mapping[str, str]] = {
    language: {**{f"told.{kind.value}": said[place] for kind, said in HAPPENED.items()}, **texts}
    for place, (language, texts) in enumerate((("en", texts_en.TEXTS), ("zh", texts_zh.TEXTS)))
}
"""The console's own texts; what has none there is called as in letters."""
FAMILIES: Mapping[str, str] = {
    "tracking.": "state",
    "deadline.started.": "clock",
    "deadline.met.": "clock",
    "deadline.fired.": "stage",
    "told.": "told",
    "call.": "call",
    "charge.": "finding",
}
"""Events that come in families, and the kind of word that their last part is."""
LANGUAGE_COOKIE = "homeward_lang"


def console_language(request: web.Request) -> str:
    """What the address says, else the cookie, else the browser."""
    for said in (request.query.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if said in LANGUAGES:
            return str(said)
    return language_of(request.headers)


@dataclass(frozen=True, slots=True)
class Words:
    """How this reader is spoken to."""

    language: str
    zone: str
    now: datetime

    def text(self, key: str, **values: object) -> str:
        found = TEXTS[self.language][key]
        return found.format(**values) if values else found

    def word(self, kind: str, value: object) -> str:
        """The word for a value; a value that has none shows as it is."""
        return TEXTS[self.language].get(f"{kind}.{value}", str(value).replace("_", " ").replace(".", " · "))

    def first(self, value: str, *kinds: str) -> str:
        """The word for a value that is of one of several kinds."""
        known = next((kind for kind in kinds if f"{kind}.{value}" in TEXTS[self.language]), kinds[0])
        return self.word(known, value)

    def about(self, task: Any) -> str:
        """What a task is about. Somebody else's words stay as they are."""
        said = said_of(task.code, task.given)
        return said.in_language(self.language, self._shown) if said else self.lacking(task.detail)

    def sentence(self, english: str) -> str:
        """A sentence of ours that is kept in English; anything else as it is."""
        said = sentence(english)
        return said.in_language(self.language, self._shown) if said else english

    def _shown(self, name: str, value: str) -> str:
        if name in INSTANTS:
            return self.when(datetime.fromisoformat(value))
        if name == "findings":
            return self.text("task_between").join(map(self._counted, value.split(", ")))
        return TEXTS[self.language].get(f"{name}.{value}", value)

    def _counted(self, part: str) -> str:
        kind, _, count = part.rpartition(" ")
        return self.text("task_finding", finding=self.word("finding", kind), count=count)

    def lacking(self, detail: str) -> str:
        """What is missing, `<carrier> needs: returner_phone, rma`, in this language; anything else as it is."""
        who, needs, what = detail.partition(" needs: ")
        if not needs:
            return detail
        spoken = self.text("lacking_between").join(self.word("fact", one) for one in what.split(", "))
        return self.text("lacking", who=who, what=spoken)

    def event(self, kind: str) -> str:
        """What happened: by its whole name, else by what it begins with and the word for the rest."""
        exact = TEXTS[self.language].get(f"event.{kind}")
        if exact is not None:
            return exact
        for start, rest in FAMILIES.items():
            if kind.startswith(start):
                return TEXTS[self.language][f"event.{start}"] + self.word(rest, kind.removeprefix(start))
        return self.word("event", kind)

    def when(self, at: datetime | None) -> str:
        """`2026-03-02 17:30`, in the exporter's zone."""
        return at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M") if at else "–"

    def when_in(self, at: datetime, zone: str) -> str:
        """`2026-03-02 17:30 (Asia/Shanghai)`: where another zone than the reader's counts."""
        return f"{at.astimezone(ZoneInfo(zone)).strftime('%Y-%m-%d %H:%M')} ({zone})"

    def age(self, span: timedelta | int) -> str:
        """The size of a span in its largest fitting unit, and the next one of days."""
        seconds = abs(int(span.total_seconds() if isinstance(span, timedelta) else span))
        days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
        if days:
            rest = " " + self.text("age.hours", n=hours) if hours and days < 10 else ""
            return self.text("age.days", n=days) + rest
        if hours:
            return self.text("age.hours", n=hours)
        return self.text("age.minutes", n=minutes) if minutes else self.text("age.now")

    def since(self, at: datetime) -> str:
        return self.age(self.now - at)
