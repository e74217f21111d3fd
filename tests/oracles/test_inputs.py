"""Whatever arrays a caller brings: taken, converted with a note, or refused with a reason."""

import numpy as np
import pytest

import gradcheck
from gradcheck import integers, one_hot
from gradcheck.errors import NoAnswer, UsageError
from gradcheck.oracles.inputs import bind, draw, named


@gradcheck.formula(shapes={"W": "n m", "x": "m"})
def wx(W, x):
    return W @ x


@gradcheck.formula(shapes={"s": "k", "y": "k"}, values={"y": integers(0, 2)})
def labelled(s, y):
    return np.sum(s * y)


@gradcheck.formula(shapes={"a": "n+1", "b": "2 n+1"}, where=lambda n: n != 3)
def derived(a, b):
    return b @ a


W, X, DELTA = np.ones((2, 3)), np.ones(3), np.ones(2)


def notes_of(formula, delta=None, **arrays):
    return bind(formula, arrays, delta)[1]


def test_what_fits_is_taken_without_a_word():
    point, notes = bind(wx, {"W": W, "x": X}, DELTA)

    assert notes == []
    assert dict(point.sizes) == {"n": 2, "m": 3}
    assert not point.args[0].flags.writeable
    assert W.flags.writeable


def test_conversions_are_noted():
    assert notes_of(wx, DELTA, W=W.astype(np.float32), x=X) == [
        "W: float32 taken as float64, which holds its values exactly"
    ]
    assert notes_of(wx, DELTA, W=W.astype(int), x=X.astype(bool)) == [
        "W: int64 taken as float64",
        "x: bool taken as float64",
    ]
    assert notes_of(labelled, s=np.ones(2), y=np.array([1.0, 0.0])) == [
        "y: float64 taken as integers, as declared"
    ]
    assert notes_of(wx, DELTA.astype(np.float16), W=W, x=X) == [
        "delta: float16 taken as float64, which holds its values exactly"
    ]


def test_lists_chose_no_dtype():
    point, notes = bind(wx, {"W": [[1, 2]], "x": [3, 4]}, [1])

    assert notes == []
    assert all(a.dtype == np.float64 for a in point.args)


def test_integers_stay_integers_where_they_are_declared():
    point, _ = bind(labelled, {"s": [1, 2], "y": [1, 0]})

    assert [a.dtype.kind for a in point.args] == ["f", "i"]
    assert point.wrt == (0,)


def test_big_endian_arrays_are_the_same_numbers():
    point, _ = bind(wx, {"W": W.astype(">f8"), "x": X}, DELTA)

    assert point.args[0].dtype.isnative
    assert np.array_equal(point.args[0], W)


def test_sizes_that_stand_in_expressions_only_are_found():
    point, _ = bind(derived, {"a": np.ones(3), "b": np.ones((2, 3))}, DELTA)

    assert dict(point.sizes) == {"n": 2}


@pytest.mark.parametrize(
    ("formula", "arrays", "delta", "message"),
    [
        (wx, {"W": W}, DELTA, r"wx: no array is given for x \(m\)"),
        (wx, {"W": W, "x": X, "y": X}, DELTA, "there is no argument 'y'; the arguments are W, x"),
        (wx, {"W": W, "xx": X}, DELTA, "there is no argument 'xx'.*Did you mean 'x'"),
        (
            wx,
            {"W": W, "x": np.ones(4)},
            DELTA,
            r"'x' has shape \(4,\) and makes m = 4, but 'W' with shape \(2, 3\)",
        ),
        (wx, {"W": W, "x": np.ones((3, 1))}, DELTA, r"'x' has shape \(3, 1\), but it is declared as 'm'"),
        (wx, {"W": W, "x": np.ones((0,))}, DELTA, "sizes are 1 or more"),
        (wx, {"W": W, "x": np.array([1, np.nan, 1])}, DELTA, r"x\[1\] is nan; there is no derivative"),
        (wx, {"W": W, "x": np.array([1, 1, -np.inf])}, DELTA, r"x\[2\] is -inf"),
        (wx, {"W": W, "x": X * 1j}, DELTA, "x: complex values are not supported"),
        (wx, {"W": W, "x": ["a", "b", "c"]}, DELTA, "x: expected an array of numbers"),
        (wx, {"W": W, "x": [[1], [2, 3], [4]]}, DELTA, "x: no array can be made of it"),
        (wx, {"W": W, "x": None}, DELTA, "x: expected an array of numbers"),
        (wx, {"W": W, "x": np.array([2**60 + 1, 1, 1])}, DELTA, "values that float64 does not hold"),
        (wx, {"W": W, "x": X.astype(np.longdouble)}, DELTA, "holds more than float64"),
        (wx, {"W": W, "x": X}, None, r"delta is missing.* it has the shape \(2,\)"),
        (wx, {"W": W, "x": X}, X, r"delta has shape \(3,\), but the output has shape \(2,\)"),
        (wx, {"W": W, "x": X}, [1.0, np.nan], r"delta\[1\] is nan"),
        (labelled, {"s": np.ones(2), "y": [0.5, 1.0]}, None, "y: expected integers"),
        (derived, {"a": np.ones(4), "b": np.ones((2, 4))}, DELTA, r"does not allow n = 3"),
        (derived, {"a": np.ones(3), "b": np.ones((2, 5))}, DELTA, "its size|come to 5"),
    ],
)
def test_what_does_not_fit_is_refused(formula, arrays, delta, message):
    with pytest.raises(UsageError, match=message):
        bind(formula, arrays, delta)


def test_deltas_of_several_outputs_are_counted():
    pair = gradcheck.Formula(lambda x: (x, x.sum()), {"x": "n"}, name="pair")

    with pytest.raises(UsageError, match="expected a tuple of 2 deltas, one per output, got 1"):
        bind(pair, {"x": X}, X)
    with pytest.raises(UsageError, match=r"delta\[1\] has shape \(3,\)"):
        bind(pair, {"x": X}, (X, X))


def test_positions_and_names_do_not_mix_up():
    assert named(wx, (W,), {"x": X}) == {"W": W, "x": X}
    with pytest.raises(UsageError, match="expected 2 arrays, W, x, got 3"):
        named(wx, (W, X, DELTA), {})
    with pytest.raises(UsageError, match="'W' is given twice"):
        named(wx, (W,), {"W": W})


def test_a_forward_that_is_not_finite_has_no_answer():
    inverse = gradcheck.Formula(lambda x: 1 / x, {"x": "n"}, name="inverse")

    with pytest.raises(NoAnswer, match="inverse: the forward is not finite"):
        bind(inverse, {"x": [0.0]}, [1.0])


def test_a_forward_that_raises_is_told():
    def broken(x):
        raise RuntimeError("oops")

    with pytest.raises(UsageError, match="broken: the forward raises RuntimeError: oops"):
        bind(gradcheck.Formula(broken, {"x": "n"}), {"x": [0.0]}, [1.0])


@pytest.mark.parametrize(
    ("sizes", "seed", "message"),
    [
        ({"n": 2}, 0, "the sizes of m are missing; give all of n, m"),
        ({"n": 2, "m": 0}, 0, "m = 0 is no integer of 1 or more"),
        ({"n": 2, "m": True}, 0, "no integer of 1 or more"),
        ({"n": 2, "m": 1, "k": 3}, 0, "there is no dimension 'k'; there are n, m"),
        ({"n": 2, "m": 1}, -1, "seed: expected an integer of 0 or more"),
    ],
)
def test_sizes_that_make_no_arrays_are_refused(sizes, seed, message):
    with pytest.raises(UsageError, match=message):
        draw(wx, sizes, seed)


def test_sizes_that_the_declaration_forbids_are_refused():
    with pytest.raises(UsageError, match="does not allow n = 3"):
        draw(derived, {"n": 3})
    softmax = gradcheck.Formula(
        lambda s, y: np.sum(s * y), {"s": "n", "y": "n"}, values={"y": one_hot}, name="f"
    )
    assert draw(softmax, {"n": 4})[0]["y"].sum() == 1
