"""The field map of every carrier against what its adapter really writes, and the refusal where a needed field is empty."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from adapters import registry
from adapters.carriers.chronopost import mapping_booking as chronopost
from adapters.carriers.chronopost.mapping import Credentials as ChronopostCredentials
from adapters.carriers.correios_br import mapping_booking as correios
from adapters.carriers.correios_br.mapping import Credentials as CorreiosCredentials
from adapters.carriers.dhl_express import mapping_booking as dhl
from adapters.carriers.sandbox_rest import mapping_requests as sandbox_rest
from adapters.carriers.sandbox_soap import mapping_requests as sandbox_soap
from gateway.rules.customs_fields import lacks
from schemas.customs import CustomsDeclaration, CustomsItem
from schemas.customs_fields import Carries, CustomsFact
from schemas.errors import Unsupported
from schemas.shipments import BookingRequest, Parcel
from schemas.values import Address, ClientRef, Money, Party, Reference, ReferenceKind, Weight

TO_CHRONOPOST = ChronopostCredentials(account_number="10203040", password=SecretStr("918273"))
TO_CORREIOS = CorreiosCredentials(
    user="casa", password=SecretStr("senha"), administrative_code="90010020", posting_card="0090030040"
)
EUR = Money.of(Decimal("79.90"), "EUR")


def person(country: str) -> Party:
    address = Address(lines=("Main Street 1",), city="Town", postal_code="75002", country=country)
    return Party(name="Kim Doe", phone="+33123456789", tax_id="TAX-1", address=address)


FULL = BookingRequest(
    client_ref=ClientRef("HW-1"),
    service="P",
    shipper=person("FR"),
    consignee=person("CN"),
    parcels=(Parcel(weight=Weight(grams=900)),),
    customs=CustomsDeclaration(
        items=(
            CustomsItem(
                description="Jacket",
                quantity=1,
                unit_value=EUR,
                unit_weight=Weight(grams=900),
                hs_code="620140",
                origin="CN",
            ),
        ),
        customs_value=EUR,
        invoice_number="INV-1",
        outbound_waybill="OUT-1",
        export_mrn="26FR00000000000001",
    ),
    insured_value=EUR,
    ship_on=date(2026, 3, 2),
    references=(Reference(kind=ReferenceKind.RMA, value="RMA-1"),),
)
assert FULL.customs is not None
BARE_ITEM = FULL.customs.items[0].model_copy(update={"hs_code": None})
WRITES: Mapping[str, Callable[[BookingRequest], dict[str, Any]]] = {
    "dhl_express": lambda asked: dhl.build_booking(asked, "123456789"),
    "sandbox_rest": sandbox_rest.build_booking,
    "sandbox_soap": sandbox_soap.build_order,
}


def declared(**changed: Any) -> BookingRequest:
    assert FULL.customs is not None
    return FULL.model_copy(update={"customs": FULL.customs.model_copy(update=changed)})


def someone(side: str, **changed: Any) -> BookingRequest:
    return FULL.model_copy(update={side: getattr(FULL, side).model_copy(update=changed)})


WITHOUT: Mapping[CustomsFact, BookingRequest] = {
    CustomsFact.HS_CODE: declared(items=(BARE_ITEM,)),
    CustomsFact.INVOICE_NUMBER: declared(invoice_number=None),
    CustomsFact.OUTBOUND_WAYBILL: declared(outbound_waybill=None),
    CustomsFact.EXPORT_MRN: declared(export_mrn=None),
    CustomsFact.RMA: FULL.model_copy(update={"references": ()}),
    CustomsFact.INSURED_VALUE: FULL.model_copy(update={"insured_value": None}),
    CustomsFact.RETURNER_PHONE: someone("shipper", phone=None),
    CustomsFact.CONSIGNEE_PHONE: someone("consignee", phone=None),
    CustomsFact.RETURNER_TAX_ID: someone("shipper", tax_id=None),
    CustomsFact.CONSIGNEE_TAX_ID: someone("consignee", tax_id=None),
}
ROWS = [(name, row) for name in WRITES for row in registry.carrier(name).profile.customs_fields]
CARRIED = [(name, row) for name, row in ROWS if row.carries is not Carries.NOT_CARRIED]


def at(body: Any, path: str) -> str:
    """What stands at a place of the request, lists opened."""
    for step in path.split("."):
        body = [one for part in (body if isinstance(body, list) else [body]) for one in _inside(part, step)]
    return json.dumps(body, default=str)


def _inside(part: Any, step: str) -> list[Any]:
    found = part.get(step) if isinstance(part, dict) else None
    return found if isinstance(found, list) else [found] if found not in (None, "") else []


def test_every_carrier_has_a_map() -> None:
    assert all(adapter.profile.customs_fields for adapter in registry.carriers().values())


@pytest.mark.parametrize(("name", "row"), CARRIED, ids=lambda one: getattr(one, "fact", one))
def test_the_map_says_where_the_adapter_writes_it(name: str, row: Any) -> None:
    """The place is filled; without the fact it says something else, unless the adapter itself refuses to send."""
    assert at(WRITES[name](FULL), row.where) != "[]"
    if row.fact in WITHOUT and row.carries is Carries.IF_KNOWN:
        assert at(WRITES[name](WITHOUT[row.fact]), row.where) != at(WRITES[name](FULL), row.where)


@pytest.mark.parametrize("name", WRITES)
def test_what_is_needed_and_empty_is_named_with_its_rule(name: str) -> None:
    table = registry.carrier(name).profile.customs_fields
    assert lacks(name, table, FULL) == ()
    for fact, asked in WITHOUT.items():
        needed = [row for row in table if row.fact is fact and row.carries is Carries.NEEDED]
        found = lacks(name, table, asked)
        assert [(one.rule, one.where) for one in found] == [(f"{name}.{row.fact}", row.where) for row in needed]


def test_a_phone_is_asked_for_inside_a_country_too() -> None:
    home = FULL.model_copy(update={"customs": None, "consignee": person("FR").model_copy(update={"phone": None})})
    found = lacks("dhl_express", registry.carrier("dhl_express").profile.customs_fields, home)
    assert [one.rule for one in found] == ["dhl_express.consignee_phone"]


@pytest.mark.parametrize(
    ("name", "build", "inside"),
    [
        ("chronopost", lambda asked: chronopost.build_booking(asked, TO_CHRONOPOST), ("FR", "DE")),
        ("correios_br", lambda asked: correios.build_booking(asked, TO_CORREIOS), ("BR", "BR")),
    ],
)
def test_goods_that_must_be_declared_go_with_no_carrier_that_declares_nothing(
    name: str, build: Callable[[BookingRequest], object], inside: tuple[str, str]
) -> None:
    table = registry.carrier(name).profile.customs_fields
    assert [one.rule for one in lacks(name, table, FULL)] == [f"{name}.declaration"]
    with pytest.raises(Unsupported):
        build(FULL)
    shipper, consignee = (person(country) for country in inside)
    at_home = FULL.model_copy(update={"shipper": shipper, "consignee": consignee})
    assert lacks(name, table, at_home) == ()
