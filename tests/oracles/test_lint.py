"""The committed vectors are what follows from their inputs, to the last bit; and a change would show."""

import json

import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.vectors.lint import lint, vector_paths
from gradcheck.running.registry import catalogue, layers
from tests.oracles.conftest import COMMITTED, array, numbered


@pytest.mark.corpus(8)
@pytest.mark.parametrize("path", sorted(COMMITTED.glob("*.json")), ids=lambda p: p.stem)
def test_the_committed_vectors_are_what_is_computed_from_their_inputs(path):
    assert lint(path, [*catalogue(), *layers()]) == []


def problems(path):
    return "\n".join(lint(path, catalogue()))


def test_vectors_that_were_just_made_have_no_problem(edited):
    assert problems(edited("relu")) == ""


def moved(record):
    """The same array, one entry moved by one unit in the last place."""
    values = np.frombuffer(__import__("base64").b64decode(record["b64"]), dtype=record["dtype"]).copy()
    values[0] = np.nextafter(values[0], np.inf)
    return array(values.reshape(record["shape"]))


def change_one(kind, result="valid", number=0):
    def change(text):
        test = [t for t in numbered(text).values() if t["result"] == result][number]
        name = next(iter(test[kind]))
        test[kind][name] = moved(test[kind][name])

    return change


def one_unit(field):
    def change(text):
        test = numbered(text)[1]
        test[field] = moved(test[field])

    return change


def alternative(text):
    test = next(t for t in numbered(text).values() if t["result"] == "acceptable")
    test["alternatives"][0]["gradients"]["z"] = moved(test["alternatives"][0]["gradients"]["z"])


def fewer(text):
    next(t for t in numbered(text).values() if t["result"] == "acceptable")["alternatives"].pop()


def renamed(text):
    text["notes"]["Zeros"]["description"] = "Nothing special."


def wide(text):
    for dtype in ("float64", "float32"):
        for test in numbered(text).values():
            if "z" in test["tolerance"].get(dtype, {}).get("gradients", {}):
                size = test["inputs"]["z"]["shape"][0]
                test["tolerance"][dtype]["gradients"]["z"] = array(np.full(size, 1e3))


def made_right(text):
    tests = numbered(text)
    wrong = next(t for t in tests.values() if t["flags"] == ["WrongSign"])
    wrong["gradients"]["z"] = tests[wrong["of"]]["gradients"]["z"]


def other_inputs(text):
    wrong = next(t for t in numbered(text).values() if t["flags"] == ["WrongSign"])
    wrong["inputs"]["z"] = moved(wrong["inputs"]["z"])


def called_valid(text):
    kink = next(t for t in numbered(text).values() if t["result"] == "acceptable")
    kink["result"] = "valid"
    del kink["alternatives"]


def without_decimals(text):
    del numbered(text)[1]["inputs"]["z"]["dec"]


def no_single(text):
    del numbered(text)[1]["tolerance"]["float32"]


def test_changed_inputs_show(edited):
    """Where the gradient depends on them."""
    assert "test 1: the gradient of x is not what" in problems(edited("wx", change_one("inputs")))
    assert "test 1: the gradient of W is not what" in problems(edited("wx", one_unit("delta")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_one("gradients"), "test 1: the gradient of z is not what is computed from its inputs"),
        (change_one("gradients", "acceptable"), "convention 0: z is not what is computed"),
        (one_unit("value"), "value 0 is not what is computed"),
        (alternative, "convention 1: z is not what is computed"),
        (fewer, "conventions, and 5 are found now"),
        (renamed, "the note on the flag 'Zeros' is not that of this version"),
        (wide, "the float64 tolerance of z is not the one that follows now"),
        (wide, "the wrong gradient is within the tolerance for float64"),
        (made_right, "the wrong gradient is within the tolerance for float32"),
        (other_inputs, "its inputs, delta or value are not those of test"),
        (called_valid, "is valid, but a derivative does not exist here"),
        (without_decimals, "inputs.z is not in its shortest form"),
        (no_single, "has no tolerance for float32, and one can be derived"),
        (lambda text: text["rules"].update(float64="guessed"), "its rules for tolerances are not those"),
        (lambda text: text["testGroups"][0]["sizes"].update(n=9), "the sizes {'n': 9} do not fit the inputs"),
        (lambda text: text.update(formula="wx"), "the file is called relu, the formula wx"),
        (lambda text: text.update(formula="unheard"), "there is no formula 'unheard'"),
        (lambda text: text.update(numberOfTests=1), "numberOfTests is 1"),
    ],
)
def test_every_change_shows(edited, change, message):
    """The wrong twins: one unit in the last place is enough."""
    found = problems(edited("relu", change))

    assert message in found
    assert all("relu.json: " in line for line in found.splitlines())


def test_layers_are_computed_anew_too(edited):
    def change(text):
        layer = numbered(text)[1]["layers"]["z2"]
        layer["delta"] = moved(layer["delta"])

    assert "layer z2: its delta is not what is computed" in problems(edited("chain2_sigmoid_mse", change))


def test_another_layout_shows(edited):
    path = edited("relu")
    path.write_text(json.dumps(json.loads(path.read_text())))

    assert "not laid out as `gradcheck vectors` writes it" in problems(path)


def test_one_backend_alone_comes_to_the_same_answers(edited):
    """Two sources that share nothing, bit for bit. (Their tolerances may differ.)"""
    path = edited("chain2_sigmoid_mse")

    for backend in ("symbolic", "autodiff"):
        assert not [p for p in lint(path, catalogue(), [backend]) if "computed" in p]


def test_folders_without_vectors_are_told(tmp_path):
    with pytest.raises(UsageError, match="there is no file of test vectors in it"):
        vector_paths(tmp_path)
    with pytest.raises(UsageError, match="there is no such folder"):
        vector_paths(tmp_path / "none")
    assert len(vector_paths(COMMITTED)) >= 10
    assert vector_paths(COMMITTED / "wx.json") == [COMMITTED / "wx.json"]
