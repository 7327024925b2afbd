"""What is done to single cells that are not inputs: labels, points, formulas, stamps, the review block, the hidden sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.excel.layout.parts import HIDDEN
from tests.clerk.deeds import CELLS, deed, register
from tests.clerk.making import Making, blanks, labels, locked_formulas
from tests.clerk.workbook import BOOK, TYPES

# ---- labels


def _texts(making: Making) -> list[Cell]:
    return [cell for cell, label in labels(making.layout).items() if isinstance(label.value, str)]


def _label(change: Callable[[str], str]) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        cell = making.choose(_texts(making))
        value = labels(making.layout)[cell].value
        making.book.words(*making.there(cell), change(str(value)))
        making.note("label-changed", cell)

    return act


register("a label with words added", CELLS, (), _label(lambda text: f"{text}（已改）"))
register(
    "a label with a sign changed", CELLS, (), _label(lambda text: text[:-1] + ("甲" if text[-1] != "甲" else "乙"))
)
register("a label cut short", CELLS, (), _label(lambda text: text[: len(text) // 2] or "略"))


@deed("a label taken out", CELLS)
def label_gone(making: Making) -> None:
    cell = making.choose(labels(making.layout))
    making.book.write(*making.there(cell))
    making.note("label-changed", cell)


@deed("a label turned into a formula", CELLS)
def label_formula(making: Making) -> None:
    cell = making.choose(_texts(making))
    value = str(labels(making.layout)[cell].value)
    making.book.formula(*making.there(cell), '"' + value.replace('"', '""') + '"', value, text=True)
    making.note("label-changed", cell)


@deed("a label turned into an error", CELLS)
def label_error(making: Making) -> None:
    cell = making.choose(_texts(making))
    making.book.error(*making.there(cell), "#REF!")
    making.note("label-changed", cell)


@deed("points changed", CELLS)
def points(making: Making) -> None:
    numbers = {cell: label.value for cell, label in labels(making.layout).items() if not isinstance(label.value, str)}
    cell = making.choose(numbers)
    making.book.number(*making.there(cell), f"{numbers[cell]}5" if "." in str(numbers[cell]) else f"{numbers[cell]}.5")
    making.note("label-changed", cell)


@deed("a label that only differs in white space", CELLS)
def label_spaces(making: Making) -> None:
    cell = making.choose(_texts(making))
    value = str(labels(making.layout)[cell].value)
    making.book.words(
        *making.there(cell), making.random.choice((f"{value} ", f"{value}\n", value.replace("\n", "\r\n")))
    )


@deed("a label in rich text", CELLS)
def label_rich(making: Making) -> None:
    cell = making.choose(each for each in _texts(making) if str(labels(making.layout)[each].value).isalnum())
    value = str(labels(making.layout)[cell].value)
    runs = f'<is><r><rPr><b/><sz val="14"/></rPr><t>{value[:1]}</t></r><r><t>{value[1:]}</t></r></is>'
    making.book.write(*making.there(cell), runs, "inlineStr")


@deed("another look of a locked cell", CELLS)
def look(making: Making) -> None:
    cell = making.choose(_texts(making))
    value = str(labels(making.layout)[cell].value)
    sheet, ref = making.there(cell)
    making.book.words(sheet, ref, value, making.book.formatted(sheet, ref, 49))


# ---- formulas


def _formula(making: Making) -> tuple[Cell, str]:
    formulas = locked_formulas(making.layout)
    cell = making.choose(formulas)
    return cell, formulas[cell].expression


def _own_scores(making: Making, cell: Cell, formula: str | None) -> None:
    """Where the formula is one of the form's own scores, what the claim is left to is no longer known."""
    for name, held in making.score_cells.items():
        if held.cell == cell:
            making.score_cells[name] = replace(held, formula=formula, issued=False, saved=True)


@deed("a formula pasted over with a value", CELLS)
def pasted(making: Making) -> None:
    cell, _ = _formula(making)
    making.book.number(*making.there(cell), "1")
    _own_scores(making, cell, None)
    making.note("formula-changed", cell)


@deed("a formula changed", CELLS)
def changed(making: Making) -> None:
    cell, expression = _formula(making)
    making.book.formula(*making.there(cell), f"{expression}+0", "1")
    _own_scores(making, cell, f"{expression}+0")
    making.note("formula-changed", cell)


@deed("another formula in place of one", CELLS)
def replaced(making: Making) -> None:
    cell, _ = _formula(making)
    making.book.formula(*making.there(cell), "1+1", "2")
    _own_scores(making, cell, "1+1")
    making.note("formula-changed", cell)


@deed("a formula taken out", CELLS)
def taken_out(making: Making) -> None:
    cell, _ = _formula(making)
    making.book.write(*making.there(cell))
    _own_scores(making, cell, None)
    making.note("formula-changed", cell)


_SPELLED = re.compile(r'"(?:[^"]|"")*"|\bTRUE\b|\bFALSE\b|,')
_ANEW = {",": ", ", "TRUE": "TRUE()", "FALSE": "FALSE()"}


@deed("a formula spelled in another way", CELLS, "claims")
def respelled(making: Making) -> None:
    """As programs rewrite it: nothing has changed."""
    cell, expression = _formula(making)
    spelled = _SPELLED.sub(lambda match: _ANEW.get(match[0], match[0]), expression)
    sheet, ref = making.there(cell)
    result = re.search(r"<v>.*?</v>", making.book.cell(sheet, ref), re.DOTALL)
    kind = re.search(r' t="(\w+)"', making.book.cell(sheet, ref).partition(">")[0])
    content = f"<f>{spelled.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</f>"
    making.book.write(sheet, ref, content + (result[0] if result else ""), kind[1] if kind else "")


@deed("a wrong result of a formula", CELLS)
def wrong_result(making: Making) -> None:
    """As programs leave it that don't calculate: no result of the form's is trusted."""
    named = {held.cell for held in making.score_cells.values()}
    formulas = locked_formulas(making.layout)
    cell = making.choose(each for each in formulas if each not in named)
    making.book.formula(*making.there(cell), formulas[cell].expression, "0")


# ---- stamps, the review block, cells outside the form


def _stamp(key: str, code: str, *, typed: str = "另一个") -> Callable[[Making], None]:
    def act(making: Making) -> None:
        cell = making.choose(cell for cell, stamp in making.layout.stamps.items() if stamp.key == key)
        making.book.words(*making.there(cell), typed)
        making.note(code, cell)

    return act


register("the unit's name edited", CELLS, ("name",), _stamp("unit_name", "issued-data-changed"))
register("the deadline edited", CELLS, (), _stamp("deadline", "issued-data-changed", typed="2025年12月31日"))
register("the department edited", CELLS, (), _stamp("district", "issued-data-changed"))
register("the person to ask edited", CELLS, (), _stamp("contact", "issued-data-changed"))
register("the short seal edited", CELLS, ("seal",), _stamp("seal_short", "issued-data-changed", typed="ABCDEFGH"))


@deed("the review block filled in", CELLS)
def review_filled(making: Making) -> None:
    cell = making.choose(making.layout.review.values())
    making.book.words(*making.there(cell), "同意")
    making.note("review-filled", cell)


@deed("content beside the form", CELLS)
def beside(making: Making) -> None:
    sheet = making.random.choice([each.name for each in making.layout.sheets if not each.very_hidden])
    issued = making.layout.sheet[sheet]
    last = max(from_ref(ref)[1] for ref in [*issued.cells, *issued.merges.values()])
    bottom = max(from_ref(ref)[0] for ref in issued.cells)
    cell = making.choose(blanks(making.layout, sheet, range(2, bottom + 1), range(last + 2, last + 5)))
    making.book.words(*making.there(cell), "请领导审阅")
    making.note("stray-content", cell)


@deed("content below the form", CELLS)
def below(making: Making) -> None:
    sheet = making.random.choice([each.name for each in making.layout.sheets if not each.very_hidden])
    bottom = max(from_ref(ref)[0] for ref in making.layout.sheet[sheet].cells)
    cell = making.choose([Cell(sheet, f"B{row}") for row in range(bottom + 3, bottom + 9)])
    making.book.number(*making.there(cell), "12345")
    making.note("stray-content", cell)


@deed("the hidden sheet's keys edited", CELLS, "hidden")
def hidden_label(making: Making) -> None:
    constants = labels(making.layout, visible=False)
    cell = making.choose(each for each in constants if each.sheet == HIDDEN and each.ref != "A1")
    if isinstance(constants[cell].value, str):
        making.book.words(*making.there(cell), "x")
    else:
        making.book.number(*making.there(cell), "45000")
    making.note("label-changed", cell)


@deed("the hidden sheet's unit code edited", CELLS, "hidden")
def hidden_code(making: Making) -> None:
    cell = making.choose(
        c for c, stamp in making.layout.stamps.items() if c.sheet == HIDDEN and stamp.key == "unit_code"
    )
    making.book.words(*making.there(cell), "440199998")
    making.note("issued-data-changed", cell)


# ---- comments, links and objects of cells


@deed("a comment", CELLS, "comments")
def comment(making: Making) -> None:
    """One or two comments on a sheet, with the drawing that Excel keeps of them."""
    sheet = making.random.choice([each.name for each in making.layout.sheets if not each.very_hidden])
    cells = sorted(making.random.sample(sorted(making.layout.sheet[sheet].cells), making.random.choice((1, 2))))
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    listed = "".join(
        f'<comment ref="{making.there(Cell(sheet, ref))[1]}" authorId="0"><text><r><t>请核对</t></r></text></comment>'
        for ref in cells
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
    making.book.add("xl/comments9.xml", f'<?xml version="1.0" encoding="UTF-8"?><comments xmlns="{space}"><authors><author>审核</author></authors>'
                    f"<commentList>{listed}</commentList></comments>".encode(), kind)  # fmt: skip
    making.book.relate(making.book.sheets[making.there(Cell(sheet, cells[0]))[0]], "comments", "../comments9.xml")
    for ref in cells:
        making.note("comments-added", Cell(sheet, ref))


@deed("a link to a page", CELLS)
def page_link(making: Making) -> None:
    """A hyperlink goes nowhere by itself."""
    sheet, ref = making.there(making.choose(making.layout.inputs.values()))
    identity = making.book.relate(making.book.sheets[sheet], "hyperlink", "http://example.invalid/a", external=True)
    part = making.book.sheets[sheet]
    link = f'<hyperlink xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ref="{ref}" r:id="{identity}"/>'
    if "</hyperlinks>" in making.book.text(part):
        making.book.sub(part, "</hyperlinks>", f"{link}</hyperlinks>")
    else:
        making.book.in_order(
            sheet,
            f"<hyperlinks>{link}</hyperlinks>",
            ("sheetData", "sheetProtection", "mergeCells", "conditionalFormatting", "dataValidations"),
        )


def external_link(making: Making) -> None:
    """The part that stands behind [1]."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
    part = "xl/externalLinks/externalLink1.xml"
    making.book.add(part, f'<?xml version="1.0" encoding="UTF-8"?><externalLink xmlns="{space}" xmlns:r="{office}"><externalBook r:id="rIdClerk1">'
                    '<sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>'.encode(), kind)  # fmt: skip
    making.book.relate(part, "externalLinkPath", "file:///D:/%E8%B4%A2%E5%8A%A1/%E9%A2%84%E7%AE%97.xlsx", external=True)
    identity = making.book.relate(BOOK, "externalLink", "externalLinks/externalLink1.xml")
    making.book.sub(
        BOOK,
        "</sheets>",
        f'</sheets><externalReferences><externalReference xmlns:r="{office}" r:id="{identity}"/></externalReferences>',
    )
    making.note("external-links")


register("a link to another file", CELLS, ("links",), external_link)


@deed("a data connection", CELLS, "links")
def connection(making: Making) -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml"
    content = f'<?xml version="1.0" encoding="UTF-8"?><connections xmlns="{space}"><connection id="1" name="q" type="5" refreshedVersion="6"/></connections>'
    making.book.add("xl/connections.xml", content.encode(), kind)
    making.book.relate(BOOK, "connections", "connections.xml")
    making.note("external-links")


@deed("macros", CELLS, "macros")
def macros(making: Making) -> None:
    """A VBA project beside the sheets, and the content type of an .xlsm."""
    kind = "application/vnd.ms-office.vbaProject"
    making.book.add("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), kind)
    making.book.relate(BOOK, "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin")
    making.book.sub(
        TYPES, r"openxmlformats-officedocument\.spreadsheetml\.sheet\.main", "ms-excel.sheet.macroEnabled.main"
    )
    making.book.sub(TYPES, r"vnd\.vnd", "vnd", least=0)
    making.note("macros")


@deed("an embedded file", CELLS, "objects")
def embedded(making: Making) -> None:
    sheet = making.random.choice([each.name for each in making.layout.sheets if making.place(Cell(each.name, "A1"))])
    making.book.add(
        "xl/embeddings/oleObject1.bin",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "application/vnd.openxmlformats-officedocument.oleObject",
    )
    part = making.book.sheets[making.there(Cell(sheet, "A1"))[0]]
    making.book.relate(part, "oleObject", "../embeddings/oleObject1.bin")
    making.note("embedded-objects")


@deed("a picture on a sheet", CELLS, "pictures")
def drawing(making: Making) -> None:
    """A scanned seal over the form: nothing to be said of it."""
    sheet = making.random.choice([each.name for each in making.layout.sheets if making.place(Cell(each.name, "A1"))])
    part = making.book.sheets[making.there(Cell(sheet, "A1"))[0]]
    making.book.add("xl/media/image1.png", b"\x89PNG\r\n\x1a\n" + bytes(40))
    space = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    kind = "application/vnd.openxmlformats-officedocument.drawing+xml"
    making.book.add("xl/drawings/drawing9.xml", f'<?xml version="1.0"?><xdr:wsDr xmlns:xdr="{space}"/>'.encode(), kind)
    making.book.relate("xl/drawings/drawing9.xml", "image", "../media/image1.png")
    making.book.relate(part, "drawing", "../drawings/drawing9.xml")
