"""Three column types that mean the same on both databases: instants, canonical models, plain JSON."""

import json
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

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
        return None if value is None else written(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> AnyModel | None:
        return None if value is None else read(self.model, value)


_texts: OrderedDict[tuple[type[BaseModel], str], BaseModel] = OrderedDict()
"""The models that were read or written last, by their text. What is frozen can be shared: a channel is read with every
booking, a return three times within a minute, and most of what is read this process wrote itself."""
_said: dict[int, str] = {}
"""What was written of these models, by their identity: a request goes with its shipment and again with its attempt."""
TEXTS = 1_000
LONG = 20_000
"""Characters of a text that is not worth its room."""


def written(model: BaseModel) -> str:
    """A frozen model's own JSON text. Whoever reads it here soon gets this model."""
    text = _said.get(id(model))
    if text is None:
        text = model.model_dump_json()
        if _remember((type(model), text), model):
            _said[id(model)] = text
    return text


def read(model: type[AnyModel], text: str) -> AnyModel:
    """The model whose text this is."""
    known = _texts.get((model, text))
    if known is None:
        known = model.model_validate_json(text)
        _remember((model, text), known)
    return cast(AnyModel, known)


def _remember(key: tuple[type[BaseModel], str], model: BaseModel) -> bool:
    """Whether it is this very model that stands for its text now."""
    if len(key[1]) < LONG:
        _texts.setdefault(key, model)
    if len(_texts) > TEXTS:
        _, gone = _texts.popitem(last=False)
        _said.pop(id(gone), None)
    return _texts.get(key) is model


PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class PlainJson(TypeDecorator[Any]):
    """JSON as text, keys sorted, so that equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value in ((), []):  # by far the most
            return "[]"
        return None if value is None else PLAIN.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
