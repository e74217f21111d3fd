"""The precisions of ball arithmetic are written in one file."""

import ast
from pathlib import Path

import pytest

import gradcheck
from gradcheck.arithmetic import precisions

CORE = Path(gradcheck.__file__).parent
OWN = {*precisions.PRECISIONS, 2 * precisions.PRECISIONS[-1]}


def written(source):
    """The precisions that stand in a source as numbers."""
    return {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)} & OWN


def test_no_other_file_writes_a_precision_as_a_number():
    """It would not move with the others."""
    files = sorted(CORE.rglob("*.py"))
    assert files
    assert [f.name for f in files if written(f.read_text())] == []


@pytest.mark.parametrize(("source", "found"), [("_BITS = 212", {212}), ("with precision(BITS): ...", set())])
def test_one_that_does_would_be_noticed(source, found):
    """The twin."""
    assert written(source) == found


def test_the_precisions_are_what_the_documents_say():
    """Four float64 significands, then doubled."""
    assert precisions.PRECISIONS == (212, 424, 848, 1696)
    assert precisions.BITS == 212
