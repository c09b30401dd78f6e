"""The XML inside a PDF/A-3. The only place that touches pypdf, which is an extra."""

import io

from adapters.invoices.cii import codes
from schemas.errors import AdapterError, Unintelligible, Unsupported

CAP = 60_000_000
"""Bytes of a PDF."""


def embedded(document: bytes) -> bytes:
    """The embedded invoice. Raises Unintelligible for a broken PDF or one without it, Unsupported where pypdf is missing."""
    if len(document) > CAP:
        raise Unintelligible("PDF over the size limit")
    try:
        return _found(document)
    except ImportError as error:
        raise Unsupported(
            "an invoice inside a PDF is read with the extra 'pdf': pip install 'homeward[pdf]'"
        ) from error
    except AdapterError:
        raise
    except Exception as error:  # a broken PDF breaks a PDF library in more ways than it has names for
        raise Unintelligible(f"not a PDF that can be read: {type(error).__name__}") from error


def _found(document: bytes) -> bytes:
    from pypdf import PdfReader

    files = {one.name.casefold(): one for one in PdfReader(io.BytesIO(document)).attachment_list}
    for name in codes.EMBEDDED:
        if name in files:
            return files[name].content
    raise Unintelligible(f"a PDF without an embedded invoice ({', '.join(codes.EMBEDDED[:2])})")
