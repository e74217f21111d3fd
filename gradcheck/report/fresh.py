"""A report folder while a run is made: nothing of an earlier run is there to be read in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gradcheck.records.types import Header
from gradcheck.records.writing import encoded
from gradcheck.report import FORMATS

__all__ = ["FreshFolder", "fresh_folder"]


class FreshFolder:
    """The reports of an earlier run are set aside, and a log is there that says that this one did not end."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._made = [p for p in (path, *path.parents) if not p.exists()]
        path.mkdir(parents=True, exist_ok=True)
        self._aside = {path / name: path / f".{name}.earlier" for name in FORMATS.values()}
        for here, aside in self._aside.items():
            if here.is_file():
                here.replace(aside)
        (path / FORMATS["jsonl"]).write_bytes(encoded(header))
        self.begun = False

    def begin(self) -> None:
        """The run has records of its own: those of the earlier one will not be wanted again."""
        self.begun = True
        for aside in self._aside.values():
            aside.unlink(missing_ok=True)

    def give_up(self) -> None:
        """There is no run after all; the folder is as it was."""
        (self.path / FORMATS["jsonl"]).unlink(missing_ok=True)
        for here, aside in self._aside.items():
            with suppress(FileNotFoundError):
                aside.replace(here)
        for folder in self._made:
            with suppress(OSError):  # somebody else's files are in it
                folder.rmdir()


@contextmanager
def fresh_folder(path: Path, header: Header) -> Iterator[FreshFolder]:
    """A folder for the reports of a run that is about to load user code.

    ``header`` is that of a log without claims. A process that ends at once leaves it, without a footer.
    Where the block ends before the run has begun, the reports of the earlier run are back. Raises `OSError`
    for a folder that cannot be written.
    """
    folder = FreshFolder(path, header)
    try:
        yield folder
    finally:
        if not folder.begun:
            folder.give_up()
