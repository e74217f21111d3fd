"""The plugin costs nothing where it is not used."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

HEAVY = {"numpy", "jax", "sympy", "hypothesis", "flint", "msgspec", "rich", "jinja2", "click"}
SHOW = (
    "import sys\n"
    "def pytest_sessionfinish():\n"
    f"    print('LOADED', *sorted({HEAVY!r} & set(sys.modules)), '.')\n"
)


def test_loading_it_imports_pytest_only():
    """The module that the entry point names."""
    code = (
        "import sys, pytest; before = set(sys.modules); import gradcheck.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-Werror", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["gradcheck", "gradcheck._version", "gradcheck.pytest_plugin"]


@pytest.mark.parametrize("words", [(), ("test_own.py",), ("--gradcheck-seed=3",)])
def test_a_run_that_does_not_use_it_loads_nothing(pytester, words):
    """Also with a failing test, and one named on the command line."""
    pytester.makepyfile(test_own="def test_a():\n    assert True\n\ndef test_b():\n    assert False\n")
    pytester.makeconftest(SHOW)
    result = pytester.runpytest_subprocess("-Werror", "-s", "-pno:hypothesispytest", *words)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*LOADED ."])
    assert "gradcheck" in result.stdout.str()  # it was there


def test_the_probe_would_notice(pytester):
    """The twin: a test that uses it loads NumPy."""
    pytester.makepyfile(
        test_own="def test_a(gradcheck):\n"
        "    gradcheck.verify(lambda x: x * x, lambda d, x: 2 * d * x, {'x': 'n'}, max_examples=6)\n"
    )
    pytester.makeconftest(SHOW)
    result = pytester.runpytest_subprocess("-Werror", "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*LOADED *numpy*"])
