"""Finds adapters by the folder they stand in, and by entry point. An adapter that fails to import stops the start, loudly."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import TypeVar

import adapters.carriers
import adapters.invoices
import adapters.platforms
from adapters.seam import Carrier, InvoiceReader, Platform
from schemas.dispute_windows import DisputeWindow
from schemas.errors import NotFound

Adapter = TypeVar("Adapter", Carrier, Platform, InvoiceReader)


def _find(package: ModuleType, group: str, base: type[Adapter]) -> MappingProxyType[str, type[Adapter]]:
    found: dict[str, type[Adapter]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        found[module.name] = importlib.import_module(f"{package.__name__}.{module.name}").ADAPTER
    for point in entry_points(group=group):
        if point.name in found:
            raise ImportError(f"two adapters call themselves {point.name!r} in {group}")
        found[point.name] = point.load()
    for name, adapter in found.items():
        if not (isinstance(adapter, type) and issubclass(adapter, base)):
            raise ImportError(f"{name}: ADAPTER is not a {base.__name__}")
        if adapter.profile.id != name:
            raise ImportError(f"{name}: the profile calls itself {adapter.profile.id!r}")
    return MappingProxyType(dict(sorted(found.items())))


@cache
def carriers() -> MappingProxyType[str, type[Carrier]]:
    """Every carrier by id."""
    return _find(adapters.carriers, "gateway.carriers", Carrier)  # type: ignore[type-abstract]


@cache
def platforms() -> MappingProxyType[str, type[Platform]]:
    """Every platform by id."""
    return _find(adapters.platforms, "gateway.platforms", Platform)  # type: ignore[type-abstract]


@cache
def invoice_readers() -> MappingProxyType[str, type[InvoiceReader]]:
    """Every invoice format by id."""
    return _find(adapters.invoices, "gateway.invoices", InvoiceReader)  # type: ignore[type-abstract]


@cache
def dispute_windows(carrier: str) -> tuple[DisputeWindow, ...]:
    """How long this carrier, as its bills call it, hears disputes; from every format of its own."""
    profiles = [reader.profile for reader in invoice_readers().values()]
    return tuple(window for one in profiles if one.carrier == carrier for window in one.disputes)


def carrier(name: str) -> type[Carrier]:
    """Raises NotFound with the ids there are."""
    if name not in carriers():
        raise NotFound(f"no carrier {name!r}; there are: {', '.join(carriers())}")
    return carriers()[name]


def platform(name: str) -> type[Platform]:
    """Raises NotFound with the ids there are."""
    if name not in platforms():
        raise NotFound(f"no platform {name!r}; there are: {', '.join(platforms())}")
    return platforms()[name]


def invoice_reader(name: str) -> type[InvoiceReader]:
    """Raises NotFound with the ids there are."""
    if name not in invoice_readers():
        raise NotFound(f"no invoice format {name!r}; there are: {', '.join(invoice_readers())}")
    return invoice_readers()[name]
