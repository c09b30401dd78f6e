"""Papers the sandbox carrier hands out: labels that open in a viewer or print, a proof of delivery, and its bill."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

COLUMNS = (
    "record",
    "invoice",
    "account",
    "issued_on",
    "due_on",
    "currency",
    "amount",
    "waybill",
    "reference",
    "service",
    "shipped_on",
    "code",
    "text",
    "billed_kg",
)


def build_pdf(lines: Sequence[str]) -> bytes:
    """One A6 page of Helvetica (PDF 1.4, reference sections 7.5 and 9.4)."""
    printable = [line.encode("latin-1", "replace").decode("latin-1") for line in lines]
    escaped = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in printable)
    text = "BT /F1 12 Tf 20 390 Td 18 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text.encode('latin-1'))} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out += f"xref\n0 6\n0000000000 65535 f \n{table}trailer\n<< /Size 6 /Root 1 0 R >>\n".encode()
    return bytes(out) + f"startxref\n{out.index(b'xref')}\n%%EOF\n".encode()


def build_zpl(lines: Sequence[str]) -> bytes:
    """The same label in printer language; `^` and `~` begin a command there, so no text keeps them."""
    plain = (line.replace("^", " ").replace("~", " ") for line in lines)
    fields = "".join(f"^FO40,{60 + 50 * row}^A0N,36^FD{line}^FS" for row, line in enumerate(plain))
    return f"^XA^CI28{fields}^XZ".encode()


def build_label(form: str, waybill: str, piece: str, order: dict[str, Any]) -> bytes:
    """A label says sandbox in large letters: nobody should stick it on anything."""
    to = order["to"]
    lines = ["SANDBOX - NOT FOR CARRIAGE", waybill, f"piece {piece}", f"ref {order['reference']}", to["name"]]
    lines += [*to["lines"], f"{to.get('postal_code') or ''} {to['city']}".strip(), to["country"]]
    return build_zpl(lines) if form == "zpl" else build_pdf(lines)


def build_bill(head: dict[str, Any], rows: Iterable[dict[str, Any]], total: Decimal | None = None) -> bytes:
    """The carrier's invoice: one row for the bill with its total, one for each charge. UTF-8, comma, RFC 4180."""
    charges = [{**head, "record": "CHARGE", **row} for row in rows]
    stated = total if total is not None else sum((Decimal(row["amount"]) for row in charges), Decimal(0))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerow({**head, "record": "INVOICE", "amount": str(stated)})
    writer.writerows(charges)
    return out.getvalue().encode()
