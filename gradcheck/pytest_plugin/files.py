"""Which files hold formulas to check, and their tests: one for each claim, and for each of its backends."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gradcheck.formulas.claim import Claim
    from gradcheck.formulas.decorating import Formula

__all__ = ["FormulaFile", "find_files", "with_formulas"]

_FILES: pytest.StashKey[frozenset[Path]] = pytest.StashKey()
_ADDED: pytest.StashKey[frozenset[Path]] = pytest.StashKey()
_NO_FORMULA_FILES = ("__init__.py", "conftest.py")


def find_files(config: pytest.Config) -> None:
    """Expand the patterns of `gradcheck_files`, which are relative to the root folder.

    Where `testpaths` decides what is run, the files found are run too: a pattern in the ini file would
    otherwise do nothing. Paths on the command line are taken at their word.
    """
    found: dict[Path, str] = {}
    for pattern in config.getini("gradcheck_files"):
        # glob.glob: an absolute pattern is one too
        paths = sorted(glob.glob(pattern, root_dir=config.rootpath, recursive=True))  # noqa: PTH207
        files = [config.rootpath / p for p in paths if p.endswith(".py")]
        found |= {f.resolve(): str(f) for f in files if f.is_file() and f.name not in _NO_FORMULA_FILES}
        if not files and not hasattr(config, "workerinput"):
            hint = f"; it is a folder, write {pattern.rstrip('/')}/*.py" if paths else ""
            config.issue_config_time_warning(
                pytest.PytestConfigWarning(
                    f"gradcheck_files: {pattern!r} matches no Python file below {config.rootpath}{hint}"
                ),
                stacklevel=2,
            )
    config.stash[_FILES] = frozenset(found)
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        roots = [(config.invocation_params.dir / arg).resolve() for arg in config.args]
        added = {f: s for f, s in found.items() if not any(f.is_relative_to(r) for r in roots)}
        config.args += added.values()
        config.stash[_ADDED] = frozenset(added)


def with_formulas(
    path: Path, parent: pytest.Collector, collectors: list[pytest.Collector], *, named: bool
) -> list[pytest.Collector]:
    """What pytest collects a file with, and what collects its formulas.

    ``named`` says that the file is one that pytest begins with: it stands on the command line, or was
    added by `find_files`. Added files are no files of tests, whatever pytest makes of them.
    """
    config = parent.config
    listed = path.resolve() in config.stash.get(_FILES, frozenset())
    if path.name in _NO_FORMULA_FILES or not (named or listed):
        return collectors
    made: FormulaFile = FormulaFile.from_parent(parent, path=path)
    made.is_test_file = _is_test_file(path, config)
    added = path.resolve() in config.stash.get(_ADDED, frozenset())
    if added and not made.is_test_file:
        return [*(c for c in collectors if not isinstance(c, pytest.Module)), made]
    made.imported_by_pytest = named or made.is_test_file
    return [*collectors, made]


def _is_test_file(path: Path, config: pytest.Config) -> bool:
    """Whether pytest takes the file for one of tests by its name (`python_files`)."""
    text = path.as_posix()
    return any(
        fnmatch(text, f"*/{p.lstrip('/')}") if "/" in p else fnmatch(path.name, p)
        for p in config.getini("python_files")
    )


class FormulaFile(pytest.File):
    """The formulas of one file.

    A file that pytest imports for its tests is not run again: its formulas are taken from that module.
    Of a test file only formulas that are written in it count, since tests import those that they use.
    """

    is_test_file = False
    imported_by_pytest = False

    def collect(self) -> Iterable[pytest.Item]:
        if self.imported_by_pytest and "gradcheck.formulas.decorating" not in sys.modules:
            return []  # a test file that has nothing to do with us
        module = _imported(self.path)
        if module is None and self.imported_by_pytest:
            return []  # pytest could not import it, or was told to skip it, and has said so
        return list(self._items(self._formulas(module)))

    def _formulas(self, module: ModuleType | None) -> list[Formula]:
        from gradcheck.errors import UsageError
        from gradcheck.running.user_files import NoFormula, formulas_in, load_file

        if module is not None:
            return formulas_in(module)
        try:
            return load_file(self.path)
        except NoFormula:
            return []  # a pattern may match files of other things
        except UsageError as error:
            raise self.CollectError(str(error)) from None

    def _items(self, formulas: list[Formula]) -> Iterator[pytest.Item]:
        from gradcheck.pytest_plugin.items import ClaimItem
        from gradcheck.running.checker import backend_names

        backends = backend_names(self.config.getoption("gradcheck_backend"))
        seen: dict[str, Claim] = {}
        for claim in (claim for formula in formulas for claim in formula.claims):
            if self.is_test_file and not self._is_written_here(claim):
                continue
            if seen.setdefault(claim.uid, claim) is not claim:
                raise self.CollectError(
                    f"{self.path}: two claims are called {claim.uid!r}. Give one of the formulas another "
                    "name with gradcheck.formula(name='...')."
                )
            yield ClaimItem.of(self, claim, None)
            for backend in backends:
                yield ClaimItem.of(self, claim, backend)

    def _is_written_here(self, claim: Claim) -> bool:
        from gradcheck.records.sources import file_of

        places = (file_of(claim.candidate), file_of(claim.formula.function))
        return any(place is not None and place.resolve() == self.path.resolve() for place in places)


def _imported(path: Path) -> ModuleType | None:
    """The module that was made of a file, if it has been imported."""
    for module in list(sys.modules.values()):
        with suppress(AttributeError, OSError):
            # not getattr: it would load the modules that are loaded when they are first used
            file = object.__getattribute__(module, "__dict__").get("__file__")
            if isinstance(file, str) and file.endswith(path.name) and path.samefile(file):
                return module
    return None
