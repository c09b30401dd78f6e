"""Our own source files, and what each of them imports."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("schemas", "adapters", "gateway")


@dataclass(frozen=True)
class File:
    path: str
    module: str
    source: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def imports(self) -> Iterator[str]:
        """Dotted names; `from package import name` gives `package.name`, because a name may be a module."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}: relative import"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def files() -> tuple[File, ...]:
    found = []
    for path in sorted(path for top in OURS for path in (ROOT / top).rglob("*.py")):
        relative = path.relative_to(ROOT)
        module = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        found.append(File(relative.as_posix(), module, path.read_text()))
    assert len(found) > 100
    return tuple(found)
