"""Finds adapters by the folder they stand in, and by entry point. One that cannot be used stops the start, loudly."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

import adapters.carriers
import adapters.invoices
import adapters.platforms
from adapters.seam import Carrier, InvoiceReader, Platform
from schemas.dispute_windows import DisputeWindow
from schemas.errors import NotFound

Adapter = TypeVar("Adapter", Carrier, Platform, InvoiceReader)


class BadAdapter(Exception):
    """An adapter that cannot be used; says which, and why."""


def _find(package: ModuleType, group: str, base: type[Adapter]) -> MappingProxyType[str, type[Adapter]]:
    found: dict[str, type[Adapter]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        found[module.name] = importlib.import_module(f"{package.__name__}.{module.name}").ADAPTER
    for point in entry_points(group=group):
        if point.name in found:
            raise BadAdapter(f"two adapters call themselves {point.name!r} in {group}")
        found[point.name] = _load(point)
    for name, adapter in found.items():
        if not (isinstance(adapter, type) and issubclass(adapter, base)):
            raise BadAdapter(f"the adapter {name!r} in {group} is not a {base.__name__}")
        if adapter.profile.id != name:
            raise BadAdapter(f"the profile of the adapter {name!r} in {group} calls itself {adapter.profile.id!r}")
    return MappingProxyType(dict(sorted(found.items())))


def _load(point: EntryPoint) -> Any:
    """What an entry point names. Somebody else's code: whatever it raises is said with its name."""
    try:
        return point.load()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise BadAdapter(f"the adapter {point.name!r} in {point.group} cannot be loaded: {said}") from error


def load() -> None:
    """Every adapter there is, before anybody asks for one. Raises BadAdapter."""
    for find in (carriers, platforms, invoice_readers):
        find()


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
