"""One sheet of paper: headings, pairs, tables and text, in Latin and Chinese letters side by side.

Latin text is set in Helvetica, which every reader brings along. The rest is set in the operator's own TrueType face
(`HOMEWARD_PDF_FONT`), whose letters are put into the file; without one in STSong-Light, Adobe's standard Chinese face, which
is not embedded: on a machine without Chinese letters a reader shows none. Letters that no face has are set as their base
letter, else as a hollow square.
"""

import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from schemas.errors import Conflict

CHINESE = "STSong-Light"
ACROSS = 3
"""Pictures in a row."""
MARGIN = 51
"""Points: 18 mm."""
STROKED = str.maketrans("ŁłĐđı", "LlDdi")
"""Letters that do not come apart into a base and a mark."""
GREY = "#56666a"
LINE = "#c9d3d1"
Row = Sequence[str]


def _set(text: str, face: str, has: Callable[[str], bool]) -> str:
    """The text as markup, each run in a face that has its letters; `face` is the operator's, where there is one."""
    parts = re.findall(
        r"[\x00-\x7f\u00a0-\u00ff\u2013\u2014\u2018-\u201e\u2026\u20ac]+|[^\x00-\x7f\u00a0-\u00ff]", text
    )
    return "".join(_run(part, face, has) for part in parts)


def _run(part: str, face: str, has: Callable[[str], bool]) -> str:
    if _encodes(part, "cp1252"):
        return escape(part).replace("\n", "<br/>")
    if has(part):
        return f'<font name="{face}">{part}</font>'
    if _encodes(part, "gbk"):
        return f'<font name="{CHINESE}">{part}</font>'
    base = unicodedata.normalize("NFKD", part.translate(STROKED)).encode("ascii", "ignore").decode()
    return escape(base or "\u25a1") if base else f'<font name="{CHINESE}">\u25a1</font>'


def _encodes(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _fitting(width: float, height: float, side: float) -> tuple[float, float]:
    scale = side / max(width, height, 1)
    return width * scale, height * scale


def _nothing(part: str) -> bool:
    return False


def _embedded(path: Path) -> tuple[str, Callable[[str], bool]]:
    """The name that a face goes by, and whether it has a letter. It is read once a process."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    name = f"face-{path.stem}"
    if name not in pdfmetrics.getRegisteredFontNames():
        try:
            pdfmetrics.registerFont(TTFont(name, str(path)))
        except (TTFError, OSError) as error:
            raise Conflict("HOMEWARD_PDF_FONT names no TrueType font that can be read", state="pdf_font") from error
    letters = pdfmetrics.getFont(name).face.charToGlyph
    return name, lambda part: all(ord(letter) in letters for letter in part)


class Sheet:
    """Built from the top down, then `pdf()`. Raises Conflict where the extra is not installed, or the face is none."""

    def __init__(self, title: str, footer: str, face: Path | None = None) -> None:
        try:
            from reportlab.lib.styles import ParagraphStyle
            from reportlab.pdfbase import pdfmetrics
            from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        except ImportError as error:
            raise Conflict("papers need the extra homeward[pdf]", state="no_pdf") from error
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
        self.face, self.has = _embedded(face) if face else ("", _nothing)
        self.title, self.footer = title, footer
        plain = ParagraphStyle("plain", fontName="Helvetica", fontSize=9.5, leading=14)
        self.plain = plain
        self.cjk = ParagraphStyle("cjk", parent=plain, wordWrap="CJK")
        self.small = ParagraphStyle("small", parent=plain, fontSize=8, leading=11, textColor=GREY)
        self.head = ParagraphStyle(
            "head", parent=plain, fontSize=11.5, leading=16, spaceBefore=10, spaceAfter=4, keepWithNext=1
        )
        self.big = ParagraphStyle("big", parent=plain, fontSize=17, leading=24, spaceAfter=6)
        self.story: list[Any] = [self._text(title, self.big)]

    def _text(self, text: str, style: Any = None) -> Any:
        from reportlab.platypus import Paragraph

        chinese = not text.isascii() and any(ord(letter) > 0x2E7F for letter in text)
        return Paragraph(_set(text, self.face, self.has), style or (self.cjk if chinese else self.plain))

    def heading(self, text: str) -> None:
        self.story.append(self._text(text, self.head))

    def text(self, text: str) -> None:
        self.story.append(self._text(text))

    def hint(self, text: str) -> None:
        self.story.append(self._text(text, self.small))

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """What something is called, and what it is; rows without a value are left out."""
        self._table([[self._text(name, self.small), self._text(value)] for name, value in rows if value], (0.28, 0.72))

    def table(self, head: Row, rows: Sequence[Row], widths: Sequence[float]) -> None:
        """`widths` are shares of the page's width."""
        cells = [[self._text(cell, self.small) for cell in head]]
        cells += [[self._text(cell) for cell in row] for row in rows]
        self._table(cells, widths, headed=True)

    def _table(self, cells: list[list[Any]], widths: Sequence[float], *, headed: bool = False) -> None:
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import Table

        if not cells:
            return
        usable = A4[0] - 2 * MARGIN
        style: list[tuple[Any, ...]] = [
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ]
        made = Table(cells, [share * usable for share in widths], repeatRows=int(headed), style=style)
        made.hAlign = "LEFT"
        self.story.append(made)

    def pictures(self, shown: Sequence[tuple[bytes, str]]) -> None:
        """JPEGs with what stands under each, three in a row."""
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import Image

        side = (A4[0] - 2 * MARGIN) / ACROSS - 8
        cells = []
        for content, caption in shown:
            picture = Image(io.BytesIO(content))
            picture.drawWidth, picture.drawHeight = _fitting(picture.imageWidth, picture.imageHeight, side)
            cells.append([picture, self._text(caption, self.small)])
        rows = [cells[at : at + ACROSS] for at in range(0, len(cells), ACROSS)]
        self._table([[*row, *[""] * (ACROSS - len(row))] for row in rows], [1 / ACROSS] * ACROSS)

    def gap(self, points: float = 14) -> None:
        from reportlab.platypus import Spacer

        self.story.append(Spacer(1, points))

    def pdf(self) -> bytes:
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import SimpleDocTemplate

        out = io.BytesIO()
        made = SimpleDocTemplate(
            out,
            pagesize=A4,
            invariant=1,  # no clock and no chance in it
            title=self.title,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
        )
        made.build(list(self.story), onFirstPage=self._foot, onLaterPages=self._foot)
        return out.getvalue()

    def _foot(self, canvas: Any, made: Any) -> None:
        from reportlab.lib.pagesizes import A4

        line = self._text(f"{self.footer} · {made.page}", self.small)
        line.wrap(A4[0] - 2 * MARGIN, 20)
        line.drawOn(canvas, MARGIN, 26)
