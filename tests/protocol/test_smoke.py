"""Smoke: a harness that does not work is told from a gradient that is wrong."""

import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.protocol.driver import Limits
from gradcheck.oracles.protocol.smoke import smoke

HELP = """
import base64, struct

def turned(array, change):
    data = base64.b64decode(array["b64"])
    return {**array, "dec": None, "b64": base64.b64encode(change(data)).decode()}

def swapped(data):
    return b"".join(data[i : i + 8][::-1] for i in range(0, len(data), 8))

def changed(m, change):
    say({"seq": m["seq"], "gradients": {"x": turned(m["case"]["delta"], change)}})

def each(change):
    return lambda data: b"".join(struct.pack("<d", change(v)) for (v,) in struct.iter_unpack("<d", data))

def wrong(m, **changes):
    say({"seq": m["seq"], "gradients": {"x": {**m["case"]["delta"], **changes}}})

def refuse(m, **how):
    say({"seq": m["seq"], **how})
"""


@pytest.fixture
def smoked(program, quick):
    def run(definitions="", **how):
        return smoke(program(HELP + definitions), **{"limits": quick, **how})

    return run


def test_a_right_program_is_all_right(smoked):
    report = smoked()

    assert report.exit_code == 0
    assert report.lines[0] == "ok      start: program (Python), 1 formula in <f8"
    assert "ok      infinities, -0.0 and the smallest numbers come back as they were" in report.lines
    assert "its gradients at these simple cases are right. Run" in report.lines[-1]


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        ("def started(m): pass", "start: no answer within"),
        ("1 / 0", "ZeroDivisionError"),
        ("def answer(m): write('x = 3\\n')", "'x = 3', which is no JSON object"),
        ("def answer(m): os._exit(1)", "it ended with exit status 1"),
        ("def answer(m): time.sleep(9)", "no answer within 0.4 s"),
        ("def answer(m): sys.stdout.write(json.dumps({'seq': m['seq']}) + chr(10))", "flush standard output"),
        ("def answer(m): changed(m, swapped)", "the bytes of the gradient of x are big-endian"),
        ("def answer(m): changed(m, lambda d: d[:8])", "b64 holds 8 bytes"),
        ("def answer(m): wrong(m, dec=[1])", "dec says something else than b64"),
        ("def answer(m): refuse(m, gradients={})", "no gradient of 'x'"),
        ("def answer(m): refuse(m, skipped=True, message='soon')", "skips a simple case: soon"),
        ("def answer(m): refuse(m, errored=True, message='oh')", "a simple case: oh"),
        (
            "def answer(m): changed(m, each(lambda v: m['seq']))",
            "the same case asked twice gives two answers",
        ),
        (
            "def answer(m): changed(m, each(lambda v: 0.0 + v if abs(v) < 1e300 else 0.0))",
            "infinities, -0.0 or the smallest numbers do not come back",
        ),
        ("def stop(m): time.sleep(9)", "stop: it was still running"),
    ],
)
def test_what_is_wrong_with_a_harness_is_said(smoked, definitions, words):
    report = smoked(definitions, limits=Limits(case=0.4, start=0.4, stop=0.3))

    assert report.exit_code == 2, "\n".join(report.lines)
    assert any(line.startswith("BROKEN") and words in line for line in report.lines), "\n".join(report.lines)


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        ("def answer(m): changed(m, lambda d: bytes(len(d)))", "the gradient of x is wrong"),
        ("def answer(m): changed(m, each(lambda v: -v))", "the gradient of x is wrong"),
        ("def answer(m): wrong(m, shape=[1, 2])", "its shape is [1, 2], that of x is [2]"),
    ],
    ids=["zeros", "sign", "shape"],
)
def test_a_wrong_gradient_is_no_broken_harness(smoked, definitions, words):
    """The twin: exit code 1, and the harness is said to work."""
    report = smoked(definitions)

    assert report.exit_code == 1, "\n".join(report.lines)
    assert any(line.startswith("WRONG") and words in line for line in report.lines)
    assert report.lines[-1].startswith("The harness works. Gradients are wrong")


def test_one_formula_that_breaks_does_not_hide_the_others(smoked):
    report = smoked(
        "FORMULAS = ['relu', 'identity_column', 'identity']\n"
        "def answer(m): m['case']['formula'] == 'relu' and os._exit(1); right(m)"
    )

    assert report.exit_code == 2
    assert [line.split()[0] for line in report.lines[1:4]] == ["BROKEN", "ok", "ok"]


def test_what_is_not_in_the_catalogue_is_noted(smoked):
    report = smoked("FORMULAS = ['identity', 'unheard_of']")

    assert report.exit_code == 0
    assert any(line.startswith("note") and "unheard_of" in line for line in report.lines)


def test_a_formula_that_is_not_claimed_is_a_usage_error(smoked):
    with pytest.raises(UsageError, match="does not claim 'wx'"):
        smoked(words=["wx"])
