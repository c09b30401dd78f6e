"""What Alembic runs: over the connection that `migrate` opened. The engine's own tables are not ours to compare."""

from typing import Any

from alembic import context

from gateway.store.tables import metadata


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_name=include_name,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=connection.dialect.name != "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
