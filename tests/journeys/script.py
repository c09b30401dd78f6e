"""A documented script: its requests as they stand on the page, with what came before filled in."""

import json
import re
from pathlib import Path
from typing import Any

STEP = re.compile(r"^```http (\w+)\n(GET|POST) (\S+)\n(.*?)^```$", re.M | re.S)


class Script:
    """The page's requests by name. `known` fills the braces; `sent` is the order in which they were asked for."""

    def __init__(self, page: Path) -> None:
        self.steps = {name: (method, path, rest.strip()) for name, method, path, rest in STEP.findall(page.read_text())}
        self.known: dict[str, str] = {}
        self.sent: list[str] = []

    def path(self, name: str) -> str:
        self.sent.append(name)
        return self._filled(self.steps[name][1])

    def method(self, name: str) -> str:
        return self.steps[name][0]

    def body(self, name: str) -> Any:
        said = self._filled(self.steps[name][2])
        return json.loads(said) if said else None

    def _filled(self, text: str) -> str:
        """A name that nobody knows yet stays, and is refused by whoever reads it."""
        return re.sub(r"\{([a-z_]+)\}", lambda found: self.known.get(found[1], found[0]), text)
