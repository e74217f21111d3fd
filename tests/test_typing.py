"""The public names have types that a user's own mypy reads; the usage example also runs."""

from pathlib import Path

import pytest
from mypy import api

from gradcheck import GradientError, verify

from . import typed_usage

HERE = Path(__file__).parent


def mypy(file):
    """What mypy says of one file, in the strict mode of the project."""
    out, wrong, code = api.run(["--follow-imports=silent", "--no-error-summary", str(file)])
    assert not wrong
    return out, code


def test_typed_usage_is_accepted_by_mypy():
    """Every public call, with the types that it promises."""
    assert mypy(HERE / "typed_usage.py") == ("", 0)


MISUSES = {
    "verify(f, f, {'x': 'n'}, max_examples='many')": 'Argument "max_examples" to "verify" has',
    "verify(f, f, {'x': 'n'}, exmples=3)": 'Unexpected keyword argument "exmples" for "verify"',
    "assert_correct(f, f, {'x': 'n'}, exmples=3)": 'keyword argument "exmples" for "assert_correct"',
    "verify(f, f, {'x': 2.5})": 'Dict entry 0 has incompatible type "str": "float"',
    "verify(f, f).verdct": '"Result" has no attribute "verdct"',
    "strategies.sizes({'x': 'n'}, maximum=3)": 'Unexpected keyword argument "maximum" for "sizes"',
}


def test_misuse_is_not_accepted_by_mypy(tmp_path):
    """The twin: one line of each kind, each refused on its own line."""
    file = tmp_path / "misuse.py"
    head = (
        "from gradcheck import assert_correct, strategies, verify\n\n\n"
        "def f(x: float) -> float:\n    return x\n\n\n"
    )
    file.write_text(head + "\n".join(MISUSES) + "\n")
    out, code = mypy(file)
    assert code == 1
    said = [line for line in out.splitlines() if ": error:" in line]
    for number, (line, words) in enumerate(MISUSES.items(), head.count("\n") + 1):
        assert any(f"misuse.py:{number}: " in told and words in told for told in said), (line, out)


def test_the_typed_usage_runs():
    """What is type-checked is what works."""
    assert typed_usage.one_call() == "pass"
    assert typed_usage.one_assertion().passed
    assert verify(typed_usage.declared(), max_examples=6).verdict == "pass"
    assert "fail" in typed_usage.caught()
    typed_usage.own_test()


def test_the_usage_of_a_failure_raises():
    """The twin of `caught`."""
    with pytest.raises(GradientError):
        from gradcheck import assert_correct

        assert_correct(typed_usage.forward, lambda d, W, x: (W, x), {"W": "n m", "x": "m"}, max_examples=6)
