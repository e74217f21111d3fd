"""gradcheck as the program: right gradients on request, and no line that ends it."""

import io
import json
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import gradcheck
from gradcheck.oracles.protocol.answers import read_array
from gradcheck.oracles.protocol.cases import make_case
from gradcheck.oracles.protocol.driver import Driver
from gradcheck.oracles.protocol.messages import Errored, Gradients, Skipped, Started
from gradcheck.oracles.protocol.serve import Server, serve
from gradcheck.records.arrays import decode, encode
from gradcheck.records.types import ArrayRecord
from gradcheck.running.registry import catalogue
from tests.wording import missing_field, wrong_type

BY_NAME = {f.name: f for f in catalogue()}


@pytest.fixture(scope="module")
def server():
    return Server(
        [BY_NAME[n] for n in ("wx", "relu", "softmax_cross_entropy", "logistic_cross_entropy_batch")]
    )


def array(values, dtype="<f8"):
    record = encode(np.asarray(values, dtype=dtype))
    return {"dtype": record.dtype, "shape": record.shape, "b64": record.b64}


def ask(server, formula, delta, seq=7, **inputs):
    case = {"formula": formula, "inputs": inputs, "delta": delta}
    return server.answer(json.dumps({"cmd": "run", "seq": seq, "case": case}).encode())


def test_start_names_every_formula_of_the_catalogue():
    answer = Server().answer(b'{"cmd": "start", "version": 1}')

    assert isinstance(answer, Started)
    assert answer.version == 1
    assert answer.capabilities.formulas == list(BY_NAME)
    assert answer.capabilities.dtypes == ["<f8", "<f4", "<f2", "bfloat16"]


def test_gradients_are_the_nearest_float64(server):
    W, x, delta = (
        np.array([[0.1, 0.2, 0.3], [1e10, -1.0, 3.0]]),
        np.array([0.7, 1e-3, 5.0]),
        np.array([0.1, 7.0]),
    )

    answer = ask(server, "wx", array(delta), W=array(W), x=array(x))

    assert isinstance(answer, Gradients)
    right = gradcheck.oracle("wx")(W, x, delta=delta)
    for name, found in answer.gradients.items():
        assert decode(found).tobytes() == right.gradients[name].value.tobytes()
    assert decode(answer.gradients["W"])[0, 0] == 0.1 * 0.7


def test_a_case_in_float32_is_answered_in_float32(server):
    x = np.float32([0.1, 0.2])

    answer = ask(server, "wx", array([1.0], "<f4"), W=array([[1.0, 3.0]], "<f4"), x=array(x, "<f4"))

    assert {g.dtype for g in answer.gradients.values()} == {"<f4"}
    assert decode(answer.gradients["W"]).tobytes() == x.tobytes()


@pytest.mark.parametrize(("code", "dtype"), [("<f2", np.float16), ("bfloat16", ml_dtypes.bfloat16)])
def test_a_case_in_sixteen_bits_is_answered_in_them(server, code, dtype):
    x = np.array([0.1, 3.0]).astype(dtype)
    W = np.array([[1.0, 0.3]]).astype(dtype)

    as_sent = lambda values: array(values, dtype)

    answer = ask(server, "wx", as_sent(np.ones(1)), W=as_sent(W), x=as_sent(x))

    assert {g.dtype for g in answer.gradients.values()} == {code}
    assert np.array_equal(decode(answer.gradients["W"])[0], x)
    assert np.array_equal(decode(answer.gradients["x"]), W[0])


def test_integers_have_no_gradient(server):
    labels = array([0, 1], "<i8")

    answer = ask(server, "logistic_cross_entropy_batch", array(1.0), s=array([0.5, 2.0]), y=labels)

    assert answer.gradients["y"] is None
    assert answer.gradients["s"] is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"formula": "nope"}, "there is no formula 'nope'"),
        ({"x": None}, "no array is given for x"),
        ({"extra": array([1.0])}, "there is no argument 'extra'"),
        ({"x": array([1.0, 2.0])}, "shape"),
        ({"delta": array([1.0, 2.0])}, "delta has shape (2,), but the output has shape (1,)"),
        ({"x": array([np.nan])}, "not finite"),
        ({"x": {**array([1.0]), "b64": "AA"}}, "x: array: b64"),
        ({"x": {**array([1.0]), "dtype": "<c16"}}, "unknown dtype '<c16'"),
        ({"x": {**array([1.0]), "dec": [2.0]}}, "b64 is the authority"),
    ],
)
def test_a_bad_case_is_answered_with_what_is_wrong(server, change, words):
    case = {"formula": "wx", "delta": array([1.0]), "W": array([[1.0]]), "x": array([1.0]), **change}
    formula, delta = case.pop("formula"), case.pop("delta")

    answer = ask(server, formula, delta, **{n: a for n, a in case.items() if a is not None})

    assert isinstance(answer, Errored)
    assert answer.seq == 7
    assert words in answer.message


def test_where_there_is_no_derivative_the_case_is_skipped(server):
    answer = ask(server, "relu", array([1.0]), z=array([0.0]))

    assert isinstance(answer, Skipped)
    assert "no derivative exists here" in answer.message


@pytest.mark.parametrize(
    ("line", "seq", "words"),
    [
        (b"hello\n", None, "no message of the protocol"),
        (b"{}\n", None, missing_field("cmd")),
        (b'{"cmd": "dance"}\n', None, "dance"),
        (b'{"cmd": "run", "seq": 9}\n', 9, missing_field("case")),
        (b'{"cmd": "run", "seq": 9, "case": {"formula": 1}}\n', 9, wrong_type(1, str)),
        (b"[" * 100_000, None, "no message of the protocol"),
        (b"\xff\xfe\x00\n", None, "no message of the protocol"),
        (b'{"cmd": "run", "seq": NaN}', None, "no message of the protocol"),
    ],
)
def test_no_line_ends_it(server, line, seq, words):
    answer = server.answer(line)

    assert isinstance(answer, Errored)
    assert answer.seq == seq
    assert words in answer.message
    assert isinstance(server.answer(b'{"cmd": "start", "version": 1}'), Started)


def test_a_fault_of_ours_is_an_answer_too(server, monkeypatch):
    monkeypatch.setattr(server, "_gradients", lambda case: 1 / 0)

    assert "please report it: ZeroDivisionError" in ask(server, "wx", array([1.0])).message


@pytest.mark.parametrize("end", [b'{"cmd": "stop"}\n{"cmd": "start", "version": 1}\n', b""])
def test_it_ends_at_stop_and_at_the_end_of_the_input(server, end):
    out = io.BytesIO()

    serve(io.BytesIO(b'\n{"cmd": "start", "version": 1}\n' + end), out, server)

    assert len(out.getvalue().splitlines()) == 1


def test_it_ends_when_nobody_reads(server):
    class Closed(io.BytesIO):
        def flush(self):
            raise BrokenPipeError

    serve(io.BytesIO(b'{"cmd": "start", "version": 1}\n' * 3), Closed(), server)


def test_the_command_serves_our_own_driver():
    """And what libraries print cannot get between the answers, for standard output is standard error then."""
    command = [sys.executable, "-m", "gradcheck", "oracle", "wx", "--serve"]
    with Driver(command) as driver:
        started = driver.start()
        W, x = np.array([[1.0, 2.0]]), np.array([3.0, 4.0])
        answer = driver.ask(make_case(BY_NAME["wx"], "<f8", np.array([2.0]), (W, x)))
        remarks = driver.stop()

    assert started.capabilities.formulas == ["wx"]
    assert read_array(answer.gradients["W"]).tolist() == [[6.0, 8.0]]
    assert read_array(answer.gradients["x"]).tolist() == [2.0, 4.0]
    assert remarks == []


def test_the_command_takes_no_arrays_beside_serve():
    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", "oracle", "wx", "--serve", "--shape", "n=1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "give no arrays" in done.stderr


def test_prints_of_a_library_go_to_standard_error(tmp_path):
    file = tmp_path / "loud.py"
    file.write_text(
        "import gradcheck\n\n@gradcheck.formula(shapes={'x': 'n'})\ndef loud(x):\n"
        "    print('noise')\n    return x\n"
    )
    case = {"formula": "loud", "inputs": {"x": array([1.0])}, "delta": array([1.0])}
    lines = [{"cmd": "start", "version": 1}, {"cmd": "run", "seq": 1, "case": case}, {"cmd": "stop"}]

    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", "oracle", str(file), "--serve"],
        input="\n".join(map(json.dumps, lines)),
        capture_output=True,
        text=True,
        check=True,
    )

    first, second = map(json.loads, done.stdout.splitlines())
    assert first["capabilities"]["formulas"] == ["loud"]
    assert decode(ArrayRecord(**second["gradients"]["x"])).tolist() == [1.0]
    assert "noise" in done.stderr
