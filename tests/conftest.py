"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

from tests.demos import Demo, shared_demo
from tests.engines import Gnumeric, IronCalc, LibreOffice, Office

# A busy machine is slow, not wrong. In CI the examples are always the same: new ones are found where they can be mended.
settings.register_profile(
    "perfeval", deadline=None, print_blob=True, derandomize=os.environ.get("PERFEVAL_REQUIRE_ENGINES") == "1"
)
settings.register_profile(  # the same examples for every mutant, and none looked for beyond the first that fails
    "mutation",
    settings.get_profile("perfeval"),
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("perfeval")

ENGINES = {"libreoffice": LibreOffice, "gnumeric": Gnumeric, "ironcalc_engine": IronCalc, "office": Office}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"libreoffice", "gnumeric", "office"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engine)


def _require(name: str) -> None:
    """Skip the test where the engine is missing; fail it where all engines must be there (in CI)."""
    lacking = ENGINES[name].lacking()
    if lacking is None:
        return
    if os.environ.get("PERFEVAL_REQUIRE_ENGINES") == "1":
        pytest.fail(lacking, pytrace=False)
    pytest.skip(lacking)


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibreOffice]:
    """One running LibreOffice for the whole session: it takes seconds to start."""
    _require("libreoffice")
    with LibreOffice(tmp_path_factory.mktemp("libreoffice-profile")) as office:
        yield office


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The sample district's round, the same for all processes of a run; only to be looked at."""
    place = tmp_path_factory.getbasetemp()
    return shared_demo(place.parent if "PYTEST_XDIST_WORKER" in os.environ else place)


@pytest.fixture(scope="session")
def office() -> Office:
    _require("office")
    return Office()


@pytest.fixture(scope="session")
def gnumeric() -> Gnumeric:
    _require("gnumeric")
    return Gnumeric()


@pytest.fixture(scope="session")
def ironcalc_engine() -> IronCalc:
    _require("ironcalc_engine")
    return IronCalc()
