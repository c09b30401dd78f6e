"""The SOAP and XML toolkit: what it refuses, how a Fault reads, and what a lost or foreign reply means to a create."""

from collections.abc import Callable
from pathlib import Path

import pytest
import zeep.exceptions

from adapters.toolkit import xml
from adapters.toolkit.http import Http, Reply
from adapters.toolkit.soap import Soap, _NoNetwork, build_envelope, open_envelope, soap_reader
from adapters.toolkit.transport import Answer, NotSent, NoWholeReply, Request
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
    Unintelligible,
)
from tests.adapters.wire import Acted

NAMESPACE = "urn:homeward:test"
DEFINITION = f"""<?xml version="1.0"?>
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="{NAMESPACE}" targetNamespace="{NAMESPACE}">
  <w:types><x:schema targetNamespace="{NAMESPACE}">
    <x:element name="Carry"><x:complexType><x:sequence>
      <x:element name="note" type="x:string" minOccurs="0"/>
      <x:element name="box"><x:complexType><x:sequence>
        <x:element name="grams" type="x:int"/>
      </x:sequence></x:complexType></x:element>
    </x:sequence></x:complexType></x:element>
    <x:element name="CarryResponse" type="x:string"/>
  </x:schema></w:types>
  <w:message name="in"><w:part name="parameters" element="t:Carry"/></w:message>
  <w:message name="out"><w:part name="parameters" element="t:CarryResponse"/></w:message>
  <w:portType name="P">
    <w:operation name="Carry"><w:input message="t:in"/><w:output message="t:out"/></w:operation>
  </w:portType>
  <w:binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="Carry"><s:operation soapAction="urn:carry"/>
      <w:input><s:body use="literal"/></w:input><w:output><s:body use="literal"/></w:output>
    </w:operation></w:binding>
  <w:service name="S"><w:port name="P" binding="t:B"><s:address location="http://carrier.example/soap"/></w:port></w:service>
</w:definitions>"""


@pytest.fixture
def wsdl(tmp_path: Path) -> Path:
    path = tmp_path / "carry.wsdl"
    path.write_text(DEFINITION)
    return path


def enveloped(inner: str, namespace: str = "http://schemas.xmlsoap.org/soap/envelope/") -> bytes:
    return f'<e:Envelope xmlns:e="{namespace}"><e:Header/><e:Body>{inner}</e:Body></e:Envelope>'.encode()


def fault(code: str = "e:Server", text: str = "no room") -> bytes:
    return enveloped(f"<e:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></e:Fault>")


def no_table(found: xml.Element) -> AdapterError | None:
    return None


def one_refusal(found: xml.Element) -> AdapterError | None:
    return Refused("no room", wire_code="full") if xml.text(found, "faultstring") == "no room" else None


ENCODINGS = ["utf-8", "utf-16", "utf-16-be", "iso-8859-1", "us-ascii"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE a>",
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/hostname">',
        '<!DOCTYPE a PUBLIC "x" "y">',
    ],
)
def test_a_document_type_is_refused_in_every_encoding(encoding: str, doctype: str) -> None:
    with pytest.raises(Unintelligible):
        xml.parse(f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<a>text</a>'.encode(encoding))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_same_documents_without_it_are_read(encoding: str) -> None:
    assert xml.parse(f'<?xml version="1.0" encoding="{encoding}"?><a>text</a>'.encode(encoding)).text == "text"


def test_nested_entities_are_refused_and_never_unfolded() -> None:
    layers = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(Unintelligible):
        xml.parse(f'<!DOCTYPE a [<!ENTITY e0 "ha">{layers}]><a>&e11;</a>'.encode())


def test_an_entity_never_reads_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kept")
    with pytest.raises(Unintelligible):
        xml.parse(f'<!DOCTYPE a [<!ENTITY b SYSTEM "{secret.as_uri()}">]><a>&b;</a>'.encode())


def test_depth_is_limited() -> None:
    assert xml.parse(b"<a>" * 200 + b"</a>" * 200) is not None
    with pytest.raises(Unintelligible):
        xml.parse(b"<a>" * 300 + b"</a>" * 300)


def test_size_is_limited() -> None:
    assert xml.parse(b"<a>" + b" " * 4_000_000 + b"</a>") is not None
    with pytest.raises(Unintelligible):
        xml.parse(b"<a>" + b" " * 6_000_000 + b"</a>")


@pytest.mark.parametrize("content", [
    b"", b" ", b"<", b"<a>", b"\x00", b"\xff\xfe", b"plain", b"<a/><b/>", b'<?xml version="1.0" encoding="no-such"?><a/>',
    b"<a>&undefined;</a>", b"<a>\xff</a>", b"<p:a/>", b"{}",
])  # fmt: skip
def test_what_is_not_xml_is_unintelligible(content: bytes) -> None:
    with pytest.raises(Unintelligible):
        xml.parse(content)


def test_comments_and_instructions_do_not_cut_a_text() -> None:
    assert xml.text(xml.parse(b"<a><b>12<!-- x -->34<?stop here?>56</b></a>"), "b") == "123456"


def test_leaves_say_what_text_says_of_each() -> None:
    root = xml.parse(
        b"<r xmlns:n='urn:n'><a> one </a><n:b>two</n:b><b>three</b><c/><d><a>x</a></d><!-- x --><e>\n</e></r>"
    )
    said = xml.leaves(root)
    assert said == {"a": "one", "b": "two", "c": "", "d": "", "e": ""}
    assert {name: text or None for name, text in said.items()} == {name: xml.text(root, name) for name in said}


def test_text_is_found_whatever_the_namespace() -> None:
    root = xml.parse(b'<a xmlns:n="urn:n"><n:b><c> 1 </c><c/></n:b><b>other</b></a>')
    assert xml.text(root, "b", "c") == "1"
    assert [xml.name_of(found) for found in xml.descendants(root, "c")] == ["c", "c"]
    assert xml.text(root, "b", "missing", "c") is None
    with pytest.raises(Unintelligible, match="b/d"):
        xml.required(root, "b", "d")


def test_an_envelope_is_built_from_the_wsdl(wsdl: Path) -> None:
    content, action = build_envelope(wsdl, "Carry", {"note": "a < b & c", "box": {"grams": "12"}})
    body = xml.child(xml.parse(content), "Body", "Carry")
    assert action == "urn:carry"
    assert body is not None
    assert [xml.name_of(element) for element in body] == ["note", "box"]
    assert (xml.text(body, "note"), xml.text(body, "box", "grams")) == ("a < b & c", "12")


@pytest.mark.parametrize("arguments", [{"box": {"grams": 1}, "nots": "x"}, {"box": {"grams": 1, "kilos": 2}}])
def test_an_unknown_argument_is_a_type_error(wsdl: Path, arguments: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        build_envelope(wsdl, "Carry", arguments)


def test_a_missing_argument_is_no_adapter_error(wsdl: Path) -> None:
    with pytest.raises(zeep.exceptions.ValidationError):
        build_envelope(wsdl, "Carry", {"note": "no box"})


def test_a_wsdl_may_not_import_from_the_network(tmp_path: Path) -> None:
    path = tmp_path / "importing.wsdl"
    path.write_text(
        '<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:x">'
        '<w:import namespace="urn:y" location="http://127.0.0.1:9/other.wsdl"/></w:definitions>'
    )
    with pytest.raises(zeep.exceptions.ExternalReferenceForbidden):
        build_envelope(path, "Carry", {})


def test_a_wsdl_itself_is_never_fetched() -> None:
    with pytest.raises(zeep.exceptions.TransportError, match="may not be loaded"):
        _NoNetwork().load("http://127.0.0.1:9/carry.wsdl")


async def exchange(wsdl: Path, reply: Answer | Exception, *, creates: bool, table: Callable[..., object] = no_table):
    sent: list[Request] = []

    def answer(request: Request) -> Answer:
        sent.append(request)
        if isinstance(reply, Exception):
            raise reply
        return reply

    soap = Soap(Http(Acted(answer)), wsdl, "http://carrier.example/soap", table)
    send = soap.create if creates else soap.read
    body = await send("carry", "Carry", {"box": {"grams": 1}})
    return sent[0], body


async def test_a_call_goes_out_with_its_action_and_the_body_comes_back(wsdl: Path) -> None:
    reply = Answer(200, {}, enveloped("<CarryResponse>done</CarryResponse>"))
    request, body = await exchange(wsdl, reply, creates=True)
    assert request.headers["SOAPAction"] == '"urn:carry"'
    assert request.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert (xml.name_of(body), body.text) == ("CarryResponse", "done")


PAGE = b"<!DOCTYPE html><html><body>Bad gateway<br></body></html>"
TIDY_PAGE = b"<html><body>Bad gateway</body></html>"


@pytest.mark.parametrize(("status", "content", "creates", "error"), [
    (502, PAGE, True, OutcomeUnknown),
    (502, PAGE, False, Unavailable),
    (502, TIDY_PAGE, True, OutcomeUnknown),
    (502, TIDY_PAGE, False, Unavailable),
    (503, b"", True, OutcomeUnknown),
    (503, b"", False, Unavailable),
    (404, b"not here", True, OutcomeUnknown),
    (404, b"not here", False, Refused),
    (500, enveloped("<CarryResponse/>"), True, OutcomeUnknown),
    (500, enveloped("<CarryResponse/>"), False, Unavailable),
    (302, b"", True, OutcomeUnknown),
    (302, b"", False, Unintelligible),
    (401, fault(), True, CredentialsRejected),
    (429, fault(), True, Throttled),
    (200, PAGE, True, Unintelligible),
    (200, TIDY_PAGE, False, Unintelligible),
    (200, b"", True, Unintelligible),
    (200, enveloped(""), True, Unintelligible),
    (200, b"<Envelope/>", False, Unintelligible),
    (200, fault(), True, OutcomeUnknown),
    (200, fault(), False, Refused),
    (500, fault(), True, OutcomeUnknown),
    (500, fault(), False, Refused),
])  # fmt: skip
async def test_what_a_reply_means(
    wsdl: Path, status: int, content: bytes, creates: bool, error: type[AdapterError]
) -> None:
    with pytest.raises(AdapterError) as raised:
        await exchange(wsdl, Answer(status, {}, content), creates=creates)
    assert type(raised.value) is error


@pytest.mark.parametrize(("lost", "creates", "error"), [
    (NoWholeReply("late"), True, OutcomeUnknown),
    (NoWholeReply("late"), False, Unavailable),
    (NotSent("shut"), True, Unavailable),
])  # fmt: skip
async def test_what_a_lost_reply_means(wsdl: Path, lost: Exception, creates: bool, error: type[AdapterError]) -> None:
    with pytest.raises(AdapterError) as raised:
        await exchange(wsdl, lost, creates=creates)
    assert type(raised.value) is error


@pytest.mark.parametrize("status", [200, 500])
async def test_a_fault_that_the_carrier_explains_is_what_it_says(wsdl: Path, status: int) -> None:
    with pytest.raises(Refused) as raised:
        await exchange(wsdl, Answer(status, {}, fault()), creates=True, table=one_refusal)
    assert raised.value.wire_code == "full"


@pytest.mark.parametrize("content", [
    fault("e:Client", "bad\n\tform"),
    enveloped(
        "<e:Fault><e:Code><e:Value>e:Client</e:Value></e:Code><e:Reason><e:Text>bad form</e:Text></e:Reason></e:Fault>",
        "http://www.w3.org/2003/05/soap-envelope",
    ),
])  # fmt: skip
def test_a_fault_of_either_version_keeps_its_code_and_words(content: bytes) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        open_envelope(Reply(200, content, creates=True), no_table)
    assert (raised.value.wire_code, raised.value.wire_text) == ("Client", "bad form")


def test_a_reader_reads_the_first_element_of_the_body() -> None:
    reader = soap_reader(lambda body: xml.required(body, "number"), no_table)
    assert reader(Reply(200, enveloped("<!-- x --><R><number>7</number></R><S/>"))) == "7"
