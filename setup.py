"""Metadata stands in setup.cfg. Here is only what it can't say: templates/ and samples/ go into the wheel as data.

They stand beside the package in a checkout, where people edit them, and inside it (perfeval_xl/_data) once installed;
perfeval_xl.resources knows both places.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DATA = ("templates", "samples")
NOT_DATA = shutil.ignore_patterns("*.py", "__pycache__", ".*", "~$*", "*.part")


class BuildWithData(build_py):
    """Copies the data folders into the built package. An editable install needs none: it uses the checkout's own."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for name in DATA:
                target = self._data_dir(name)
                shutil.rmtree(target, ignore_errors=True)  # what an earlier build left there
                shutil.copytree(name, target, ignore=NOT_DATA)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        copied = [str(path) for name in DATA for path in sorted(self._data_dir(name).rglob("*")) if path.is_file()]
        return [*super().get_outputs(include_bytecode), *([] if self.editable_mode else copied)]

    def _data_dir(self, name: str) -> Path:
        return Path(self.build_lib, "perfeval_xl", "_data", name)


setup(cmdclass={"build_py": BuildWithData})
