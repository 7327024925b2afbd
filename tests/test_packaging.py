"""What is shipped: the wheel holds the whole package and its data, and the sdist builds the same wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]


def backend(call: str, source: Path, target: Path) -> Path:
    """Run one hook of the build backend (PEP 517) in ``source``; the path of what it wrote into ``target``."""
    code = f"import sys; from setuptools import build_meta; print(build_meta.{call}(sys.argv[1]))"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(target)], cwd=source, capture_output=True, text=True, check=True
    )
    return target / ran.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is kept in the repository, so that the build leaves nothing behind."""
    copy = tmp_path_factory.mktemp("checkout") / "source"
    away = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "demo", "mutants")
    shutil.copytree(ROOT, copy, ignore=away)
    return copy


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return backend("build_sdist", checkout, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as built from the sdist, which is how a packager builds it."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return backend("build_wheel", source, tmp_path_factory.mktemp("wheel"))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_sdist_holds_what_the_repository_holds(checkout: Path, sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    kept = {name for name in files(checkout) if ".egg-info/" not in name and not name.startswith("build/")}
    assert kept - packed == set()


def test_wheel_holds_package_and_data(checkout: Path, wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {f"perfeval_xl/{name}" for name in files(checkout / "perfeval_xl")}
    data = {
        f"perfeval_xl/_data/{folder}/{name}"
        for folder in ("templates", "samples")
        for name in files(checkout / folder)
        if not name.endswith(".py")
    }
    assert "perfeval_xl/py.typed" in package and any(name.endswith("/scheme.toml") for name in data)
    assert packed == package | data


def test_installed_package_finds_its_data_inside_itself(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "from perfeval_xl.resources import samples_dir, templates_dir; print(templates_dir(), samples_dir(), sep='\\n')"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    data = tmp_path / "perfeval_xl/_data"
    assert list(map(Path, ran.stdout.splitlines())) == [data / "templates", data / "samples"]
