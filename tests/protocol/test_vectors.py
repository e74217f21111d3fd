"""The harnesses on the stored test vectors: every answer through the protocol, judged offline."""

import json
from pathlib import Path

import msgspec
import pytest

from gradcheck.oracles.answers.compare import compare
from gradcheck.oracles.protocol.driver import Driver
from gradcheck.oracles.protocol.messages import Case
from gradcheck.oracles.vectors.files import every_test, read_vectors
from gradcheck.records.types import ClaimRow
from gradcheck.running.registry import catalogue

VECTORS = Path(__file__).parent.parent.parent / "vectors" / "v1"
FORMULAS = ("wx", "xw_batch", "sigmoid", "relu", "tanh", "mse", "softmax_cross_entropy")
"""What the harnesses claim and there are vectors of; `test_harnesses` has the rest."""


def answers(command, file):
    """The program's answers to every case that is no wrong gradient, as a file of answers holds them."""
    vectors = read_vectors(file)
    found = {}
    with Driver(command) as driver:
        said = driver.start().implementation
        for test in every_test(vectors):
            if test.result != "invalid":
                case = Case(formula=vectors.formula, inputs=test.inputs, delta=test.delta)
                reply = msgspec.to_builtins(driver.ask(case))
                found[str(test.tc_id)] = {k: v for k, v in reply.items() if k != "seq"}
        assert driver.stop() == []
    implementation = {"name": said.name, "language": said.language}
    return {"formula": vectors.formula, "implementation": implementation, "answers": found}


@pytest.mark.corpus(3)
@pytest.mark.parametrize("language", ["python", "javascript", "c"])
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("name", FORMULAS)
def test_right_answers_pass_and_wrong_ones_do_not(harness, language, wrong, name, tmp_path):
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(answers(harness(language, wrong=wrong), VECTORS / f"{name}.json")))

    records = compare(VECTORS / f"{name}.json", file, catalogue())
    (row,) = (r for r in records if isinstance(r, ClaimRow))

    assert row.verdict == ("fail" if wrong else "pass"), row.reason


def test_no_claimed_formula_with_vectors_is_left_out(harness):
    with Driver(harness("python")) as driver:
        claimed = driver.start().capabilities.formulas

    assert {name for name in claimed if (VECTORS / f"{name}.json").exists()} == set(FORMULAS)
