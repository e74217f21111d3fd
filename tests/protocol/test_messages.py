"""Every message has a schema, and what is written satisfies it."""

import json

import jsonschema
import msgspec
import numpy as np
import pytest

from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.oracles.protocol.answers import decimals_differ, read_gradients
from gradcheck.oracles.protocol.cases import data_arguments, make_case
from gradcheck.oracles.protocol.messages import (
    AnswerArray,
    Capabilities,
    Errored,
    Gradients,
    Implementation,
    Run,
    Skipped,
    Start,
    Started,
    Stop,
    message_schema,
)
from gradcheck.records.arrays import encode
from gradcheck.running.registry import catalogue
from gradcheck.schemas import FOLDER

WX = next(f for f in catalogue() if f.name == "wx")
MSE = next(f for f in catalogue() if f.name == "mse")
CASE = make_case(WX, "<f8", np.ones(2), (np.ones((2, 3)), np.ones(3)))
SCHEMA = jsonschema.Draft202012Validator(message_schema())

MESSAGES = {
    "start": Start(version=1),
    "run": Run(seq=7, case=CASE),
    "run with two deltas": Run(seq=7, case=msgspec.structs.replace(CASE, delta=[CASE.delta, CASE.delta])),
    "stop": Stop(),
    "started": Started(
        version=1,
        implementation=Implementation(name="n", language="C", version="1"),
        capabilities=Capabilities(formulas=["wx"], dtypes=["<f8"]),
    ),
    "gradients": Gradients(seq=7, gradients={"W": encode(np.ones((2, 3))), "x": None}),
    "skipped": Skipped(seq=7, skipped=True, message="no"),
    "errored": Errored(seq=None, errored=True, message="no"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_satisfy_the_schema(name):
    SCHEMA.validate(json.loads(msgspec.json.encode(MESSAGES[name])))


@pytest.mark.parametrize(
    "line",
    [
        {"cmd": "dance"},
        {"cmd": "start"},
        {"cmd": "run", "seq": "7", "case": {}},
        {"seq": 7},
        {"seq": 7, "skipped": False, "message": ""},
        {"seq": 7, "gradients": {"W": {"dtype": "<f8", "shape": [1]}}},
        {"version": 1, "implementation": {"name": "n", "language": "C"}},
    ],
)
def test_what_is_no_message_does_not(line):
    """The twin."""
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(line)


def test_the_stored_schema_names_the_version():
    """That it is the schema of these messages is tested in `tests/test_schemas.py`."""
    assert json.loads((FOLDER / "protocol.schema.json").read_text("utf-8"))["title"] == "gradcheck-protocol-1"


def test_the_messages_are_those_of_the_contract():
    """Word for word: other people's programs read them."""
    line = json.loads(
        msgspec.json.encode(
            Run(seq=7, case=make_case(WX, "<f8", np.array([2.0]), (np.array([[1.0]]), np.array([3.0]))))
        )
    )

    def array(value, b64, shape=(1,)):
        return {"dtype": "<f8", "shape": list(shape), "b64": b64, "dec": [value]}

    assert line == {
        "cmd": "run",
        "seq": 7,
        "case": {
            "formula": "wx",
            "inputs": {"W": array(1.0, "AAAAAAAA8D8=", (1, 1)), "x": array(3.0, "AAAAAAAACEA=")},
            "delta": array(2.0, "AAAAAAAAAEA="),
        },
    }
    assert msgspec.json.encode(Start(version=1)) == b'{"cmd":"start","version":1}'
    assert msgspec.json.encode(Stop()) == b'{"cmd":"stop"}'


def test_numbers_that_decimals_cannot_say_go_without():
    """NaN and infinity are in the bytes; large arrays have no decimals either."""
    special = make_case(MSE, "<f8", np.float64(1.0), (np.array([np.nan, np.inf]), np.zeros(2)))
    large = make_case(MSE, "<f8", np.float64(1.0), (np.zeros(65), np.zeros(64)))

    assert special.inputs["s"].dec is None
    assert (large.inputs["s"].dec, large.inputs["y"].dec) == (None, [0.0] * 64)
    assert special.delta.shape == []


def test_float32_cases_hold_float32_or_are_refused():
    case = make_case(MSE, "<f4", np.float64(1.0), (np.array([0.5, 1.5]), np.zeros(2)))

    assert {a.dtype for a in (*case.inputs.values(), case.delta)} == {"<f4"}
    with pytest.raises(Unsupported, match="float32 does not hold"):
        make_case(MSE, "<f4", np.float64(1.0), (np.array([0.1, 1.5]), np.zeros(2)))


def test_integers_are_sent_as_integers():
    labels = Formula(lambda s, y: s * y, {"s": "n", "y": "n"}, name="labels")

    case = make_case(labels, "<f4", np.ones(2), (np.ones(2), np.array([0, 1])))

    assert case.inputs["y"].dtype == "<i8"
    assert data_arguments(labels, np.ones(2), (np.ones(2), np.array([0, 1]))) == {"y"}


def test_what_the_formulas_own_claims_leave_out_may_be_left_out():
    assert data_arguments(MSE, np.float64(1.0), (np.ones(2), np.zeros(2))) == {"y"}
    assert data_arguments(WX, np.ones(2), (np.ones((2, 3)), np.ones(3))) == set()


def answered(values, **changes):
    record = encode(np.asarray(values, dtype=np.float64))
    return AnswerArray(**{**{n: getattr(record, n) for n in ("dtype", "shape", "b64", "dec")}, **changes})


def test_a_gradient_may_be_null_or_left_out_where_it_is_data():
    found = read_gradients({"s": answered([1.0]), "y": None}, ("s", "y"), "<f8", set())
    assert found["y"] is None
    assert read_gradients({"s": answered([1.0])}, ("s", "y"), "<f8", {"y"}).keys() == {"s", "y"}
    with pytest.raises(CandidateFault, match="no gradient of 'y'; give null"):
        read_gradients({"s": answered([1.0])}, ("s", "y"), "<f8", set())


@pytest.mark.parametrize(
    ("dec", "differ"),
    [
        (None, False),
        ([1.0, 2.0], False),
        ([[1.0], [2.0]], False),
        ([1, 2], False),
        ([1.0, 2.5], True),
        ([1.0], True),
        ("1 2", True),
        ([None, 2.0], True),
        ({"a": 1}, True),
    ],
)
def test_decimals_are_held_against_the_bytes(dec, differ):
    assert decimals_differ({"x": answered([1.0, 2.0], dec=dec)}) == differ
