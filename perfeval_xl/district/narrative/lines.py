"""The lines of a narrative from a file: a Word document (.docx) or a plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import qn

from perfeval_xl.district.narrative import marks
from perfeval_xl.district.narrative.outline import Line, Look, Unplaced
from perfeval_xl.errors import NarrativeError, UnreadableWorkbook, WorkbookError
from perfeval_xl.excel.package import Package, refuse_doctype
from perfeval_xl.excel.preflight import MAX_FILE
from perfeval_xl.excel.recognise import OLE, recognise

_LONGEST_LISTED = 60  # characters: an automatically numbered paragraph that is longer is no heading
_TITLE = "Title"
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Document:
    """A narrative's lines. ``own``: the tool wrote the document, so that no line is cut off; ``left_out`` is what is not
    among the lines, and ``ours`` how many paragraphs are the tool's."""

    lines: tuple[Line, ...]
    own: bool = False
    left_out: tuple[Unplaced, ...] = ()
    ours: int = 0


def read_document(data: bytes, name: str) -> Document:
    """The lines of a .docx or a text file. NarrativeError, saying what to do, where ``data`` is neither."""
    if len(data) > MAX_FILE:
        raise NarrativeError(f"{name} 超过 {MAX_FILE // 1024 // 1024} MB，没有读取。请删去图片等后再试。")
    if not data:
        raise NarrativeError(f"{name} 是空的（0 字节）。")
    label = recognise(data, name).label
    if label == "Word 文件":
        return _word(data, name)
    if label.startswith("文本"):
        return Document(tuple(Line(text) for each in _decoded(data, name).splitlines() if (text := each.strip())))
    if data.startswith(OLE):
        raise NarrativeError(
            f"{name} 不是 .docx（可能是 .doc、.wps 或加了密码）。请在 WPS 或 Word 中去掉密码，另存为 .docx。"
        )
    raise NarrativeError(f"{name} 是{label}，不是自评说明。请给出 Word 文档（.docx）或文本文件（.txt）。")


def _decoded(data: bytes, name: str) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return _CONTROLS.sub("", data.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise NarrativeError(f"{name} 的文字编码认不出来。请另存为 UTF-8 编码的 .txt，或 Word 文档（.docx）。")


def _word(data: bytes, name: str) -> Document:
    """Read part by part: a whole document with any part missing, as LibreOffice and WPS write some, python-docx refuses."""
    try:
        package = Package.read(data)
        main = package.related("officeDocument")
        if main is None:
            raise UnreadableWorkbook("文件内部缺少正文")
        styles = package.related("styles", main)
        document = _parsed(package, main)
        return _Word(document, _parsed(package, styles) if styles else None).document()
    except WorkbookError as error:
        raise NarrativeError(f"{name} 打不开：{error}。请在 WPS 或 Word 中打开，另存为 .docx。") from error


def _parsed(package: Package, part: str) -> Any:
    content = package.part(part)
    refuse_doctype(content, part)
    try:
        return parse_xml(content)
    except (SyntaxError, ValueError) as error:
        raise UnreadableWorkbook(f"文件已损坏（{part} 读不懂）") from error


class _Word:
    """One Word document being read, from its text and its styles as parsed."""

    def __init__(self, document: Any, styles: Any) -> None:
        self._body = document
        found = [] if styles is None else [each for each in styles.iter(qn("w:style")) if each.get(qn("w:styleId"))]
        self._styles = {each.get(qn("w:styleId")): _value(each.find(qn("w:name"))) for each in found}
        self._listed = {each.get(qn("w:styleId")) for each in found if _is_listed(each)}
        self._own = marks.BODY in self._styles.values()
        self._left_out: list[Unplaced] = []
        self._ours = 0

    def document(self) -> Document:
        lines = tuple(self._lines())
        self._count_tables()
        return Document(lines, self._own, tuple(self._left_out), self._ours)

    def _lines(self) -> Iterator[Line]:
        for paragraph in self._body.iter(qn("w:p")):
            if _within(paragraph, "w:tbl", "w:txbxContent"):
                continue
            text = _text(paragraph)
            style = self._style(paragraph)
            if not text or (self._own and style == _TITLE):
                continue
            if style in marks.OURS:
                self._our_paragraph(paragraph, text)
            elif self._own and marks.is_untouched(paragraph, text):
                yield Line(text, Look.PLAIN)
            else:
                yield from self._split(paragraph, text, style)

    def _split(self, paragraph: Any, text: str, style: str) -> Iterator[Line]:
        """A paragraph as lines: it is one unless somebody broke it by hand."""
        first, *rest = (line for each in text.split("\n") if (line := each.strip()))
        if style == marks.ITEM:
            yield Line(" ".join((first, *rest)), Look.ITEM)
            return
        numbered = _is_listed(paragraph) or _style_id(paragraph) in self._listed
        short = len(text) <= _LONGEST_LISTED and "。" not in text[:-1]
        yield Line(first, Look.LISTED if numbered and short else Look.OPEN)
        for each in rest:
            yield Line(each)

    def _our_paragraph(self, paragraph: Any, text: str) -> None:
        if marks.is_untouched(paragraph, text):
            self._ours += 1
        else:
            why = "写在系统测算的段落里（或改动了它），没有读入；要保留的，请移到正文段落中"
            self._left_out.append(Unplaced("测算内容", why, text))

    def _count_tables(self) -> None:
        foreign = [
            table
            for table in self._body.iter(qn("w:tbl"))
            if not _within(table, "w:tbl")
            and any(self._style(each) not in marks.OURS and _text(each) for each in table.iter(qn("w:p")))
        ]
        for table in foreign:
            said = " | ".join(text for each in table.iter(qn("w:p")) if (text := _text(each)))
            self._left_out.append(Unplaced("表格", "说明的填报项只收文字，表格没有读入", said))
        for box in self._body.iter(qn("w:txbxContent")):
            said = "\n".join(text for each in box.iter(qn("w:p")) if (text := _text(each)))
            if said and not _within(box, "mc:Fallback"):
                self._left_out.append(Unplaced("文本框", "文本框中的文字没有读入", said))

    def _style(self, paragraph: Any) -> str:
        return self._styles.get(_style_id(paragraph), "")


def _style_id(paragraph: Any) -> str:
    return _value(paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}"))


def _value(element: Any) -> str:
    return "" if element is None else str(element.get(qn("w:val"), ""))


def _is_listed(element: Any) -> bool:
    """Whether Word numbers a paragraph (or those of a style) by itself, so that its number is not in its text."""
    return _value(element.find(f"{qn('w:pPr')}/{qn('w:numPr')}/{qn('w:numId')}")) not in ("", "0")


def _within(element: Any, *names: str) -> bool:
    return next(element.iterancestors(*(_qualified(name) for name in names)), None) is not None


def _qualified(name: str) -> str:
    if name.startswith("mc:"):
        return "{http://schemas.openxmlformats.org/markup-compatibility/2006}" + name[3:]
    return str(qn(name))


def _text(paragraph: Any) -> str:
    """What a paragraph says, insertions that were tracked with it, without what was deleted or moved away."""
    said: list[str] = []
    for element in paragraph.iter(qn("w:t"), qn("w:br"), qn("w:cr"), qn("w:tab"), qn("w:noBreakHyphen")):
        nearest = next(element.iterancestors(qn("w:p")))
        if nearest is not paragraph or _within(element, "w:moveFrom") or element.getparent().tag != qn("w:r"):
            continue
        said.append(_SIGNS.get(element.tag) or element.text or "")
    return "".join(said).strip()


_SIGNS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}
