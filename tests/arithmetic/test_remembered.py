"""What is remembered of an array is of that array, as it is."""

import gc

import numpy as np
import pytest

from gradcheck.arithmetic import Remembered, enclose


def frozen(*values):
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array


def test_a_read_only_array_is_found_again_by_what_the_result_depends_on():
    found, array = Remembered(), frozen(1.0)
    assert found.get(array) is None
    assert found.keep("plain", array) == "plain"
    assert found.keep("by 2", array, 2) == "by 2"
    assert (found.get(array), found.get(array, 2), found.get(array, 3)) == ("plain", "by 2", None)
    assert found.get(frozen(1.0)) is None  # an equal one is another one


@pytest.mark.parametrize("array", [np.ones(2), frozen(1.0, 2.0)[:1], frozen(*range(2**12 + 1))])
def test_what_may_change_or_is_large_is_not_kept(array):
    """A view is read-only itself, and what it looks at may be written."""
    found = Remembered()
    assert found.keep("result", array) == "result"
    assert found.get(array) is None


def test_an_id_stays_one_arrays():
    """The array is held, so that none that comes later gets its id."""
    found = Remembered()
    found.keep("first", frozen(1.0))
    gc.collect()
    assert all(found.get(frozen(float(k))) is None for k in range(200))


def test_the_oldest_are_forgotten():
    found, arrays = Remembered(), [frozen(float(k)) for k in range(65)]
    for k, array in enumerate(arrays):
        found.keep(k, array)
    assert [found.get(a) for a in (arrays[0], arrays[1], arrays[64])] == [None, 1, 64]


def test_balls_are_of_the_numbers_as_they_are_now():
    array = np.array([1.0, 2.0])
    enclose(array)
    array[0] = 3.0
    assert [float(b) for b in enclose(array)] == [3.0, 2.0]


def test_balls_that_are_written_into_spoil_no_others():
    array = frozen(1.0, 2.0)
    enclose(array)[0] = None
    assert [float(b) for b in enclose(array)] == [1.0, 2.0]
