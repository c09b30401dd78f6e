"""Lines and bookings for the big reconciliation: two CSV files, the same for everybody who reads them.

About four lines a billed shipment; three bookings of four are not billed yet. The rates of what is wrong are high on purpose:
an engine that only looks fast while everything is as agreed would not look fast here.
"""

import csv
import multiprocessing
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

CARRIERS = ("alpha", "bravo", "charlie")
CURRENCIES = ("EUR",) * 12 + ("USD",) * 5 + ("GBP",) * 2 + ("JPY",)
BOOKINGS = (
    *("carrier", "waybill", "reference", "currency", "ship_on", "grams", "insured", "live", "moved"),
    *("FREIGHT", "FUEL", "REMOTE_AREA", "INSURANCE"),
)
LINES = ("invoice", "issued_on", "carrier", "waybill", "reference", "type", "currency", "minor", "grams", "shipped_on")
FIRST = date(2026, 6, 1)


def booking(number: int, chance: random.Random) -> list[object]:
    freight = chance.randint(500, 9_000)
    insured, void = chance.random() < 0.2, chance.random() < 0.01
    return [
        CARRIERS[number % 3],
        f"1ZRT{number * 7919 % 10**12:012}",
        f"RMA{number:09}",
        CURRENCIES[chance.randrange(20)],
        (FIRST + timedelta(days=number % 60)).isoformat(),
        chance.randint(200, 20_000),
        int(insured),
        int(not void),
        int(not void),
        freight,
        (freight * 185 + 500) // 1000,
        2_300 if chance.random() < 0.1 else "",
        300 if insured else "",
    ]


def lines_of(booked: list[object], number: int, chance: random.Random) -> Iterator[list[object]]:
    """What bills one booking, wrong or right."""
    carrier, waybill, reference, currency, ship_on, grams, insured, *_ = booked
    freight, fuel, remote = (int(str(amount or 0)) for amount in booked[9:12])
    heavy = chance.random() < 0.08
    billed = [
        ("FREIGHT", freight * 115 // 100 if chance.random() < 0.05 or heavy else freight),
        ("FUEL", fuel * 8 // 10 if chance.random() < 0.01 else fuel),
        ("REMOTE_AREA", remote)
        if remote
        else ("SIGNATURE", chance.randint(100, 900))
        if chance.random() < 0.03
        else None,
        ("INSURANCE", 300) if insured or chance.random() < 0.03 else None,
        ("ADDITIONAL_HANDLING", 0),
    ]
    for kind, minor in filter(None, billed):
        luck = chance.random()
        their = (
            waybill if luck > 0.05 else f"9X{number:014}" if luck < 0.01 else "" if luck < 0.03 else _odd(str(waybill))
        )
        yield [
            f"INV{number % 200}",
            "2026-09-01",
            carrier,
            their,
            "" if luck < 0.01 or (luck > 0.05 and chance.random() < 0.1) else reference,
            kind,
            "CHF" if chance.random() < 0.002 else currency,
            minor,
            int(str(grams)) * 13 // 10 if heavy and kind == "FREIGHT" else grams,
            ship_on,
        ]


def _odd(waybill: str) -> str:
    return f" {waybill.lower()}-"


def write_apart(folder: Path, lines: int, bookings: int) -> None:
    """In a process of its own: Linux counts what its parent held as the highest memory of every process it starts."""
    writing = multiprocessing.get_context("spawn").Process(target=write, args=(folder, lines, bookings))
    writing.start()
    writing.join()


def write(folder: Path, lines: int, bookings: int, *, seed: int = 1) -> None:
    """Both files, in `folder`."""
    chance = random.Random(seed)
    booked = [booking(number, chance) for number in range(bookings)]
    made: list[list[object]] = []
    number = 0
    while len(made) < lines:
        made.extend(lines_of(booked[number * 4 % bookings + number * 4 // bookings], number, chance))
        number += 1
    del made[lines:]
    for place in range(0, lines, 500):
        made[place] = list(made[chance.randrange(lines)])
    chance.shuffle(made)
    for name, header, rows in (("bookings", BOOKINGS, booked), ("lines", LINES, made)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
