"""XML from outside: no entities, no network, no document type. The only place that touches lxml.

Turning entity resolution off is not enough (an entity then silently becomes empty text), so a document with any DOCTYPE is
refused after parsing, by asking the parsed document: a byte search misses other encodings (reliability.md finding 6).
"""

from collections.abc import Iterator

from lxml import etree

from schemas.errors import Unintelligible

Element = etree._Element
CAP = 5_000_000


def parse(content: bytes, cap: int = CAP) -> Element:
    """The root element. Raises Unintelligible for what is not XML, is over the cap of bytes (5 MB for a reply), nested over
    256 deep, or has a DOCTYPE."""
    if len(content) > cap:
        raise Unintelligible("XML over the size limit")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unintelligible("not well-formed XML") from error
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise Unintelligible("XML with a document type")
    return root


def name_of(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Direct children by local name: carriers qualify, or forget to, as they like."""
    return element.iterchildren(f"{{*}}{name}")


def child(element: Element, *path: str) -> Element | None:
    """Walk down by local names; None where a step is missing."""
    found: Element | None = element
    for name in path:
        if found is None:
            return None
        found = next(found.iterchildren("{*}" + name), None)
    return found


def descendants(element: Element, name: str) -> Iterator[Element]:
    """All elements of that local name below, in document order."""
    return element.iter(f"{{*}}{name}")


def text(element: Element | None, *path: str) -> str | None:
    """The stripped text at the end of the path; None where it is missing, empty or xsi:nil."""
    found = None if element is None else child(element, *path)
    if found is None or found.text is None:
        return None
    return found.text.strip() or None


def leaves(element: Element) -> dict[str, str]:
    """The stripped texts of its direct children by local name, "" where one has none; of several the first. For an element of
    many: one pass over it where `text` makes one for each."""
    found: dict[str, str] = {}
    for one in element.iterchildren("{*}*"):
        found.setdefault(one.tag.rpartition("}")[2], (one.text or "").strip())
    return found


def required(element: Element | None, *path: str) -> str:
    """Like `text`, but raises Unintelligible where there is none."""
    value = text(element, *path)
    if value is None:
        raise Unintelligible(f"no {'/'.join(path)} in the reply")
    return value


def serialise(element: Element) -> bytes:
    """UTF-8 with a declaration."""
    return etree.tostring(element, xml_declaration=True, encoding="utf-8")
