"""What a file is, by its first bytes; what it says of itself counts for nothing."""

from collections.abc import Sequence

MARKS: Sequence[tuple[str, int, bytes]] = (
    ("image/jpeg", 0, b"\xff\xd8\xff"),
    ("image/png", 0, b"\x89PNG\r\n\x1a\n"),
    ("application/pdf", 0, b"%PDF-"),
    ("image/webp", 8, b"WEBP"),
    ("image/heic", 4, b"ftypheic"),
    ("image/heic", 4, b"ftypheix"),
    ("image/heic", 4, b"ftypmif1"),
    ("application/zpl", 0, b"^XA"),
)
PHOTOGRAPHS = ("image/jpeg", "image/png", "image/webp", "image/heic")
UPLOADS = (*PHOTOGRAPHS, "application/pdf")
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
    "application/zpl": "zpl",
}


def media_type(content: bytes) -> str:
    """`application/octet-stream` where the bytes are of no type that we know."""
    return next(
        (media for media, at, mark in MARKS if content[at : at + len(mark)] == mark), "application/octet-stream"
    )
