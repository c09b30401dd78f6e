"""The sandbox carrier over REST, version 1: served by `gateway.sandbox` on your own machine, carries nothing.

Documentation: the docstring of `gateway/sandbox/carrier_rest.py`.

Oddities, on purpose: a booking repeated with the same `Idempotency-Key` gives the same booking (class A), unless the
sandbox is told otherwise; labels come with the booking; an event's time carries its offset, unless a test takes it away.
"""

from adapters.carriers.sandbox_rest.client import SandboxRest

ADAPTER = SandboxRest
