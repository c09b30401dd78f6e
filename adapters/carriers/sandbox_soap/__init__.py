"""The sandbox carrier over SOAP 1.1, version 1: served by `gateway.sandbox` on your own machine, carries nothing.

Documentation: `wsdl/sandbox.wsdl`, and the docstring of `gateway/sandbox/carrier_soap.py`.

Oddities, on purpose: a booking repeated is a second booking, so a lost reply is looked up (class D); labels are fetched by
a second call; scans carry local time without an offset, and only the country of the place says in which zone.
"""

from adapters.carriers.sandbox_soap.client import SandboxSoap

ADAPTER = SandboxSoap
