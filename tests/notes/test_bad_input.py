"""Whatever a file holds: a clear message, never a hang, and nothing of it is executed."""

import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from gradcheck.notes import check_text

HOSTILE = {
    "deep": "$$a = " + "{" * 3000 + "x" + "}" * 3000 + "$$ $$ b = " + "(" * 3000 + "x" + ")" * 3000 + "$$",
    "long": "$$a = " + "x + " * 20000 + "y$$",
    "dollars": "$" * 100000 + "\n" + "$a $" * 20000,
    "ticks": "`" * 50000 + " `` ` " * 20000,
    "comments": "<!--" * 50000,
    "brackets": "\\[" * 50000 + "\\(" * 50000,
    "powers": "$$ a = 9^{9^{9^{9}}} $$ $$ b = (x)^{999999999} $$ $$\\sum_{i=1}^{99999999999} x_i = y$$",
    "sums": "$$q = " + "".join(f"\\sum_{{{c}=1}}^n x_{c} " for c in "abcfghijkop") + "$$",
    "same": "$$a = b$$\n" * 20,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_ends_and_nothing_of_it_is_accused(name):
    assert check_text(HOSTILE[name], "note.md").count("wrong") == 0


def test_macros_without_end_and_input_are_not_carried_out():
    text = (
        r"\newcommand{\x}{\y\y}\newcommand{\y}{\x\x}\def\a{zz}\def\b{\a\a}\begin{document}"
        r"\input{/etc/passwd} $$q = \x$$ $$p = \b$$ \end{document}"
    )
    note = check_text(text, "note.tex", ".tex")
    assert [c.verdict for c in note.claims] == ["not-read", "right"]  # p = zzzz is a definition
    assert "macro" in note.claims[0].reason


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("empty.md", b"", 0, "no formula"),
        ("none.md", b"It costs $5 and $6.", 0, "no formula"),
        ("nul.md", b"abc\0def", 2, "binary"),
        ("big.md", b"x" * 2_000_001, 2, "at most"),
        ("note.docx", b"x", 2, "expected a note"),
        ("bad.ipynb", b'{"cells": [', 2, "notebook"),
        ("list.ipynb", b"[1, 2]", 2, "notebook"),
    ],
)
def test_what_is_no_note_gets_a_message_and_an_exit_code(tmp_path, name, content, code, said):
    (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(cli, ["notes", str(tmp_path / name)])
    assert result.exit_code == code, result.output
    assert said in result.output


def test_a_missing_file_is_exit_code_2(tmp_path):
    assert CliRunner().invoke(cli, ["notes", str(tmp_path / "missing.md")]).exit_code == 2


@pytest.mark.parametrize(
    "content",
    [
        b"<!-- gradcheck\r\nW: n m\r\nx: m\r\n-->\r\n$$\r\nz = W x\r\n$$\r\n",
        "<!-- gradcheck\nW: n m\nx: m\n-->\nf\u00fcr $z = W x$".encode("latin-1"),
        "<!-- gradcheck\nW: n m\nx: m\n-->\n$z = W x$".encode("utf-16"),
        b"\xef\xbb\xbf<!-- gradcheck\nW: n m; x: m\n-->\n$z = W x$",
    ],
    ids=["windows", "latin-1", "utf-16", "mark"],
)
def test_line_ends_and_encodings_are_read(tmp_path, content):
    file = tmp_path / "note.md"
    file.write_bytes(content)
    result = CliRunner().invoke(cli, ["notes", str(file)])
    assert result.exit_code == 0
    assert "1 formulas: 1 right" in result.output


def test_a_declaration_that_is_not_understood_is_reported_and_skipped():
    note = check_text("<!-- gradcheck\nW: n m\nwhatever\nx: m\n-->\n$z = W x$\n", "note.md")
    assert [c.verdict for c in note.claims] == ["right"]
    assert "note.md:3" in note.problems[0]


def test_an_unknown_macro_is_not_read():
    (claim,) = check_text(r"$$a = \frobnicate{b}$$", "note.md").claims
    assert claim.verdict == "not-read"
    assert "\\frobnicate" in claim.reason
