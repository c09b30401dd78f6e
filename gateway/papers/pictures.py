"""Photographs as small pictures for a printed page. A file that is no picture, or too large to open, is none."""

import io

MOST_PIXELS = 60_000_000
MOST_BYTES = 20_000_000
SIDE = 560
"""Pixels: 240 dpi at the size they are printed."""


def thumbnail(content: bytes) -> bytes | None:
    """A JPEG, upright; the same for the same bytes. None where the bytes cannot be drawn."""
    from PIL import Image, ImageOps

    if len(content) > MOST_BYTES:
        return None
    try:
        with Image.open(io.BytesIO(content)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (SIDE, SIDE))
            small = ImageOps.exif_transpose(opened).convert("RGB")
            small.thumbnail((SIDE, SIDE))
    except Exception:  # a stranger's file: whatever is wrong with it, the paper is drawn without it
        return None
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()
