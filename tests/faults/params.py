"""Marks that say over what a fault runs. Without one: both stores, both carriers."""

from datetime import datetime
from typing import Any

import pytest

by_rest = pytest.mark.parametrize("carrier_kind", ["rest"], indirect=True)
"""The fault is not the carrier's: one carrier will do."""
by_soap = pytest.mark.parametrize("carrier_kind", ["soap"], indirect=True)
on_postgresql = pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("profile", ["sqlite"], indirect=True)


def states(attempts: list[Any], kind: str = "booking") -> list[str]:
    return [row.state for row in attempts if row.kind == kind]


def house_time(entry: Any) -> Any:
    return datetime.fromisoformat(entry["at"])
