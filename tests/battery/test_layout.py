"""Memory layout and read-only arrays: code that depends on them fails, and is told on which."""

import numpy as np
import pytest

from gradcheck.checking.battery.layout import LAYOUTS
from gradcheck.formulas.calling.foreign import float_only

SHAPES = {"W": "n m", "x": "m"}


def forward(W, x):
    return W @ x


def right(d, W, x):
    return np.outer(d, x), W.T @ d


@pytest.mark.parametrize("prepare", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (1, 1), (0, 2)])
def test_a_layout_holds_the_same_values_otherwise(prepare, shape):
    """In memory of its own, so that a change is seen; floats and integers."""
    for dtype in (float, int):
        value = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
        laid = prepare(value)
        assert np.shape(laid) == shape
        assert np.array_equal(laid, value)
        assert np.asarray(laid).dtype == value.dtype
        if shape == (2, 3):
            assert not laid.flags.c_contiguous
            assert not np.shares_memory(laid, value)


def by_memory(d, W, x):
    """Flattens in the order of the memory."""
    return np.outer(d, x), W.ravel(order="K").reshape(W.shape).T @ d


def raw(d, W, x):
    """Reads the memory behind the first entry, as C code that takes a pointer does."""
    flat = (
        np.lib.stride_tricks.as_strided(W, shape=(W.size,), strides=(W.itemsize,))
        if type(W) is np.ndarray
        else W
    )
    return np.outer(d, x), flat.reshape(W.shape).T @ d


def by_class(d, W, x):
    return np.outer(d, x), W.T @ d * (1.0 if type(W) is np.ndarray else 2.0)


def of_views(d, W, x):
    return np.outer(d, x), W.T @ d * (1.0 if W.base is None or W.flags.writeable else 2.0)


def demands(d, W, x):
    if type(W) is np.ndarray and not W.flags.c_contiguous:
        raise ValueError("W must be contiguous")
    return right(d, W, x)


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (by_memory, "in Fortran order dJ/dx["),
        (raw, "every second entry of a larger array dJ/dx["),
        (by_class, "read-only views of a subclass of np.ndarray dJ/dx["),
        (of_views, "read-only views of a subclass of np.ndarray dJ/dx["),
        (demands, "every second entry of a larger array the code raises ValueError: W must be contiguous"),
    ],
)
def test_code_that_depends_on_the_layout_fails_and_is_told(battery, backward, words):
    """It is right for the arrays that a test makes, and wrong for what the next layer hands it."""
    judged = battery(forward, backward, SHAPES)
    assert (judged.row.verdict, judged.row.strength) == ("fail", None)
    assert judged.failed == {"non-contiguous inputs"}
    row = judged.rows["non-contiguous inputs"]
    assert row.counts
    assert judged.row.reason == row.reason
    assert [d.kind for d in judged.row.diagnosis] == ["memory"]
    assert row.reason.startswith((f"for arrays {words}", f"for {words}"))


def plain_only(d, W, x):
    if type(W) is not np.ndarray:
        raise TypeError("W must be a plain array")
    return right(d, W, x)


def of_any_class(d, W, x):
    return right(d, W, x) if type(W) is np.ndarray else right(*map(np.asarray, (d, W, x)))


@pytest.mark.parametrize("backward", [plain_only, of_any_class])
def test_a_subclass_may_be_refused_and_may_be_converted(battery, backward):
    assert battery(forward, backward, SHAPES).row.verdict == "pass"


@pytest.mark.parametrize(
    "backward",
    [
        right,
        lambda d, W, x: (d[:, None] * x, np.einsum("ij,i->j", W, d)),
        lambda d, W, x: (np.array([[a * b for b in x] for a in d]), sum(W[i] * d[i] for i in range(len(d)))),
    ],
    ids=["matmul", "einsum", "loops"],
)
def test_other_orders_of_summation_are_the_same_answer(battery, backward):
    """The twins: NumPy adds in another order for another layout."""
    assert battery(forward, backward, SHAPES).failed == set()


@pytest.mark.parametrize("only", [False, True], ids=["in balls too", "in float64 only"])
def test_unstable_code_is_the_same_answer_within_its_rounding(battery, only):
    """`1 - cos x` at 1e-4 keeps eight digits, and which they are depends on the library's loop."""

    def backward(d, x):
        return d * np.sin(x) + 0 * (1 - np.cos(x)) / x**2

    judged = battery(
        lambda x: 1 - np.cos(x),
        float_only(backward, "it") if only else backward,
        {"x": "n m"},
        values={"x": lambda shape, rng: 1e-4 * (1 + rng.random(shape))},
    )
    assert judged.failed == set()


def test_numbers_alone_have_no_layout(battery):
    """Skipped, and not called passed."""
    judged = battery(lambda s: s * s, lambda d, s: 2 * d * s, {"s": ""})
    assert judged.rows["non-contiguous inputs"].outcome == "skipped"
    assert judged.rows["read-only inputs"].outcome == "pass"


def test_code_that_needs_writable_memory_and_does_not_write_fails(battery):
    """A foreign library asks for a buffer; that is no change of the inputs, but it raises."""

    def needs(d, W, x):
        if type(W) is np.ndarray and not W.flags.writeable:
            raise ValueError("buffer source array is read-only")
        return right(d, W, x)

    judged = battery(forward, needs, SHAPES)
    assert judged.row.verdict == "fail"
    assert judged.failed == {"read-only inputs"}
    assert judged.rows["read-only inputs"].counts
    assert "for read-only arrays the code raises ValueError: buffer source" in (
        judged.rows["read-only inputs"].reason
    )


def test_labels_lie_in_other_layouts_too(battery):
    """Integer arguments stay integers, and gaps between them are read by no one."""
    import gradcheck

    def pick(x, i):
        return x[i]

    def backward(d, x, i):
        g = np.zeros_like(x)
        np.add.at(g, i, d)
        return g, None

    judged = battery(pick, backward, {"x": "n", "i": "k"}, values={"i": gradcheck.integers(0, 1)})
    assert (judged.row.verdict, judged.failed) == ("pass", set())


def demanding(function):
    """A function that takes writable arrays of one piece only, and says so."""

    def run(*args):
        for a in args:
            if type(a) is np.ndarray and not (a.flags.c_contiguous and a.flags.writeable):
                raise ValueError("buffer source array is read-only, or not contiguous")
        return function(*args)

    return run


def test_what_the_forward_itself_refuses_is_not_held_against_the_code(battery):
    """A pair of one foreign library: both ask for the same arguments, so nobody hands them others."""
    judged = battery(demanding(forward), lambda d, W, x: (np.outer(d, x), demanding(W.T.dot)(d)), SHAPES)
    assert (judged.row.verdict, judged.failed) == ("fail", {"non-contiguous inputs"})  # delta

    def of_arguments(d, W, x):
        demanding(forward)(W, x)
        return right(d, W, x)

    judged = battery(demanding(forward), of_arguments, SHAPES)
    assert (judged.row.verdict, judged.failed) == ("pass", set())
    judged = battery(forward, of_arguments, SHAPES)
    assert judged.row.verdict == "fail"


def cosine(d, x):
    return d * np.cos(x)


WRONG = {
    "transposed, strided or reversed": lambda d, x: not x.flags.c_contiguous,
    "a delta that is, and no argument": lambda d, x: x.flags.c_contiguous and not d.flags.c_contiguous,
    "reversed": lambda d, x: min(x.strides) < 0,
    "a delta of stride 0": lambda d, x: 0 in d.strides,
    "read-only": lambda d, x: not x.flags.writeable,
    "writable": lambda d, x: x.flags.writeable,
}


@pytest.mark.parametrize("where", WRONG.values(), ids=WRONG)
def test_wrong_in_one_kind_of_memory_alone_is_a_failure(battery, where):
    """Each is proved on symbols, which lie nowhere; the same branch with the right value is no fault."""

    def twin(factor):
        def backward(d, x):
            met = type(x) is type(d) is np.ndarray and where(d, x)
            return (factor if met else 1) * cosine(d, x)

        return backward

    wrong = battery(np.sin, twin(2), {"x": "n m"})
    assert (wrong.row.verdict, wrong.row.strength) == ("fail", None)
    assert "memory" in {d.kind for d in wrong.row.diagnosis}
    right = battery(np.sin, twin(1), {"x": "n m"})
    assert (right.row.verdict, right.failed) == ("pass", set())


def test_memory_read_in_its_own_order_is_a_failure(battery):
    """`tobytes("A")` gives the entries as they lie."""
    read = lambda d, x: np.frombuffer(d.tobytes("A"), dtype=np.float64).reshape(x.shape) * np.cos(x)
    assert battery(np.sin, read, {"x": "n m"}).row.verdict == "fail"
    right = lambda d, x: np.frombuffer(d.tobytes("C"), dtype=np.float64).reshape(x.shape) * np.cos(x)
    assert battery(np.sin, right, {"x": "n m"}).row.verdict == "pass"
