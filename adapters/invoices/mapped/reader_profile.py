"""Profiles: what they may say, how they are read, and what is told to somebody whose profile is wrong."""

import codecs
import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from adapters.invoices.mapped import codes
from adapters.toolkit.sheets import parsed_date
from schemas.charges import ChargeType
from schemas.errors import RefusalCode, Refused
from schemas.values import Currency, ShortText, tidy

LARGEST = 65536
PLACE = re.compile(r"R(?P<row>[1-9][0-9]{0,2})C(?P<column>[1-9][0-9]{0,3})")
COLUMN = re.compile(r"C(?P<column>[1-9][0-9]{0,3})")


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def _known_encoding(value: str) -> str:
    try:
        codecs.lookup(value)
    except LookupError:
        raise ValueError(f"no encoding is called {value!r}") from None
    return value


def _date_form(value: str) -> str:
    tokens = re.findall("[YMD]+", value)
    if strange := [token for token in tokens if token not in codes.DATE_TOKENS]:
        raise ValueError(f"{strange[0]} is none of {', '.join(codes.DATE_TOKENS)}")
    if sorted(token[0] for token in tokens) != ["D", "M", "Y"]:
        raise ValueError("a date form has a day, a month and a year, like DD/MM/YYYY")
    return value


Names = Annotated[tuple[ShortText, ...], BeforeValidator(_several)]
"""One name, or several of which the first that is there is taken."""
DateForms = Annotated[tuple[Annotated[str, AfterValidator(_date_form)], ...], BeforeValidator(_several)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Columns(Part):
    """Header names, by what stands under them."""

    invoice: Names = ()
    account: Names = ()
    issued_on: Names = ()
    due_on: Names = ()
    currency: Names = ()
    total: Names = ()
    """The invoice's total, repeated on every row."""
    waybill: Names = ()
    original_waybill: Names = ()
    references: Names = ()
    """All of them are read, not the first only."""
    shipped_on: Names = ()
    service: Names = ()
    weight: Names = ()
    weight_unit: Names = ()
    code: Names = ()
    description: Names = ()
    amount: Names = ()


class Above(Part):
    """What stands above the table: a label (its value is beneath, else to its right), or a place such as R1C2."""

    invoice: Names = ()
    account: Names = ()
    issued_on: Names = ()
    due_on: Names = ()
    currency: Names = ()
    total: Names = ()


class Profile(Part):
    """One layout. Only `carrier`, a currency, and where the money stands must be said."""

    carrier: ShortText
    name: str = ""
    source: str = ""
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    delimiter: Literal[",", ";", "\t", "|", "tab"] | None = None
    decimal: Literal[".", ","] | None = None
    dates: DateForms = ()
    """Beside YYYY-MM-DD and YYYYMMDD, which are always read."""
    sheet: ShortText | None = None
    header: Annotated[str, Field(pattern="^(auto|none|[1-9][0-9]?)$")] = "auto"
    """The header's row, from 1. `none`: there is none, and columns are called C1, C2, …"""
    currency: Currency | None = None
    sign: Literal["plus", "minus"] = "plus"
    """`minus`: what is charged is written as a negative amount."""
    weight_unit: Literal["kg", "g", "lb", "oz"] = "kg"
    columns: Columns = Columns()
    above: Above = Above()
    charges: dict[ShortText, ChargeType] = {}
    """Wide: a column for each kind of charge."""
    codes: dict[ShortText, ChargeType] = {}
    """Long: codes or descriptions of the amount column's rows."""
    otherwise: ChargeType = ChargeType.UNKNOWN
    """The type of an amount whose code stands in no table."""
    row_total: ShortText | None = None
    """What each row's charges come to."""
    rest: ChargeType | None = None
    """The type of what a row's total has beyond its charges."""
    rest_unless: ShortText | None = None
    """A column that, where it says something, makes the rest `UNKNOWN`."""
    skip: dict[ShortText, Annotated[tuple[str, ...], BeforeValidator(_several)]] = {}
    """Rows that are none: column and what stands in it, such as "Total"."""
    optional: Names = ()
    """Columns that a file may lack."""

    @model_validator(mode="after")
    def says_where_the_money_stands(self) -> Self:
        if self.currency is None and not self.columns.currency and not self.above.currency:
            raise ValueError("say the currency: `currency: EUR`, or a column under `columns`")
        if not self.charges and not self.columns.amount and self.rest is None:
            raise ValueError("say where amounts stand: `columns: amount`, or `charges` with a column for each kind")
        if self.rest is not None and self.row_total is None:
            raise ValueError("`rest` is what `row_total` has beyond the charges: name that column too")
        if self.header == "none" and (strange := [name for name in self.needed if not COLUMN.fullmatch(name)]):
            raise ValueError(f"without a header a column is called C1, C2, …, not {strange[0]!r}")
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column that a file must have; of alternatives the first stands for all."""
        singles = (getattr(self.columns, name) for name in Columns.model_fields if name != "references")
        firsts = [names[0] for names in singles if names]
        named = [*firsts, *self.columns.references, *self.charges, *self.skip]
        named += [name for name in (self.row_total, self.rest_unless) if name]
        return tuple(dict.fromkeys(name for name in named if name not in self.optional))

    def alternatives(self, name: str) -> tuple[str, ...]:
        """The names under which a needed column may stand."""
        singles = (getattr(self.columns, field) for field in Columns.model_fields if field != "references")
        return next((names for names in singles if names[:1] == (name,)), (name,))

    def day(self, text: str) -> date | None:
        for form in self.dates:
            pieces = re.split("([YMD]+)", form)
            pattern = "".join(codes.DATE_TOKENS.get(piece) or re.escape(piece) for piece in pieces)
            if found := re.fullmatch(pattern, text):
                month, year = found["m"], found["y"]
                named = f"{found['d']} {month} {year}" if month.isalpha() else f"{found['d']}.{month}.{year}"
                return parsed_date(named, day_first=True)
        return parsed_date(text) if re.match("[0-9]{4}", text) else None


PARTS: Mapping[str, type[Part]] = {"columns": Columns, "above": Above}


def read_profile(content: bytes) -> Profile:
    """Raises Refused, and says in a line each what is wrong where."""
    if len(content) > LARGEST:
        raise _wrong("a profile is a text of at most 64 KiB")
    try:
        tree = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        said = _plain(tree, set()) if tree is not None else {}
    except UnicodeDecodeError:
        raise _wrong("a profile is written in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise _wrong(f"{line}{error.problem or 'this is not YAML'}") from None
    except (yaml.YAMLError, RecursionError):
        raise _wrong("this is not YAML") from None
    if not isinstance(said, dict):
        raise _wrong("a profile is made of lines like `carrier: somebody`")
    try:
        return Profile.model_validate(said)
    except ValidationError as error:
        raise _wrong("; ".join(_explained(error))) from None


def _plain(node: yaml.Node, seen: set[int]) -> Any:
    """Everything is text: a column may be called `No` or `2026`. A key twice is a mistake, and so is an alias."""
    if id(node) in seen:
        raise _wrong(f"line {node.start_mark.line + 1}: profiles have no anchors")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, seen) for item in node.value]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Any] = {}
    for key, value in node.value:
        if key.value in found or not isinstance(key, yaml.ScalarNode):
            raise _wrong(f"line {key.start_mark.line + 1}: {key.value!r} stands there twice")
        found[key.value] = _plain(value, seen)
    return found


def _explained(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in one["loc"] if not str(part).startswith("function-"))
        owner: type[Part] = PARTS.get(place.split(".")[0], Profile)
        if one["type"] == "extra_forbidden":
            yield f"{place}: there is nothing of that name{_near(place.split('.')[-1], list(owner.model_fields))}"
        elif one["type"] == "enum":
            yield f"{place}: no charge type is called {one['input']!r}{_near(str(one['input']), list(ChargeType))}"
        elif one["type"] == "missing":
            yield f"{place}: is missing"
        else:
            said = one["msg"].removeprefix("Value error, ")
            yield f"{place}: {said}" if place else said


def _near(name: str, there: list[str]) -> str:
    near = difflib.get_close_matches(name, there, 1, 0.5) or difflib.get_close_matches(name.upper(), there, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(there)}"


def _wrong(why: str) -> Refused:
    return Refused(f"the profile: {tidy(why, 2000)}", code=RefusalCode.DATA_INVALID)


@cache
def shipped() -> dict[str, Profile]:
    """The profiles in this folder, by name."""
    folder = files("adapters.invoices.mapped") / "profiles"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return {one.name.removesuffix(".yaml"): read_profile(one.read_bytes()) for one in found}
