"""Three column types that mean the same on both databases: instants, canonical models, plain JSON."""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import BigInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
AnyModel = TypeVar("AnyModel", bound=BaseModel)


class Instant(TypeDecorator[datetime]):
    """Whole microseconds since 1970 UTC. Both databases compare and index it alike; naive datetimes are refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Canonical(TypeDecorator[AnyModel], Generic[AnyModel]):
    """A frozen model as its own JSON text: exact decimals, read back strictly."""

    impl = Text
    cache_ok = True

    def __init__(self, model: type[AnyModel]) -> None:
        super().__init__()
        self.model = model

    def process_bind_param(self, value: AnyModel | None, dialect: Dialect) -> str | None:
        return None if value is None else value.model_dump_json()

    def process_result_value(self, value: str | None, dialect: Dialect) -> AnyModel | None:
        return None if value is None else _read(self.model, value)


@lru_cache(maxsize=512)
def _read(model: type[AnyModel], text: str) -> AnyModel:
    """What is frozen can be shared: a channel is read with every booking, a return three times within a minute."""
    return model.model_validate_json(text)


class PlainJson(TypeDecorator[Any]):
    """JSON as text, keys sorted, so that equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value in ((), []):  # by far the most
            return "[]"
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
