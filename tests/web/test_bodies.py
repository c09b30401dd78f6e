"""Bodies that must not get in: bad-inputs.md B01 to B15, B20."""

import gzip
import tracemalloc
from collections.abc import AsyncIterator, Mapping

import pytest

from tests.web.doors import House, OpenHouse

JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 1000 + b"]" * 1000
VERY_DEEP = b"[" * 100_000 + b"]" * 100_000

MALFORMED = {
    "B01 empty": b"",
    "B02 trailing comma": b'{"a":1,}',
    "B02 single quotes": b"{'a':1}",
    "B02 something after": b'{"a":1} x',
    "B03 not UTF-8": b'{"a":"\xff\xfe"}',
    "B03 byte-order mark": b"\xef\xbb\xbf{}",
    "B04 NaN": b'{"a":NaN}',
    "B04 Infinity": b'{"a":-Infinity}',
    "B04 no double holds it": b'{"a":1e999}',
    "B05 the same key twice": b'{"a":1,"a":1}',
    "B05 the same key twice, inside": b'{"items":[{"a":1,"a":2}]}',
    "B06 1,000 deep": DEEP,
    "B06 100,000 deep": VERY_DEEP,
    "B06 101 deep": b'{"a":' * 101 + b"1" + b"}" * 101,
    "B07 an integer of 5,000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "an unpaired surrogate": b'{"external_id":"\\ud800","items":[]}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_a_body_that_is_no_json_is_malformed(house: House, body: bytes) -> None:
    said = await house.mine.post("/v1/returns", status=400, data=body, headers=JSON)
    assert said["type"].endswith("/problems/malformed-body")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7", b"true"])
async def test_b08_a_value_that_is_no_object_is_invalid_at_the_top(house: House, body: bytes) -> None:
    said = await house.mine.post("/v1/returns", status=422, data=body, headers=JSON)
    assert said["type"].endswith("/problems/validation")
    assert said["errors"][0]["pointer"] == ""


MEDIA = {
    "B09 none": {},
    "B09 plain text": {"Content-Type": "text/plain"},
    "B09 a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "B10 UTF-16": {"Content-Type": "application/json; charset=utf-16"},
    "B10 no such charset": {"Content-Type": "application/json; charset=foo"},
    "B15 no such coding": {**JSON, "Content-Encoding": "foo"},
    "B15 br": {**JSON, "Content-Encoding": "br"},
}


@pytest.mark.parametrize("headers", MEDIA.values(), ids=MEDIA)
async def test_another_kind_of_content_is_not_taken(house: House, headers: Mapping[str, str]) -> None:
    skipped = () if "Content-Type" in headers else ("Content-Type",)
    said = await house.mine.post("/v1/returns", status=415, data=b"{}", headers=headers, skip_auto_headers=skipped)
    assert said["type"].endswith("/problems/unsupported-media-type")


async def test_utf_8_may_be_named(house: House) -> None:
    named = {"Content-Type": "application/json; charset=UTF-8"}
    await house.mine.post("/v1/returns", status=422, data=b"{}", headers=named)


async def test_b11_too_large_by_its_own_word_is_refused_unread_before_the_key_is_looked_at(
    open_house: OpenHouse,
) -> None:
    house = await open_house(body_limit=1000)
    house.mine.key = "hw_wrong"
    answer = await house.mine.ask("POST", "/v1/returns", data=b" " * 1001, headers=JSON)
    assert answer.status == 413
    assert answer.headers["Connection"] == "close"


async def test_b12_too_large_in_chunks_is_refused_and_the_connection_closed(open_house: OpenHouse) -> None:
    house = await open_house(body_limit=1000)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100

    answer = await house.mine.ask("POST", "/v1/returns", data=chunks(), headers=JSON)
    assert answer.status == 413
    assert answer.headers["Connection"] == "close"


async def test_a_body_of_just_the_limit_is_read(open_house: OpenHouse) -> None:
    house = await open_house(body_limit=1000)
    await house.mine.post("/v1/returns", status=422, data=b"{}" + b" " * 998, headers=JSON)


async def test_b13_a_bomb_is_not_unpacked(house: House) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    tracemalloc.start()
    answer = await house.mine.ask("POST", "/v1/returns", data=bomb, headers={**JSON, "Content-Encoding": "gzip"})
    grown = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status == 413
    assert grown < 20_000_000


PACKED_BADLY = {
    "B14 not packed at all": b'{"a":1}',
    "cut off": gzip.compress(b"{}")[:-4],
    "something after": gzip.compress(b"{}") + b"x",
}


@pytest.mark.parametrize("body", PACKED_BADLY.values(), ids=PACKED_BADLY)
async def test_what_does_not_unpack_is_malformed(house: House, body: bytes) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    said = await house.mine.post("/v1/returns", status=400, data=body, headers=headers)
    assert said["type"].endswith("/problems/malformed-body")


async def test_a_packed_body_is_read(house: House) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    said = await house.mine.post("/v1/returns", status=422, data=gzip.compress(b"{}"), headers=headers)
    assert [error["pointer"] for error in said["errors"]] == ["/items"]


async def test_b20_no_such_path_and_no_such_method(house: House) -> None:
    assert (await house.mine.get("/v2/nothing", 404))["type"].endswith("/problems/not-found")
    answer = await house.mine.ask("PUT", "/v1/returns")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert (await answer.json(content_type=None))["type"].endswith("/problems/method-not-allowed")


async def test_a_request_keeps_its_id_and_gets_one_where_it_has_none(house: House) -> None:
    said = await house.mine.ask("GET", "/v1/nothing", headers={"X-Request-Id": "mine-1"})
    assert said.headers["X-Request-Id"] == (await said.json(content_type=None))["instance"] == "mine-1"
    strange = await house.mine.ask("GET", "/v1/nothing", headers={"X-Request-Id": "a b<script>"})
    assert strange.headers["X-Request-Id"].startswith("req_")
