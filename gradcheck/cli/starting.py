"""`gradcheck init` and `gradcheck harness`: files to start from. What is there is never overwritten."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from gradcheck.cli.options import debug_option
from gradcheck.errors import UsageError
from gradcheck.formulas.suggestions import did_you_mean

__all__ = ["harness", "init"]

_PACKAGE = Path(__file__).parent.parent

_HARNESSES = {
    "c": ("harness.c", "cc -O2 -o harness {file} -lm && gradcheck external -- ./harness"),
    "javascript": ("harness.js", "gradcheck external -- node {file}"),
    "python": ("harness.py", "gradcheck external -- python3 {file}"),
}
"""For each language the file, and how it is checked."""


@click.command()
@click.argument("file", metavar="FILE.py", type=click.Path(path_type=Path))
@debug_option
def init(file: Path) -> None:
    """Write a file of formulas to start from.

    Its claims pass; put your own in their place. Exits with 2 where the file is there already.
    """
    if file.suffix != ".py":
        raise UsageError(f"{file}: expected a file that ends in .py, such as {file.with_suffix('.py')}.")
    _write(
        file, (_PACKAGE / "cli" / "start.py.txt").read_text("utf-8").replace("FILE", shlex.quote(str(file)))
    )
    click.echo(f"{file}: three formulas to start from.\ngradcheck verify {shlex.quote(str(file))}")


@click.command()
@click.argument("language", metavar="|".join(_HARNESSES))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@debug_option
def harness(language: str, file: Path | None) -> None:
    """Write a program that speaks gradcheck's protocol, for gradients in another language.

    It is one file without dependencies, named harness.c, harness.js or harness.py unless FILE is given; the
    backward passes in it are examples. Exits with 2 where the file is there already.
    """
    if language not in _HARNESSES:
        known = ", ".join(_HARNESSES)
        raise UsageError(
            f"expected a language, one of {known}, got {language!r}.{did_you_mean(language, _HARNESSES)} "
            "For any other, the protocol is in the documentation."
        )
    name, check = _HARNESSES[language]
    file = file or Path(name)
    _write(file, _shipped(language, name))
    click.echo(f"{file}: a harness in {language}.\n{check.format(file=shlex.quote(str(file)))}")


def _shipped(language: str, name: str) -> str:
    """The harness's text: inside the package where it is installed, beside it in a checkout."""
    folders = (_PACKAGE / "harnesses", _PACKAGE.parent / "harnesses")
    found = next((f for folder in folders if (f := folder / language / name).is_file()), None)
    if found is None:
        raise UsageError(f"this installation of gradcheck lacks {language}/{name}; install it again.")
    return found.read_text("utf-8")


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already, and stays as it is; give another name.") from None
    except FileNotFoundError:
        raise UsageError(f"{file}: there is no folder {file.parent}; make it first.") from None
