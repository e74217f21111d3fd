"""The fixture `gradcheck`, and the functions without it."""

import subprocess
import sys

import pytest

from tests.pytest_plugin.conftest import SQUARE

pytest_plugins = ["pytester"]

WITH_FIXTURE = (
    SQUARE
    + """

def test_right(gradcheck):
    assert gradcheck.assert_correct(square).passed
    gradcheck.assert_correct(np.sin, lambda d, x: d * np.cos(x), {"x": "n"})

def test_wrong(gradcheck):
    gradcheck.assert_correct(square, lambda delta, x: delta * x)

def test_looking_only(gradcheck):
    assert gradcheck.verify(square, lambda delta, x: delta * x).verdict == "fail"

def test_without():
    gc.assert_correct(square, lambda delta, x: 3 * delta * x, max_examples=6)

def test_misuse(gradcheck):
    gradcheck.verify(square, lambda delta, y, x: delta * x)

def test_misuse_without():
    gc.assert_correct(square, shapes={"x": "n ?"})
"""
)


@pytest.fixture
def shown(project):
    """`shown(name)`: what pytest prints of one failing test of these."""
    project.write(test_square=WITH_FIXTURE)

    def run(name):
        text = project.run(f"test_square.py::{name}").stdout.str()
        return text.split("FAILURES")[1].split("short test summary")[0]

    return run


def test_right_ones_pass_and_wrong_ones_fail(project, outcomes):
    """With the result as `gradcheck.verify` gives it."""
    project.write(test_square=WITH_FIXTURE)
    found = outcomes(project.run())
    assert {name for name, word in found.items() if word == "passed"} == {"test_right", "test_looking_only"}
    assert len(found) == 6
    assert set(found.values()) == {"passed", "failed"}


@pytest.mark.parametrize("name", ["test_wrong", "test_without"])
def test_a_failure_shows_the_users_line_and_the_story(shown, name):
    """None of our own lines."""
    text = shown(name)
    assert ">       g" in text
    assert "assert_correct(square, lambda delta, x: " in text
    assert "GradientError: dJ/dx: " in text
    assert "counterexample at n = 1 (the smallest shape found): dJ/dx[0] is " in text
    assert "in Python: gradcheck.verify(square, " in text
    assert "def assert_correct" not in text
    assert "api.py" not in text
    assert "fixture.py" not in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_misuse", "takes (delta, y, x), but it is called as (delta, x): 2 arguments."),
        ("test_misuse_without", "shapes['x']: cannot read the size '?'"),
    ],
)
def test_misuse_ends_at_the_users_line(shown, name, words):
    """The message says it all."""
    text = shown(name)
    assert f"UsageError: {'square.vjp' if name == 'test_misuse' else ''}" in text
    assert words in text
    assert "api.py" not in text
    assert "formulas.py" not in text
    assert "shapes.py" not in text


def test_other_exceptions_keep_their_traceback(project):
    """The twin: what is not ours to shorten."""
    project.write(
        test_square=SQUARE
        + "\ndef deep():\n    raise ValueError('deep')\n\ndef test_it():\n    gc.errors = deep()\n"
    )
    text = project.run().stdout.str()
    assert "def deep():" in text
    assert "ValueError: deep" in text


def test_results_are_recorded_under_the_tests_node_id(project):
    """Right or wrong; further calls are numbered; a test that misuses us records nothing."""
    project.write(test_square=WITH_FIXTURE)
    project.run("--gradcheck-report=reports", "--gradcheck-seed=2")
    log = project.log()
    assert log.complete
    assert {c.uid: c.verdict for c in log.claims} == {
        "test_square.py::test_right": "pass",
        "test_square.py::test_right (2)": "pass",
        "test_square.py::test_wrong": "fail",
        "test_square.py::test_looking_only": "fail",
        "test_square.py::test_without": "fail",
    }
    assert {row.claim for rows in log.rows.values() for row in rows} == {c.uid for c in log.claims}
    assert log.footer.remarks == ["test_square.py::test_misuse asked for the fixture and checked nothing."]
    assert (log.header.seed, log.claims[0].points) == (2, 10)


def test_a_result_had_elsewhere_can_be_recorded(project):
    """`gradcheck.record(result)`."""
    project.write(
        test_square=SQUARE
        + "\ndef test_it(gradcheck):\n    gradcheck.record(gc.verify(square, max_examples=7))\n"
    )
    project.run("--gradcheck-report=reports").assert_outcomes(passed=1)
    (claim,) = project.log().claims
    assert (claim.uid, claim.points) == ("test_square.py::test_it", 11)


class TestOptions:
    """Those of the call, else of the marker, else of the command line."""

    def points(self, project, marker, call, *words):
        project.write(
            test_square=SQUARE
            + f"\nimport pytest\n{marker}\ndef test_it(gradcheck):\n    gradcheck.verify(square{call})\n"
        )
        result = project.run("--gradcheck-report=reports", *words)
        result.assert_outcomes(passed=1)
        return project.log()

    def test_the_command_line(self, project):
        log = self.points(project, "", "", "--gradcheck-backend=symbolic")
        assert log.claims[0].points == 10
        assert [r.backend for r in log.rows[log.claims[0].uid]] == ["symbolic"]

    def test_the_marker(self, project):
        log = self.points(project, "@pytest.mark.gradcheck(max_examples=8)", "")
        assert log.claims[0].points == 12

    def test_the_call(self, project):
        log = self.points(project, "@pytest.mark.gradcheck(max_examples=8)", ", max_examples=9")
        assert log.claims[0].points == 13

    def test_a_test_that_names_its_backends_leaves_the_log_complete(self, project):
        log = self.points(project, "@pytest.mark.gradcheck(backends=['symbolic'])", "")
        assert log.complete
        rows = {r.backend: (r.verdict, r.reason) for r in log.rows[log.claims[0].uid]}
        assert rows["symbolic"] == ("pass", None)
        assert rows["autodiff"] == ("unsupported", "not asked: the test named other backends")

    @pytest.mark.parametrize(("marked", "strange"), [("examples=8", "examples"), ("8", "8")])
    def test_an_unknown_word_in_the_marker_is_refused(self, project, marked, strange):
        project.write(
            test_square=SQUARE
            + f"\nimport pytest\n@pytest.mark.gradcheck({marked})\ndef test_it(gradcheck):\n"
            "    gradcheck.verify(square)\n"
        )
        result = project.run()
        result.assert_outcomes(failed=1)
        words = f"takes the keywords seed, max_examples, backends, not {strange}."
        result.stdout.fnmatch_lines([f"*UsageError: @pytest.mark.gradcheck {words}"])


def test_it_works_in_a_fixture_of_the_users(project):
    """What is found in setup is recorded too."""
    project.write(
        test_square=SQUARE
        + """
import pytest

@pytest.fixture
def checked(gradcheck):
    return gradcheck.assert_correct(square)

def test_it(checked):
    assert checked.passed
"""
    )
    project.run("--gradcheck-report=reports").assert_outcomes(passed=1)
    assert [c.uid for c in project.log().claims] == ["test_square.py::test_it"]


UNITTEST = (
    SQUARE
    + """
import unittest

class Square(unittest.TestCase):
    def test_right(self):
        gc.assert_correct(square, max_examples=6)

    def test_wrong(self):
        gc.assert_correct(square, lambda delta, x: delta * x, max_examples=6)

if __name__ == "__main__":
    unittest.main()
"""
)


def test_unittest_needs_no_pytest(tmp_path):
    """`assert_correct` alone: a failure, not an error, with the story."""
    file = tmp_path / "test_square.py"
    file.write_text(UNITTEST)
    done = subprocess.run(
        [sys.executable, "-Werror", str(file)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert "Ran 2 tests" in done.stderr
    assert "FAILED (failures=1)" in done.stderr
    assert "FAIL: test_wrong" in done.stderr
    assert "GradientError: dJ/dx: " in done.stderr
    assert "dJ/dx[0] is 1.0, but symbolic, finite_difference and autodiff say 2.0" in done.stderr


def test_a_test_case_of_unittest_under_pytest(project, outcomes):
    """The same file."""
    project.write(test_square=UNITTEST)
    result = project.run()
    assert outcomes(result) == {"Square::test_right": "passed", "Square::test_wrong": "failed"}
    assert "api.py" not in result.stdout.str()
