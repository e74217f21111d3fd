"""Files of answers: read where they can be, and told what is wrong where not."""

import json

import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.answers.given import read_answers
from tests.oracles.conftest import array
from tests.wording import missing_field, unknown_field, wrong_type


def read(made, tmp_path, text, name="wx"):
    path = tmp_path / "answers.json"
    path.write_bytes(text if isinstance(text, bytes) else json.dumps(text).encode())
    return read_answers(path, made(name))


def answers(**by_number):
    return {"formula": "wx", "answers": {n.removeprefix("t"): a for n, a in by_number.items()}}


def test_arrays_come_as_records_lists_numbers_or_null(made, tmp_path):
    text = answers(
        t1={"gradients": {"W": array(np.ones((2, 3))), "x": [1, 2.5, 3]}},
        t2={"gradients": {"W": None, "x": 1.0}},
        t3={"skipped": True, "message": "not yet"},
        t4={"errored": True},
    )

    who, given = read(made, tmp_path, text)

    assert who.name == "answers.json"
    assert given[1].gradients["W"].shape == (2, 3)
    assert given[1].gradients["x"].tolist() == [1.0, 2.5, 3.0]
    assert given[2].gradients["W"] is None
    assert given[2].gradients["x"].shape == ()
    assert given[3].skipped
    assert given[3].message == "not yet"
    assert given[4].errored


def test_nan_and_infinity_arrive(made, tmp_path):
    text = b'{"formula": "wx", "answers": {"1": {"gradients": {"x": [NaN, -Infinity, 1e999]}}}}'

    _, given = read(made, tmp_path, text)

    assert np.array_equal(given[1].gradients["x"], [np.nan, -np.inf, np.inf], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "no JSON, or cut short"),
        (b'{"formula": "wx", "answers": {"1": {"gra', "no JSON, or cut short"),
        (b"\xff", "no JSON, or cut short"),
        (b"[" * 100_000, "no JSON, or cut short"),
        ([], "no file of answers: " + wrong_type([], dict)),
        ({"answers": {}}, missing_field("formula")),
        ({"formula": "wx"}, missing_field("answers")),
        ({"formula": "wx", "answers": {}, "extra": 1}, unknown_field("extra")),
        ({"formula": "xw", "answers": {}}, "holds answers for 'xw', but the vectors are of 'wx'"),
        ({"formula": "wx", "answers": {}, "schema": "gradcheck-answers-9"}, "this gradcheck reads"),
        (answers(t99={"skipped": True}), "there is no test '99'; the tests are numbered from 1 to"),
        (answers(t01={"skipped": True}), "there is no test '01'"),
        (answers(t1={}), "test 1: expected exactly one of gradients, skipped and errored"),
        (answers(t1={"skipped": True, "errored": True}), "test 1: expected exactly one"),
        (answers(t1={"gradient": {}}), unknown_field("gradient")),
        (answers(t1={"gradients": {"V": [1]}}), "there is a gradient of 'V', but the arguments are W, x"),
        (answers(t1={"gradients": {"x": "1 2 3"}}), "no file of answers"),
        (answers(t1={"gradients": {"x": [[1], [2, 3]]}}), "test 1: the gradient of x: expected nested lists"),
        (answers(t1={"gradients": {"x": ["1"]}}), "test 1: the gradient of x: expected nested lists"),
        (
            answers(t1={"gradients": {"x": {"dtype": "<f8", "shape": [3], "b64": "AAAA"}}}),
            "test 1: the gradient of x: b64 holds 3 bytes",
        ),
        (
            answers(t1={"gradients": {"x": {"dtype": "O", "shape": [1], "b64": ""}}}),
            "the gradient of x: unknown dtype 'O'",
        ),
        (
            answers(t1={"gradients": {"x": array(np.arange(3))}}),
            "the gradient of x has the dtype '<i8'; expected one of '<f8', '<f4', '<f2', 'bfloat16'",
        ),
        (
            b'{"formula": "wx", "answers": {"1": {"skipped": true}, "1": {"skipped": true}}}',
            "'1' stands there twice in one object",
        ),
        (
            b'{"formula": "wx", "answers": {"1": {"gradients": {"x": [1], "x": [2]}}}}',
            "'x' stands there twice",
        ),
    ],
)
def test_what_is_no_file_of_answers_is_told(made, tmp_path, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        read(made, tmp_path, text)
    assert "answers.json" in str(caught.value)


def test_a_missing_file_is_told(made, tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_answers(tmp_path / "none.json", made("wx"))
