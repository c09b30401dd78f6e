"""Tariffs: uploaded as files, versions of an account's, and tried on a shipment that nobody wants."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from gateway.journeys import pricing
from gateway.rules import samples, tariffs
from gateway.rules.samples import Sample
from gateway.rules.tariff_file import Unreadable, read_tariff
from gateway.rules.tariffs import NoPrice
from gateway.store.transaction import Record
from gateway.web.endpoint import Answer, Call, Parameter
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.problems import FieldError, Problem
from gateway.web.told import Page
from gateway.web.told_tariffs import TariffSummary, TariffTold, TriedTold
from schemas.shipments import BookingRequest

FILES = ("application/yaml", "text/csv")
PLACE = r"[A-Z]{2}( [0-9A-Za-z][0-9A-Za-z -]{0,9})?"
ACCOUNT = Parameter("account_id", r"acc_[0-9a-z]{26}", "the carrier account that it was agreed for")
SAMPLE = (
    Parameter("service", r".{1,100}", "the carrier's code of the service"),
    Parameter("origin", PLACE, "where it starts: a country, and a postcode after it if you like: FR 75002"),
    Parameter("destination", PLACE, "where it goes, in the same form"),
    Parameter("kg", r"[0-9]{1,4}(\.[0-9]{1,3})?", "what each parcel weighs; 1 if you say nothing"),
    Parameter("parcels", r"[1-9]|[1-4][0-9]|50", "how many; 1 if you say nothing"),
    Parameter("value", r"[0-9]{1,9}(\.[0-9]{1,4})? [A-Z]{3}", "what is to be covered: 90.00 EUR"),
    Parameter("ship_on", r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", "the ship date; today if you say nothing"),
)


def summary(row: Record) -> TariffSummary:
    return TariffSummary(**{name: getattr(row, name) for name in TariffSummary.model_fields})


async def list_tariffs(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"tariffs:{call.caller.exporter_id}"
    rows = await call.tx.lists.tariffs(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[TariffSummary](data=tuple(summary(row) for row in page), next=more))


async def get_tariff(call: Call) -> Answer:
    return Answer(told(await call.tx.tariffs.get(call.id("trf"))))


def told(row: Record) -> TariffTold:
    return TariffTold(**dict(summary(row)), tariff=row.tariff)


async def create_tariff(call: Call) -> Answer:
    """Keep a file as the next version."""
    account_id = call.query.get("account_id")
    if not account_id:
        raise Problem("validation", errors=[FieldError("account_id", "required")])
    try:
        tariff_id = await pricing.agree(call.tx, account_id, call.raw)
    except Unreadable as error:
        raise unreadable(error) from error
    return Answer(told(await call.tx.tariffs.get(tariff_id)))


async def try_tariff(call: Call) -> Answer:
    """What a shipment would come to by a file; nothing is written."""
    return Answer(tried(call.raw, sample_of({"ship_on": call.gw.clock().date().isoformat(), **call.query})))


def tried(content: bytes, request: BookingRequest) -> TriedTold:
    """Raises Problem where the file is no tariff."""
    try:
        priced = tariffs.price(read_tariff(content), request)
    except Unreadable as error:
        raise unreadable(error) from error
    except NoPrice as error:
        return TriedTold(quote=None, because=str(error), lacking=())
    return TriedTold(quote=priced.quote, because=None, lacking=priced.lacking)


def unreadable(error: Unreadable) -> Problem:
    """Each thing that is wrong, with its row and column."""
    problems = [FieldError(f"/{one.field.replace('.', '/')}", "file_line", str(one)[:200]) for one in error.problems]
    return Problem("validation", errors=problems)


def sample_of(said: Mapping[str, str]) -> BookingRequest:
    """Raises Problem where something is missing or makes no sense."""
    missing = [FieldError(name, "required") for name in ("service", "origin", "destination") if not said.get(name)]
    if missing:
        raise Problem("validation", errors=missing)
    try:
        value = said.get("value")
        return samples.request_of(
            Sample(
                said["service"],
                said["origin"],
                said["destination"],
                Decimal(said.get("kg") or "1"),
                date.fromisoformat(said["ship_on"]),
                int(said.get("parcels") or 1),
                samples.money_of(value) if value else None,
            )
        )
    except (ValueError, ArithmeticError) as error:
        raise Problem("validation", errors=[FieldError("", "format")]) from error
