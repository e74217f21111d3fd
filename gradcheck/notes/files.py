"""A note's file read, whatever it is written in, and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gradcheck.errors import UsageError
from gradcheck.notes.note import check_formulas
from gradcheck.notes.records import NoteRecord
from gradcheck.notes.sources.macros import Macros
from gradcheck.notes.sources.markdown import read_markdown
from gradcheck.notes.sources.notebook import read_notebook
from gradcheck.notes.sources.source import Source
from gradcheck.notes.sources.tex import read_tex
from gradcheck.notes.statements.declarations import Declarations, read_declarations
from gradcheck.notes.statements.pieces import Formula

__all__ = ["check_file", "check_text", "decoded"]

LARGEST = 2_000_000
"""Bytes of a note; a longer file is no note."""
MOST = 1500
"""Formulas of a note that are judged; the rest is not read."""

SUFFIXES = {".md", ".markdown", ".txt", ".tex", ".ipynb", ".rmd", ".qmd"}


def check_file(path: Path, shown: str | None = None, declarations: str | None = None) -> NoteRecord:
    """Check one file. ``shown`` is the name that results carry, ``declarations`` those of another file.

    Raises `UsageError` for what is no note: another kind of file, binary, too long.
    """
    name = shown or str(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{name}: expected a note (.md, .txt, .tex or .ipynb), got {path.suffix or 'no suffix'}."
        )
    if not path.is_file():
        raise UsageError(f"{name}: there is no such file.")
    if path.stat().st_size > LARGEST:
        raise UsageError(f"{name}: it has {path.stat().st_size} bytes; a note has at most {LARGEST}.")
    return check_text(decoded(path.read_bytes(), name), name, path.suffix.lower(), declarations)


def decoded(content: bytes, name: str) -> str:
    """A file's text: UTF-8, or UTF-16 with its mark, or Latin-1 where every byte is a letter or a sign."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    else:
        if b"\0" in content:
            raise UsageError(f"{name}: expected text, but it is a binary file.")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
            if any(ord(c) < 32 and c not in "\t\n\r\f\v" for c in text):
                raise UsageError(f"{name}: expected text, but it is a binary file.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_text(text: str, name: str, suffix: str = ".md", declarations: str | None = None) -> NoteRecord:
    """Check a note's text."""
    if suffix == ".tex":
        source = read_tex(text)
    elif suffix == ".ipynb":
        source = read_notebook(text, name)
    else:
        source = read_markdown(text)
    declared = Declarations()
    problems = list(source.problems)
    for comment in source.comments:
        known = len(declared.problems)
        read_declarations(comment.text, declared, comment.scope)
        new, declared.problems = declared.problems[known:], declared.problems[:known]
        problems += [f"{name}:{comment.line + line}: {message}" for line, message in new]
    if declarations is not None:
        read_declarations(_without_comment(declarations), declared)
    formulas = _expanded(source, text)
    if len(formulas) > MOST:
        problems.append(f"{name}: it has {len(formulas)} formulas; only the first {MOST} are read")
    return check_formulas(name, formulas[:MOST], declared, problems)


def _without_comment(text: str) -> str:
    """The declarations of a file: bare, or in the comment that a note would have."""
    text = text.strip()
    if text.startswith("<!--"):
        text = text.removeprefix("<!--").removesuffix("-->").strip()
    lines = [line.strip().removeprefix("%").strip().removeprefix("gradcheck:") for line in text.split("\n")]
    joined = "\n".join(lines)
    return joined.removeprefix("gradcheck")


def _expanded(source: Source, text: str) -> list[Formula]:
    macros = Macros(text)
    if not macros.known:
        return source.formulas
    formulas: list[Formula] = []
    for formula in source.formulas:
        try:
            expanded = macros.expand(formula.text)
        except ValueError:
            expanded = formula.text  # the macro is then unknown, and the formula not read
        if expanded.startswith(("\\newcommand", "\\def", "\\renewcommand", "\\DeclareMathOperator")):
            continue
        formulas.append(replace(formula, text=expanded))
    return formulas
