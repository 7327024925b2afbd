"""Whose return it is, and of which form: seal, hidden keys, print; and what is told where they are lost or disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.district.directory import Directory
from perfeval_xl.district.identify import (
    Form,
    Identified,
    _installed,
    claimed_unit,
    form_of,
    identify,
    locked_digest,
)
from perfeval_xl.errors import ForeignWorkbook, Refused
from perfeval_xl.excel import seal
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from tests.test_loader import SMALL

TEXT = find_scheme("huadu-2024").read_text(encoding="utf-8")
SCHEME = load_scheme(TEXT)
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
ROSTER = {each.code: each for each in (Unit("S001", "第一小学"), Unit("S002", "第二小学"), Unit("S003", "实验小学"))}
DIRECTORY = Directory(ROSTER.values())
OLD_DIGEST = "0123456789abcdef" * 4
FILE = "自评表.xlsx"


@dataclass(frozen=True)
class Said:
    """What a workbook says of itself; sealed for S001 in all four places unless told otherwise."""

    scheme: str = SCHEME.id
    version: str = SCHEME.version
    year: int | None = SCHEME.year
    unit_code: str = "S001"
    unit_name: str = "第一小学"
    hidden_code: str = "S001"
    seals: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=lambda: {"scheme": "hidden"})
    lost: tuple[str, ...] = ()


def sealed(unit: str = "S001", key: bytes = KEY, version: str = SCHEME.version, digest: str = "") -> str:
    return seal.seal_text(key, SCHEME.id, version, SCHEME.year, unit, digest or locked_digest(SCHEME))


GOOD = Said(seals=(sealed(),) * 4)


def identified(said: Said, file: str = FILE, form: Form | None = None) -> Identified:
    return identify(said, form or form_of(said, SCHEME), file, KEY, DIRECTORY)


def codes(said: Said, file: str = FILE) -> list[str]:
    return [each.code for each in identified(said, file).findings]


def message(said: Said, code: str) -> str:
    (found,) = [each.message for each in identified(said).findings if each.code == code]
    return found


# ---- which form


def test_the_form_of_the_round() -> None:
    form = form_of(GOOD, SCHEME)
    assert form == Form(SCHEME) and form.scheme is SCHEME
    assert form.names is None


def test_the_seal_speaks_before_the_hidden_keys() -> None:
    assert form_of(replace(GOOD, scheme="x", version="9", year=1999), SCHEME).scheme is SCHEME
    with pytest.raises(Refused, match=r"huadu-2024 0\.9"):
        form_of(replace(GOOD, seals=(sealed(version="0.9"),)), SCHEME)


def test_most_copies_of_the_seal_name_the_form() -> None:
    other = sealed(version="0.9")
    assert form_of(replace(GOOD, seals=(other, sealed(), sealed())), SCHEME).scheme is SCHEME
    with pytest.raises(Refused):
        form_of(replace(GOOD, seals=(other, other, sealed())), SCHEME)


@pytest.mark.parametrize("lost", [{"version": ""}, {"year": None}, {"version": "", "year": None}])
def test_hidden_keys_alone_and_not_all_of_them(lost: dict[str, object]) -> None:
    assert form_of(replace(Said(), **lost), SCHEME).scheme is SCHEME  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "actual"),
    [
        ({"scheme": "huadu-2023", "year": 2023}, "huadu-2023 1.0（2023 年度），是往年的表"),
        ({"year": 2023}, "huadu-2024 1.0（2023 年度），是往年的表"),
        ({"version": "0.9"}, "huadu-2024 0.9（2024 年度）"),
        ({"scheme": "liwan-2024"}, "liwan-2024 1.0（2024 年度）"),
        ({"year": 2025}, "huadu-2024 1.0（2025 年度）"),
        ({"scheme": "liwan", "version": "", "year": None}, "liwan"),
    ],
)
def test_another_form_is_refused_and_told_what_it_is(other: dict[str, object], actual: str) -> None:
    with pytest.raises(Refused) as caught:
        form_of(replace(Said(), **other), SCHEME)  # type: ignore[arg-type]
    assert caught.value.code == "wrong-scheme"
    assert caught.value.words == {"expected": "huadu-2024 1.0（2024 年度）", "actual": actual}


def test_what_names_no_form_is_not_ours() -> None:
    with pytest.raises(ForeignWorkbook, match="没有自评表的标识"):
        form_of(Said(scheme=""), SCHEME)
    with pytest.raises(ForeignWorkbook, match="没有自评表的标识"):
        form_of(Said(scheme="", seals=("绩效自评",)), None)


def test_away_from_a_round_the_installed_scheme_is_found_by_name() -> None:
    assert form_of(GOOD, None).scheme.id == SCHEME.id
    with pytest.raises(ForeignWorkbook, match="没有方案 liwan-1999"):
        form_of(Said(scheme="liwan-1999"), None)
    with pytest.raises(ForeignWorkbook, match="没有方案 "):
        form_of(Said(scheme="../huadu-2024"), None)
    with pytest.raises(Refused):
        form_of(Said(version="0.1"), None)


# ---- earlier versions


def with_earlier(more: str) -> Form:
    scheme = load_scheme(f'{TEXT}\n[[earlier]]\nversion = "0.9"\n{more}\n')
    return form_of(Said(version="0.9"), scheme)


def test_an_earlier_version_is_read_by_its_own_names() -> None:
    old, new = "old_name", next(iter(SCHEME.indicators[3].fields)).id
    form = with_earlier(f'renamed = {{ {old} = "{new}" }}')
    assert form.names == {new: old, old: ""}
    assert form.issued == ("huadu-2024", "0.9", 2024)
    assert with_earlier("").names == {}


def test_a_scheme_of_another_name_may_be_read_too() -> None:
    scheme = load_scheme(f'{TEXT}\n[[earlier]]\nscheme = "huadu-2023"\nversion = "3"\nyear = 2023\n')
    form = form_of(Said("huadu-2023", "3", 2023), scheme)
    assert form.issued == ("huadu-2023", "3", 2023) and form.scheme is scheme
    with pytest.raises(Refused):
        form_of(Said("huadu-2023", "3", 2022), scheme)


def old_findings(more: str, key: bytes = KEY, seals: int = 4, digest: str = OLD_DIGEST) -> list[tuple[str, str]]:
    said = Said(version="0.9", seals=(sealed("S001", key, "0.9", digest),) * seals)
    return [(each.code, each.message) for each in identified(said, form=with_earlier(more)).findings]


OLDER = "表格是较早的版本 huadu-2024 0.9（2024 年度）（现用 huadu-2024 1.0（2024 年度）），已按方案中的对照表读取"
UNKEPT = "；方案没有登记这一版的锁定内容，封签没有全部核验"


def test_its_seal_is_checked_against_the_digest_that_was_kept() -> None:
    kept = f'locked_digest = "{OLD_DIGEST}"'
    assert old_findings(kept) == [("older-version", f"{OLDER}。")]
    assert [code for code, _ in old_findings(kept, digest="f" * 64)] == ["seal-broken", "older-version"]
    assert [code for code, _ in old_findings(kept, OTHER_KEY)] == ["seal-other-round", "older-version"]
    assert [code for code, _ in old_findings(kept, seals=0)] == ["seal-missing", "older-version"]


def test_without_a_digest_only_the_key_is_known_and_that_is_said() -> None:
    assert old_findings("") == [("older-version", f"{OLDER}{UNKEPT}。")]
    assert [code for code, _ in old_findings("", OTHER_KEY)] == ["seal-other-round", "older-version"]
    assert old_findings("", seals=0)[1] == ("older-version", f"{OLDER}。")
    assert old_findings('note = "试填稿。"')[0][1] == f"{OLDER}；试填稿{UNKEPT}。"


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """The only scheme that comes with us, for one test."""
    monkeypatch.setattr("perfeval_xl.district.identify._installed", _installed.__wrapped__)
    (folder / "tiny-2024").mkdir()
    (folder / "tiny-2024" / "scheme.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("perfeval_xl.scheme.loader.templates_dir", lambda: folder)


def test_away_from_a_round_an_installed_scheme_may_read_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    earlier = '[[earlier]]\nscheme = "tiny-2023"\nversion = "3"\nyear = 2023\n'
    installed(monkeypatch, tmp_path, f"{SMALL}\n{earlier}")
    form = form_of(Said("tiny-2023", "3", 2023), None)
    assert (form.scheme.id, form.issued) == ("small", ("tiny-2023", "3", 2023))
    with pytest.raises(ForeignWorkbook, match="没有方案 tiny-2023"):
        form_of(Said("tiny-2023", "4", 2023), None)


def test_an_installed_scheme_that_is_no_good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed(monkeypatch, tmp_path, 'id = "tiny-2024"')
    with pytest.raises(ForeignWorkbook, match="方案 tiny-2024 有误"):
        form_of(Said("tiny-2024"), None)


# ---- the seal


def test_all_is_well() -> None:
    found = identified(GOOD)
    assert (found.unit_code, found.unit, found.findings) == ("S001", ROSTER["S001"], ())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_fewer_copies_are_no_offence(count: int) -> None:
    """In .xls and .ods only some of the places are read."""
    assert codes(replace(GOOD, seals=GOOD.seals[:count])) == []


def test_a_missing_seal() -> None:
    assert codes(replace(GOOD, seals=())) == ["seal-missing"]


def test_another_rounds_seal() -> None:
    assert codes(replace(GOOD, seals=(sealed(key=OTHER_KEY),) * 4)) == ["seal-other-round"]


@pytest.mark.parametrize("text", [sealed(digest="f" * 64), sealed()[:-1] + "2", "PE1/huadu-2024", sealed() + "/x"])
def test_a_broken_seal(text: str) -> None:
    assert codes(replace(GOOD, seals=(text,) * 4)) == ["seal-broken"]


def test_copies_that_differ() -> None:
    said = replace(GOOD, seals=(sealed("S002"), sealed(), sealed(), sealed()))
    assert codes(said) == ["seal-copies-differ"]
    assert "按多数认定为 S001" in message(said, "seal-copies-differ")
    both = replace(GOOD, seals=(sealed(key=OTHER_KEY), sealed(key=OTHER_KEY), sealed()))
    assert codes(both) == ["seal-copies-differ", "seal-other-round"]


def test_blanks_issued_before_another_reading_was_ruled() -> None:
    ruled = load_scheme(TEXT, {"control_steps": "started"})
    found = identify(GOOD, form_of(GOOD, ruled), FILE, KEY, DIRECTORY)
    assert [each.code for each in found.findings] == ["issued-under-other-readings"]
    torn = replace(GOOD, seals=(*GOOD.seals[:3], sealed("S002")))
    found = identify(torn, form_of(torn, ruled), FILE, KEY, DIRECTORY)
    assert [each.code for each in found.findings] == ["seal-copies-differ", "issued-under-other-readings"]


def test_away_from_its_round() -> None:
    found = identify(replace(GOOD, unit_code="S009"), Form(SCHEME), "S002.xlsx")
    assert (found.unit_code, found.unit) == ("S001", None)
    assert [each.code for each in found.findings] == ["seal-not-checked", "unit-code-edited"]
    blank = identify(Said(unit_code="", unit_name="", hidden_code=""), Form(SCHEME), FILE)
    assert (blank.unit_code, [each.code for each in blank.findings]) == ("", ["seal-not-checked"])


# ---- whose


def test_an_edited_code_and_whose_file_it_was() -> None:
    said = replace(GOOD, unit_code="S002", unit_name="第二小学")
    assert identified(said).unit_code == "S001"
    assert codes(said) == ["unit-code-edited"]
    assert message(said, "unit-code-edited").startswith(
        "表上的单位代码是 S002（第二小学），而这份表是下发给 S001（第一小学） 的。"
    )


@pytest.mark.parametrize("printed", ["", " ", "S001", "s001", "Ｓ００１", " S 001"])
def test_the_same_code_in_other_spellings_is_not_another(printed: str) -> None:
    assert codes(replace(GOOD, unit_code=printed)) == []


def test_without_a_seal_the_hidden_code_counts_then_the_printed_one() -> None:
    unsealed = replace(GOOD, seals=())
    assert identified(replace(unsealed, unit_code="S002")).unit_code == "S001"
    assert codes(replace(unsealed, unit_code="S002")) == ["seal-missing", "unit-code-edited"]
    printed = replace(unsealed, hidden_code="", unit_code="ｓ００2", unit_name="第一小学")
    assert identified(printed).unit_code == "S002"


@pytest.mark.parametrize("damaged", ["", "#REF!", "S0001"])
def test_a_damaged_code_and_a_name_of_the_roster(damaged: str) -> None:
    said = Said(hidden_code="", unit_code=damaged, unit_name="第二 小学")
    assert identified(said).unit_code == "S002"
    assert codes(said) == ["seal-missing", "identity-partly-lost"]
    assert "按隐藏工作表和表上的单位名称认定" in message(said, "identity-partly-lost")


def test_two_units_of_one_name_are_not_told_apart_by_it() -> None:
    twins = {each: Unit(each, "中心小学") for each in ("S001", "S002")}
    with pytest.raises(Refused):
        identify(
            Said(hidden_code="", unit_code="", unit_name="中心小学"), Form(SCHEME), FILE, KEY, Directory(twins.values())
        )


@pytest.mark.parametrize(
    ("said", "actual"),
    [
        (replace(GOOD, seals=(sealed("X999"),)), "X999"),
        (replace(GOOD, seals=(), hidden_code="X999"), "X999"),
        (Said(hidden_code="", unit_code="X999", unit_name="外区小学"), "X999"),
        (Said(hidden_code="", unit_code="", unit_name="外区小学"), "外区小学"),
        (Said(hidden_code="", unit_code="", unit_name=""), "（空）"),
    ],
)
def test_a_unit_that_is_not_on_the_roster(said: Said, actual: str) -> None:
    with pytest.raises(Refused) as caught:
        identified(said)
    assert (caught.value.code, caught.value.words) == ("unit-unknown", {"actual": actual})


def test_the_unit_that_a_refused_file_claims() -> None:
    assert claimed_unit(replace(GOOD, seals=(sealed("X999"),))) == "X999"
    assert claimed_unit(Said(hidden_code="H", unit_code="P")) == "H"
    assert claimed_unit(Said(hidden_code="", unit_code="P")) == "P"
    assert claimed_unit(Said(hidden_code="", unit_code="")) == ""


# ---- what was lost


def test_lost_places_are_told_with_what_was_gone_by() -> None:
    assert codes(replace(GOOD, lost=("properties",))) == ["identity-partly-lost"]
    assert "按封签认定" in message(replace(GOOD, lost=("properties",)), "identity-partly-lost")
    bare = Said(hidden_code="", sources={"scheme": "properties"}, lost=("hidden", "name", "subject"))
    assert codes(bare) == ["seal-missing", "identity-partly-lost"]
    assert "按文件属性和表上的单位代码认定" in message(bare, "identity-partly-lost")
    same = Said(sources={"scheme": "hidden"}, lost=("properties",))
    assert "按隐藏工作表认定" in message(same, "identity-partly-lost")
    odd = Said(sources={}, lost=("properties",))
    assert "按余下的标识和隐藏工作表认定" in message(odd, "identity-partly-lost")


def test_words_in_a_place_of_the_seal_are_a_lost_copy_not_another() -> None:
    said = replace(GOOD, seals=(*GOOD.seals[:3], "2024年度绩效自评"))
    assert codes(said) == ["identity-partly-lost"]


def test_a_file_name_of_another_unit_is_told() -> None:
    assert codes(GOOD, "第二小学.xlsx") == ["file-name-other-unit"]
    (found,) = identified(GOOD, "S002_第三小学.xlsx").findings
    assert found.message.startswith("文件名写的是 S002（第二小学），而表格属于 S001（第一小学）。")
    assert codes(GOOD, "第一小学.xlsx") == []


@given(
    st.lists(st.sampled_from([sealed(), sealed("S002"), sealed(key=OTHER_KEY), "PE1/x", "x"]), max_size=5),
    st.sampled_from(["", "S001", "S002", "X"]),
    st.sampled_from(["", "S001", "S003"]),
    st.sampled_from(["", "第二小学", "别的"]),
    st.lists(st.sampled_from(["hidden", "properties"]), max_size=2, unique=True),
)
def test_every_claim_comes_to_one_unit_or_one_refusal(
    seals: list[str], printed: str, hidden: str, name: str, lost: list[str]
) -> None:
    said = Said(unit_code=printed, hidden_code=hidden, unit_name=name, seals=tuple(seals), lost=tuple(lost))
    try:
        found = identified(said)
    except Refused as refused:
        assert refused.code == "unit-unknown"
        return
    told = [each.code for each in found.findings]
    assert found.unit is ROSTER[found.unit_code]
    assert len(set(told)) == len(told)
    assert ("seal-missing" in told) is not any(each.startswith("PE1/") for each in seals)


def test_seals_that_nobody_signed_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheme that a blank may have been issued under is loaded once, however many returns have a broken seal."""
    load = Mock(side_effect=load_scheme)
    monkeypatch.setattr("perfeval_xl.district.identify.load_scheme", load)
    monkeypatch.setattr("perfeval_xl.district.identify._plain", {})
    for _ in range(3):
        assert codes(replace(GOOD, seals=(sealed(digest="f" * 64),))) == ["seal-broken"]
    assert load.call_count == 1
