"""A written narrative read back: the texts of the scheme's fields, and all that found no place among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perfeval_xl.district.narrative.lines import read_document
from perfeval_xl.district.narrative.outline import Outline, Unplaced, missing, shown
from perfeval_xl.district.narrative.slots import parts_of
from perfeval_xl.errors import NarrativeError
from perfeval_xl.scheme.model import Scheme

LEFT_OVER = "_没有位置的内容"
"""The key of an answers file under which that stands; keys that begin with _ are comments there."""


@dataclass(frozen=True)
class Reading:
    """``texts`` by field id, in the order of the form; ``blank`` are headings under which nothing was found; ``too_long``
    are the labels of fields that take less, with how much; ``ours`` counts the paragraphs that the tool had written."""

    texts: dict[str, str]
    unplaced: tuple[Unplaced, ...]
    blank: tuple[str, ...]
    too_long: tuple[tuple[str, int, int], ...]
    ours: int

    def content(self) -> dict[str, object]:
        """The answers file."""
        left = [{"位置": each.where, "原因": each.why, "内容": each.text} for each in self.unplaced]
        return {**self.texts, **({LEFT_OVER: left} if left else {})}

    def remarks(self) -> Iterator[str]:
        """What to tell whoever had it read, line by line."""
        for each in self.unplaced:
            yield f"没有位置：{each.where}：{each.why}：{shown(each.text)}（{len(each.text)} 字）"
        if self.unplaced:
            yield f"没有位置的内容全文留在答案文件的“{LEFT_OVER}”中，fill 时不填入。"
        for label, length, most in self.too_long:
            yield f"太长：{label}有 {length} 字，最多 {most} 字。请精简。"
        for heading in self.blank:
            yield f"没有内容：{heading}"
        if self.ours:
            yield f"系统测算的内容 {self.ours} 段没有读入（重新生成说明时会再写）。"


def read_narrative(data: bytes, name: str, scheme: Scheme) -> Reading:
    """The narrative in a .docx or .txt, called ``name``. NarrativeError where it is none, or the scheme asks for none."""
    parts = parts_of(scheme)
    if not parts:
        raise NarrativeError(f"方案 {scheme.id} 没有自评说明的栏目，读不出内容。")
    document = read_document(data, name)
    found = Outline(parts).fields(document.lines, cut=not document.own)
    if not found.texts:
        headings = "、".join(part.heading for part in parts)
        raise NarrativeError(f"{name} 中没有找到自评说明的内容。应有这样的标题：{headings}。")
    order = {field: place for place, field in enumerate(scheme.fields)}
    texts = {field: found.texts[field] for field in sorted(found.texts, key=order.__getitem__)}
    too_long = []
    for field, text in texts.items():
        most = scheme.fields[field].max_length
        if most is not None and len(text) > most:
            too_long.append((scheme.fields[field].label, len(text), most))
    blank = tuple(missing(parts, texts))
    return Reading(texts, (*found.unplaced, *document.left_out), blank, tuple(too_long), document.ours)
