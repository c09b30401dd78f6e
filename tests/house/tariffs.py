"""A tariff for tests: two lanes by weight, a remote area, fuel by the month, cover by started hundreds, tax, storage."""

TARIFF = b"""\
currency: EUR
valid_from: 2026-01-01
valid_until: 2026-12-31
zones:
  islands: [FR 20*]
freight:
  - {services: [RETURN, EXPRESS], origin: FR, destination: CN, prices: {1: 10.00, 2: 14.00}, per_step: 3.00}
  - {services: [SEA], prices: {30: 8.00}}
surcharges:
  - {type: REMOTE_AREA, origin: islands, price: 12.00}
fuel:
  - {valid_from: 2026-03, percent: 15}
insurance: {basis: per_unit, price: 0.45, unit: 100}
tax:
  - {origin: FR, percent: 20}
storage: {free_days: 3, per_day: 2.50}
"""
