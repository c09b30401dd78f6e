"""Each dependency is used behind one door, and is not older than its last known hole."""

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version

import pytest
from packaging.version import Version

from tests.house.sources import OURS, File, files

DOORS: Mapping[str, tuple[str, ...]] = {
    "PIL": ("gateway/papers/",),
    "aiohttp": (
        "gateway/web/",
        "gateway/sandbox/",
        "gateway/demo/",
        "gateway/commands.py",
        "adapters/toolkit/transport.py",
    ),
    "aiosmtplib": ("gateway/letters/relay.py",),
    "alembic": ("gateway/store/migrations/",),
    "asyncpg": ("gateway/jobs.py", "gateway/store/database.py", "gateway/store/postgres.py"),
    "cryptography": ("gateway/store/secrets.py",),
    "holidays": ("gateway/rules/calendars.py",),
    "jinja2": ("gateway/web/",),
    "lxml": ("adapters/toolkit/xml.py",),
    "openpyxl": ("adapters/toolkit/workbook.py",),
    "pgqueuer": ("gateway/jobs.py",),
    "polars": ("gateway/bulk/", "adapters/toolkit/parquet.py"),
    "prometheus_client": ("gateway/core.py", "gateway/spending.py", "gateway/web/status.py"),
    "pydantic": (
        "adapters/profiles.py",
        "gateway/core.py",  # credentials are models of the adapters' own
        "schemas/",
        "adapters/",
        "gateway/web/",
        "gateway/sandbox/",
        "gateway/store/types.py",
        "gateway/reading.py",
        "gateway/cli_bearers.py",  # what is wrong with a file of rules
        "gateway/cli_settings.py",  # what is wrong with a setting
        "gateway/rules/tariff_file.py",
        "gateway/config.py",
    ),
    "pydantic_core": ("gateway/web/", "gateway/journeys/billed.py"),
    "pydantic_settings": ("gateway/config.py",),
    "pypdf": ("adapters/invoices/cii/reader_pdf.py",),
    "redis": ("gateway/pacer.py", "gateway/live.py", "gateway/web/allowance.py"),
    "reportlab": ("gateway/papers/",),
    "rich": ("gateway/__main__.py", "gateway/cli_invoice.py"),
    "standardwebhooks": ("gateway/journeys/notices.py",),
    "structlog": ("gateway/",),
    "tenacity": ("gateway/jobs.py", "gateway/core.py"),
    "throttled": ("gateway/pacer.py", "gateway/web/allowance.py"),
    "typer": ("gateway/__main__.py", "gateway/cli_"),
    "uvloop": ("gateway/running.py",),
    "yaml": ("adapters/invoices/mapped/", "gateway/rules/tariff_file.py", "gateway/cli_bearers.py"),
    "zeep": ("adapters/toolkit/soap.py",),
}
SQL_OUTSIDE_THE_STORE: Mapping[str, set[str]] = {
    "gateway/backup.py": {"Table", "func", "insert", "literal", "select", "tuple_"},  # copies tables, whatever they are
}


def foreign(file: File) -> Iterator[tuple[str, str]]:
    """The package and what of it, for every import that is neither ours nor Python's."""
    for name in file.imports:
        package, _, rest = name.partition(".")
        if package in DOORS or package == "sqlalchemy":
            yield package, rest


def test_each_dependency_is_used_only_behind_its_door() -> None:
    wrong = []
    for file in files():
        for package, _ in foreign(file):
            if package != "sqlalchemy" and not file.path.startswith(DOORS[package]):
                wrong.append(f"{file.path} imports {package}")
    assert wrong == []


def test_no_dependency_is_without_a_door() -> None:
    roots = {name.partition(".")[0] for file in files() for name in file.imports}
    assert roots - set(OURS) - set(sys.stdlib_module_names) - {"sqlalchemy"} <= set(DOORS)


def test_sql_is_written_in_the_store_but_for_what_is_named_here() -> None:
    found: dict[str, set[str]] = {}
    for file in files():
        if not file.path.startswith("gateway/store/"):
            for package, rest in foreign(file):
                if package == "sqlalchemy":
                    found.setdefault(file.path, set()).add(rest)
    assert found == SQL_OUTSIDE_THE_STORE


FLOORS: Mapping[str, str] = {
    "aiohttp": "3.14.3",  # CVE-2026-69244: heap over-read in the response parser
    "zeep": "4.3.3",  # CVE-2026-58501: forbid_external did nothing
    "lxml": "6.1.0",  # CVE-2026-41066: iterparse read local files
    "redis": "4.5.4",  # CVE-2023-28858, 28859: another request's reply after a cancellation
    "pydantic": "2.4.0",  # CVE-2024-3772
    "requests": "2.32.4",  # comes with zeep: .netrc leak
    "jinja2": "3.1.6",  # sandbox escapes
}


@pytest.mark.parametrize("package", FLOORS)
def test_what_is_installed_is_not_below_its_floor(package: str) -> None:
    assert Version(version(package)) >= Version(FLOORS[package])
