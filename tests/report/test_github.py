"""Annotations: one line for each claim that did not come out, escaped as GitHub reads it."""

import re

import msgspec
import pytest

from gradcheck.records.reading import collect
from gradcheck.records.types import Source
from gradcheck.report.formats.github import render
from tests.report import samples
from tests.report.test_marks import failed

COMMAND = re.compile(r"::(error|warning) ((?:\w+=[^,:]*)(?:,\w+=[^,:]*)*)::(.*)")


def read(line):
    """As GitHub's runner reads a workflow command."""
    word, properties, message = COMMAND.fullmatch(line).groups()
    found = dict(part.split("=", 1) for part in properties.split(","))

    def plain(text):
        for code, letter in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
            text = text.replace(code, letter)
        return text

    return word, {name: plain(value) for name, value in found.items()}, plain(message)


def lines(parts):
    return render(collect(samples.records(parts))).splitlines()


def test_a_line_for_each_that_did_not_come_out_and_none_for_the_others():
    found = [read(line) for line in lines(samples.EVERYTHING)]

    assert len(found) == 6
    assert {word for word, _, _ in found} == {"error"}
    assert lines(samples.GOOD) == []


def test_it_says_where_and_what():
    (line,) = lines([samples.RICH])

    assert line.startswith(
        "::error file=formulas/linear.py,line=19,title=FAIL D13/layer.vjp::dJ/dW: dJ/dW is"
    )
    assert "\n" not in line


def odd(uid, **changes):
    row = msgspec.structs.replace(samples.FAILED[-1], uid=uid, counterexample=None, **changes)
    return [msgspec.structs.replace(r, claim=uid) for r in samples.FAILED[:-1]] + [row]


@pytest.mark.parametrize(
    ("uid", "reason"),
    [
        ("D1/x.entry-dJ_dA[i,j]", "100% wrong: a, b :: c"),
        ("D1/a:b,c", "::set-output name=x::y"),
        ("D1/%2C", "%0A is no line end"),
    ],
)
def test_what_means_something_to_github_is_escaped(uid, reason):
    (line,) = lines([odd(uid, reason=reason)])

    _, properties, message = read(line)
    assert properties["title"] == f"FAIL {uid}"
    assert message == reason


def test_text_of_others_makes_no_line_of_its_own():
    found = lines([samples.HOSTILE_CLAIM, samples.HOSTILE_RICH])

    assert [read(line)[0] for line in found] == ["error", "error", "warning"]  # one row is missing


def test_paths_are_those_of_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inside = Source(file=str(tmp_path / "src" / "a.py"), line=3, text="")
    unknown = Source(file="?", line=0, text="")

    assert lines([odd("a", candidate=inside)])[0].startswith("::error file=src/a.py,line=3,")
    assert lines([odd("a", candidate=unknown, forward=unknown)])[0].startswith("::error file=?,line=1,")


def test_a_run_that_is_not_whole_is_told_too():
    cut = collect(samples.records(samples.GOOD)[:4])

    words = [read(line)[0] for line in render(cut).splitlines()]
    assert words == ["warning"] * len(cut.problems)


WRONG_LINE = """\
    @f.vjp
    def backward(delta, X, W1, b1, W2):
        dz = delta @ W2.T
        dW2 = (X @ W1 + b1).T @ delta
        db1 = dz * 2
        db1 = db1.mean(axis=0)
        return dz @ W1.T, X.T @ dz, db1, dW2
"""


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (["W2"], "line=13"),  # one line is wrong: not that of the decorator
        (["b1"], "line=14,endLine=15"),  # it is one of two
        (["q"], "line=10"),  # nothing is known: the code
    ],
)
def test_the_annotation_stands_at_the_wrong_line(wrong, where):
    claim = failed(WRONG_LINE, wrong)

    rows = [msgspec.structs.replace(r, claim=claim.uid) for r in samples.FAILED[:-1]]
    (line,) = lines([[*rows, claim]])

    assert line.startswith(f"::error file=nets/two.py,{where},title=FAIL two.vjp::")


@pytest.mark.parametrize(
    ("file", "pointed"),
    [("layer.py", ("layer.py", "7")), ("gradcheck/catalogue/linear.py", ("layer", "1"))],
)
def test_a_program_is_pointed_at_by_the_formula_that_it_was_held_against(file, pointed):
    """Nothing is known of its lines; the catalogue is no file of the project."""
    program = Source(file="./layer", line=0, text="a program in C: ./layer")
    row = odd(
        "layer.vjp.external", candidate=program, forward=Source(file=file, line=7, text="z = x"), reason=""
    )
    (line,) = lines([row])
    _, found, _ = read(line)
    assert (found["file"], found["line"]) == pointed
