"""Evidence packs and customs papers: PDF with the words that were said, files by their hashes, the same bytes each time."""

import hashlib
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import reportlab
from pypdf import PdfReader

from gateway.demo.props import photograph
from gateway.papers.sheet import Sheet
from schemas.errors import Conflict
from tests.web.browser import Browser
from tests.web.doors import RETURNER, House, OpenHouse, a_return

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64


def text_of(content: bytes) -> str:
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


async def pack(house: House, path: str, status: int = 200) -> dict[str, bytes]:
    answer = await house.mine.ask("GET", path)
    assert answer.status == status, await answer.text()
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    raw = await answer.read()
    assert raw == await (await house.mine.ask("GET", path)).read()
    with zipfile.ZipFile(io.BytesIO(raw)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    manifest = json.loads(files["manifest.json"])
    listed = {one["file"]: (one["sha256"], one["size"]) for one in manifest["files"]}
    assert listed == {
        name: (hashlib.sha256(content).hexdigest(), len(content))
        for name, content in files.items()
        if name != "manifest.json"
    }
    return files


async def accepted(house: House) -> tuple[str, str]:
    made: dict[str, Any] = await house.mine.post(
        "/v1/returns", a_return(rma_number="R-7", returner=RETURNER | {"name": "王小明 Łukasz"}), 201
    )
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.returns.set(made["id"], status="delivered")
    image = await (await house.mine.ask("POST", "/v1/documents", data=JPEG)).json()
    said = {
        "decision": "accept_with_reservation",
        "decided_at": "2026-03-02T09:20:00Z",
        "decided_by": "李娜",
        "reservation": "外箱压痕 <b>8 cm</b>\nleft side",
        "inspections": [{"line_id": "1", "quantity": 1, "condition": "used", "packaging": "original_opened"}],
        "evidence": [{"document_id": image["document_id"]}],
        "dock_dimensions": {"length_mm": 400, "width_mm": 305, "height_mm": 20},
        "deduction": {"amount": "3.40", "currency": "EUR"},
    }
    await house.mine.post(f"/v1/returns/{made['id']}/acceptances", said, 201)
    return made["id"], image["document_id"]


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Evidence of acceptance", "accepted with reservation", "original, opened", "no limit known")),
    ("zh", ("退货验收证据", "附保留接收", "原包装已拆", "无已知期限")),
])  # fmt: skip
async def test_the_evidence_of_an_acceptance(house: House, language: str, words: tuple[str, ...]) -> None:
    return_id, document_id = await accepted(house)
    files = await pack(house, f"/v1/returns/{return_id}/evidence?lang={language}")
    assert set(files) == {"acceptance.pdf", "manifest.json", f"files/{document_id}.jpg"}
    assert files[f"files/{document_id}.jpg"] == JPEG
    text = text_of(files["acceptance.pdf"])
    for word in (
        *words,
        "R-7",
        "李娜",
        "王小明 Lukasz",
        "外箱压痕 <b>8 cm</b> left side",
        "400 × 305 × 20 mm",
        "3.40",
        "17:20 (Asia/Shanghai)",
    ):
        assert word in text, word
    assert hashlib.sha256(JPEG).hexdigest() in text.replace(" ", "")


async def test_each_version_has_its_evidence(house: House) -> None:
    return_id, _ = await accepted(house)
    second = {"decision": "reject", "decided_at": "2026-03-02T09:25:00Z", "decided_by": "Zhao"}
    await house.mine.post(f"/v1/returns/{return_id}/acceptances", second, 201)
    last = await pack(house, f"/v1/returns/{return_id}/evidence")
    assert "rejected" in text_of(last["acceptance.pdf"])
    first = await pack(house, f"/v1/returns/{return_id}/evidence?version=1")
    assert "accepted with reservation" in text_of(first["acceptance.pdf"])
    await house.mine.get(f"/v1/returns/{return_id}/evidence?version=3", 404)
    await house.theirs.get(f"/v1/returns/{return_id}/evidence", 404)


FACTS = {
    "supervision": "9610",
    "declaration_number": "310120260000000001",
    "exported_on": "2026-01-12",
    "why": "unsold",
}


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Commercial invoice for returned goods", "No sale", "Statement of the reason", "reason: unsold", "unchanged")),
    ("zh", ("退运货物商业发票", "非销售", "退运原因说明", "滞销", "未改变")),
])  # fmt: skip
async def test_customs_papers(house: House, language: str, words: tuple[str, ...]) -> None:
    made = await house.mine.post("/v1/returns", a_return(rma_number="R-7", outbound_waybill="OUT-1"), 201)
    path = f"/v1/returns/{made['id']}/customs"
    await house.mine.post(path, {"facts": FACTS | {"state": "unchanged"}})
    files = await pack(house, f"{path}/papers?lang={language}")
    names = {"commercial-invoice.pdf", "reason-statement.pdf", "same-state-statement.pdf"}
    assert set(files) == {*names, "manifest.json"}
    text = " ".join(text_of(files[name]) for name in sorted(names))
    for word in (*words, "79.90 EUR", "620140", "Camille Martin", "Ningbo Returns", "310120260000000001", "OUT-1"):
        assert word in text, word


@pytest.mark.parametrize("state", ["used", "processed", "unknown"])
async def test_nobody_is_handed_a_statement_that_is_not_so(house: House, state: str) -> None:
    made = await house.mine.post("/v1/returns", a_return(), 201)
    path = f"/v1/returns/{made['id']}/customs"
    await house.mine.post(path, {"facts": FACTS | {"state": state}})
    assert "same-state-statement.pdf" not in await pack(house, f"{path}/papers")


async def test_papers_say_what_is_missing_first(house: House) -> None:
    body = a_return()
    del body["returner"]
    made = await house.mine.post("/v1/returns", body, 201)
    assert (await house.mine.get(f"/v1/returns/{made['id']}/customs/papers", 409))["state"] == "needs_address"


def test_any_letters_make_a_paper() -> None:
    paper = Sheet("标题 Ω 한 \u0142", "footer <&>")
    paper.text("\u0142\u0151\u0159 💥 <script> & 深圳 é—“x” ½")
    paper.pairs([("a", ""), ("b", "c" * 400)])
    assert "lor" in text_of(paper.pdf())


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_console_hands_both_packs_out(inside: Browser, house: House, language: str) -> None:
    return_id, _ = await accepted(house)
    page = await (await inside.get(f"/console/returns/{return_id}?lang={language}")).text()
    assert f"/console/returns/{return_id}/packs/evidence" in page
    customs = await (await inside.get(f"/console/returns/{return_id}/customs")).text()
    assert f"/console/returns/{return_id}/packs/papers" in customs
    for name in ("evidence", "papers"):
        answer = await inside.get(f"/console/returns/{return_id}/packs/{name}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
        assert zipfile.is_zipfile(io.BytesIO(await answer.read()))


@pytest.mark.parametrize(("content", "printed"), [
    (photograph(), 1),
    (JPEG, 0),  # a head without a picture
    (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 60_000, 60_000, 8, 2, 0, 0, 0) + b"\0" * 8, 0),
])  # fmt: skip
async def test_photographs_are_printed_and_a_bad_one_breaks_nothing(house: House, content: bytes, printed: int) -> None:
    return_id, _ = await accepted(house)
    image = await (await house.mine.ask("POST", "/v1/documents", data=content)).json()
    said = {
        "decision": "accept",
        "decided_at": "2026-03-02T09:25:00Z",
        "decided_by": "李娜",
        "inspections": [{"line_id": "1", "quantity": 1, "condition": "used", "packaging": "original_opened"}],
        "evidence": [{"document_id": image["document_id"]}],
    }
    await house.mine.post(f"/v1/returns/{return_id}/acceptances", said, 201)
    files = await pack(house, f"/v1/returns/{return_id}/evidence")
    pages = PdfReader(io.BytesIO(files["acceptance.pdf"])).pages
    assert sum(len(page.images) for page in pages) == printed
    assert ("1 more are not printed" in text_of(files["acceptance.pdf"])) is (printed == 0)


VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def fonts_of(content: bytes) -> set[tuple[str, bool]]:
    """Every font of the first page, and whether its letters are in the file."""
    found = set()
    for font in PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"].values():
        inner = font.get("/DescendantFonts", [font])[0]
        found.add((str(font["/BaseFont"]), "/FontFile2" in inner.get("/FontDescriptor", {})))
    return found


def test_the_operators_face_is_put_into_the_file_with_the_letters_that_it_has() -> None:
    def sheet(face: Path | None) -> bytes:
        paper = Sheet("Łódź 宁波", "foot", face)
        return paper.pdf()

    plain, own = sheet(None), sheet(VERA)
    assert not any(embedded for _, embedded in fonts_of(plain))
    assert any("Vera" in name and embedded for name, embedded in fonts_of(own))
    assert "Ł" in text_of(own)
    assert "Ł" not in text_of(plain)  # set as its base letter
    assert "宁波" in text_of(own), "letters that the face does not have are set as before"
    assert own == sheet(VERA), "the same paper is the same bytes"


def test_a_face_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "none.ttf").write_bytes(b"OTTO" + b"\0" * 64)
    for path in (tmp_path / "none.ttf", tmp_path / "missing.ttf"):
        with pytest.raises(Conflict, match="HOMEWARD_PDF_FONT"):
            Sheet("title", "foot", path)


async def test_packs_take_the_face_of_the_settings(open_house: OpenHouse) -> None:
    house = await open_house(pdf_font=VERA)
    return_id, _ = await accepted(house)
    evidence = await pack(house, f"/v1/returns/{return_id}/evidence")
    papers = await pack(house, f"/v1/returns/{return_id}/customs/papers")
    for content in (evidence["acceptance.pdf"], papers["commercial-invoice.pdf"], papers["reason-statement.pdf"]):
        assert any("Vera" in name for name, _ in fonts_of(content))
