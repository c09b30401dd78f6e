"""A pack: files in one ZIP, with a manifest of what each is by its bytes. The same files give the same pack."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first instant that a ZIP can say: a pack has no clock in it."""


def zipped(files: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """The names are ours, never a file's own. `manifest.json` lists every file with its SHA-256 and size."""
    listed = [
        {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in sorted(files.items())
    ]
    manifest = json.dumps({**about, "files": listed}, ensure_ascii=False, indent=2, sort_keys=True).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in sorted({**files, "manifest.json": manifest}.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(entry, content)
    return out.getvalue()
