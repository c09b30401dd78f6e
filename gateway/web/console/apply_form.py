"""The form of an application as the API's body: fields by name, lines by place, papers that were kept and files that come."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from gateway.web.asked_applying import AskedApplication
from gateway.web.problems import invalid
from schemas.terms import PaperKind
from schemas.values import Json

LINES, MOST_LINES = 3, 60
FILES = 4
PLAIN = (
    *(
        "terms_id",
        "source_id",
        "external_id",
        "rma_id",
        "rma_number",
        "order_number",
        "label_provider",
        "outbound_waybill",
        "note",
    ),
    *("ordered_on", "invoiced_on", "shipped_on", "delivered_on", "packaging"),
)
ITEM = ("title", "sku", "hs_code", "origin", "reason", "reason_text")
PARTY = ("name", "company", "phone", "email")
PLACE = ("city", "region", "postal_code", "country")
Values = Mapping[str, str]


def values_of(form: Mapping[str, Any]) -> Values:
    """What was typed, to be shown again; files are not."""
    return {name: value.replace("\r\n", "\n").strip() for name, value in form.items() if isinstance(value, str)}


def lines_of(values: Values) -> int:
    """How many lines the form shows."""
    said = values.get("lines", "")
    return min(int(said), MOST_LINES) if said.isascii() and said.isdigit() and len(said) < 4 else LINES


def files_of(form: Mapping[str, Any]) -> Iterator[tuple[str, web.FileField]]:
    """Each file that came, with what it is handed in as."""
    kinds = {kind.value for kind in PaperKind}
    for place in range(FILES):
        file, kind = form.get(f"file.{place}"), str(form.get(f"kind.{place}", ""))
        if isinstance(file, web.FileField) and file.filename:
            yield (kind if kind in kinds else PaperKind.OTHER.value), file


def kept_of(form: Any) -> list[tuple[str, str]]:
    """Papers that an earlier look at the form has kept: what they are, and their document's id."""
    pairs = (str(one).partition(":") for one in form.getall("paper", []))
    return [(kind, document_id) for kind, _, document_id in pairs]


def asked_of(values: Values, papers: Sequence[tuple[str, str]]) -> AskedApplication:
    """Raises Problem, which names every field."""
    body = {
        **_said(values, "", PLAIN),
        "items": [item for place in range(lines_of(values)) if (item := _item(values, place))],
        "papers": [{"kind": kind, "document_id": document_id} for kind, document_id in papers],
        "despite": values.get("despite") == "yes",
        "returner": _returner(values),
    }
    try:
        return AskedApplication.model_validate_json(json.dumps({name: one for name, one in body.items() if one}))
    except ValidationError as error:
        raise invalid(error) from error


def _said(values: Values, start: str, names: Sequence[str]) -> Json:
    return {name: values[start + name] for name in names if values.get(start + name)}


def _whole(text: str) -> int | str:
    """A number; what is none is left for the model to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _item(values: Values, place: int) -> Json | None:
    """One line; None where it was left empty."""
    start = f"item.{place}."
    item = _said(values, start, ITEM)
    if not {"title", "sku"} & item.keys():
        return None
    item |= {"line_id": str(place + 1), "quantity": _whole(values.get(f"{start}quantity", "") or "1")}
    if price := values.get(f"{start}price"):
        item["unit_price"] = {"amount": price, "currency": values.get(f"{start}currency", "").upper()}
    if grams := values.get(f"{start}grams"):
        item["unit_weight"] = {"grams": _whole(grams)}
    return {**item, **({"origin": item["origin"].upper()} if "origin" in item else {})}


def _returner(values: Values) -> Json | None:
    """Where the goods are; None where nothing of it was said."""
    party, place = _said(values, "returner.", PARTY), _said(values, "returner.", PLACE)
    lines = [values[name] for name in ("returner.line1", "returner.line2") if values.get(name)]
    if not (party or place or lines):
        return None
    country = {"country": place["country"].upper()} if "country" in place else {}
    return {**party, "address": {**place, **country, "lines": lines}}
