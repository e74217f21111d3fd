"""What an argument may hold."""

import numpy as np
import pytest
from hypothesis import strategies as st

from gradcheck.errors import UsageError
from gradcheck.formulas.sizes.shapes import Shapes
from gradcheck.formulas.values import (
    check_one,
    check_values,
    integers,
    is_strategy,
    normal,
    one_hot,
    positive,
    spd,
    unit_interval,
)
from tests.wording import READ_ONLY

SHAPES = [(), (1,), (5,), (2, 3), (2, 3, 4)]


def draws(filler, shape, count=60):
    return [filler(shape, np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("filler", [normal, positive, unit_interval, one_hot, integers(0, 4)])
def test_a_filler_gives_the_shape_and_the_same_for_the_same_seed(filler, shape):
    """Finite values, reproducibly."""
    first, second = draws(filler, shape, 3), draws(filler, shape, 3)
    assert all(np.shape(a) == shape and np.isfinite(a).all() for a in first)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_normal_mixes_scales_zeros_and_ties():
    """Kinks and masks live where entries are zero or equal; saturation where they are large."""
    arrays = draws(normal, (6,), 200)
    spread = [np.max(np.abs(a)) for a in arrays]
    assert min(spread) < 0.4
    assert max(spread) > 10
    assert any((a == 0).any() and a.any() for a in arrays)
    assert any(len(set(a[a != 0])) < (a != 0).sum() for a in arrays)
    assert sum((a == 0).any() for a in arrays) < 100  # most draws have none


def test_everything_drawn_prints_short():
    """Four decimals, so that a counterexample can be read."""
    for filler in (normal, positive, unit_interval):
        assert all(np.array_equal(a, np.round(a, 4)) for a in draws(filler, (4,)))


def test_positive_is_above_zero_and_normal_is_not():
    """The twin: normal values reach below zero."""
    assert all((a > 0).all() for a in draws(positive, (20,)))
    assert any((a <= 0).any() for a in draws(normal, (20,)))


def test_the_unit_interval_is_open():
    """Neither 0 nor 1, where logarithms and logits end."""
    assert all(((a > 0) & (a < 1)).all() for a in draws(unit_interval, (50,)))


def test_one_hot_has_a_single_one_along_the_last_axis():
    """For every leading index; all places occur."""
    arrays = draws(one_hot, (3, 4))
    assert all(np.array_equal(a.sum(axis=-1), np.ones(3)) and set(a.ravel()) <= {0.0, 1.0} for a in arrays)
    assert (sum(arrays) > 0).all()
    assert {float(a) for a in draws(one_hot, ())} == {0.0, 1.0}


def test_spd_is_symmetric_positive_definite():
    """Stacks too; anything not square is refused."""
    for a in draws(spd, (2, 3, 3), 20):
        assert np.array_equal(a, np.swapaxes(a, -1, -2))
        assert (np.linalg.eigvalsh(a) > 0).all()
    for shape in ((2, 3), (3,), ()):
        with pytest.raises(UsageError, match="the last two axes must be equal"):
            spd(shape, np.random.default_rng(0))


def test_integers_are_half_open_and_of_an_integer_dtype():
    """As NumPy's and Python's ranges."""
    values = np.concatenate(draws(integers(-1, 3), (10,)))
    assert values.dtype == np.int64
    assert set(values.tolist()) == {-1, 0, 1, 2}
    with pytest.raises(UsageError, match="the range is empty"):
        integers(3, 3)


def test_a_strategy_is_told_from_other_objects():
    """Without importing Hypothesis."""
    assert is_strategy(st.floats())
    assert is_strategy(st.integers().map(float))
    assert not is_strategy(normal)
    assert not is_strategy(np.zeros(3))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            np.array([1j]),
            "expected real numbers; what was given is complex; check its real and imaginary part apart",
        ),
        ("normal", "expected gradcheck.normal (positive, one_hot, ...)"),
        (None, "expected gradcheck.normal"),
        ([[1.0], [1.0, 2.0]], "what was given is no array: ValueError"),
        ([1.0, np.nan], "not finite"),
        ([np.inf], "not finite"),
        ({"a": 1}, "expected gradcheck.normal"),
    ],
)
def test_values_of_no_known_kind_are_refused(value, words):
    """With the argument's name in front."""
    with pytest.raises(UsageError) as error:
        check_one(value, "values['x']")
    assert words in str(error.value)
    assert str(error.value).startswith("values['x']: ")


def test_arrays_are_copied_and_read_only():
    """A change of the user's array afterwards does not reach the check."""
    mine = np.array([1.0, 2.0], dtype=np.float32)
    kept = check_one(mine, "values['x']")
    mine[0] = 5
    assert kept.dtype == np.float64
    assert kept.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=READ_ONLY):
        kept[0] = 1


def test_functions_and_strategies_stay_as_they_are():
    """They are called later."""
    strategy = st.floats(0, 1)
    assert check_one(normal, "x") is normal
    assert check_one(strategy, "x") is strategy


def test_unknown_arguments_and_contradicting_arrays_are_refused():
    """Before anything is drawn."""
    shapes = Shapes.parse({"W": "n m", "x": "m"})
    with pytest.raises(UsageError, match=r"there is no argument 'v'; the arguments are W, x"):
        check_values({"v": normal}, shapes)
    with pytest.raises(UsageError, match="makes m = 4"):
        check_values({"W": np.zeros((2, 3)), "x": np.zeros(4)}, shapes)
    assert set(check_values({"W": np.zeros((2, 3)), "x": np.zeros(3)}, shapes)) == {"W", "x"}
