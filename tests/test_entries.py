"""The language of entry claims."""

import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.formulas.entries import EntrySpec, assignments


@pytest.mark.parametrize(
    ("text", "argument", "index", "output", "scalar", "free"),
    [
        ("dJ/dA[i,j]", "A", ("i", "j"), None, True, ("i", "j")),
        ("dz[j]/dW[j,k]", "W", ("j", "k"), ("j",), False, ("j", "k")),
        ("dz/dA[i,j]", "A", ("i", "j"), None, False, ("i", "j")),
        ("dJ/dW2[1,1]", "W2", (1, 1), None, True, ()),
        ("dJ/ds[]", "s", (), None, True, ()),
        (" dy[i, j] / dx[ k ] ", "x", ("k",), ("i", "j"), False, ("i", "j", "k")),
        ("dz[i]/dx[i]", "x", ("i",), ("i",), False, ("i",)),
    ],
)
def test_an_entry_is_read(text, argument, index, output, scalar, free):
    """Numerator, denominator and the free indices in order of appearance."""
    entry = EntrySpec.parse(text)
    assert (entry.argument, entry.argument_index, entry.output_index) == (argument, index, output)
    assert (entry.scalar, entry.free) == (scalar, free)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("J/A", "expected a form like"),
        ("dJ/dA", "expected a form like"),
        ("dJ/dA[i,j] extra", "expected a form like"),
        ("dz[]/dx[i]", "expected a form like"),
        ("dJ[i]/dA[i]", "J is a scalar and takes no index"),
        ("dJ/dA[-1]", "the index '-1' is neither a name nor an integer counted from 0"),
        ("dJ/dA[i+1]", "the index 'i+1' is neither"),
        ("dJ/dA[i,]", "the index '' is neither"),
        ("dJ/dA[1.0]", "the index '1.0' is neither"),
    ],
)
def test_what_is_no_entry_is_refused(text, words):
    """With the text and the reason."""
    with pytest.raises(UsageError) as error:
        EntrySpec.parse(text)
    assert words in str(error.value)
    assert repr(text) in str(error.value)


def test_an_index_on_two_axes_runs_over_the_shorter():
    """`dz[i]/dx[i]` speaks of the diagonal only."""
    entry = EntrySpec.parse("dz[i]/dx[i]")
    assert entry.ranges((3,), (5,)) == {"i": 3}
    assert entry.ranges((5,), (3,)) == {"i": 3}


def test_the_ranges_come_in_the_order_of_the_free_indices():
    """The candidate's leading parameters are in that order."""
    entry = EntrySpec.parse("dz[j]/dW[k,j]")
    assert list(entry.ranges((4, 3), (3,)).items()) == [("j", 3), ("k", 4)]


@pytest.mark.parametrize(
    ("text", "argument", "output", "words"),
    [
        ("dJ/dA[i]", (2, 3), (4,), "A has shape (2, 3), so it takes 2 indices, not 1"),
        ("dz[i,j]/dx[k]", (3,), (4,), "the output has shape (4,), so it takes 1 indices, not 2"),
        ("dJ/dA[2,0]", (2, 3), (), "index 2 lies outside A of shape (2, 3)"),
    ],
)
def test_indices_that_do_not_fit_are_refused(text, argument, output, words):
    """A wrong count, or a fixed index outside."""
    with pytest.raises(UsageError) as error:
        EntrySpec.parse(text).ranges(argument, output)
    assert words in str(error.value)


def test_assignments_run_through_the_whole_table_in_c_order():
    """Like `np.ndindex`."""
    entry = EntrySpec.parse("dJ/dA[i,j]")
    found = [tuple(a.values()) for a in assignments(entry.ranges((2, 3), ()))]
    assert found == list(np.ndindex(2, 3))


def test_an_assignment_is_located_in_output_and_argument():
    """Repeated names and fixed indices are put in both places."""
    entry = EntrySpec.parse("dz[j,0]/dW[k,j]")
    assert entry.locate({"j": 2, "k": 1}) == ((2, 0), (1, 2))
    assert EntrySpec.parse("dJ/dW[1,j]").locate({"j": 2}) == (None, (1, 2))
    assert EntrySpec.parse("dJ/dW[1,1]").locate({}) == (None, (1, 1))
