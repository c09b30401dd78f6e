"""A carrier that agrees to everything at once, for the booking bench. `python -m tests.bench.stub_carrier PORT`."""

import base64
import itertools
import sys

from aiohttp import web

numbers = itertools.count(1)
LABEL = base64.b64encode(b"^XA^FDBENCH^FS^XZ").decode()


async def token(request: web.Request) -> web.Response:
    return web.json_response({"access_token": "bench", "token_type": "Bearer", "expires_in": 3600})


async def book(request: web.Request) -> web.Response:
    asked = await request.json()
    waybill = f"BEN{next(numbers):09d}"
    booked = {
        "success": True,
        "waybill": waybill,
        "reference": asked["reference"],
        "state": "booked",
        "booked_at": "2026-03-02T01:00:00+00:00",
        "hand_over_by": "2027-03-12T01:00:00+00:00",
        "pieces": [waybill],
        "charges": [{"code": "FRT", "text": "Freight", "amount": "11.00", "currency": "EUR"}],
        "labels": [{"piece": waybill, "format": "zpl", "data": LABEL}],
    }
    return web.json_response(booked, status=201)


async def count(request: web.Request) -> web.Response:
    return web.json_response({"booked": next(numbers) - 1})


async def nothing(request: web.Request) -> web.Response:
    return web.json_response({"success": True, "shipments": [], "events": [], "not_found": []})


app = web.Application()
app.router.add_post("/token", token)
app.router.add_post("/bookings", book)
app.router.add_get("/count", count)
app.router.add_route("*", "/{rest:.*}", nothing)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
