"""How a return is saved and sent: by other programs, in other formats, encrypted, zipped, damaged, twice, with others."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import FieldType
from tests.clerk import converted
from tests.clerk.deeds import FILE, SAVED, deed, register
from tests.clerk.making import Making, Outcome, Unsuitable
from tests.clerk.workbook import BOOK, STYLES, TYPES

# ---- saved by another program, nothing lost


@deed("nothing at all", SAVED)
def nothing(_: Making) -> None:
    """A good return has the findings of its answers and no others."""


@deed("a dimension that is too small", SAVED)
def dimension(making: Making) -> None:
    for part in making.book.sheets.values():
        making.book.sub(part, r"<dimension\b[^>]*?/>", '<dimension ref="A1"/>', least=0)


@deed("an invalid font family", SAVED)
def font_family(making: Making) -> None:
    making.book.sub(STYLES, r'<family val="\d+"\s*/>', '<family val="186"/>', least=0)


@deed("a thousand formatted rows", SAVED)
def formatted_rows(making: Making) -> None:
    for part in making.book.sheets.values():
        last = max(int(row) for row in re.findall(r'<row\b[^>]*? r="(\d+)"', making.book.text(part)))
        rows = "".join(
            f'<row r="{row}" s="1" customFormat="1"><c r="A{row}" s="1"/></row>' for row in range(last + 1, last + 1001)
        )
        making.book.sub(part, "</sheetData>", f"{rows}</sheetData>")


_STRICT = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties": "http://purl.oclc.org/ooxml/officeDocument/extendedProperties",
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties": "http://purl.oclc.org/ooxml/officeDocument/customProperties",
    "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes": "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "http://purl.oclc.org/ooxml/drawingml/main",
}


@deed("strict OOXML", SAVED, "strict")
def strict(making: Making) -> None:
    """The namespaces of Strict Open XML; dates stay serial numbers."""
    for part in list(making.book.parts):
        if part.endswith((".xml", ".rels")):
            text = making.book.text(part)
            for plain, purl in _STRICT.items():
                text = text.replace(plain, purl)
            making.book.put(part, text)
    making.book.sub(BOOK, r"<workbook\b", '<workbook conformance="strict"')


@deed("days counted from 1904", SAVED, "days")
def since_1904(making: Making) -> None:
    """Every date stands 1,462 days lower, and means the same."""
    if making.shifts or making.renamed or making.gone:
        raise Unsuitable
    styles = _date_styles(making)
    for part in making.book.sheets.values():
        making.book.sub(part, r'(<c\b[^>]*? s="(\d+)"[^>]*>\s*<v>)(\d{5}(?:\.\d+)?)(</v>)',
                        lambda m: f"{m[1]}{Decimal(m[3]) - 1462}{m[4]}" if int(m[2]) in styles else m[0], least=0)  # fmt: skip
    if "<workbookPr" in making.book.text(BOOK):
        making.book.sub(BOOK, r' date1904="\w+"', "", least=0)
        making.book.sub(BOOK, r"<workbookPr\b", '<workbookPr date1904="1"')
    else:
        making.book.sub(BOOK, r"<(?:bookViews|sheets)\b", lambda m: f'<workbookPr date1904="1"/>{m[0]}')


def _date_styles(making: Making) -> set[int]:
    text = making.book.text(STYLES)
    own = {
        int(identity)
        for identity, code in re.findall(r'numFmtId="(\d+)" formatCode="([^"]*)"', text)
        if "yy" in code.lower()
    }
    own |= {
        int(identity)
        for code, identity in re.findall(r'formatCode="([^"]*)" numFmtId="(\d+)"', text)
        if "yy" in code.lower()
    }
    block = text[text.index("<cellXfs") : text.index("</cellXfs>")]
    formats = [int(each) for each in re.findall(r'<xf\b[^>]*?numFmtId="(\d+)"', block)]
    return {
        at for at, each in enumerate(formats) if each in own or 14 <= each <= 17 or 27 <= each <= 36 or 50 <= each <= 58
    }


@deed("results of formulas not saved", SAVED, "claims")
def no_results(making: Making) -> None:
    """As programs leave it that write without calculating; what people typed stays."""
    used = {making.place(cell) for cell in making.used}
    for sheet, part in making.book.sheets.items():
        typed = {cell.ref for cell in used if cell and cell.sheet == sheet}

        def stripped(match: re.Match[str], typed: set[str] = typed) -> str:
            if match[2] in typed:
                return match[0]
            opening = re.sub(r' t="\w+"', "", match[1])
            return opening + match[3]

        making.book.sub(part, _CALCULATED, stripped, least=0)
    for name, held in making.score_cells.items():
        if held.formula is not None and held.cell not in making.used:
            making.score_cells[name] = replace(held, saved=False)
            if name in making.answers:
                making.answers[name] = Answer(name, None)


_CALCULATED = r'(<c\b[^>]*? r="([A-Z]+\d+)"[^>]*>)(\s*<f\b[^>]*>[^<]*</f>)\s*<v>[^<]*</v>'


# ---- other formats; only for a return that nothing else was done to


def _saved_as(form: str, program: str) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        """Formulas, formats and names aren't read of it."""
        rates = [
            making.answers[each.id].value for each in making.scheme.fields.values() if each.type is FieldType.PERCENT
        ]
        if any(isinstance(rate, Decimal) and rate > 1 for rate in rates):
            raise Unsuitable  # not to be told from a percentage there
        if making.good.saver == "openpyxl":
            raise Unsuitable  # the program that saves it would calculate what it has no results of
        making.whole = converted.saved_as(making.good.data, form, program)
        making.score_cells.clear()
        making.name = f"{making.unit} 自评表.{making.random.choice((form, 'xlsx'))}"
        making.note("other-format")

    return act


for _form in ("xls", "ods"):
    for _program in ("LibreOffice", "Gnumeric"):
        register(
            f"saved as .{_form} by {_program}", FILE, ("container", "pure", "file-name"), _saved_as(_form, _program)
        )


@deed("a .et file", FILE, "container", "pure", "file-name", "fate")
def et(making: Making) -> None:
    making.whole = converted.saved_as(making.good.data, "xls", "LibreOffice")
    making.name = f"{making.unit} 自评表.et"
    making.fate = "et-file"


# ---- encrypted


def _encrypt(password: str) -> Callable[[bytes], bytes]:
    def encrypt(data: bytes) -> bytes:
        from msoffcrypto.format.ooxml import OOXMLFile

        out = io.BytesIO()
        OOXMLFile(io.BytesIO(data)).encrypt(password, out)
        return out.getvalue()

    return encrypt


@deed("encrypted, its password known", FILE, "container")
def known_password(making: Making) -> None:
    making.wraps.append(_encrypt("jy2024"))
    keys = [making.name] + [making.unit] * (making.unit in making.name)
    making.passwords.append((making.random.choice(keys), "jy2024"))
    making.note("opened-with-password")


@deed("encrypted by Excel's own password", FILE, "container")
def own_password(making: Making) -> None:
    """What Excel does where a workbook is only protected against changes."""
    making.wraps.append(_encrypt("VelvetSweatshop"))


@deed("encrypted, no password known", FILE, "container", "fate")
def no_password(making: Making) -> None:
    making.wraps.append(_encrypt("secret"))
    making.fate = "encrypted"


@deed("encrypted, another password known", FILE, "container", "fate")
def wrong_password(making: Making) -> None:
    making.wraps.append(_encrypt("secret"))
    making.passwords.append((making.unit, "jy2023"))
    making.fate = "encrypted"


# ---- zips


def zipped(members: dict[str, bytes], encoding: str = "utf-8") -> bytes:
    """A zip; of names in another encoding it says nothing, as Chinese programs do."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(members.items()):
            stand_in = name if encoding == "utf-8" else _stand_in(name, encoding, number)
            archive.writestr(zipfile.ZipInfo(stand_in, (2025, 3, 15, 10, 30, 0)), content, zipfile.ZIP_DEFLATED)
    data = buffer.getvalue()
    if encoding != "utf-8":
        for number, name in enumerate(members):
            data = data.replace(_stand_in(name, encoding, number).encode(), name.encode(encoding))
    return data


def _stand_in(name: str, encoding: str, number: int) -> str:
    """An ASCII name of the same length, to be overwritten."""
    return f"~{number}".ljust(len(name.encode(encoding)), "~")


def _zip(making: Making, members: dict[str, bytes], outcomes: dict[str, Outcome], encoding: str = "utf-8") -> None:
    making.parcelled = True
    name = f"回收{making.case}.zip"
    making.deliver(
        name, zipped(members, encoding), {f"{name}/{member}": outcome for member, outcome in outcomes.items()}
    )


@deed("zipped", FILE, "container", "parcel")
def zipped_alone(making: Making) -> None:
    _zip(making, {making.name: making.data()}, {making.name: making.outcome()})


@deed("zipped in a folder, with other things beside it", FILE, "container", "parcel")
def zipped_folder(making: Making) -> None:
    name = f"材料/{making.name}"
    members = {name: making.data(), "材料/说明.pdf": b"%PDF-1.4\n", "__MACOSX/._x.xlsx": b"x", "材料/~$x.xlsx": b"lock"}
    own = making.outcome()
    _zip(making, members, {name: replace(own, found=own.found + Counter({("parcel-leftovers", ""): 1}))})


@deed("zipped with names in GBK", FILE, "container", "parcel")
def zipped_gbk(making: Making) -> None:
    _zip(making, {making.name: making.data()}, {making.name: making.outcome()}, "gbk")


@deed("a zip in a zip", FILE, "container", "parcel")
def zipped_twice(making: Making) -> None:
    inner = zipped({making.name: making.data()})
    _zip(making, {"里面.zip": inner}, {f"里面.zip/{making.name}": making.outcome()})


@deed("two units' returns in one zip", FILE, "container", "parcel")
def zipped_together(making: Making) -> None:
    other = making.partner()
    members = {making.name: making.data(), other.name: other.data()}
    _zip(making, members, {making.name: making.outcome(), other.name: other.outcome()})


@deed("a zip of scans", FILE, "container", "fate", "parcel")
def zip_of_scans(making: Making) -> None:
    making.fate, making.parcelled = "archive-refused", True
    name = f"扫描{making.case}.zip"
    making.deliver(name, zipped({"1.jpg": b"\xff\xd8\xff\xe0" + bytes(50)}), {name: making.outcome()})


# ---- damaged, or something else


def _instead(code: str, suffix: str, content: Callable[[bytes], bytes]) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        making.wraps.append(content)
        making.fate = code
        making.name = f"{making.unit} {making.case}.{making.random.choice((suffix, 'xlsx'))}"

    return act


def _csv(_: bytes) -> bytes:
    return "单位代码,单位名称\n440199001,第一小学\n".encode("gb18030")


def _docx(_: bytes) -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    return zipped({TYPES: types.encode(), "word/document.xml": b"<w/>"})


def _foreign(_: bytes) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("采购清单").write_row(0, 0, ["品名", "数量"])
    return buffer.getvalue()


_INSTEAD: dict[str, tuple[str, str, Callable[[bytes], bytes]]] = {
    "half a file": ("unreadable", "xlsx", lambda data: data[: len(data) // 2]),
    "a file cut at its end": ("unreadable", "xlsx", lambda data: data[:-100]),
    "a file of nothing but zeros": ("unreadable", "xlsx", lambda data: bytes(len(data))),
    "an empty file": ("empty-file", "xlsx", lambda _: b""),
    "a PDF": ("not-a-workbook", "pdf", lambda _: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"),
    "a photograph": ("not-a-workbook", "jpg", lambda _: b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100)),
    "a picture": ("not-a-workbook", "png", lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "a Word document": ("not-a-workbook", "docx", _docx),
    "a page as .xls": (
        "not-a-workbook",
        "xls",
        lambda _: "<html><table><tr><td>自评表</td></tr></table></html>".encode(),
    ),
    "a list of values": ("not-a-workbook", "csv", _csv),
    "a plain text": ("not-a-workbook", "txt", lambda _: "自评表已交，请查收。\n".encode()),
    "a foreign workbook": ("not-our-form", "xlsx", _foreign),
    "a .rar": ("archive-refused", "rar", lambda _: b"Rar!\x1a\x07\x01\x00" + bytes(100)),
}
for _name, _case in _INSTEAD.items():
    register(_name, FILE, ("container", "fate", "file-name"), _instead(*_case))


@deed("a sheet's XML broken off", FILE, "container", "fate")
def broken_part(making: Making) -> None:
    part = making.random.choice([*making.book.sheets.values()])
    text = making.book.text(part)
    making.book.put(part, text[: text.index("<sheetData") + len(text) // 3])
    making.fate = "unreadable"


# ---- more files than one


@deed("a lock file and unfinished ones beside it", FILE, "beside")
def beside(making: Making) -> None:
    for name in (
        f"~${making.unit} 自评表.xlsx",
        f".~{making.unit}.xlsx",
        f"{making.unit}.xlsx.part",
        f"{making.unit}.tmp",
        f".{making.unit}.xlsx",
    ):
        making.deliver(name, b"x", {name: Outcome("ignored")})


@deed("the same file twice", FILE, "beside", "container", "fate")
def twice(making: Making) -> None:
    making.note("identical-return")
    copy = f"{making.unit} {'副本' * 20}.xlsx"
    making.deliver(copy, making.data(), {copy: Outcome("dropped")})


@deed("an older version beside it", FILE, "beside", "container", "fate", "seal")
def older(making: Making) -> None:
    """Saved before, with other answers: it does not count."""
    making.book_time(making.book, "2025-03-15T10:30:00Z")
    before = making.book.copy()
    making.book_time(before, "2025-03-01T08:00:00Z")
    name = f"{making.unit} 自评表（旧）.xlsx"
    making.note("duplicate-return")
    making.deliver(name, before.data(), {name: Outcome("dropped")})


@deed("the blank beside it", FILE, "beside", "container", "fate")
def blank_beside(making: Making) -> None:
    """Handed in untouched and saved later: a blank never counts before a filled one."""
    name = f"{making.unit} 空表.xlsx"
    making.note("duplicate-return")
    making.deliver(name, making.blank, {name: Outcome("dropped")})


@deed("another unit's answers", FILE, "beside", "container", "pure", "fate")
def same_answers(making: Making) -> None:
    """One school has copied the other's form, number by number."""
    other = making.partner_like_this()
    other.note("same-answers")
    making.note("same-answers")
    making.deliver(other.name, other.data(), {other.name: other.outcome()})
