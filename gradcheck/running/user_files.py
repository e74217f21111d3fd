"""Loading formulas from a user's own Python file, leaving the process as it was."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas.calling.process_state import process_kept
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.suggestions import did_you_mean

__all__ = ["CannotLoad", "NoFormula", "formulas_in", "load_file", "load_module"]

_PACKAGE = Path(__file__).parent.parent.resolve()


class CannotLoad(UsageError):
    """A file raises, or ends the program, when it is imported."""


class NoFormula(UsageError):
    """A file was loaded, and there is no formula in it, or no claim about one."""


def load_file(path: str | Path) -> list[Formula]:
    """The formulas that a Python file defines, in the order of their definition.

    See `formulas_in` for those that count. The file is run
    under a private module name, with its folder importable while it runs; modules beside it that it
    imports are forgotten afterwards, so that another file's `helpers.py` is not mistaken for this one's.
    Raises `UsageError` where the file cannot be imported, with the user's own lines of the traceback,
    and where it defines no formula.
    """
    found = formulas_in(load_module(path))
    if not found:
        raise NoFormula(
            f"{path}: there is no formula in it. One is declared with @gradcheck.formula(shapes=...) at the "
            f"top level of the file; functions without one are named, as in `gradcheck verify "
            f'{path}:forward --backward backward --shapes "W: n m; x: m"`.'
        )
    return found


def load_module(path: str | Path) -> ModuleType:
    """A Python file as a module, run as `load_file` says. Raises `UsageError`."""
    path = Path(path)
    if not path.is_file():
        beside = [file.name for file in path.parent.glob("*.py")]
        raise UsageError(f"{path}: there is no such file.{did_you_mean(path.name, beside)}")
    return _run(path.resolve(), path)


def formulas_in(module: ModuleType) -> list[Formula]:
    """The formulas at the top level of a module, also those in its lists, tuples and dicts, each once.

    A chain brings a formula for each of its layers, before its own.
    """
    values = (formula for value in list(vars(module).values()) for formula in _formulas(value))
    return list({id(part): part for formula in values for part in (*formula.parts, formula)}.values())


def _formulas(value: object) -> Iterator[Formula]:
    if isinstance(value, Formula):
        yield value
    elif isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, Formula))
    elif isinstance(value, dict):
        yield from (item for item in value.values() if isinstance(item, Formula))


class _AsItStands(SourceFileLoader):
    """Compiles the file each time: byte code is kept for a second and a size, so that of a file edited twice
    in a second, `*` to `+`, the first would be checked.
    """

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def _run(file: Path, shown: Path) -> ModuleType:
    name = f"_gradcheck_file_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{shown}: Python cannot load this file.")
    if isinstance(spec.loader, SourceFileLoader):
        spec.loader = _AsItStands(name, str(file))
    module = importlib.util.module_from_spec(spec)
    with process_kept(configured=True), _importable(file.parent):
        # Left in place when all went well: dataclasses and inspect look a module up by its name.
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except KeyboardInterrupt:
            del sys.modules[name]
            raise
        except BaseException as error:  # sys.exit() and pytest.skip() are no Exception
            del sys.modules[name]
            if isinstance(error, UsageError) and (line := _line_of(error, file)):
                raise CannotLoad(f"{shown}:{line}: {error}") from None
            what = "calls sys.exit() when imported" if isinstance(error, SystemExit) else "cannot be imported"
            raise CannotLoad(f"{shown} {what}:\n{_told(error, file)}") from None
    return module


class _LibraryFirst:
    """Finds the modules of Python's own library before those of the same names beside a file: with a
    `json.py` or `types.py` there, what numerical libraries import must not depend on what has been imported.
    """

    @staticmethod
    def find_spec(name: str, path: Any = None, *_: Any) -> ModuleSpec | None:
        if path is None and name in sys.stdlib_module_names:
            return PathFinder.find_spec(name, _LIBRARY)
        return None


_LIBRARY = [p for p in sys.path if p and Path(p).name in {"lib-dynload", "Lib", "DLLs"}]
_LIBRARY = [*dict.fromkeys([sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *_LIBRARY])]


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Make modules beside the file importable, and forget them afterwards."""
    before = set(sys.modules)
    finders = sys.meta_path[:]
    sys.path.insert(0, str(folder))
    sys.meta_path.insert(0, _LibraryFirst)
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        for name in set(sys.modules) - before:
            if not name.startswith("_gradcheck_file_") and _lies_in(sys.modules[name], folder):
                del sys.modules[name]


def _lies_in(module: ModuleType, folder: Path) -> bool:
    """Whether a module was found through ``folder``, and not in an environment that lies below it."""
    file = getattr(module, "__file__", None)
    if not file or "site-packages" in Path(file).parts:
        return False
    place = Path(file).resolve()
    return place.is_relative_to(folder) and not place.is_relative_to(_PACKAGE)


def _line_of(error: BaseException, file: Path) -> int | None:
    """The line of the file that misuses gradcheck; None where it is one of another file's."""
    theirs = [f for f in traceback.extract_tb(error.__traceback__) if _theirs(f.filename, file)]
    return theirs[-1].lineno if theirs and Path(theirs[-1].filename).resolve() == file else None


def _told(error: BaseException, file: Path) -> str:
    """The traceback without our own frames and those of the import machinery."""
    report = traceback.TracebackException.from_exception(error)
    chain: traceback.TracebackException | None = report
    while chain is not None:
        chain.stack = traceback.StackSummary.from_list([f for f in chain.stack if _theirs(f.filename, file)])
        chain = chain.__cause__ or chain.__context__
    return "".join(report.format()).rstrip()


def _theirs(filename: str, file: Path) -> bool:
    if filename.startswith("<"):  # frozen modules, and what dataclasses write
        return False
    place = Path(filename).resolve()
    return place == file or not place.is_relative_to(_PACKAGE)
