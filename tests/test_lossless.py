"""Annotating loses nothing: files as each program saves them, and parts that only other programs make."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import Cell
from perfeval_xl.district.intake import Desk
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.review import list_name
from perfeval_xl.excel.package import Package
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.writer import annotate
from tests.engines import Gnumeric, LibreOffice
from tests.lossless import apart, check_nothing_lost
from tests.rounds import hand_in, issued_round, published_answers
from tests.workbooks import contents, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = (
    (MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"),
    (RELATIONS, "http://purl.oclc.org/ooxml/officeDocument/relationships"),
)
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("lossless") / "2024")


@pytest.fixture(scope="module")
def plain(at: Campaign) -> Path:
    """A return with errors in it, as our own fill leaves it."""
    answers = published_answers(sme_actual_yuan="300万", contracts_total=None, procurement_policy_self_score="0.5")
    return hand_in(at, "S001", answers, "plain.xlsx")


def examined(at: Campaign, data: bytes) -> UnitResult:
    result = Desk.of(at).examine_bytes(data, "r.xlsx")
    assert result.submission is not None and result.card is not None
    return result


def annotated(result: UnitResult, data: bytes, card: ScoreCard | None = None) -> bytes:
    assert result.submission is not None and result.card is not None
    return annotate(data, result.submission.review_cells, card or result.card, result.findings)


def check_lossless(at: Campaign, data: bytes) -> bytes:
    """Annotates ``data``: nothing is lost, a second time changes nothing, nor does an earlier annotation remain."""
    result = examined(at, data)
    assert result.submission is not None
    places = result.submission.review_cells
    done = annotated(result, data)
    check_nothing_lost(data, done, places, Package.read(data).sheets)
    assert annotated(result, done) == done
    earlier = annotate(data, places, blank_card(at), ())
    assert earlier != done
    assert annotated(result, earlier) == done
    return done


@cache
def _blank_card(folder: Path) -> ScoreCard:
    from perfeval_xl import campaign

    at = campaign.load(folder)
    [result] = Desk.of(at).examine(at.outbox / at.roster["S002"].file_name)
    assert result.card is not None
    return result.card


def blank_card(at: Campaign) -> ScoreCard:
    return _blank_card(at.folder)


def test_filled_by_our_own_fill(at: Campaign, plain: Path) -> None:
    done = check_lossless(at, plain.read_bytes())
    assert annotated(examined(at, plain.read_bytes()), plain.read_bytes()) == done
    first, again = examined(at, plain.read_bytes()).submission, examined(at, done).submission
    assert first is not None and again is not None
    assert again.review_cells == first.review_cells
    assert [each.value for each in again.answers.values()] == [each.value for each in first.answers.values()]
    layout = build_layout(at.scheme)
    listed = layout.review[list_name(1, "place")]
    sheet = apart(contents(done)[Package.read(done).sheets[listed.sheet]], {listed.ref})
    assert b"<t " in sheet.cells[listed.ref]
    assert b"location=" in sheet.links[listed.ref]


def test_saved_by_libreoffice(at: Campaign, plain: Path, tmp_path: Path, libreoffice: LibreOffice) -> None:
    check_lossless(at, libreoffice.convert(plain, "xlsx", tmp_path).read_bytes())


def test_saved_by_gnumeric(at: Campaign, plain: Path, tmp_path: Path, gnumeric: Gnumeric) -> None:
    check_lossless(at, gnumeric.resave(plain, tmp_path / "g.xlsx").read_bytes())


def test_saved_by_openpyxl(at: Campaign, plain: Path, tmp_path: Path) -> None:
    openpyxl.load_workbook(plain).save(tmp_path / "o.xlsx")
    check_lossless(at, (tmp_path / "o.xlsx").read_bytes())


# ---- parts that other programs make


class Fabric:
    """The members of a return, taken apart to be added to. ``sheet`` is the part of the official table."""

    def __init__(self, data: bytes, table: str) -> None:
        package = Package.read(data)
        self.members: Members = contents(data)
        self.workbook = package.workbook_part
        self.sheet = package.sheets[table]

    def add(self, name: str, content: str | bytes, kind: str = "") -> None:
        """A part, with its content type if it needs one of its own."""
        self.members[name] = content.encode() if isinstance(content, str) else content
        if kind:
            self.change(
                "[Content_Types].xml", "</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
            )

    def relate(self, part: str, identity: str, kind: str, target: str) -> None:
        folder, _, base = part.rpartition("/")
        rels = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
        if rels not in self.members:
            space = "http://schemas.openxmlformats.org/package/2006/relationships"
            self.members[rels] = f'<?xml version="1.0"?>\n<Relationships xmlns="{space}"></Relationships>'.encode()
        line = f'<Relationship Id="{identity}" Type="{kind}" Target="{target}"/>'
        self.change(rels, "</Relationships>", f"{line}</Relationships>")

    def change(self, part: str, old: str, new: str) -> None:
        text = self.members[part].decode()
        assert old in text, f"{part} has no {old}"
        self.members[part] = text.replace(old, new, 1).encode()

    def after(self, element: str, added: str) -> None:
        """Put ``added`` behind the element of that name, under the root of the table's sheet."""
        text = self.members[self.sheet].decode()
        match = re.search(rf"<{element}\b[^>]*/>|<{element}\b.*?</{element}>", text, re.DOTALL)
        assert match, element
        self.members[self.sheet] = (text[: match.end()] + added + text[match.end() :]).encode()

    def at_end(self, added: str) -> None:
        self.change(self.sheet, "</worksheet>", f"{added}</worksheet>")

    def root(self, attributes: str) -> None:
        self.change(self.sheet, "<worksheet ", f"<worksheet {attributes} ")

    def data(self) -> bytes:
        return zipped(self.members)


def pictures_in_cells(fabric: Fabric) -> None:
    """As WPS keeps them."""
    cell = re.search(r'<c r="J11" s="(\d+)"[^>]*>.*?</c>|<c r="J11" s="(\d+)"/>', fabric.members[fabric.sheet].decode())
    assert cell
    formula = '<f>_xlfn.DISPIMG("ID_0A",1)</f><v>=DISPIMG("ID_0A",1)</v>'
    fabric.change(fabric.sheet, cell[0], f'<c r="J11" s="{cell[1] or cell[2]}" t="str">{formula}</c>')
    fabric.add("xl/cellimages.xml", "<etc:cellImages xmlns:etc='http://www.wps.cn/officeDocument/2017/etCustomData'/>",
               "application/vnd.wps-officedocument.cellimage+xml")  # fmt: skip
    fabric.add("xl/_rels/cellimages.xml.rels", "<Relationships/>")
    fabric.add("xl/media/image9.png", bytes(range(256)))
    fabric.relate(fabric.workbook, "rIdCell", "http://www.wps.cn/officeDocument/2020/cellImage", "cellimages.xml")


def drawings(fabric: Fabric) -> None:
    """A picture, a chart and a text box over the sheet."""
    space = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    box = "<xdr:sp><xdr:txBody>校长 签字</xdr:txBody></xdr:sp>"
    fabric.add("xl/drawings/drawing9.xml", f'<xdr:wsDr xmlns:xdr="{space}">{box}</xdr:wsDr>',
               "application/vnd.openxmlformats-officedocument.drawing+xml")  # fmt: skip
    fabric.add("xl/drawings/_rels/drawing9.xml.rels", "<Relationships/>")
    fabric.add("xl/charts/chart9.xml", "<c:chartSpace xmlns:c='x'/>",
               "application/vnd.openxmlformats-officedocument.drawingml.chart+xml")  # fmt: skip
    fabric.relate(fabric.sheet, "rIdD", f"{RELATIONS}/drawing", "../drawings/drawing9.xml")
    fabric.at_end(f'<drawing xmlns:rr="{RELATIONS}" rr:id="rIdD"/>')


def form_controls(fabric: Fabric) -> None:
    space = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    control = '<control shapeId="1025" name="勾选框 1"><controlPr locked="0"/></control>'
    fabric.add("xl/ctrlProps/ctrlProp1.xml", '<formControlPr objectType="CheckBox" checked="Checked"/>',
               "application/vnd.ms-excel.controlproperties+xml")  # fmt: skip
    fabric.add("xl/drawings/vmlDrawing9.vml", "<xml><v:shape/></xml>")
    fabric.relate(fabric.sheet, "rIdV", f"{RELATIONS}/vmlDrawing", "../drawings/vmlDrawing9.vml")
    fabric.relate(fabric.sheet, "rIdK", f"{RELATIONS}/ctrlProp", "../ctrlProps/ctrlProp1.xml")
    fabric.at_end(
        f'<legacyDrawing xmlns:rr="{RELATIONS}" rr:id="rIdV"/>'
        f'<mc:AlternateContent xmlns:mc="{space}"><mc:Choice Requires="x14"><controls>{control}</controls></mc:Choice>'
        "</mc:AlternateContent>"
    )


def threaded_comments(fabric: Fabric) -> None:
    fabric.add("xl/comments9.xml", f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>',
               "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml")  # fmt: skip
    fabric.add("xl/threadedComments/threadedComment1.xml", '<ThreadedComments><threadedComment ref="J12"/></ThreadedComments>',
               "application/vnd.ms-excel.threadedcomments+xml")  # fmt: skip
    fabric.add("xl/persons/person.xml", "<personList><person displayName='李老师'/></personList>",
               "application/vnd.ms-excel.person+xml")  # fmt: skip
    fabric.relate(fabric.sheet, "rIdC", f"{RELATIONS}/comments", "../comments9.xml")
    kind = "http://schemas.microsoft.com/office/2017/10/relationships"
    fabric.relate(fabric.sheet, "rIdT", f"{kind}/threadedComment", "../threadedComments/threadedComment1.xml")
    fabric.relate(fabric.workbook, "rIdP", f"{kind}/person", "persons/person.xml")


def extensions(fabric: Fabric) -> None:
    """x14 validations and conditional formats, and attributes that old programs are told to ignore."""
    x14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    xm = "http://schemas.microsoft.com/office/excel/2006/main"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    fabric.root(f'xmlns:x14ac="{x14}/ac" xmlns:mc="{mc}" mc:Ignorable="x14ac xr" xmlns:xr="{xm}/xr" xr:uid="{{00}}"')
    text = fabric.members[fabric.sheet].decode()
    fabric.members[fabric.sheet] = re.sub(r'<row r="(\d+)"', r'<row x14ac:dyDescent="0.3" r="\1"', text).encode()
    formula = "<x14:formula1><xm:f>基础数据!$A$1</xm:f></x14:formula1>"
    lists = f'<x14:dataValidation type="list">{formula}<xm:sqref>J12 J13</xm:sqref></x14:dataValidation>'
    bars = "<x14:conditionalFormatting><x14:cfRule type='dataBar' id='{1}'/><xm:sqref>I10:I20</xm:sqref></x14:conditionalFormatting>"
    fabric.at_end(
        f'<extLst><ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{x14}" xmlns:xm="{xm}">'
        f'<x14:dataValidations count="1">{lists}</x14:dataValidations></ext>'
        f'<ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}" xmlns:x14="{x14}" xmlns:xm="{xm}">'
        f"<x14:conditionalFormattings>{bars}</x14:conditionalFormattings></ext></extLst>"
    )


def custom_xml_and_printer(fabric: Fabric) -> None:
    fabric.add("customXml/item1.xml", "<root>自定义</root>")
    fabric.relate("", "rIdX", f"{RELATIONS}/customXml", "customXml/item1.xml")
    fabric.add("xl/printerSettings/printerSettings1.bin", bytes(range(256)) * 3)
    fabric.relate(fabric.sheet, "rIdPr", f"{RELATIONS}/printerSettings", "../printerSettings/printerSettings1.bin")


def calculation_chain(fabric: Fabric) -> None:
    fabric.add("xl/calcChain.xml", f'<calcChain xmlns="{MAIN}"><c r="I10" i="2"/></calcChain>',
               "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml")  # fmt: skip
    fabric.relate(fabric.workbook, "rIdCalc", f"{RELATIONS}/calcChain", "calcChain.xml")


def own_links(fabric: Fabric) -> None:
    """Links that a unit added to cells of its own."""
    fabric.relate(fabric.sheet, "rIdL", f"{RELATIONS}/hyperlink", "https://example.org/a?b=1&amp;c=2")
    links = '<hyperlinks><hyperlink ref="J12:J13" location="基础数据!A1"/><hyperlink ref="J14" display="a&gt;b"/></hyperlinks>'
    place = "dataValidations" if b"<dataValidations" in fabric.members[fabric.sheet] else "mergeCells"
    fabric.after(place, links)


def shared_texts_and_comments(fabric: Fabric) -> None:
    """Comments and character data in the XML that look like cells, single quotes, white space between the elements."""
    fabric.change(fabric.sheet, "<sheetData>", '<sheetData>\n<!-- <c r="L10"><v>1</v></c> <row r="10" ht="9"> -->')
    text = fabric.members[fabric.sheet].decode()
    fabric.members[fabric.sheet] = (
        re.sub(r'<row r="(\d+)"', r"<row  r='\1'", text).replace("</row>", "</row>\r\n").encode()
    )


def prefixed(fabric: Fabric) -> None:
    """Every element of the sheets with a prefix, as some libraries write them."""
    for part in [name for name in fabric.members if name.startswith("xl/worksheets/sheet")]:
        text = fabric.members[part].decode()
        text = re.sub(r"<(/?)([A-Za-z]\w*)(?=[\s/>])", r"<\1x:\2", text).replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
        fabric.members[part] = text.encode()


def strict(fabric: Fabric) -> None:
    """The namespaces of strict OOXML."""
    for part, content in fabric.members.items():
        if part.endswith((".xml", ".rels")) and not part.startswith("docProps"):
            for old, new in STRICT:
                content = content.replace(old.encode(), new.encode())
            fabric.members[part] = content


FABRICATIONS: tuple[Callable[[Fabric], None], ...] = (
    pictures_in_cells, drawings, form_controls, threaded_comments, extensions, custom_xml_and_printer, calculation_chain,
    own_links, shared_texts_and_comments, prefixed, strict,
)  # fmt: skip


@pytest.mark.parametrize("fabricate", FABRICATIONS, ids=lambda each: each.__name__)
def test_what_other_programs_put_into_a_file_stays(
    at: Campaign, plain: Path, fabricate: Callable[[Fabric], None]
) -> None:
    fabric = Fabric(plain.read_bytes(), table(at))
    fabricate(fabric)
    check_lossless(at, fabric.data())


def test_all_of_it_at_once(at: Campaign, plain: Path) -> None:
    fabric = Fabric(plain.read_bytes(), table(at))
    for fabricate in FABRICATIONS:
        if fabricate not in (prefixed, strict):
            fabricate(fabric)
    check_lossless(at, fabric.data())


def table(at: Campaign) -> str:
    return build_layout(at.scheme).review["review_total"].sheet


def places_of(at: Campaign) -> Mapping[str, Cell]:
    return build_layout(at.scheme).review


def test_the_proof_sees_a_changed_cell_a_lost_attribute_and_a_lost_part(at: Campaign, plain: Path) -> None:
    """Otherwise it would prove nothing."""
    data = plain.read_bytes()
    done = annotated(examined(at, data), data)
    parts, part = Package.read(data).sheets, Package.read(data).sheets[table(at)]
    members = contents(done)
    for old, new in ((b"<sheetProtection ", b"<sheetProtection a='' "), (b'<c r="E10" ', b'<c r="E10"  ')):
        assert old in members[part]
        spoilt = Package.read(done).rewrite({part: members[part].replace(old, new, 1)})
        with pytest.raises(AssertionError):
            check_nothing_lost(data, spoilt, places_of(at), parts)
    styles = next(name for name in members if name.endswith("styles.xml"))
    with pytest.raises(AssertionError, match="changed beside"):
        check_nothing_lost(data, Package.read(done).rewrite({styles: members[styles] + b" "}), places_of(at), parts)
    lower = re.sub(rb'(<row r="10"[^>]* ht=")[^"]*', rb"\g<1>5", members[part])
    with pytest.raises(AssertionError, match="row 10"):
        check_nothing_lost(data, Package.read(done).rewrite({part: lower}), places_of(at), parts)
