"""Formula files are collected: one test per claim, and one for each of its backends."""

import pytest

from tests.pytest_plugin.conftest import BACKENDS, HEAD, LAYERS, SQUARE

pytest_plugins = ["pytester"]


def names(result):
    return [item.name for item in result.reprec.getcalls("pytest_collection_modifyitems")[0].items]


def of(uid, backends=BACKENDS):
    return [uid, *(f"{uid}[{backend}]" for backend in backends)]


def test_a_file_named_on_the_command_line_is_collected(project, outcomes):
    """A right claim and a refuted erratum pass, a wrong one fails with every backend."""
    project.write(layers=LAYERS)
    result = project.run("layers.py")
    assert names(result) == [*of("dense.vjp"), *of("dense.vjp.wrong"), *of("dense.vjp.book")]
    found = outcomes(result)
    assert {found[name] for name in [*of("dense.vjp"), *of("dense.vjp.book")]} == {"passed"}
    assert {found[name] for name in of("dense.vjp.wrong")} == {"failed"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_failure_shows_our_text(project, monkeypatch, ci):
    """The story once, the backends' own lines beside it, and no traceback.

    On a CI system pytest's summary does not shorten what it repeats.
    """
    monkeypatch.setenv("CI", ci)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    project.write(layers=LAYERS)
    result = project.run("layers.py", "-k", "wrong")
    text = result.stdout.str()
    assert text.count("counterexample at batch = 1, n = 1, m = 1 (the smallest shape found)") == 1
    assert text.count("the whole story: layers.py::dense.vjp.wrong\n") == 3
    result.stdout.fnmatch_lines(
        [
            "*_ dense.vjp.wrong _*",
            "counterexample at *: dJ/d*[[]0, 0[]] is *, but symbolic, finite_difference and autodiff say *",
            "run it again: pytest layers.py::dense.vjp.wrong",
            "*_ dense.vjp.wrong[[]finite_difference[]] _*",
            "finite_difference: * of * differ*",
            "*FAILED layers.py::dense.vjp.wrong - Failed: dJ/dX and dJ/dW: the de*",
        ]
    )
    assert "Traceback" not in text
    assert "def " not in text
    assert "gradcheck/" not in text


def test_one_backend_alone_tells_the_whole_story(project):
    """Where the claim's own test is not run."""
    project.write(layers=LAYERS)
    result = project.run("layers.py::dense.vjp.wrong[symbolic]")
    result.assert_outcomes(failed=1)
    assert "counterexample at" in result.stdout.str()
    assert "the whole story" not in result.stdout.str()
    result.stdout.fnmatch_lines(["run it again: pytest 'layers.py::dense.vjp.wrong[[]symbolic[]]'"])


def test_a_claims_name_selects_all_of_it_and_the_marker_all_claims(project):
    """As `-k` does."""
    project.write(layers=LAYERS, test_other="def test_other():\n    assert True\n")
    assert names(project.run("layers.py::dense.vjp")) == of("dense.vjp")
    project.run("layers.py", "test_other.py", "-m", "not gradcheck").assert_outcomes(passed=1, deselected=12)
    project.run("layers.py", "test_other.py", "-k", "book", "-m", "gradcheck").assert_outcomes(
        passed=4, deselected=9
    )


WEAK = (
    HEAD
    + """
@gc.formula(shapes={"x": "n"}, values={"x": lambda shape, rng: 1e4 + rng.random(shape)})
def saturated(x):
    return np.tanh(x)

@saturated.vjp
def saturated_backward(delta, x):
    return delta * (1 - np.tanh(x) ** 2)
"""
)
ERROR = (
    HEAD
    + """
@gc.formula(shapes={"x": "n"})
def broken(x):
    return x[100]

@broken.vjp
def broken_backward(delta, x):
    return delta
"""
)
INCONCLUSIVE = (
    HEAD
    + """
@gc.formula(shapes={"x": "n"}, values={"x": gc.positive})
def log(x):
    return np.log(-x)

@log.vjp
def log_backward(delta, x):
    return delta / x
"""
)


@pytest.mark.parametrize(
    ("text", "name", "outcome", "words"),
    [
        (WEAK, "saturated.vjp", "failed", "weak: dJ/dx was below resolution at every point"),
        (ERROR, "broken.vjp", "error", "error: *the forward raises IndexError: *100 "),
        (INCONCLUSIVE, "log.vjp", "failed", "inconclusive: the forward is finite at no point"),
    ],
)
def test_weak_and_inconclusive_fail_and_error_errors(project, outcomes, text, name, outcome, words):
    """With the reason as the first line."""
    project.write(layers=text)
    result = project.run("layers.py")
    assert outcomes(result)[name] == outcome
    result.stdout.fnmatch_lines([f"{words}*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_backend_that_cannot_answer_is_skipped_with_the_reason(project, outcomes):
    """SymPy is not asked for 144 entries; the claim passes with the others."""
    project.write(square=SQUARE.replace('{"x": "n"}', '{"x": "12 6"}'))
    result = project.run("square.py", "-rs")
    assert outcomes(result) == dict.fromkeys(of("square.vjp"), "passed") | {"square.vjp[symbolic]": "skipped"}
    result.stdout.fnmatch_lines(
        ["SKIPPED [[]1[]] square.py:10: symbolic: unsupported: over SymPy's 128-entry limit"]
    )
    assert result.ret == 0


def test_a_backend_that_is_not_installed_is_skipped(project, outcomes, entry_points):
    """And its name is known without loading it."""
    entry_points(autodiff=ImportError("No module named 'jax'"))
    project.write(square=SQUARE)
    result = project.run("square.py", "-rs")
    assert outcomes(result)["square.vjp[autodiff]"] == "skipped"
    assert outcomes(result)["square.vjp[symbolic]"] == "passed"
    assert "ImportError: No module named 'jax'" in result.stdout.str()
    assert result.ret == 0


COUNTED = (
    SQUARE
    + """
import pathlib
with pathlib.Path(__file__).with_name("runs.txt").open("a") as runs:
    runs.write("x")
"""
)


def test_a_claim_is_judged_once_for_all_its_tests(project):
    """As many calls of its code as for one of them."""

    def calls(*words):
        (project.path / "calls.txt").write_text("")
        project.run(*words)
        return len((project.path / "calls.txt").read_text())

    counting = '    open("calls.txt", "a").write("x")\n    return 2 * delta * x\n'
    project.write(square=SQUARE.replace("    return 2 * delta * x\n", counting))
    assert calls("square.py") == calls("square.py::square.vjp[symbolic]") > 0


@pytest.mark.parametrize("mode", ["prepend", "importlib", "append"])
def test_a_file_with_tests_and_formulas_is_run_once(project, outcomes, mode):
    """Tests first, then the formulas of the same module."""
    text = COUNTED + "\ndef test_square():\n    assert square(3.0) == 9.0\n"
    project.write(test_square=text)
    result = project.run("test_square.py", f"--import-mode={mode}")
    assert outcomes(result) == {"test_square": "passed"} | dict.fromkeys(of("square.vjp"), "passed")
    assert (project.path / "runs.txt").read_text() == "x"


def test_without_being_named_a_test_file_gives_its_tests_only(project, outcomes):
    """Formulas in it serve the tests."""
    project.write(test_square=COUNTED + "\ndef test_square():\n    assert square(3.0) == 9.0\n")
    assert outcomes(project.run()) == {"test_square": "passed"}
    assert (project.path / "runs.txt").read_text() == "x"


def test_formulas_that_a_test_file_imports_are_not_its_own(project, outcomes):
    """They are checked in their own file."""
    project.write(
        square=SQUARE, test_square="from square import square\n\ndef test_it():\n    assert square(2) == 4\n"
    )
    assert outcomes(project.run("test_square.py")) == {"test_it": "passed"}


def test_a_formula_file_may_import_its_formulas(project, outcomes):
    """As on the command line of gradcheck."""
    project.write(square=SQUARE, all="from square import square\n")
    assert set(outcomes(project.run("all.py"))) == set(of("square.vjp"))


def test_other_files_on_the_command_line_are_left_alone(project):
    """One that breaks is reported once, by pytest; one that is skipped stays skipped."""
    project.write(
        test_a="def test_a():\n    assert True\n",
        test_b="1 / 0\n",
        test_c="import pytest\npytest.skip('not here', allow_module_level=True)\n",
    )
    project.run("test_a.py").assert_outcomes(passed=1)
    broken = project.run("test_b.py")
    broken.assert_outcomes(errors=1)
    assert "gradcheck" not in broken.stdout.str().split("ERRORS")[1]
    project.run("test_c.py").assert_outcomes(skipped=1)


class TestIniFile:
    """`gradcheck_files` names files by patterns."""

    def test_files_are_found_where_pytest_looks(self, project, outcomes):
        project.write(
            formulas__square=SQUARE,
            formulas__helpers="X = 1\n",
            formulas__conftest="",
            test_other="def test_other():\n    assert True\n",
            pytest_ini="[pytest]\ngradcheck_files = formulas/*.py\n",
        )
        assert set(outcomes(project.run())) == {*of("square.vjp"), "test_other"}
        assert set(outcomes(project.run("formulas"))) == set(of("square.vjp"))
        assert set(outcomes(project.run("test_other.py"))) == {"test_other"}

    def test_testpaths_do_not_hide_them(self, project, outcomes):
        project.write(
            formulas__square=SQUARE,
            tests__test_other="def test_other():\n    assert True\n",
            pytest_ini="[pytest]\ngradcheck_files = formulas/*.py\ntestpaths = tests\n",
        )
        assert set(outcomes(project.run())) == {*of("square.vjp"), "test_other"}
        assert set(outcomes(project.run("tests"))) == {"test_other"}

    @pytest.mark.parametrize("mode", ["prepend", "importlib"])
    def test_testpaths_do_not_change_how_they_are_loaded(self, project, outcomes, mode):
        project.write(
            formulas__square=SQUARE + "\nfrom helpers import X\n\ndef test_of_a_number(x=2):\n    assert x\n",
            formulas__helpers="X = 1\n",
            tests__test_other="def test_other():\n    assert True\n",
            pytest_ini="[pytest]\ngradcheck_files = formulas/*.py\ntestpaths = tests\n",
        )
        (project.path / "formulas" / "__init__.py").write_text("")
        assert set(outcomes(project.run(f"--import-mode={mode}"))) == {*of("square.vjp"), "test_other"}

    def test_testpaths_that_hold_them_give_them_once(self, project):
        project.write(
            tests__square=SQUARE, pytest_ini="[pytest]\ngradcheck_files = tests/*.py\ntestpaths = tests\n"
        )
        assert names(project.run()) == of("square.vjp")

    def test_modules_beside_the_file_can_be_imported(self, project, outcomes):
        project.write(
            formulas__square=SQUARE + "\nfrom helpers import X\n",
            formulas__helpers="X = 1\n",
            pytest_ini="[pytest]\ngradcheck_files = formulas/square.py\n",
        )
        assert set(outcomes(project.run())) == set(of("square.vjp"))

    def test_a_file_that_cannot_be_imported_is_an_error_with_the_users_lines(self, project):
        project.write(
            formulas__square="def f():\n    return 1 / 0\n\nf()\n",
            pytest_ini="[pytest]\ngradcheck_files = formulas/*.py\n",
        )
        result = project.run()
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(
            ["*square.py cannot be imported:", '  File "*square.py", line 2, in f', "ZeroDivisionError*"]
        )
        assert "importlib" not in result.stdout.str()

    @pytest.mark.parametrize(
        ("pattern", "words"),
        [
            ("formulae/*.py", "'formulae/[*].py' matches no Python file below *"),
            ("formulas", "'formulas' matches no Python file below *; it is a folder, write formulas/[*].py"),
        ],
    )
    def test_a_pattern_that_matches_nothing_warns(self, project, pattern, words):
        project.write(
            formulas__square=SQUARE,
            test_other="def test_other():\n    assert True\n",
            pytest_ini=f"[pytest]\ngradcheck_files = {pattern}\n",
        )
        result = project.pytester.runpytest_inprocess("test_other.py")
        result.assert_outcomes(passed=1, warnings=1)
        result.stdout.fnmatch_lines([f"*PytestConfigWarning: gradcheck_files: {words}"])


def test_two_claims_of_one_name_in_a_file_are_refused(project):
    """Nobody could tell their results apart."""
    project.write(square=SQUARE + "\nfirst = square\n" + SQUARE.replace(HEAD, ""))
    result = project.run("square.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*two claims are called 'square.vjp'. Give one of the formulas another*"])


def test_backends_are_chosen_by_name(project):
    """In the order of the command line, each once."""
    project.write(square=SQUARE)
    words = [f"--gradcheck-backend={b}" for b in ("autodiff", "symbolic", "autodiff")]
    assert names(project.run("square.py", *words)) == of("square.vjp", ("autodiff", "symbolic"))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--gradcheck-backend=sympy", "*unknown backend 'sympy'; there are *Did you mean 'symbolic'*"),
        ("--gradcheck-seed=-1", "*argument --gradcheck-seed: invalid integer of 0 or more value: '-1'*"),
        ("--gradcheck-seed=x", "*argument --gradcheck-seed: invalid integer of 0 or more value: 'x'*"),
        ("--gradcheck-max-examples=0", "*invalid integer of 1 or more value: '0'*"),
    ],
)
def test_options_that_make_no_sense_stop_the_run(project, option, words):
    """With pytest's code for usage errors, before any test."""
    project.write(square=SQUARE)
    result = project.run("square.py", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([words])


def test_seed_and_number_of_points_reach_the_claims(project):
    """As the log shows."""
    project.write(square=SQUARE)
    project.run(
        "square.py", "--gradcheck-seed=7", "--gradcheck-max-examples=11", "--gradcheck-report=reports"
    )
    log = project.log()
    assert (log.header.seed, log.header.max_examples, log.claims[0].points) == (7, 11, 14)


def test_a_project_with_its_own_conftest_and_strict_markers(project):
    """The marker is registered, and fixtures of the project do not matter."""
    project.write(
        square=SQUARE,
        conftest="import pytest\n@pytest.fixture(autouse=True)\ndef own():\n    yield\n",
        pytest_ini="[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n",
    )
    project.run("square.py", "-p", "no:randomly").assert_outcomes(passed=4)
    project.run("--markers").stdout.fnmatch_lines(["@pytest.mark.gradcheck(seed, max_examples, backends):*"])
