"""The harnesses in Python, JavaScript and C: right ones pass, wrong twins are caught, bits survive."""

import base64
import functools
import json
import shutil
import subprocess

import ml_dtypes
import numpy as np
import pytest

from gradcheck.formulas.decorating import Formula
from gradcheck.oracles.protocol.answers import read_array
from gradcheck.oracles.protocol.cases import make_case
from gradcheck.oracles.protocol.driver import Driver, Limits
from gradcheck.oracles.protocol.external import external
from gradcheck.oracles.protocol.messages import Case
from gradcheck.oracles.protocol.smoke import smoke
from gradcheck.records.types import ArrayRecord, ClaimRow, Footer
from gradcheck.running.stream import RunOptions

LANGUAGES = ("python", "javascript", "c")
FORMULAS = ("identity", "wx", "xw_batch", "layer", "sigmoid", "relu", "tanh", "mse", "softmax_cross_entropy")

MISTAKES = {
    "identity": {"sign"},
    "wx": {"transposed", "shape"},
    "xw_batch": {"missing-sum"},
    "layer": {"delta-ignored"},
    "sigmoid": {"derivative-missing"},
    "relu": {"mask"},
    "tanh": {"derivative-point"},
    "mse": {"size-factor"},
    "softmax_cross_entropy": {"sign"},
}
"""What is wrong in the wrong twins, in the words of `gradcheck.diagnosis`. That of wx has the right shape in
C, where an array is a row of numbers, and the wrong one elsewhere."""


def rows(command, **how):
    records = list(external(command, RunOptions(max_examples=20), **how))
    assert isinstance(records[-1], Footer)
    return {r.formula: r for r in records if isinstance(r, ClaimRow)}


@functools.cache
def wrong_rows(command):
    return rows(list(command))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_right_harness_passes_on_every_formula_that_it_claims(harness, language):
    found = rows(harness(language))

    assert tuple(found) == FORMULAS
    assert {name: row.verdict for name, row in found.items()} == dict.fromkeys(FORMULAS, "pass")


@pytest.mark.corpus(3)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FORMULAS)
def test_every_wrong_twin_is_caught(harness, language, name):
    row = wrong_rows(tuple(harness(language, wrong=True)))[name]

    assert row.verdict == "fail"
    assert row.counterexample.shape_minimal


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FORMULAS)
def test_every_wrong_twin_gets_the_right_diagnosis(harness, language, name):
    row = wrong_rows(tuple(harness(language, wrong=True)))[name]

    assert {d.kind for d in row.diagnosis} & MISTAKES[name], [d.text for d in row.diagnosis]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wrong", [False, True])
def test_smoke_tells_a_working_harness_with_right_and_with_wrong_gradients(harness, language, wrong):
    report = smoke(harness(language, wrong=wrong), limits=Limits())

    assert report.exit_code == int(wrong), "\n".join(report.lines)
    assert (report.broken, report.wrong) == (0, len(FORMULAS) if wrong else 0)


def test_the_c_harness_in_float32_passes(compiled):
    found = rows(compiled("-DSINGLE"))

    assert {name: row.verdict for name, row in found.items()} == dict.fromkeys(FORMULAS, "pass")


@pytest.mark.parametrize(("flag", "code"), [("-DHALF", "<f2"), ("-DBFLOAT16", "bfloat16")])
def test_the_c_harness_in_16_bits(compiled, flag, code):
    """All numbers come back as they came: `identity` hands delta on."""
    bits = np.arange(2**16, dtype=np.uint16)
    values = bits.view(np.float16 if code == "<f2" else ml_dtypes.bfloat16)
    values = values[~np.isnan(values.astype(np.float32))]
    array = {"dtype": code, "shape": [len(values)], "b64": base64.b64encode(values.tobytes()).decode()}
    case = {"formula": "identity", "inputs": {"x": array}, "delta": array}
    lines = [{"cmd": "start", "version": 1}, {"cmd": "run", "seq": 1, "case": case}, {"cmd": "stop"}]
    asked = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run(compiled(flag), input=asked, capture_output=True, text=True, check=True)
    started, answered = map(json.loads, done.stdout.splitlines())
    assert started["capabilities"]["dtypes"] == [code]
    assert answered["gradients"]["x"] == array


@pytest.mark.parametrize("flag", ["-DHALF", "-DBFLOAT16"])
def test_the_c_harness_rounds_to_nearest(compiled, flag):
    """What it computes in float32 is right in 16 bits, and its twins are not."""
    chosen = ["wx", "tanh"]
    assert {n: r.verdict for n, r in rows(compiled(flag), words=chosen).items()} == dict.fromkeys(
        chosen, "pass"
    )
    wrong = rows(compiled(flag, "-DWRONG"), words=chosen)
    assert {n: r.verdict for n, r in wrong.items()} == dict.fromkeys(chosen, "fail")


def random_doubles(count):
    """Random bits: numbers of every size, subnormals and infinities among them, one NaN for all NaNs."""
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2**64, count, dtype=np.uint64).view(np.float64)
    values[np.isnan(values)] = np.nan
    special = [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        5e-324,
        -5e-324,
        2.2250738585072014e-308,
        np.finfo(float).max,
    ]
    values[: len(special)] = special
    values[100:2100] = rng.integers(1, 2**52, 2000, dtype=np.uint64).view(np.float64)  # subnormal
    values[2100:3100] = -rng.integers(1, 2**52, 1000, dtype=np.uint64).view(np.float64)
    return values


IDENTITY = Formula(lambda x: x, {"x": "n"}, name="identity")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hundred_thousand_doubles_come_back_bit_for_bit(harness, language):
    values = random_doubles(100_000)
    with Driver(harness(language)) as driver:
        driver.start()
        whole = driver.ask(make_case(IDENTITY, "<f8", values, (values[::-1],))).gradients
        parts = [
            driver.ask(make_case(IDENTITY, "<f8", part, (part,))).gradients
            for part in np.split(values[:4000], 400)  # small arrays take another path: they carry decimals
        ]

    assert read_array(whole["x"]).tobytes() == values.tobytes()
    assert b"".join(read_array(part["x"]).tobytes() for part in parts) == values[:4000].tobytes()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (0, 3), (2, 3)])
def test_any_shape_comes_back(harness, language, shape):
    """A number and empty arrays too."""
    values = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)
    with Driver(harness(language)) as driver:
        driver.start()
        answer = driver.ask(make_case(IDENTITY, "<f8", values, (values,))).gradients["x"]

    assert tuple(answer.shape) == shape
    assert read_array(answer).tobytes() == values.tobytes()


def good(value):
    return ArrayRecord(dtype="<f8", shape=[1], b64="AAAAAAAA8D8=" if value else "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "case",
    [
        Case(formula="no such formula", inputs={"x": good(1)}, delta=good(1)),
        Case(formula="wx", inputs={"x": good(1)}, delta=good(1)),
        Case(formula="identity", inputs={"x": good(1)}, delta=ArrayRecord(dtype="<c16", shape=[1], b64="")),
        Case(formula="wx", inputs={"W": good(0), "x": good(1)}, delta=good(1)),
    ],
    ids=["unknown formula", "input missing", "unknown dtype", "bytes missing"],
)
def test_a_case_that_makes_no_sense_is_answered_and_the_next_one_too(harness, language, case):
    with Driver(harness(language)) as driver:
        driver.start()
        answer = driver.ask(case)
        after = driver.ask(make_case(IDENTITY, "<f8", np.ones(2), (np.ones(2),)))

        assert answer.skipped or answer.errored
        assert answer.message
        assert after.gradients is not None
        assert (driver.restarts, driver.faults) == (0, 0)
        assert driver.stop() == []


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not on this machine")
def test_the_c_harness_touches_only_its_own_memory(compiled, tmp_path):
    command = ["valgrind", "--quiet", "--error-exitcode=9", *compiled("-g")]

    assert smoke(command, limits=Limits()).exit_code == 0


def test_the_c_harness_runs_clean_under_sanitizers(compiled):
    """Reads and writes outside of arrays, and undefined behaviour, would end it."""
    try:
        command = compiled("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    except Exception:
        pytest.skip("the C compiler on this machine has no sanitizers")

    assert smoke(command, limits=Limits()).exit_code == 0
    found = rows(command, words=["wx", "softmax_cross_entropy"])
    assert {row.verdict for row in found.values()} == {"pass"}
