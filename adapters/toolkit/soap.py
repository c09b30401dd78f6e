"""SOAP: zeep builds the envelope, the one sender carries it, lxml reads the answer.

zeep never reads a reply: read strictly it breaks on one new element, read loosely it lost a refusal code (stack.md
section 11). WSDLs stand in the adapter's folder, written by us, parsed once per process and off the event loop; nothing is
ever loaded from the network. A Fault is a fault at any status, inside HTTP 200 too.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import zeep
import zeep.exceptions
import zeep.settings
import zeep.transports
from zeep.xsd import SkipValue

from adapters.toolkit import xml
from adapters.toolkit.http import Call, Http, Reply, error_of_status
from schemas.errors import AdapterError, OutcomeUnknown, Refused, Unintelligible
from schemas.values import tidy

FaultReader = Callable[[xml.Element], AdapterError | None]
SKIP = SkipValue
"""Leaves an element out whose type would not take an empty value."""


class _NoNetwork(zeep.transports.Transport):  # type: ignore[misc]  # zeep is untyped
    """Reads files; refuses addresses."""

    def _load_remote_data(self, url: str) -> NoReturn:
        raise zeep.exceptions.TransportError(f"a WSDL may not be loaded from {url}")


_parsed: set[Path] = set()
"""WSDLs that need no thread of their own any more."""


@cache
def _builder(wsdl: Path) -> zeep.Client:
    settings = zeep.settings.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    return zeep.Client(str(wsdl), transport=_NoNetwork(), settings=settings)


def build_envelope(wsdl: Path, operation: str, arguments: dict[str, Any]) -> tuple[bytes, str]:
    """The envelope and its SOAPAction. An argument the WSDL does not know is a TypeError: our bug, met in tests."""
    client = _builder(wsdl)
    envelope = client.create_message(client.service, operation, **arguments)
    return xml.serialise(envelope), client.service._binding.get(operation).soapaction or ""


class Soap:
    """One service of one account: its WSDL, its address, the sender, how this carrier's Faults read, and the headers that go
    with every call (HTTP Basic)."""

    def __init__(
        self,
        http: Http,
        wsdl: Path,
        address: str,
        read_fault: FaultReader,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.http, self.wsdl, self.address, self.read_fault = http, wsdl, address, read_fault
        self.headers = dict(headers or {})

    async def read(self, name: str, operation: str, arguments: dict[str, Any]) -> xml.Element:
        """The first element of the reply's body, after a call that changes nothing."""
        return await self._send(name, operation, arguments, creates=False)

    async def create(self, name: str, operation: str, arguments: dict[str, Any]) -> xml.Element:
        """The first element of the reply's body, after a call by which something may exist."""
        return await self._send(name, operation, arguments, creates=True)

    async def _send(self, name: str, operation: str, arguments: dict[str, Any], *, creates: bool) -> xml.Element:
        if self.wsdl not in _parsed:
            await asyncio.to_thread(_builder, self.wsdl)
            _parsed.add(self.wsdl)
        content, action = build_envelope(self.wsdl, operation, arguments)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"', **self.headers}
        make = Call.create if creates else Call.read
        reply = await self.http.send(make(name, "POST", self.address, headers=headers, content=content, enveloped=True))
        return open_envelope(reply, self.read_fault)


def open_envelope(reply: Reply, read_fault: FaultReader) -> xml.Element:
    """The first element of the body. Raises what a Fault means, and for anything that is not an envelope."""
    try:
        root = xml.parse(reply.content)
        body = xml.child(root, "Body") if xml.name_of(root) == "Envelope" else None
        first = next((element for element in body if xml.name_of(element)), None) if body is not None else None
    except Unintelligible:
        if reply.status >= 300:
            raise error_of_status(reply) from None
        raise
    if first is None:
        raise error_of_status(reply) if reply.status >= 300 else Unintelligible("no SOAP body in the reply")
    if xml.name_of(first) == "Fault":
        raise read_fault(first) or unlisted_fault(first, creates=reply.creates)
    if reply.status >= 300:
        raise error_of_status(reply)
    return first


def unlisted_fault(fault: xml.Element, *, creates: bool) -> AdapterError:
    """A Fault that stands in no table: a create may have happened, a read has simply failed."""
    kind = OutcomeUnknown if creates else Refused
    return kind("a SOAP Fault", wire_code=fault_code(fault), wire_text=fault_text(fault))


def fault_code(fault: xml.Element) -> str | None:
    """SOAP 1.1 `faultcode` or 1.2 `Code/Value`, without its prefix."""
    code = xml.text(fault, "faultcode") or xml.text(fault, "Code", "Value")
    return tidy(code.rpartition(":")[2], 100) if code else None


def fault_text(fault: xml.Element) -> str | None:
    """SOAP 1.1 `faultstring` or 1.2 `Reason/Text`."""
    text = xml.text(fault, "faultstring") or xml.text(fault, "Reason", "Text")
    return tidy(text, 500) if text else None


def soap_reader(read: Callable[[xml.Element], Any], read_fault: FaultReader) -> Callable[[Reply], Any]:
    """A seam `Reader` from a mapping function over the body's first element."""
    return lambda reply: read(open_envelope(reply, read_fault))
