"""Judging answers offline: right programs pass in both dtypes, each wrong twin fails for its reason."""

import base64
import json

import jsonschema
import numpy as np
import pytest

import gradcheck
from gradcheck.errors import UsageError
from gradcheck.oracles.answers.compare import compare
from gradcheck.oracles.vectors.files import write_vectors
from gradcheck.oracles.vectors.making import make_vectors
from gradcheck.records.reading import collect
from gradcheck.report import render_text
from gradcheck.running.registry import catalogue
from gradcheck.schemas import schemas
from tests.oracles.conftest import COMMITTED
from tests.oracles.programs import answers_file, right_program

NAMES = sorted(f.name for f in catalogue() if (COMMITTED / f"{f.name}.json").is_file())


def judged(vectors, answers, formulas=None):
    """The log of a comparison; it must be whole."""
    log = collect(list(compare(vectors, answers, formulas or catalogue(), "gradcheck compare v a")))
    assert log.problems == ()
    return log


@pytest.mark.parametrize("dtype", ["<f8", "<f4"])
@pytest.mark.parametrize("name", NAMES)
def test_the_derivation_in_plain_numpy_passes(tmp_path, name, dtype):
    """In float64 and in float32, on every vector that the repository holds."""
    files = answers_file(tmp_path, name, dtype=dtype)

    log = judged(*files)

    (row,) = log.claims
    assert (row.verdict, row.strength, row.expected) == ("pass", "agreed", "pass")
    assert log.exit_code == 0
    granted = " in float32" if dtype == "<f4" else ""
    assert row.statement == f"gradients of {name} by demo 1.0 (C){granted}"
    (backend,) = log.rows[row.uid]
    assert backend.backend == "vectors"
    assert backend.agreed + backend.kinks >= 8
    jsonschema.validate(json.loads(files[1].read_text()), schemas()["answers.schema.json"])


def broken(name, change):
    """The right program, its gradients changed by `change(gradients, delta, inputs)`."""
    right = right_program(name)

    def program(delta, **inputs):
        return change(right(delta, **inputs), delta, inputs)

    return program


def with_(**changes):
    def change(gradients, delta, inputs):
        return {**gradients, **{n: f(gradients[n], delta, inputs) for n, f in changes.items()}}

    return change


TWINS = {
    "slight factor": ("wx", with_(W=lambda g, d, i: g * (1 + 1e-10))),
    "sign": ("tanh", with_(z=lambda g, d, i: -g)),
    "transposed": ("wx", with_(W=lambda g, d, i: g.T)),
    "scalar that broadcasts": ("mse", with_(s=lambda g, d, i: g.sum())),
    "one axis more": ("mse", with_(s=lambda g, d, i: g[None])),
    "mean for sum": ("rows_chain2_relu_mse", with_(b1=lambda g, d, i: g / len(i["x"]))),
    "delta ignored": ("softmax_cross_entropy", lambda g, d, i: {"s": g["s"] / d}),
    "slope left out": ("sigmoid", with_(z=lambda g, d, i: d)),
    "tail": ("wx", with_(x=lambda g, d, i: np.where(np.arange(len(g)) < 2, g, 0))),
    "computed in float32": ("wx", with_(W=lambda g, d, i: g.astype(np.float32).astype(float))),
    "NaN": ("wx", with_(x=lambda g, d, i: g * np.nan)),
    "infinite": ("sigmoid", with_(z=lambda g, d, i: g + np.inf)),
    "arguments swapped": (
        "recursion_tanh",
        lambda g, d, i: {**g, "z": g["b"] if g["b"].shape == g["z"].shape else g["z"]},
    ),
}


@pytest.mark.parametrize("twin", TWINS)
def test_every_wrong_twin_fails(tmp_path, twin):
    name, change = TWINS[twin]

    log = judged(*answers_file(tmp_path, name, broken(name, change)))

    (row,) = log.claims
    assert row.verdict == "fail"
    assert log.exit_code == 1
    assert row.counterexample is not None
    assert row.counterexample.replay == "gradcheck compare v a"
    assert row.counterexample.message.startswith("test ")
    for format in ("md", "html", "junit", "json"):
        assert name in render_text(log, format)


def test_a_failure_is_told_with_the_smallest_test(tmp_path):
    log = judged(*answers_file(tmp_path, "wx", broken("wx", TWINS["slight factor"][1])))

    (row,) = log.claims
    found = row.counterexample
    assert dict(found.sizes) == {"n": 1, "m": 1}
    assert found.quantity == "dJ/dW"
    assert found.comparisons[0].source == "vectors"
    assert row.candidate.file.endswith("wx.answers.json")
    assert row.candidate.text == "answers of demo 1.0 (C)"
    assert log.rows[row.uid][0].differed >= 12


KNOWN = {
    "sign": "sign",
    "transposed": "shape",
    "one axis more": None,
    "delta ignored": "delta-ignored",
    "slope left out": "derivative-missing",
    "computed in float32": "float32",
    "NaN": "not-finite",
    "slight factor": None,
}


@pytest.mark.parametrize("twin", KNOWN)
def test_mistakes_that_vectors_know_are_named_without_a_further_diagnosis(tmp_path, twin, monkeypatch):
    """And what they do not know is not given a wrong name."""
    monkeypatch.setattr("gradcheck.diagnosis.diagnose.diagnose", lambda *a, **k: [])
    name, change = TWINS[twin]

    (row,) = judged(*answers_file(tmp_path, name, broken(name, change))).claims

    assert [d.kind for d in row.diagnosis] == ([KNOWN[twin]] if KNOWN[twin] else [])


def test_mistakes_in_a_network_are_named_for_each_argument(tmp_path, monkeypatch):
    monkeypatch.setattr("gradcheck.diagnosis.diagnose.diagnose", lambda *a, **k: [])

    def change(gradients, delta, inputs):
        z = inputs["x"] @ inputs["W1"] + inputs["b1"]
        if not (z > 0).all():
            return {**gradients, "x": -gradients["x"]}
        return {**gradients, "x": -gradients["x"], "W2": 2 * gradients["W2"]}

    name = "rows_chain2_relu_mse"
    (row,) = judged(*answers_file(tmp_path, name, broken(name, change))).claims

    assert ("dJ/dx", "sign") in {(d.quantity, d.kind) for d in row.diagnosis}


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_every_convention_at_a_kink_passes(tmp_path, slope):
    def relu(delta, z):
        return {"z": delta * np.where(z > 0, 1.0, np.where(z == 0, slope, 0.0))}

    (row,) = judged(*answers_file(tmp_path, "relu", relu)).claims

    assert row.verdict == "pass"


@pytest.mark.parametrize("slope", [0.3, -1.0, 2.0, np.nan])
def test_what_is_no_convention_fails(tmp_path, slope):
    """The twin."""

    def relu(delta, z):
        return {"z": delta * np.where(z > 0, 1.0, np.where(z == 0, slope, 0.0))}

    (row,) = judged(*answers_file(tmp_path, "relu", relu)).claims

    assert row.verdict == "fail"
    assert ("that are right by convention" in row.reason) or np.isnan(slope)


@pytest.mark.corpus(5)
@pytest.mark.parametrize("name", ["chain2_relu_softmax", "chain3_relu_mse", "rows_chain2_relu_mse"])
def test_jax_and_its_conventions_pass(tmp_path, name):
    """Another implementation altogether: JAX's own gradients, in float64."""
    import jax
    import jax.numpy as jnp

    from gradcheck_backends._jax.tracing import traced

    formula = gradcheck.oracle(name).formula
    names = formula.shapes.arguments

    def program(delta, **inputs):
        args = tuple(np.asarray(inputs[n]) for n in names)
        home = jax if hasattr(jax, "enable_x64") else jax.experimental
        with home.enable_x64(True):
            function = traced(formula.function, args, tuple(range(len(args))))
            value, pullback = jax.vjp(function, *args)
            gradients = pullback((jnp.asarray(delta),) if isinstance(value, tuple) else jnp.asarray(delta))
        return {n: np.asarray(g) for n, g in zip(names, gradients, strict=True) if n != "y"}

    (row,) = judged(*answers_file(tmp_path, name, program)).claims

    assert row.verdict == "pass"


def test_missing_answers_leave_the_verdict_open(tmp_path):
    vectors, path = answers_file(tmp_path, "wx")
    text = json.loads(path.read_text())
    for number in ("1", "3"):
        del text["answers"][number]
    path.write_text(json.dumps(text))

    log = judged(vectors, path)

    assert log.claims[0].verdict == "inconclusive"
    assert log.claims[0].reason == "2 of 13 tests have no answer: 1, 3"
    assert log.exit_code == 1


def test_no_answers_at_all_are_inconclusive(tmp_path):
    log = judged(*answers_file(tmp_path, "wx", answers={}))

    assert log.claims[0].verdict == "inconclusive"
    assert log.exit_code == 1


def change_answers(path, change):
    text = json.loads(path.read_text())
    for number, answer in text["answers"].items():
        text["answers"][number] = change(int(number), answer)
    path.write_text(json.dumps(text))


def test_some_tests_may_be_skipped(tmp_path):
    vectors, path = answers_file(tmp_path, "wx")
    change_answers(path, lambda n, a: a if n < 9 else {"skipped": True, "message": "no time"})

    (row,) = judged(vectors, path).claims

    assert row.verdict == "pass"


def test_skipping_nearly_all_is_no_pass(tmp_path):
    """The twin."""
    vectors, path = answers_file(tmp_path, "wx")
    change_answers(path, lambda n, a: a if n < 3 else {"skipped": True, "message": "no time"})

    (row,) = judged(vectors, path).claims

    assert row.verdict == "inconclusive"
    assert row.reason == "only 2 tests could be judged, and 5 are needed: skipped by the program: no time"


def test_skipping_all_distinct_sizes_is_no_pass(tmp_path):
    vectors, path = answers_file(tmp_path, "wx")
    text = json.loads(vectors.read_text())
    distinct = {
        t["tcId"]
        for g in text["testGroups"]
        for t in g["tests"]
        if len(set(g["sizes"].values())) == 2 and 1 not in g["sizes"].values()
    }
    vectors_copy = tmp_path / "wx.json"
    vectors_copy.write_text(json.dumps(text))
    change_answers(path, lambda n, a: {"skipped": True} if n in distinct else a)

    (row,) = judged(vectors_copy, path).claims

    assert row.verdict == "inconclusive"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: {"errored": True, "message": "segfault"}, "the program reports an error: segfault"),
        (lambda a: {"gradients": {"W": a["gradients"]["W"]}}, "the answer has no gradient of 'x'; give null"),
        (lambda a: {"gradients": {"W": None, "x": None}}, "holds null for every argument"),
        (
            lambda a: {
                "gradients": {**a["gradients"], "x": {"dtype": "<f4", "shape": [1], "b64": "AAAAAA=="}}
            },
            "gradients of two dtypes",
        ),
    ],
)
def test_an_answer_that_breaks_the_contract_is_an_error(tmp_path, change, message):
    vectors, path = answers_file(tmp_path, "wx")
    change_answers(path, lambda n, a: change(a) if n == 2 else a)

    (row,) = judged(vectors, path).claims

    assert row.verdict == "error"
    assert row.reason.startswith("test 2: ")
    assert message in row.reason


def test_null_is_an_argument_that_is_not_checked(tmp_path):
    vectors, path = answers_file(tmp_path, "wx")
    change_answers(path, lambda n, a: {"gradients": {**a["gradients"], "W": None}})

    (row,) = judged(vectors, path).claims

    assert row.verdict == "pass"
    assert row.unchecked == ["dJ/dW"]


def changed(path, **answers):
    text = json.loads(path.read_text())
    text["answers"] |= answers
    path.write_text(json.dumps(text))


def test_what_was_left_out_is_said_of_a_pass_too(tmp_path):
    vectors, path = answers_file(tmp_path, "wx")
    changed(path, **{"2": {"skipped": True}})

    log = judged(vectors, path)

    assert log.claims[0].verdict == "pass"
    assert log.footer.remarks[0].startswith("demo 1.0 (C): answers to 12 of 13 tests, 1 skipped (14 more ")


def test_answers_of_which_some_are_in_float32(tmp_path):
    vectors, path = answers_file(tmp_path, "wx", dtype="<f4")
    single = json.loads(path.read_text())["answers"]["1"]
    vectors, path = answers_file(tmp_path, "wx")
    changed(path, **{"1": single})

    (row,) = judged(vectors, path).claims

    assert row.statement == "gradients of wx by demo 1.0 (C) partly in float32"


def test_vectors_that_were_edited_by_hand_are_remarked(tmp_path):
    """Valid, and judged by: a tolerance that was raised lets everything pass."""
    vectors, path = answers_file(tmp_path, "wx")
    text = vectors.read_text()
    edited, windows = tmp_path / "edited.json", tmp_path / "windows.json"
    raised = json.loads(text)
    raised["testGroups"][0]["tests"][0]["tolerance"]["float64"]["gradients"]["x"] = {
        "dtype": "<f4", "shape": [3], "b64": base64.b64encode(np.full(3, 9, "<f4").tobytes()).decode(),
    }  # fmt: skip
    edited.write_text(json.dumps(raised))
    windows.write_bytes(text.replace("\n", "\r\n").encode())

    assert judged(vectors, path).footer.remarks == judged(windows, path).footer.remarks
    log = judged(edited, path)

    assert log.claims[0].verdict == "pass"
    assert "edited.json is not laid out as `gradcheck vectors` writes it" in log.footer.remarks[1]
    assert "`gradcheck vectors --check` computes them anew" in log.footer.remarks[1]


def test_the_row_of_the_vectors_says_why_there_was_no_answer(tmp_path):
    vectors, path = answers_file(tmp_path, "wx")
    changed(path, **{n: {"gradients": {}} for n in json.loads(path.read_text())["answers"]})

    log = judged(vectors, path)

    ((row,),) = log.rows.values()
    assert row.reason.startswith("the answer has no gradient of 'W' and 'x'; give null")


def test_answers_to_invalid_tests_are_not_judged(tmp_path):
    vectors, path = answers_file(tmp_path, "wx")
    text = json.loads(path.read_text())
    wrong = next(
        t["tcId"] for g in json.loads(vectors.read_text())["testGroups"] for t in g["tests"] if "of" in t
    )
    text["answers"][str(wrong)] = {"errored": True}
    path.write_text(json.dumps(text))

    (row,) = judged(vectors, path).claims

    assert row.verdict == "pass"
    assert any("1 answers are to invalid tests" in note for note in row.notes)


def test_a_formula_of_ones_own(tmp_path):
    mine = gradcheck.Formula(lambda x: np.sin(x) * x[0], {"x": "n"}, name="mine")
    (vectors,) = write_vectors(make_vectors(mine), tmp_path)
    answers = tmp_path / "a.json"
    answers.write_text(json.dumps({"formula": "mine", "answers": {}}))

    assert judged(vectors, answers, [mine]).claims[0].verdict == "inconclusive"
    with pytest.raises(UsageError, match="there is no formula 'mine' in the catalogue; name the file"):
        compare(vectors, answers, catalogue())


def test_vectors_of_a_formula_that_has_changed_are_refused(tmp_path):
    vectors, answers = answers_file(tmp_path, "wx")
    other = gradcheck.Formula(lambda W, x: W @ x, {"W": "n m", "x": "m 1"}, name="wx")

    with pytest.raises(UsageError, match=r"test 1: wx: 'x' has shape \(3,\), but it is declared as 'm 1'"):
        compare(vectors, answers, [other])


def test_a_diagnosis_that_breaks_costs_no_verdict(tmp_path, monkeypatch):
    monkeypatch.setattr("gradcheck.oracles.answers.compare.Session", lambda *a: 1 / 0)

    (row,) = judged(*answers_file(tmp_path, "wx", broken("wx", TWINS["transposed"][1]))).claims

    assert row.verdict == "fail"
    assert any("there is no diagnosis: ZeroDivisionError" in note for note in row.notes)
