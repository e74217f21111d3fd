"""`verify` as a guest (inside Hypothesis, in a thread, under redirected output), and commands besides it."""

import contextlib
import io
import random
import sys
import threading
import warnings

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import UsageError
from gradcheck.cli.main import cli


class Stop(BaseException):
    pass


def square(x):
    return x * x


def square_vjp(d, x):
    return 2 * d * x


def disturbing(d, x):
    random.seed(0)
    np.random.seed(0)
    np.seterr(all="raise")
    warnings.simplefilter("error")
    return 2 * d * x


def raising(d, x):
    raise Stop("mine")


def check(backward):
    return gradcheck.verify(square, backward, {"x": "n"}, max_examples=3, backends=["finite_difference"])


def test_inside_given_it_changes_nothing_that_hypothesis_draws():
    """The same values with and without, by the user's generators and by Hypothesis."""

    def drawn(backward):
        seen = []

        @settings(max_examples=5, database=None, derandomize=True, deadline=None)
        @given(st.integers())
        def test(number):
            if backward is not None:
                assert check(backward).verdict in ("pass", "error")
            seen.append((number, random.random(), np.random.random()))

        test()
        return seen

    assert drawn(None) == drawn(disturbing) == drawn(raising)


def test_in_a_thread_it_works_alike():
    """Where no signal handler can be set."""
    results = []
    thread = threading.Thread(target=lambda: results.append(check(disturbing).verdict))
    thread.start()
    thread.join()
    assert results == ["pass"]


def test_what_the_code_prints_reaches_the_users_stream():
    """And a stream that breaks, or is closed by the code, is no failure of it."""

    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    def printing(d, x):
        sys.stdout.write("hello\n")
        print("there", file=sys.stderr, flush=True)  # noqa: T201
        sys.stdout.writelines(["of", "us"])
        sys.stdout.close()
        return 2 * d * x

    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert check(printing).passed
    assert out.getvalue().startswith("hello\nofus")
    with contextlib.redirect_stdout(Broken()):
        assert check(printing).passed
    closed = io.StringIO()
    closed.close()
    with contextlib.redirect_stdout(closed):
        assert check(printing).passed
    with contextlib.redirect_stdout(None):
        assert check(lambda d, x: (print("hello"), 2 * d * x)[1]).passed  # noqa: T201


def test_an_interrupt_leaves_the_process_alone_too():
    def interrupted(d, x):
        disturbing(d, x)
        raise KeyboardInterrupt

    before = (random.getstate(), np.geterr(), list(warnings.filters), sys.stdout)
    with pytest.raises(KeyboardInterrupt):
        check(interrupted)
    assert (random.getstate(), np.geterr(), list(warnings.filters), sys.stdout) == before


def test_a_chain_and_an_oracle_are_guarded_alike():
    def forward(x):
        np.seterr(all="raise")
        raise Stop("mine")

    before = np.geterr()
    with pytest.raises(UsageError, match="Stop: mine"):
        gradcheck.oracle(gradcheck.Formula(forward, {"x": "n"}))(x=np.ones(2), delta=np.ones(2))
    assert np.geterr() == before


CODE = """
import gradcheck
import numpy as np

class Stop(BaseException):
    pass

@gradcheck.formula(shapes={"x": "n"})
def square(x):
    FORWARD
    return x * x

@square.vjp
def square_vjp(d, x):
    BACKWARD
    return FACTOR * d * x
"""


@pytest.mark.parametrize("command", ["oracle", "prove", "vectors", "replay"])
@pytest.mark.parametrize("where", ["FORWARD", "BACKWARD"])
def test_other_commands_tell_what_the_code_raises(tmp_path, monkeypatch, command, where):
    """No traceback, and no verdict that is none."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(cli, [str(w) for w in words])

    def write(factor, **attack):
        text = CODE.replace("FACTOR", factor)
        for place in ("FORWARD", "BACKWARD"):
            text = text.replace(place, attack.get(place, "pass"))
        (tmp_path / "mine.py").write_text(text)

    write("3")
    assert run("verify", "mine.py", "--max-examples", "3").exit_code == 1
    write("2", **{where: "raise Stop('mine')"})
    words = {
        "oracle": ("mine.py", "--shape", "n=2"),
        "prove": ("mine.py",),
        "vectors": ("mine.py::square", "--out", "out"),
        "replay": ("square",),
    }[command]
    result = run(command, *words)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "broke" not in result.output
    assert "please report" not in result.output
    if command == "replay":
        assert result.exit_code == (2 if where == "FORWARD" else 1)
    if (command, where) in {("oracle", "FORWARD"), ("prove", "BACKWARD"), ("prove", "FORWARD")}:
        assert "Stop: mine" in result.output
