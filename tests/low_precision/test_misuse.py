"""Types that are unknown, missing, too narrow for what is put in, or not those that come out."""

import sys

import ml_dtypes
import numpy as np
import pytest

import gradcheck
from gradcheck.formulas.dtypes import NAMED, as_dtype

QUICK = {"max_examples": 4, "backends": ["autodiff"]}


def double(x):
    return 2 * x


def double_vjp(delta, x):
    return 2 * delta


def checked(backward=double_vjp, **options):
    return gradcheck.verify(double, backward, shapes={"x": "n"}, **{**QUICK, **options})


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_a_type_may_be_named_by_numpys_own(name):
    assert as_dtype(NAMED[name].numpy()) is as_dtype(name) is NAMED[name]


def test_an_unknown_type_is_refused_with_the_near_one():
    with pytest.raises(gradcheck.UsageError, match="Did you mean 'bfloat16'"):
        checked(dtype="bfloat")
    with pytest.raises(gradcheck.UsageError, match="expected one of float64, float32, float16, bfloat16"):
        checked(dtype=16)
    with pytest.raises(gradcheck.UsageError, match="Did you mean 'rounded'"):
        checked(dtype="float16", grade="round")


def test_a_missing_package_is_said_with_the_line_that_installs_it(monkeypatch):
    assert checked(dtype="bfloat16").passed
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(gradcheck.UsageError, match=r"pip install 'gradcheck\[bfloat16\]'"):
        checked(dtype="bfloat16")
    assert checked(dtype="float16", backends=["finite_difference"], max_examples=8).passed


def test_numbers_beyond_the_type_are_refused_with_its_largest():
    huge = {"x": lambda shape, rng: np.full(shape, 1e5)}
    with pytest.raises(gradcheck.UsageError, match=r"100000, which is beyond float16.* 65504"):
        checked(dtype="float16", values=huge)
    assert checked(dtype="bfloat16", values=huge).passed


def test_arrays_must_hold_numbers_of_the_type():
    with pytest.raises(gradcheck.UsageError, match=r"0\.1 is none\. .*astype\(np\.float16\)"):
        checked(dtype="float16", values={"x": np.array([0.1])})
    with pytest.raises(gradcheck.UsageError, match=r"delta: .*astype\(ml_dtypes\.bfloat16\)"):
        checked(dtype="bfloat16", delta=np.array([0.1], np.float32), values={"x": np.ones(1)})
    held = np.array([0.1, 0.3]).astype(ml_dtypes.bfloat16)
    assert gradcheck.verify(double, double_vjp, args=(held,), dtype="bfloat16", **QUICK).passed


@pytest.mark.parametrize(
    ("dtype", "given", "verdict"),
    [
        ("bfloat16", np.float16, "error"),
        ("float16", ml_dtypes.bfloat16, "error"),
        ("float32", np.float16, "error"),
        ("float16", np.float32, "pass"),
        ("bfloat16", np.float64, "pass"),
    ],
)
def test_answers_in_another_type_are_refused_unless_it_is_wider(dtype, given, verdict):
    result = checked(lambda delta, x: (2 * delta).astype(given), dtype=dtype)
    assert result.verdict == verdict
    name = np.dtype(given).name
    if verdict == "error":
        assert f"dJ/dx comes in {name}, but the code is checked in {dtype}" in result.reason
    else:
        assert f"dJ/dx comes in {name}, not in {dtype}" in result.row.notes


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_code_that_raises_or_has_the_wrong_shape_fails_as_in_float64(dtype):
    def raises(delta, x):
        raise TypeError("not for this type")

    assert "not for this type" in checked(raises, dtype=dtype).reason
    assert checked(lambda delta, x: delta[:-1], dtype=dtype).verdict == "fail"
    assert checked(lambda delta, x: (delta, delta), dtype=dtype).verdict == "error"


def test_code_that_writes_into_its_arguments_is_told():
    def writes(delta, x):
        delta *= 2
        return delta

    assert checked(writes, dtype="float16").verdict == "error"


def outer(W, x):
    return W @ x


def outer_vjp(delta, W, x):
    return np.outer(delta, x), W.T @ delta


def test_arrays_of_other_types_than_the_one_that_is_checked_are_told():
    """Widening float16 to float64 without a word would look like a check of float16."""
    W, x = np.ones((2, 3), np.float16), np.ones(3, np.float32)
    mixed = gradcheck.verify(outer, outer_vjp, args=(W, x), **QUICK)
    assert mixed.verdict == "pass"
    (note,) = [n for n in mixed.row.notes if "float16" in n]
    assert note.startswith("W is float16, x is float32: the code is checked in float64")
    assert "dtype='float32' checks it in that type" in note
    same = gradcheck.verify(outer, outer_vjp, args=(W, W[0]), dtype="float16", **QUICK)
    assert not any("is float16" in n for n in same.row.notes)
    other = gradcheck.verify(outer, outer_vjp, args=(W, x), dtype="float16", **QUICK)
    assert "x is float32: the code is checked in float16, and gets these numbers as that" in other.row.notes


def test_a_forward_that_overflows_is_told():
    """300 times 300, three times, is no float16; the gradients are."""
    large = np.full((2, 3), 300.0, np.float16)
    beyond = gradcheck.verify(outer, outer_vjp, args=(large, large[0]), dtype="float16", **QUICK)
    assert any(n.startswith("the forward's own value is beyond float16 at") for n in beyond.row.notes)
    small = gradcheck.verify(outer, outer_vjp, args=(large / 300, large[0]), dtype="float16", **QUICK)
    assert not any("beyond" in n for n in small.row.notes)
