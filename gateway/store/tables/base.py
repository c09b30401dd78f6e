"""Conventions of all tables: names of constraints, keys, the tenant, and the four columns of a row that is work."""

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Text, false, text

from gateway.store.types import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = String(40)


def key() -> Column[Any]:
    return Column("id", ID, primary_key=True)


def exporter() -> Column[Any]:
    return Column("exporter_id", ID, ForeignKey("exporters.id"), nullable=False)


def work() -> list[Column[Any]]:
    """The columns of a row that is work.

    `due_at`: when the row's job is next due, None when there is nothing to do. `turn` grows with each claim and fences the
    write. `tries` counts claims without success. `held` is set while a turn is taken: then `due_at` is the end of its
    lease. `parked` says why a person must look.
    """
    return [
        Column("due_at", Instant),
        Column("turn", Integer, nullable=False, default=0, server_default="0"),
        Column("tries", Integer, nullable=False, default=0, server_default="0"),
        Column("held", Boolean, nullable=False, default=False, server_default=false()),
        Column("parked", Text),
    ]


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that matter, on both databases."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where), sqlite_where=text(where))


def jobs(table: str) -> tuple[Index, Index]:
    """Over the rows that have a job, and over those that wait for a person: both are few, however many rows there are."""
    return (
        partial(f"ix_{table}_due", "due_at", where="due_at IS NOT NULL"),
        partial(f"ix_{table}_parked", "id", where="parked IS NOT NULL"),
    )
