"""Vectors and answers in float16 and bfloat16: tolerances that right programs keep and wrong ones do not."""

import ml_dtypes
import numpy as np
import pytest

import gradcheck
from gradcheck.catalogue.layers import IN_VECTORS
from gradcheck.errors import Unsupported, UsageError
from gradcheck.oracles.answers.compare import compare
from gradcheck.oracles.lookup import find_formula
from gradcheck.oracles.vectors.allowances import ALL_RULES, DTYPES
from gradcheck.oracles.vectors.files import every_test, read_vectors
from gradcheck.oracles.vectors.lint import point_of
from gradcheck.oracles.vectors.low_tolerances import low_tolerances
from gradcheck.records.arrays import decode
from gradcheck.records.reading import collect
from gradcheck.running.registry import catalogue, layers
from tests.oracles.conftest import COMMITTED
from tests.oracles.programs import answers_file, right_program

FORMULAS = [*catalogue(), *layers()]
LOW = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


def judged(files):
    (row,) = collect(list(compare(*files, FORMULAS, "gradcheck compare v a"))).claims
    return row


def times(name, factor):
    right = right_program(name)
    return lambda delta, **inputs: {n: g * g.dtype.type(factor) for n, g in right(delta, **inputs).items()}


def in_float32(name):
    """The right program, computed in float32; what it gives is rounded to the type of the answers."""
    right = right_program(name)
    wide = lambda value: (
        np.asarray(value).astype(np.float32)[()] if np.asarray(value).dtype.kind in "fV" else value
    )
    return lambda delta, **inputs: right(wide(delta), **{n: wide(v) for n, v in inputs.items()})


TOO_FEW = {"attention", "layer_norm"}
"""Layers of which most bounds in bfloat16 would pass everything."""


@pytest.mark.corpus(4)
@pytest.mark.parametrize("name", IN_VECTORS)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_layers_by_hand_pass_in_both_and_a_tenth_more_fails(tmp_path, name):
    row = judged(answers_file(tmp_path, name, dtype=np.float16))
    assert (row.verdict, row.reason) == ("pass", None)
    assert row.statement.endswith(" in float16")
    row = judged(answers_file(tmp_path, name, in_float32(name), dtype=LOW["bfloat16"]))
    assert row.verdict == ("inconclusive" if name in TOO_FEW else "pass"), row.reason
    assert row.statement.endswith(" in bfloat16")
    assert judged(answers_file(tmp_path, name, times(name, 1.1), dtype=np.float16)).verdict == "fail"


def test_a_part_in_two_hundred_fails_in_float16(tmp_path):
    assert judged(answers_file(tmp_path, "dense", times("dense", 1.005), dtype=np.float16)).verdict == "fail"


def test_where_there_is_no_tolerance_nothing_is_said(tmp_path):
    """The tests whose inputs are no numbers of the type, which have their reason instead."""
    tests = list(every_test(read_vectors(COMMITTED / "dense.json")))
    full = next(t for t in tests if "FullPrecision" in t.flags and t.result == "valid")
    assert full.tolerance.float16 is None
    assert full.tolerance.reasons["float16"] == "an input is no number of float16"


def test_the_rules_name_every_dtype():
    assert set(ALL_RULES) == set(DTYPES) == {"float64", "float32", "float16", "bfloat16"}
    assert "11 bits" in ALL_RULES["float16"]
    assert "8 bits" in ALL_RULES["bfloat16"]


def at(name, flag):
    vectors = read_vectors(COMMITTED / f"{name}.json")
    for group in vectors.test_groups:
        for test in group.tests:
            if flag in test.flags and test.result == "valid":
                formula = find_formula(name)
                right = {n: decode(g) for n, g in test.gradients.items()}
                return formula, point_of(formula, group.sizes, test), right
    raise LookupError(flag)


def test_a_bound_is_some_units_wide_and_is_refused_where_it_would_pass_everything():
    formula, point, right = at("silu", "DistinctSizes")
    _, found = low_tolerances(formula, point, "float16", right)
    units = found["x"] / (np.abs(right["x"]) * 2.0**-11)
    assert (units >= 2).all()
    assert (units[np.abs(right["x"]) > 0.1] <= 64).all()
    formula, point, right = at("dense", "FullPrecision")
    with pytest.raises(Unsupported, match="an input is no number of bfloat16"):
        low_tolerances(formula, point, "bfloat16", right)


def test_an_answer_in_integers_is_refused(tmp_path):
    whole = right_program("wx")
    rounded = lambda delta, **inputs: {n: g.astype(np.int64) for n, g in whole(delta, **inputs).items()}
    with pytest.raises(UsageError, match="expected one of '<f8', '<f4', '<f2', 'bfloat16'"):
        judged(answers_file(tmp_path, "wx", rounded, dtype=np.int64))


def test_a_formula_without_a_derivation_by_hand_has_none():
    plain = gradcheck.Formula(lambda x: x * x, {"x": "n"}, name="plain")
    _, point, _ = at("silu", "DistinctSizes")
    with pytest.raises(Unsupported, match="no derivation by hand"):
        low_tolerances(plain, point, "float16", {"x": 2 * point.args[0]})
