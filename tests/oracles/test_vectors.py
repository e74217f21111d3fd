"""Making vectors: complete, the same for the same seed, and for any formula whose gradient can be told."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import gradcheck
from gradcheck.catalogue.layers import IN_VECTORS
from gradcheck.catalogue.layers.mistakes import MISTAKES
from gradcheck.diagnosis.kinds import KINDS
from gradcheck.errors import Unsupported, UsageError
from gradcheck.oracles.lookup import find_formulas
from gradcheck.oracles.vectors import drafts
from gradcheck.oracles.vectors.files import every_test
from gradcheck.oracles.vectors.flags import NOTES
from gradcheck.oracles.vectors.layout import json_text
from gradcheck.oracles.vectors.making import make_vectors
from gradcheck.records.arrays import decode
from gradcheck.schemas import schemas
from tests.oracles.conftest import COMMITTED


def results(vectors):
    return [test.result for test in every_test(vectors)]


def test_every_formula_with_a_vjp_claim_has_a_committed_file():
    names = {f.name for f in find_formulas([])}

    assert len(names) >= 10
    assert len(IN_VECTORS) == 10
    assert {p.stem for p in COMMITTED.glob("*.json")} == names | set(IN_VECTORS)


@pytest.mark.parametrize("path", sorted(COMMITTED.glob("*.json")), ids=lambda p: p.stem)
def test_committed_files_follow_the_schema_and_hold_all_kinds(path):
    text = json.loads(path.read_text())

    jsonschema.Draft202012Validator(schemas()["vectors.schema.json"]).validate(text)
    tests = [t for g in text["testGroups"] for t in g["tests"]]
    found = {t["result"] for t in tests}
    assert found >= {"valid", "invalid"}
    assert ("acceptable" in found) == ("relu" in path.stem)
    assert [t["tcId"] for t in tests] == list(range(1, text["numberOfTests"] + 1))
    assert all(t["tolerance"]["float64"]["gradients"] for t in tests)
    left_out = [line for line in text["header"] if line.startswith("Left out")]
    swamped = "Left out: inputs in the hundreds: rounding to float64 swamps the result."
    assert left_out == [swamped] * (path.stem == "attention")
    usual = [t for t in tests if t["flags"] == ["UsualMistake"]]
    assert len(usual) == (len(MISTAKES[path.stem]) if path.stem in IN_VECTORS else 0)
    low = [t for t in tests if "float16" in t["tolerance"]]
    assert {t["result"] for t in low} >= {"valid", "invalid"}
    assert all("float16" in t["tolerance"].get("reasons", {}) for t in tests if t not in low)


def test_committed_files_stay_small():
    assert sum(p.stat().st_size for p in COMMITTED.iterdir()) < 4_000_000


def test_together_they_use_every_flag():
    used = set()
    for path in COMMITTED.glob("*.json"):
        used |= set(json.loads(path.read_text())["notes"])

    assert used == set(NOTES)


def test_flags_name_kinds_of_mistakes():
    assert {note.bug_type for note in NOTES.values()} <= set(KINDS)


def test_the_same_seed_gives_the_same_bytes(made):
    formula = gradcheck.oracle("xw_batch").formula

    assert json_text(make_vectors(formula)) == json_text(made("xw_batch"))
    assert json_text(make_vectors(formula, seed=1)) != json_text(made("xw_batch"))


def test_data_are_no_part_of_the_gradients(made):
    vectors = made("chain1_softmax")

    assert {n: a.gradient for n, a in vectors.arguments.items()} == {"W1": True, "x": True, "y": False}
    assert all("y" not in test.gradients and "y" in test.inputs for test in every_test(vectors))
    assert made("logistic_cross_entropy_batch").arguments["y"].dtype == "<i8"


def test_layers_are_in_the_first_test_and_the_square_one(made):
    tests = list(every_test(made("chain2_sigmoid_mse")))

    assert [list(t.layers) for t in tests if t.layers] == [["z2", "a2", "s"]] * 2
    assert tests[0].layers
    assert decode(tests[0].layers["z2"].delta).tolist() == decode(tests[0].gradients["b1"]).tolist()


def test_kinks_hold_their_conventions(made):
    (first, *_) = [t for t in every_test(made("relu")) if t.result == "acceptable"]

    assert "Kink" in first.flags
    assert len(first.alternatives) >= 2
    zero = decode(first.inputs["z"]) == 0
    slopes = {
        float((decode(g["z"]) / decode(first.delta))[zero][0])
        for g in [first.gradients, *(a.gradients for a in first.alternatives)]
    }
    assert slopes == {0.0, 0.5, 1.0}


def test_a_network_has_a_kink_made_by_moving_a_bias(made):
    (kink, *_) = [t for t in every_test(made("chain2_relu_softmax")) if t.result == "acceptable"]

    assert kink.comment == "no derivative exists: z2[1] is zero"
    gradients = [decode(kink.gradients["b1"]), *(decode(a.gradients["b1"]) for a in kink.alternatives)]
    assert len({tuple(g.ravel().tolist()) for g in gradients}) == 3


def test_wrong_tests_rest_on_right_ones(made):
    tests = {t.tc_id: t for t in every_test(made("xw_batch"))}

    for test in tests.values():
        if test.result == "invalid":
            base = tests[test.of]
            assert base.result == "valid"
            assert test.inputs == base.inputs
            assert len(test.flags) == len(test.gradients) == 1


def test_a_formula_of_ones_own_without_claims():
    plain = gradcheck.Formula(lambda x, y: np.sum(np.sin(x) * y), {"x": "n", "y": "n"}, name="plain")

    vectors = make_vectors(plain)

    assert results(vectors).count("valid") >= 8
    assert all(a.gradient for a in vectors.arguments.values())


def test_several_outputs_are_lists():
    pair = gradcheck.Formula(lambda x: (x * x, np.sum(x)), {"x": "n"}, name="pair")

    test = next(every_test(make_vectors(pair)))

    assert len(test.delta) == len(test.value) == 2
    assert test.value[1].shape == []


def test_what_is_left_out_is_said(monkeypatch):
    real = drafts.allowance

    def picky(formula, point, *rest):
        if np.max(np.abs(point.args[0])) > 20:
            raise Unsupported("too large for me")
        return real(formula, point, *rest)

    monkeypatch.setattr(drafts, "allowance", picky)
    header = make_vectors(gradcheck.oracle("tanh").formula).header

    assert header[-1] == "Left out: inputs in the hundreds: too large for me."


def test_where_no_gradient_can_be_told_there_are_no_vectors():
    sums = gradcheck.Formula(lambda x: np.cov(x) * x, {"x": "n"}, name="sums")

    with pytest.raises(Unsupported, match=r"sums: no test vectors can be made: all sizes distinct: np\.cov"):
        make_vectors(sums)


def test_a_forward_that_raises_is_told():
    def broken(x):
        raise ValueError("oops")

    with pytest.raises(UsageError, match="broken: the forward raises ValueError: oops"):
        make_vectors(gradcheck.Formula(broken, {"x": "n"}))


def test_the_readme_of_the_vectors_tells_the_truth():
    text = (Path(COMMITTED).parent / "README.md").read_text()

    for word in ("tcId", "valid", "invalid", "acceptable", "gradcheck vectors --check", "gradcheck compare"):
        assert word in text
