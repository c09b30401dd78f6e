"""The OpenAPI file says what the table says, and what is answered is what it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.web.openapi import document
from gateway.web.problem_texts import DETAILS, FIELDS, STATUS, TITLES
from gateway.web.routes import ROUTES
from tests.web.doors import House, a_return

DOCUMENT = document()


def schema_of(path: str, method: str, status: str) -> Draft202012Validator:
    answers = DOCUMENT["paths"][path][method]["responses"]
    (content,) = answers[status]["content"].values()
    return Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]})


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_it_names_every_route_and_no_other() -> None:
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == {(route.method, route.path) for route in ROUTES}
    assert len(ROUTES) == len(told)


def test_operations_are_named_once() -> None:
    names = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for reference in references(DOCUMENT):
        kind, _, name = reference.removeprefix("#/components/").partition("/")
        assert name in DOCUMENT["components"][kind]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_path_parameters_are_those_of_the_path() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for one in methods.values():
            told = {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"}
            assert told == set(re.findall(r"{(\w+)}", path))


def test_what_spends_requires_a_key() -> None:
    required = {route.path for route in ROUTES if route.key == "required"}
    booking = {
        "/v1/returns",
        "/v1/returns/{id}/messages",
        "/v1/returns/{id}/address",
        "/v1/applications/{id}/approve",
        "/v1/bookings",
        "/v1/pickups",
        "/v1/disputes/{id}/file",
        "/v1/claims/{id}/file",
        "/v1/claims/{id}/payment",
        "/v1/bookings/{id}/covers",
    }
    assert required == {*booking, "/v1/bookings/{id}/renew", "/v1/returns/{id}/customs/confirm", "/v1/charge-types"}


def test_problems_are_told_in_both_languages() -> None:
    assert set(STATUS) == set(TITLES) == set(DETAILS)
    for words in (*TITLES.values(), *DETAILS.values(), *FIELDS.values()):
        english, chinese = words
        assert english.isascii() or "…" in english
        assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_every_slug_and_code_is_listed() -> None:
    about = DOCUMENT["info"]["description"]
    for name in (*STATUS, *FIELDS):
        assert f"`{name}`" in about


async def test_it_is_served_without_a_key(house: House) -> None:
    answer = await house.client.get("/openapi.json")
    assert json.loads(await answer.text()) == DOCUMENT


async def test_answers_have_the_form_that_is_told(house: House) -> None:
    made = await house.mine.post("/v1/returns", a_return(external_id="X-1"), 201)
    schema_of("/v1/returns", "post", "201").validate(made)
    for path, real in (
        ("/v1/returns", "/v1/returns"),
        ("/v1/returns/{id}", "/v1/returns/ext:X-1"),
        ("/v1/returns/{id}/timeline", f"/v1/returns/{made['id']}/timeline"),
        ("/v1/bookings/{id}", f"/v1/bookings/{made['shipments'][0]['id']}"),
        ("/v1/carriers", "/v1/carriers"),
        ("/v1/platforms", "/v1/platforms"),
        ("/v1/channels", "/v1/channels"),
        ("/v1/accounts", "/v1/accounts"),
    ):
        schema_of(path, "get", "200").validate(await house.mine.get(real))


@pytest.mark.parametrize("path", ["/docs", "/console/sign-in"])
async def test_pages_ask_no_other_host(house: House, path: str) -> None:
    answer = await house.client.get(path)
    text = await answer.text()
    assert answer.status == 200
    assert not re.search(r"""(src|href)=["'](https?:)?//""", text)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', text):
        got = await house.client.get(asset)
        assert got.status == 200
        assert got.headers["X-Content-Type-Options"] == "nosniff"


async def test_status_pages(house: House) -> None:
    assert (await house.client.get("/healthz")).status == 200
    assert (await house.client.get("/readyz")).status == 200
    assert "homeward_messages" in await (await house.client.get("/metrics")).text()


@pytest.mark.parametrize("slug", STATUS)
async def test_every_problem_has_its_page(house: House, slug: str) -> None:
    for language, spoken in (("en", 0), ("zh-CN", 1)):
        answer = await house.client.get(f"/problems/{slug}", headers={"Accept-Language": language})
        assert answer.status == 200
        assert TITLES[slug][spoken] in await answer.text()
