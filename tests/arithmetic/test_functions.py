"""NumPy's functions on arrays of balls: the same code on float64 is the oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradcheck.arithmetic.array import FUNCTIONS, ElementArray
from gradcheck.errors import Undecided, Unsupported

RNG = np.random.default_rng(3)
S = np.array(1.5)
V = np.array([3.0, -1.0, 2.5, -4.0, 0.5])
U = np.array([1.0, 2.0, -2.0, 0.25, 4.0])
M = np.round(RNG.standard_normal((3, 4)), 3)
N = np.round(RNG.standard_normal((3, 4)), 3)
T = np.round(RNG.standard_normal((2, 3, 4)), 3)
W = np.abs(M) + 0.1

MOVES = {
    "reshape": (lambda x: np.reshape(x, (4, 3)), M),
    "reshape, F": (lambda x: np.reshape(x, (4, 3), order="F"), M),
    "transpose": (lambda x: np.transpose(x, (2, 0, 1)), T),
    "swapaxes": (lambda x: np.swapaxes(x, 0, 2), T),
    "moveaxis": (lambda x: np.moveaxis(x, 0, -1), T),
    "rollaxis": (lambda x: np.rollaxis(x, 2), T),
    "ravel": (np.ravel, M),
    "ravel, F": (lambda x: np.ravel(x, order="F"), M),
    "squeeze": (lambda x: np.squeeze(x[None, :, None]), M),
    "expand_dims": (lambda x: np.expand_dims(x, (0, 2)), M),
    "broadcast_to": (lambda x: np.broadcast_to(x, (3, 5)), V),
    "concatenate": (lambda x, y: np.concatenate([x, y], axis=1), M, N),
    "concatenate with floats": (lambda x: np.concatenate([np.ones((3, 1)), x], axis=1), M),
    "stack": (lambda x, y: np.stack((x, y), axis=-1), M, N),
    "vstack": (lambda x, y: np.vstack([x, y]), M, N),
    "hstack": (lambda x, y: np.hstack([x, y]), V, U),
    "dstack": (lambda x, y: np.dstack([x, y]), M, N),
    "column_stack": (lambda x, y: np.column_stack([x, y]), V, U),
    "split": (lambda x: np.split(x, 2, axis=1), M),
    "array_split": (lambda x: np.array_split(x, 3), V),
    "hsplit": (lambda x: np.hsplit(x, 2), M),
    "vsplit": (lambda x: np.vsplit(x, 3), M),
    "repeat": (lambda x: np.repeat(x, 2, axis=0), M),
    "tile": (lambda x: np.tile(x, (2, 1)), M),
    "flip": (lambda x: np.flip(x, 0), M),
    "fliplr": (np.fliplr, M),
    "flipud": (np.flipud, M),
    "roll": (lambda x: np.roll(x, 2, axis=1), M),
    "rot90": (np.rot90, M),
    "diagonal": (lambda x: np.diagonal(x, 1), M),
    "take": (lambda x: np.take(x, [2, 0, 2], axis=1), M),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.array([[0], [3], [1]]), axis=1), M),
    "copy": (np.copy, M),
    "atleast_1d": (np.atleast_1d, S),
    "atleast_2d": (np.atleast_2d, V),
    "atleast_3d": (np.atleast_3d, V),
    "matrix_transpose": (np.matrix_transpose, T),
    "delete": (lambda x: np.delete(x, 1, axis=0), M),
    "resize": (lambda x: np.resize(x, (2, 3)), V),
    "sliding_window_view": (lambda x: np.lib.stride_tricks.sliding_window_view(x, 3), V),
    "sinc": (np.sinc, np.array([0.0, 0.25, 1.0, -2.5])),
    "result_type": (lambda x: x.astype(np.result_type(x, 1, np.float32)), M),
    "trace": (lambda x: np.trace(x, 1), M),
    "trace, nothing on the diagonal": (lambda x: np.trace(x, 9), M),
    "trace of a stack": (lambda x: np.trace(x, axis1=2, axis2=0), T),
    "diag of a vector": (lambda x: np.diag(x, -1), V),
    "diag of a matrix": (np.diag, M),
    "diagflat": (np.diagflat, M),
    "tril": (lambda x: np.tril(x, 1), M),
    "triu": (np.triu, T),
    "pad": (lambda x: np.pad(x, ((1, 0), (0, 2))), M),
    "pad with a constant": (lambda x: np.pad(x, 1, constant_values=7.0), V),
    "pad, edge": (lambda x: np.pad(x, 2, mode="edge"), V),
    "pad, reflect": (lambda x: np.pad(x, 2, mode="reflect"), V),
    "pad, wrap": (lambda x: np.pad(x, 2, mode="wrap"), V),
    "zeros_like": (np.zeros_like, M),
    "ones_like": (np.ones_like, M),
    "full_like": (lambda x: np.full_like(x, 2.5), M),
    "full_like of another shape": (lambda x: np.full_like(x, 2.5, shape=(2,)), M),
    "zeros_like of bool": (lambda x: np.zeros_like(x, dtype=bool), M),
    "real": (np.real, M),
    "shape": (np.shape, M),
    "ndim": (np.ndim, T),
    "size": (np.size, T),
    "size of an axis": (lambda x: np.size(x, 1), T),
    "iscomplexobj": (np.iscomplexobj, T),
}


def _put(x, y):
    filled = x.copy()
    np.put_along_axis(filled, np.array([[0], [3], [1]]), y[:, :1], axis=1)
    return filled


SUMS = {
    "sum": (np.sum, T),
    "sum, axis": (lambda x: np.sum(x, axis=1), T),
    "sum, axes": (lambda x: np.sum(x, axis=(0, 2)), T),
    "sum, keepdims": (lambda x: np.sum(x, axis=-1, keepdims=True), T),
    "sum, initial": (lambda x: np.sum(x, axis=0, initial=2.0), M),
    "sum of nothing": (lambda x: np.sum(x[:0], axis=0), M),
    "prod": (lambda x: np.prod(x, axis=0), M),
    "prod, axes": (lambda x: np.prod(x, axis=(0, 1), keepdims=True), T),
    "prod of nothing": (lambda x: np.prod(x[:0]), V),
    "max": (np.max, T),
    "max, axis": (lambda x: np.max(x, axis=1, keepdims=True), T),
    "max, axes": (lambda x: np.max(x, axis=(0, 2)), T),
    "max, initial": (lambda x: np.max(x, axis=0, initial=0.0), M),
    "amax": (lambda x: np.amax(x, axis=0), M),
    "nanmax": (np.nanmax, M),
    "min": (lambda x: np.min(x, axis=(1, 2)), T),
    "ptp": (lambda x: np.ptp(x, axis=1), M),
    "cumsum": (np.cumsum, M),
    "cumsum, axis": (lambda x: np.cumsum(x, axis=1), M),
    "cumsum, last": (lambda x: np.cumsum(x, axis=-1), T),
    "cumprod": (lambda x: np.cumprod(x, axis=0), M),
    "mean": (np.mean, T),
    "mean, axes": (lambda x: np.mean(x, axis=(0, 1), keepdims=True), T),
    "average": (np.average, M),
    "average, weights": (lambda x, w: np.average(x, axis=1, weights=w), M, W),
    "var": (lambda x: np.var(x, axis=1), T),
    "var, ddof": (lambda x: np.var(x, axis=0, ddof=1, keepdims=True), M),
    "std": (lambda x: np.std(x, axis=(0, 2)), T),
    "diff": (lambda x: np.diff(x, axis=0), M),
    "diff, twice": (lambda x: np.diff(x, 2), V),
    "diff, from a number on": (lambda x: np.diff(x, prepend=1.0, axis=0), M),
    "diff, in a ring": (lambda x: np.diff(x, append=x[:1]), V),
    "polyval": (lambda x: np.polyval([2.0, -1.0, 0.5], x), M),
    "polyval, of its coefficients": (lambda x: np.polyval(x, 0.75), V),
    "vander": (lambda x: np.vander(x, 3), V),
    "vander, from 1 on": (lambda x: np.vander(x, increasing=True), V),
    "ediff1d": (lambda x: np.ediff1d(x, to_begin=x[:1], to_end=[0.5, 2.0]), V),
    "append": (lambda x: np.append(x, 2 * x), V),
    "append a number": (lambda x: np.append(3.0, x), V),
    "append rows": (lambda x: np.append(x, x * x, axis=0), M),
    "median": (np.median, V),
    "median of an even number": (lambda x: np.median(x, axis=1, keepdims=True), M),
    "nanmedian": (lambda x: np.nanmedian(x, keepdims=True), T),
    "quantile": (lambda x: np.quantile(x, 0.3, axis=0), M),
    "nanquantile": (lambda x: np.nanquantile(x, 1.0), T),
    "percentile": (lambda x: np.percentile(x, 62.5, axis=-1), T),
    "nanpercentile": (lambda x: np.nanpercentile(x, 0), V),
    "a quantile of one number": (lambda x: np.quantile(x[:1], 0.3), V),
    "trapezoid": (lambda x: np.trapezoid(x, dx=0.5, axis=0), M),
    "trapezoid at places": (lambda x, y: np.trapezoid(y, np.cumsum(x * x)), V, U),
    "bincount": (lambda x: np.bincount([2, 0, 2, 5, 0], weights=x, minlength=3), V),
    "bincount of labels": (lambda x: np.bincount(np.argsort(x), minlength=7), V),
    "put_along_axis": (_put, M, N),
    "add.reduceat": (lambda x: np.add.reduceat(x, [0, 2, 1], axis=1), T),
    "maximum.reduceat": (lambda x: np.maximum.reduceat(x, [0, 3]), V),
    "clip": (lambda x: np.clip(x, -1, 2), V),
    "clip, below": (lambda x: np.clip(x, 0.5, None), V),
    "clip between arrays": (lambda x, low: np.clip(x, low, low + 1), V, U),
    "add.reduce": (lambda x: np.add.reduce(x, axis=1), M),
    "maximum.reduce": (np.maximum.reduce, M),
    "multiply.accumulate": (lambda x: np.multiply.accumulate(x, axis=1), M),
    "logaddexp.reduce": (np.logaddexp.reduce, V),
    "subtract.outer": (np.subtract.outer, V, U),
    "multiply.outer": (np.multiply.outer, M, V),
}
if np.lib.NumpyVersion(np.__version__) >= "2.1.0":  # before, there are no such keywords
    SUMS["clip, keywords"] = (lambda x: np.clip(x, min=-0.5, max=0.5), V)

PRODUCTS = {
    "matmul": (lambda x, y: x @ y.T, M, N),
    "matmul, stacked": (lambda x, y: x @ y.T, T, N),
    "matmul, vectors": (lambda x, y: x @ y, V, U),
    "matmul, float left": (lambda x: np.ones((2, 3)) @ x, M),
    "dot of vectors": (np.dot, V, U),
    "dot of matrices": (lambda x, y: np.dot(x, y.T), M, N),
    "dot with a number": (lambda x: np.dot(x, 2.5), M),
    "dot of more axes": (lambda x, y: np.dot(x, y.T), T, N),
    "outer": (np.outer, V, U),
    "outer of matrices": (np.outer, M, V),
    "vdot": (np.vdot, M, N),
    "inner": (np.inner, M, N),
    "tensordot": (lambda x, y: np.tensordot(x, y, axes=([1, 2], [0, 1])), T, N),
    "kron": (np.kron, M, V),
    "convolve": (lambda x, y: np.convolve(x, y, "valid"), V, np.array([1.0, -2.0])),
    "correlate": (np.correlate, V, np.array([1.0, -2.0])),
    "correlate, shorter first": (np.correlate, np.array([1.0, -2.0]), V),
    "correlate, same": (lambda x, y: np.correlate(x, y, "same"), V, np.array([1.0, -2.0])),
    "convolve, full": (np.convolve, V, np.array([1.0, -2.0])),
    "cross": (np.cross, V[:3], U[:3]),
    "cross of rows": (lambda x, y: np.cross(x[:, :3], y[:, :3]), M, N),
    "einsum": (lambda x, y: np.einsum("ij,kj->ik", x, y), M, N),
    "einsum, trace": (lambda x: np.einsum("ii->i", x[:3, :3]), M),
    "einsum, ellipsis": (lambda x, y: np.einsum("...ij,ij->...", x, y), T, N),
    "einsum, implicit": (lambda x, y: np.einsum("ij,ij", x, y), M, N),
    "einsum, optimised": (lambda x, y: np.einsum("ij,jk,k->i", x, y.T, np.ones(3), optimize=True), M, N),
    "where": (lambda x: np.where(x > 0, x, 0.1 * x), M),
    "where, numbers": (lambda x: np.where(x > 0, 1.0, -1.0) * x, M),
    "select": (lambda x: np.select([x > 1, x > 0], [x, x * x], -1), V),
    "mask": (lambda x: (x > 0) * x, M),
    "mask as float": (lambda x: (x > 0).astype(float) * x, M),
    "nan_to_num": (np.nan_to_num, M),
}

DECISIONS = {
    "argmax": (np.argmax, M),
    "argmax, axis": (lambda x: np.argmax(x, axis=1), M),
    "argmax, first axis": (lambda x: np.argmax(x, axis=0), T),
    "argmin": (lambda x: np.argmin(x, axis=-1), T),
    "nanargmax": (np.nanargmax, M),
    "nanargmin": (lambda x: np.nanargmin(x, axis=-1), T),
    "argsort": (lambda x: np.argsort(x, axis=0), M),
    "argsort, flat": (lambda x: np.argsort(x, axis=None), M),
    "sort": (lambda x: np.sort(x, axis=1), M),
    "sort, first axis": (lambda x: np.sort(x, axis=0), T),
    "any of a comparison": (lambda x: np.any(x > 2), M),
    "nonzero of a comparison": (lambda x: np.nonzero(x > 0), M),
    "where of a comparison": (lambda x: np.where(x > 0), M),
    "logical": (lambda x: np.logical_and(x > 0, x < 1), M),
    "one-hot of the largest": (lambda x: np.eye(4)[np.argmax(x, axis=1)] * x, M),
    "maximum's mask": (lambda x: (x == x.max(axis=1, keepdims=True)) * 1.0, M),
}

ALL = {**MOVES, **SUMS, **PRODUCTS, **DECISIONS}


@pytest.mark.parametrize("name", ALL)
def test_a_function_is_numpys(agrees, name):
    """The same shape, dtype of a decision, and numbers."""
    agrees(*ALL[name])


def test_a_wrong_implementation_would_be_noticed(agrees, monkeypatch):
    """The twin: the comparison with NumPy is no formality."""
    monkeypatch.setitem(FUNCTIONS, np.sum, lambda a, **_: np.max(a))
    with pytest.raises(AssertionError):
        agrees(np.sum, M)
    monkeypatch.setitem(FUNCTIONS, np.flip, lambda a, axis: a)
    with pytest.raises(AssertionError):
        agrees(lambda x: np.flip(x, 0), M)


@given(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=4),
        elements=st.integers(-3, 3).map(float),
    ),
    st.integers(0, 2),
)
def test_decisions_with_many_ties_are_numpys(agrees, array, axis):
    """The first of equal entries, a stable order."""
    axis %= array.ndim
    agrees(lambda x: np.argmax(x, axis=axis), array)
    agrees(lambda x: np.argmin(x, axis=axis), array)
    agrees(lambda x: np.argsort(x, axis=axis, kind="stable"), array)
    agrees(lambda x: np.sort(x, axis=axis), array)
    agrees(lambda x: np.max(x, axis=axis), array)


def test_ties_that_are_not_exact_are_undecided(in_balls):
    """1/3 computed in two ways has no order."""
    thirds = in_balls(lambda x: np.stack([x[0] / x[1], 2 * x[0] / (2 * x[1])]), np.array([1.0, 3.0]))
    for function in (np.argmax, np.sort, np.argsort):
        with pytest.raises(Undecided):
            function(thirds)


def test_copyto_and_ufunc_at_write_into_arrays_of_balls(agrees):
    """Scatter-adding is how an embedding's gradient is written."""

    def scatter(x):
        out = np.zeros_like(x)
        np.add.at(out, [0, 2, 0], x[:3])
        return out

    def copy(x):
        out = np.zeros_like(x)
        np.copyto(out, x, where=np.array([True, False, True, False, True]))
        return out

    agrees(scatter, V)
    agrees(copy, V)


def test_writing_into_a_float_array_is_refused(in_balls):
    """It would lose precision without a word."""
    for function in (
        lambda x: np.add(x, 1, out=np.zeros(5)),
        lambda x: np.copyto(np.zeros(5), x),
        lambda x: np.add.at(np.zeros(5), [0], x[:1]),
    ):
        with pytest.raises(Unsupported, match="float64 array"):
            in_balls(function, V)


@pytest.mark.parametrize(
    "function",
    [
        np.unique,
        lambda x: np.percentile(x, 50, keepdims=True),
        lambda x: np.quantile(x, [0.1, 0.5]),
        lambda x: np.quantile(x, 0.3, method="lower"),
        lambda x: np.divmod(x, 2),
        lambda x: np.interp(x, x, x, period=1),
        np.all,
        np.count_nonzero,
        np.nonzero,
        lambda x: np.sum(x, where=x > 0),
        lambda x: np.add(x, 1, where=x > 0),
        lambda x: np.insert(x, 0, 1.0),
    ],
)
def test_what_is_not_there_says_so_and_gives_no_number(in_balls, function):
    """With a reason that the report can show."""
    with pytest.raises(Unsupported, match="not available"):
        in_balls(function, V)


@pytest.mark.parametrize("question", [np.array_equal, np.allclose, np.isclose])
def test_questions_about_two_arrays_are_answered_as_in_float64(question, in_balls):
    for other in (M, N, M + 1e-12, M + 1e-3):
        assert np.array_equal(in_balls(question, M, other), question(M, other))


def test_every_function_in_the_table_is_tried():
    """A new entry of the table needs a line above."""
    source = " ".join(c for f, *_ in ALL.values() for c in _names(f))
    elsewhere = ("linalg", "fft")  # the latter in test_complex.py
    untried = {
        f.__name__
        for f in FUNCTIONS
        if f.__name__ not in source and not any(m in (f.__module__ or "") for m in elsewhere)
    }
    known = {"amin", "nanmin", "real_if_close", "copyto", "empty_like", "flatnonzero", "count_nonzero", "all"}
    known |= {"array_equal", "allclose", "isclose"}  # in the test above
    of_complex = {"imag", "angle", "isrealobj"}
    of_tables = {"interp", "searchsorted", "digitize"}
    that_round = {"round", "around", "fix"}  # in test_rounding.py
    assert untried <= known | of_complex | of_tables | that_round | {"broadcast_arrays"}


def _names(function):
    code = getattr(function, "__code__", None)
    return code.co_names if code else (function.__name__,)


OUT = {
    "clip": lambda x: _filled(x, lambda x, out: np.clip(x, 0, 1, out=out)),
    "clip, method": lambda x: _filled(x, lambda x, out: x.clip(0, 1, out=out)),
    "sum": lambda x: _filled(x[0], lambda y, out: np.sum(x, axis=0, out=out)),
    "mean": lambda x: _filled(x[0], lambda y, out: np.mean(x, axis=0, out=out)),
    "max": lambda x: _filled(x[0], lambda y, out: np.max(x, axis=0, out=out)),
    "cumsum": lambda x: _filled(x, lambda x, out: np.cumsum(x, axis=0, out=out)),
    "dot": lambda x: _filled(x[:, :3], lambda y, out: np.dot(x[:, :3], y, out=out)),
    "outer": lambda x: _filled(x[:, :3], lambda y, out: np.outer(x[0, :3], x[1, :3], out=out)),
    "einsum": lambda x: _filled(x[0], lambda y, out: np.einsum("ij->j", x, out=out)),
    "matmul": lambda x: _filled(x[:, :3], lambda y, out: np.matmul(y, y, out=out)),
    "exp": lambda x: _filled(x, lambda x, out: np.exp(x, out=out)),
}


def _filled(like, function):
    out = np.zeros_like(like)
    function(like, out)
    return out


def _or_unsupported(agrees, function, *arrays):
    """What is right: NumPy's result, or a refusal; a wrong number never."""
    try:
        agrees(function, *arrays)
    except Unsupported as refusal:
        assert str(refusal)


@pytest.mark.parametrize("name", OUT)
def test_out_is_filled_or_refused(agrees, name):
    """`np.clip(z, 0, 1, out=z)` that leaves z as it was makes a wrong derivative certain."""
    _or_unsupported(agrees, OUT[name], M)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.multiply(x, x, dtype=np.float32),
        lambda x: np.sum(x * x, dtype=np.float32),
        lambda x: np.mean(x * x, axis=0, dtype=np.float32),
    ],
)
def test_a_lower_precision_is_refused(in_balls, function):
    """Float32 arithmetic is not float64's; balls that ignore it certify what is only float32 accurate."""
    with pytest.raises(Unsupported):
        in_balls(function, M)


@pytest.mark.parametrize("function", [np.argmax, np.argmin])
def test_argmax_keeps_the_axis_where_asked(agrees, function):
    """A mask made with it broadcasts the wrong way otherwise."""
    _or_unsupported(agrees, lambda x: function(x, axis=1, keepdims=True), M)


def test_cross_takes_its_axes(agrees):
    """axisa, axisb, axisc."""
    _or_unsupported(agrees, lambda x, y: np.cross(x[:, :3], y[:, :3], axisa=0, axisb=0, axisc=0), M, N)


@pytest.mark.parametrize("how", [{"returned": True}, {"keepdims": True}])
def test_average_with_weights_takes_its_keywords(agrees, how):
    """Or refuses them."""
    _or_unsupported(agrees, lambda x, w: np.average(x, axis=1, weights=w, **how), M, W)


def test_functions_of_several_arrays_do_not_recurse(agrees):
    """`broadcast_arrays` and `atleast_1d` of two arrays."""
    _or_unsupported(agrees, lambda x, y: np.broadcast_arrays(x, y[:1]), M, N)
    _or_unsupported(agrees, np.atleast_1d, M, N)


def test_an_array_made_of_entries_can_be_used_further(agrees):
    """`np.array([x[0], x[1]])` is how small vectors are written."""
    agrees(lambda x: np.array([x[0] * x[1], np.sin(x[2])]), V)
    agrees(lambda x: np.exp(np.array([x[0], 2 * x[1]])) * 2, V)
    agrees(lambda x: np.asarray(x) * 2 + 1, V)
    agrees(lambda x: np.sum(np.stack([x[0], x[1]])), V)


def test_a_result_without_balls_stays_numpys(in_balls):
    """Masks and positions are plain arrays; values are not."""
    assert in_balls(lambda x: x > 0, V).dtype == bool
    assert in_balls(lambda x: np.argmax(x, axis=0), M).dtype == np.int64
    assert isinstance(in_balls(lambda x: x * (x > 0), V), ElementArray)
