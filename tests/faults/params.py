"""Marks that say over what a fault runs. Without one: both stores, both carriers."""

import pytest

by_rest = pytest.mark.parametrize("carrier_kind", ["rest"], indirect=True)
"""The fault is not the carrier's: one carrier will do."""
by_soap = pytest.mark.parametrize("carrier_kind", ["soap"], indirect=True)
on_postgresql = pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("profile", ["sqlite"], indirect=True)
