"""`--gradcheck-report=DIR`: the command line's reports, however the run is made and however it ends."""

import json

import pytest

from gradcheck.records.reading import read_log
from gradcheck.report import FORMATS
from tests.pytest_plugin.conftest import HEAD, LAYERS, SQUARE

pytest_plugins = ["pytester"]

REPORT = "--gradcheck-report=reports"
TIMES = {"seconds", "started", "finished", "command"}

TESTS = (
    HEAD
    + """
import pytest
from square import square

@pytest.mark.parametrize("factor", [1, 2, 3])
def test_factors(gradcheck, factor):
    gradcheck.verify(square, lambda delta, x: factor * delta * x)
    gradcheck.verify(np.sin, lambda d, x: d * np.cos(x), {"x": "n"})

def test_last(gradcheck):
    gradcheck.assert_correct(square)
"""
)


def lines(folder):
    """The log without what differs from run to run."""
    return [
        {key: value for key, value in json.loads(line).items() if key not in TIMES}
        for line in (folder / "run.jsonl").read_text().splitlines()
    ]


@pytest.fixture
def mine(project):
    """A test file, and a file that it imports a formula from."""
    project.write(test_mine=TESTS, square=SQUARE)
    return project


@pytest.fixture
def both(mine):
    """A formula file beside them."""
    mine.write(layers=LAYERS)
    return mine


def test_all_the_reports_are_written(both):
    """Formulas first, as on the command line of pytest; the summary line names the folder."""
    result = both.run("layers.py", "test_mine.py", REPORT)
    assert {path.name for path in (both.path / "reports").iterdir()} == set(FORMATS.values())
    result.stdout.fnmatch_lines(
        [
            "gradcheck: 10 claims: 3 failed, *",
            "reports in reports: run.jsonl, summary.json, junit.xml, report.md, report.html",
        ]
    )
    log = both.log()
    assert log.complete
    assert log.exit_code == 1
    options = "--gradcheck-max-examples=6 -Werror -pno:cacheprovider"
    assert log.header.command == f"pytest {options} layers.py test_mine.py {REPORT}"
    factors = [f"test_mine.py::test_factors[{n}]{call}" for n in (1, 2, 3) for call in ("", " (2)")]
    assert log.header.claims == [
        *("dense.vjp", "dense.vjp.wrong", "dense.vjp.book"),
        *factors,
        "test_mine.py::test_last",
    ]
    summary = json.loads((both.path / "reports" / "summary.json").read_text())
    assert (summary["outcome"], summary["claims_judged"]) == ("not as declared", 10)


def test_they_are_those_of_the_command_line(project):
    """Row by row, for the same formulas."""
    from click.testing import CliRunner

    from gradcheck.cli.main import cli

    project.write(layers=LAYERS)
    project.run("layers.py", REPORT)
    words = ["verify", "layers.py", "--max-examples", "6", "--report-dir", "cli"]
    assert CliRunner().invoke(cli, words).exit_code == 1
    mine, theirs = lines(project.path / "reports"), lines(project.path / "cli")
    assert mine[0] == theirs[0]
    assert mine == theirs


def test_under_xdist_they_are_the_same(both):
    """Two workers; the order is that of the tests."""
    both.run("layers.py", "test_mine.py", REPORT)
    result = both.run_apart("layers.py", "test_mine.py", "--gradcheck-report=apart", "-n2")
    result.stdout.fnmatch_lines(["gradcheck: 10 claims: 3 failed, *"])
    assert lines(both.path / "apart") == lines(both.path / "reports")
    assert {p.name for p in (both.path / "apart").iterdir()} == set(FORMATS.values())


def test_a_worker_that_crashes_costs_its_own_test_only(mine):
    """The others' results are there, and the log says what is not."""
    crash = "\nimport os\ndef test_crash(gradcheck):\n    gradcheck.verify(square)\n    os._exit(1)\n"
    mine.write(test_mine=TESTS + crash)
    result = mine.run_apart("test_mine.py", REPORT, "-n2", "-pno:faulthandler")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    log = mine.log()
    assert not log.complete
    assert log.missing == ("test_mine.py::test_crash",)
    assert len(log.claims) == 7


def test_stopping_at_the_first_failure_leaves_an_incomplete_log(both):
    """What came before is kept, what was not come to is named."""
    result = both.run("layers.py", "test_mine.py", REPORT, "-x")
    result.stdout.fnmatch_lines(["gradcheck: INCOMPLETE: 2 of 7 claims judged: 1 failed, 1 passed"])
    log = both.log()
    assert not log.complete
    assert log.footer is None
    assert [c.uid for c in log.claims] == ["dense.vjp", "dense.vjp.wrong"]
    assert "dense.vjp.book" in log.missing
    assert "test_mine.py::test_last" in log.missing


def test_stopping_at_the_very_last_claim_leaves_a_complete_one(project):
    """All of it was judged, whatever tests of it were left out."""
    project.write(layers=LAYERS)
    project.run("layers.py", REPORT, "-x", "-k", "wrong")
    assert project.log().complete


INTERRUPTED = TESTS.replace(
    "def test_last(gradcheck):",
    "def test_interrupted(gradcheck):\n    gradcheck.verify(square)\n    raise KeyboardInterrupt\n\n"
    "def test_last(gradcheck):",
)


def test_an_interruption_keeps_what_was_finished(mine):
    """Also in the test that was interrupted."""
    mine.write(test_mine=INTERRUPTED)
    result = mine.run("test_mine.py", REPORT, ctrl_c=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    log = mine.log()
    assert not log.complete
    assert log.footer is None
    assert "test_mine.py::test_interrupted" in {c.uid for c in log.claims}
    assert log.missing == ("test_mine.py::test_last",)
    assert {path.name for path in (mine.path / "reports").iterdir()} == set(FORMATS.values())


def test_a_run_that_is_killed_leaves_its_log(mine):
    """It can be read: incomplete, with what was finished."""
    mine.write(test_mine=INTERRUPTED.replace("raise KeyboardInterrupt", "import os; os._exit(9)"))
    mine.run_apart("test_mine.py", REPORT)
    (file,) = (mine.path / "reports").iterdir()
    assert file.name == "run.jsonl"
    log = read_log(file)
    assert not log.complete
    assert [c.uid for c in log.claims] == [f"test_mine.py::test_factors[{n}]" for n in (1, 2, 3)]


def test_without_anything_to_check_the_reports_say_so(project):
    """Tests that have nothing to do with us, and no tests at all."""
    project.write(test_other="def test_other():\n    assert True\n")
    result = project.run(REPORT)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["gradcheck: INCOMPLETE: 0 claims"])
    assert project.log().problems == ("there is not one claim in it",)
    assert project.run(REPORT, "-k", "none").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert project.log().claims == ()


def test_deselected_tests_are_not_missed(both):
    """What was not asked for is not planned."""
    both.run("layers.py", "test_mine.py", REPORT, "-k", "book or last")
    log = both.log()
    assert log.complete
    assert log.header.claims == ["dense.vjp.book", "test_mine.py::test_last"]


def test_two_files_with_a_claim_of_one_name(project):
    """The second is told by its file; neither is lost."""
    project.write(
        a=SQUARE, b=SQUARE.replace("2 * delta", "3 * delta"), pytest_ini="[pytest]\npython_files = no\n"
    )
    project.run("a.py", "b.py", REPORT)
    log = project.log()
    assert log.complete
    assert {c.uid: c.verdict for c in log.claims} == {"square.vjp": "pass", "b.py::square.vjp": "fail"}


def test_a_test_that_is_run_again_counts_once(project):
    """As plugins do that repeat failing tests."""
    project.write(
        test_mine=SQUARE + "\ndef test_it(gradcheck):\n    gradcheck.assert_correct(square)\n",
        conftest="""
            import pytest
            from _pytest.runner import runtestprotocol

            @pytest.hookimpl(tryfirst=True)
            def pytest_runtest_protocol(item, nextitem):
                for again in range(2):
                    item._initrequest()
                    runtestprotocol(item, nextitem=nextitem)
                return True
            """,
    )
    project.run(REPORT)
    log = project.log()
    assert log.complete
    assert log.header.claims == ["test_mine.py::test_it"]


class TestFoldersThatCannotBeWritten:
    """A clear error at the start, not after an hour."""

    @pytest.mark.parametrize(
        ("folder", "words"),
        [
            ("test_mine.py", "reports cannot be written there: File exists"),
            ("test_mine.py/reports", "reports cannot be written there: Not a directory"),
            ("/proc/reports", "--gradcheck-report: /proc/reports: reports cannot be written there: "),
        ],
    )
    def test_the_run_is_refused(self, mine, folder, words):
        result = mine.run(f"--gradcheck-report={folder}")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert words in result.stderr.str()
        assert "test_mine.py ." not in result.stdout.str()

    def test_also_under_xdist(self, mine):
        result = mine.run_apart("--gradcheck-report=test_mine.py", "-n2")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "File exists" in result.stderr.str()

    def test_help_and_collection_make_no_folder(self, mine):
        for words in (["--help"], ["--collect-only"], ["--markers"]):
            assert mine.run(REPORT, *words).ret == 0
        assert not (mine.path / "reports").exists()

    def test_a_folder_is_made_and_the_earlier_report_replaced(self, mine):
        folder = mine.path / "a" / "b"
        folder.mkdir(parents=True)
        (folder / "run.jsonl").write_text("old")
        mine.run("--gradcheck-report=a/b", "-k", "last").assert_outcomes(passed=1, deselected=3)
        assert mine.log("a/b").complete


def test_a_disk_that_is_full_in_the_end_is_told_and_not_passed_over(mine, monkeypatch):
    """The tests keep their outcomes; what could be written is there."""

    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gradcheck.report.write_file", full)
    result = mine.run(REPORT, "-k", "last")
    result.assert_outcomes(passed=1, deselected=3)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(
        ["gradcheck: the reports in reports are not complete: OSError: No space left on device"]
    )
    assert [c.uid for c in mine.log().claims] == ["test_mine.py::test_last"]


def test_a_disk_that_is_full_on_the_way_does_not_stop_the_tests(mine, monkeypatch):
    """The records are kept in memory, and written at the end if there is room again."""
    from gradcheck.records.writing import LogWriter

    def full(self, record):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LogWriter, "write", full)
    result = mine.run(REPORT, "-k", "last")
    result.assert_outcomes(passed=1, deselected=3)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert mine.log().complete


def test_tests_that_change_the_folder_do_not_move_the_report(project):
    """It lies where the run was started."""
    project.write(
        test_mine=SQUARE + "\nimport os\ndef test_it(gradcheck, tmp_path):\n"
        "    os.chdir(tmp_path)\n    gradcheck.verify(square)\n"
    )
    project.run(REPORT).assert_outcomes(passed=1)
    assert project.log().complete


def test_records_that_contradict_each_other_are_told(project):
    """A backend of somebody else that gives the same row twice must not end pytest."""
    project.write(
        test_mine=HEAD
        + """
from msgspec.structs import replace
import dataclasses

def test_it(gradcheck):
    result = gc.verify(np.sin, lambda d, x: d * np.cos(x), {"x": "n"}, max_examples=6)
    gradcheck.record(dataclasses.replace(result, backends=result.backends * 2))
"""
    )
    result = project.run(REPORT)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "a second row of 'symbolic'" in result.stdout.str()


ASSERTIONS = (
    HEAD
    + """
import gradcheck
import pytest

def right(delta, x):
    return 2 * delta * x

def wrong(delta, x):
    return delta * x

def square(x):
    return x * x

def test_right():
    gradcheck.assert_correct(square, right, {"x": "n"}, max_examples=6)

def test_wrong():
    gradcheck.assert_correct(square, right, {"x": "n"}, max_examples=6)
    gradcheck.assert_correct(square, wrong, {"x": "n"}, max_examples=6)

def test_expected():
    with pytest.raises(gradcheck.GradientError):
        gradcheck.assert_correct(square, wrong, {"x": "n"}, max_examples=6)

def test_without():
    assert not gradcheck.verify(square, wrong, {"x": "n"}, max_examples=6)
"""
)


def test_assertions_without_the_fixture_are_in_the_report(project):
    """A failure that a test expects, and what is only asked, are not: the report is of what was asserted."""
    project.write(test_mine=ASSERTIONS)

    result = project.run("test_mine.py", REPORT)

    result.stdout.fnmatch_lines(["gradcheck: 3 claims: 1 failed, 2 passed"])
    assert {claim.uid: claim.verdict for claim in project.log().claims} == {
        "test_mine.py::test_right": "pass",
        "test_mine.py::test_wrong": "pass",
        "test_mine.py::test_wrong (2)": "fail",
    }
