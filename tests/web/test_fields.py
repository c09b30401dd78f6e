"""Fields that must be refused, each by its place: bad-inputs.md B33 to B55, and queries by B62 and B63."""

import copy
import json
import time
from typing import Any

import pytest

from tests.web.doors import ITEM, RETURNER, House, a_return

CASES: dict[str, tuple[str, Any, str]] = {
    # what: (pointer to change, value, code)
    "B34 UK": ("/returner/address/country", "UK", "country"),
    "B34 USA": ("/returner/address/country", "USA", "country"),
    "B34 cn": ("/returner/address/country", "cn", "country"),
    "B34 ZZ": ("/returner/address/country", "ZZ", "country"),
    "B35 a postal code of elsewhere": ("/returner/address/postal_code", "SW1A 1AA", "postal_code"),
    "B36 no weight": ("/items/0/unit_weight/grams", 0, "range"),
    "B36 less than none": ("/items/0/unit_weight/grams", -1, "range"),
    "B36 a thousand tons": ("/items/0/unit_weight/grams", 10**9, "range"),
    "B36 5kg": ("/items/0/unit_weight/grams", "5kg", "type"),
    "B36 NaN as text": ("/items/0/unit_weight/grams", "NaN", "type"),
    "B38 money as a number": ("/items/0/unit_price/amount", 19.9, "money"),
    "B38 a tenth of a cent": ("/items/0/unit_price", {"amount": "19.999", "currency": "USD"}, "decimals"),
    "B38 half a yen": ("/items/0/unit_price", {"amount": "100.5", "currency": "JPY"}, "decimals"),
    **{
        f"B39 money {text!r}": ("/items/0/unit_price/amount", text, "money")
        for text in ("1,000.00", "1_000", "１２", "1E+2", "+5", " 5", "", "1.", ".5", "01")
    },
    "B40 less than nothing": ("/items/0/unit_price/amount", "-1.00", "range"),
    "B41 true": ("/items/0/quantity", True, "type"),
    "B41 text": ("/items/0/quantity", "1", "type"),
    "B41 1.0": ("/items/0/quantity", 1.0, "type"),
    "B42 usd": ("/items/0/unit_price/currency", "usd", "currency"),
    "B42 RMB": ("/items/0/unit_price/currency", "RMB", "currency"),
    "B42 XXX": ("/items/0/unit_price/currency", "XXX", "currency"),
    "B43 2 to the 63": ("/items/0/quantity", 2**63, "range"),
    "B44 NUL": ("/order_number", "a\x00b", "characters"),
    "B44 NUL in a note": ("/note", "a\x00b", "characters"),
    "B44 NUL in an e-mail": ("/returner/email", "a\x00@example.org", "format"),
    "B45 line feed": ("/order_number", "a\nb", "characters"),
    "B45 carriage return": ("/returner/name", "a\rb", "characters"),
    "B45 escape": ("/returner/name", "\x1b[31m", "characters"),
    "B45 tab": ("/external_id", "a\tb", "characters"),
    "B46 right to left": ("/returner/name", "evil\u202egnp", "characters"),
    "B46 an isolate": ("/returner/name", "a\u2066b", "characters"),
    "B47 10,001 characters": ("/returner/name", "x" * 10_001, "too_long"),
    "B47 300 combining marks": ("/returner/name", "a" + "\u0301" * 300, "too_long"),
    "B49 no zone": ("/requested_at", "2026-03-01T10:00:00", "instant"),
    "B49 no such day": ("/requested_at", "2026-02-30T00:00:00Z", "instant"),
    "B49 year 1": ("/requested_at", "0001-01-01T00:00:00+14:00", "instant"),
    "B49 year 9999": ("/requested_at", "9999-12-31T23:59:59-14:00", "instant"),
    "B49 seconds since 1970": ("/requested_at", 1_772_443_800, "instant"),
    "B49 a day that is none": ("/ordered_on", "2026-02-30", "format"),
    "B51 no host": ("/returner/email", "a@", "format"),
    "B51 a space": ("/returner/email", "a b@c.d", "format"),
    "B51 5,000 characters": ("/returner/email", "a" * 5000 + "@example.org", "too_long"),
    "B51 a plus": ("/returner/phone", "+", "format"),
    "B51 letters": ("/returner/phone", "call me", "format"),
    "B52 HS code of two": ("/items/0/hs_code", "12", "format"),
    "B52 HS code of letters": ("/items/0/hs_code", "ABCDEF", "format"),
    "B53 nothing": ("/items", [], "too_short"),
    "B53 1,001 lines": ("/items", [ITEM | {"line_id": str(n)} for n in range(1001)], "too_long"),
    "B54 no such field": ("/colour", "red", "unknown_field"),
    "B54 wrong case": ("/items/0/Quantity", 1, "unknown_field"),
    "B55 another tenant": ("/tenant_id", "exp_1", "unknown_field"),
    "B55 a status": ("/status", "accepted", "unknown_field"),
    "B55 a cost": ("/items/0/cost", "1.00", "unknown_field"),
    "B55 a role": ("/role", "admin", "unknown_field"),
    "an enum's stranger": ("/kind", "gift", "choice"),
}


def changed(pointer: str, value: Any) -> dict[str, Any]:
    body = copy.deepcopy(a_return())
    *path, last = pointer.strip("/").split("/")
    place: Any = body
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[last] = value
    return body


@pytest.mark.parametrize(("pointer", "value", "code"), CASES.values(), ids=CASES)
async def test_a_bad_field_is_named_with_its_code(house: House, pointer: str, value: Any, code: str) -> None:
    started = time.perf_counter()
    said = await house.mine.post("/v1/returns", changed(pointer, value), 422)
    assert time.perf_counter() - started < 1
    assert said["type"].endswith("/problems/validation")
    assert [(error["pointer"], error["code"]) for error in said["errors"]] == [(pointer, code)]
    if isinstance(value, str) and len(value) > 100:
        assert value[:101] not in json.dumps(said)
    assert (await house.mine.get("/v1/returns"))["data"] == []


async def test_the_body_that_the_cases_change_is_taken(house: House) -> None:
    await house.mine.post("/v1/returns", a_return(), 201)


async def test_b33_every_field_that_is_missing_is_named_at_once(house: House) -> None:
    said = await house.mine.post("/v1/returns", {"items": [{}], "returner": {"address": {}}}, 422)
    assert {error["pointer"] for error in said["errors"]} == {
        "/items/0/line_id",
        "/items/0/quantity",
        "/returner/name",
        "/returner/address/lines",
        "/returner/address/city",
        "/returner/address/country",
    }
    assert {error["code"] for error in said["errors"]} == {"required"}


async def test_b34_and_b42_say_which_code_was_meant(house: House) -> None:
    uk = await house.mine.post("/v1/returns", changed("/returner/address/country", "UK"), 422)
    assert "GB" in uk["errors"][0]["detail"]
    rmb = await house.mine.post(
        "/v1/returns",
        changed("/items/0/unit_price/currency", "RMB"),
        422,
        headers={"Accept-Language": "zh-CN,zh;q=0.9"},
    )
    assert "CNY" in rmb["errors"][0]["detail"]
    assert rmb["errors"][0]["detail"].startswith("需要")


async def test_b53_the_same_line_twice(house: House) -> None:
    said = await house.mine.post("/v1/returns", a_return(items=[ITEM, ITEM]), 422)
    assert [(error["pointer"], error["code"]) for error in said["errors"]] == [("/items/1/line_id", "duplicate")]


async def test_a_hundred_errors_are_enough(house: House) -> None:
    said = await house.mine.post("/v1/returns", a_return(items=[{}] * 1000), 422)
    assert len(said["errors"]) == 100


async def test_a_name_in_any_script_is_kept_as_it_is(house: House) -> None:
    made = await house.mine.post("/v1/returns", a_return(returner=RETURNER | {"name": "王小明 🧥"}), 201)
    assert made["authorization"]["returner"]["name"] == "王小明 🧥"


BAD_QUERIES = {
    "B62 none": "limit=0",
    "B62 less": "limit=-1",
    "B62 more than there may be": "limit=1001",
    "B62 one more than there may be": "limit=201",
    "B62 letters": "limit=abc",
    "B62 full-width": "limit=%EF%BC%91",
    "B62 twice": "limit=1&limit=2",
    "B62 a cursor of nobody's": "cursor=abc",
    "B62 unknown sort": "sort=name",
    "B62 unknown filter": "tenant_id=exp_1",
    "B62 no such status": "status=lost",
    "NUL": "q=%00",
}


@pytest.mark.parametrize("query", BAD_QUERIES.values(), ids=BAD_QUERIES)
async def test_a_bad_parameter_is_refused(house: House, query: str) -> None:
    answer = await house.client.session.get(
        str(house.client.make_url("/v1/returns")) + "?" + query, headers={"Authorization": f"Bearer {house.mine.key}"}
    )
    said = await answer.json(content_type=None)
    assert answer.status == 400, said
    assert said["type"].endswith("/problems/invalid-parameter")


async def test_pages_hold_everything_once_and_a_cursor_fits_one_list_of_one_exporter(house: House) -> None:
    made = {(await house.mine.post("/v1/returns", a_return(), 201))["id"] for _ in range(5)}
    first = await house.mine.get("/v1/returns?limit=2")
    second = await house.mine.get(f"/v1/returns?limit=2&cursor={first['next']}")
    third = await house.mine.get(f"/v1/returns?limit=2&cursor={second['next']}")
    assert third["next"] is None
    seen = [row["id"] for page in (first, second, third) for row in page["data"]]
    assert sorted(seen) == sorted(made)
    tampered = ("A" if first["next"][-10] != "A" else "B").join((first["next"][:-10], first["next"][-9:]))
    await house.mine.get(f"/v1/returns?limit=2&cursor={tampered}", 400)
    await house.mine.get(f"/v1/returns?limit=2&status=approved&cursor={first['next']}", 400)
    await house.mine.get(f"/v1/deadlines?cursor={first['next']}", 400)
    await house.theirs.get(f"/v1/returns?limit=2&cursor={first['next']}", 400)


@pytest.mark.parametrize("text", ["' OR 1=1--", "%", "_", "*", "%%%", "x" * 2048, "\\", '"'])
async def test_b63_a_search_is_plain_text(house: House, text: str) -> None:
    await house.mine.post("/v1/returns", a_return(), 201)
    found = await house.mine.get("/v1/returns", params={"q": text})
    assert found["data"] == []


@pytest.mark.parametrize("number", ["ORDER-9", "order 9", "＃ORDER９", "camille@example.org", "3456789"])
async def test_any_number_finds_the_return(house: House, number: str) -> None:
    made = await house.mine.post("/v1/returns", a_return(), 201)
    found = await house.mine.get("/v1/returns", params={"q": number})
    assert [row["id"] for row in found["data"]] == [made["id"]]
