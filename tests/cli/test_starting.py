"""`gradcheck init` and `gradcheck harness`: what they write passes, and nothing is overwritten."""

import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.cli import starting
from gradcheck.records.reading import read_log

ROOT = Path(__file__).parent.parent.parent


class TestInit:
    def test_every_claim_of_the_file_passes(self, gradcheck):
        written = gradcheck("init", "mine.py")

        assert written.exit_code == 0
        assert written.stdout.splitlines()[-1] == "gradcheck verify mine.py"
        result = gradcheck("verify", "mine.py", "--max-examples", "10")
        assert result.exit_code == 0, result.output
        assert "3 claims: 3 passed" in result.stdout
        assert {claim.verdict for claim in read_log("reports/run.jsonl").claims} == {"pass"}
        assert "`gradcheck verify mine.py` checks them" in Path("mine.py").read_text()

    def test_the_twin_a_mistake_in_it_is_found(self, gradcheck):
        gradcheck("init", "mine.py")
        file = Path("mine.py")
        file.write_text(file.read_text().replace("(1 - a**2)", "(1 - a)"))

        assert gradcheck("verify", "mine.py", "--max-examples", "10").exit_code == 1

    def test_pytest_runs_it_too(self, gradcheck):
        gradcheck("init", "mine.py")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "mine.py"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stdout

    @pytest.mark.parametrize(
        ("file", "message"),
        [
            ("there.py", "there.py is there already, and stays as it is"),
            ("mine", "expected a file that ends in .py, such as mine.py"),
            ("mine.txt", "expected a file that ends in .py, such as mine.py"),
            ("no/mine.py", "there is no folder no; make it first"),
        ],
    )
    def test_usage_errors_are_2_and_nothing_is_touched(self, gradcheck, file, message):
        Path("there.py").write_text("mine")

        result = gradcheck("init", file)

        assert result.exit_code == 2
        assert message in result.stderr
        assert [(p.name, p.read_text()) for p in Path().iterdir()] == [("there.py", "mine")]


class TestHarness:
    @pytest.mark.parametrize(
        ("language", "name"), [("c", "harness.c"), ("javascript", "harness.js"), ("python", "harness.py")]
    )
    def test_it_is_the_one_that_is_tested(self, gradcheck, language, name):
        result = gradcheck("harness", language)

        assert result.exit_code == 0
        assert "gradcheck external -- " in result.stdout
        assert Path(name).read_bytes() == (ROOT / "harnesses" / language / name).read_bytes()
        assert gradcheck("harness", language).exit_code == 2
        assert gradcheck("harness", language, "other.txt").exit_code == 0

    def test_the_command_that_is_told_checks_it(self, gradcheck):
        told = gradcheck("harness", "python", "mine.py").stdout.splitlines()[-1]
        assert told == "gradcheck external -- python3 mine.py"

        result = gradcheck("external", "--smoke", "--", sys.executable, "mine.py")
        assert result.exit_code == 0, result.output

    def test_an_unknown_language_is_2_with_the_near_one(self, gradcheck):
        result = gradcheck("harness", "Pyton")

        assert result.exit_code == 2
        assert "one of c, javascript, python, got 'Pyton'. Did you mean 'python'?" in result.stderr
        assert not list(Path().iterdir())

    def test_installed_it_lies_in_the_package(self, gradcheck, monkeypatch, tmp_path):
        package = tmp_path / "site" / "gradcheck"
        (package / "harnesses" / "c").mkdir(parents=True)
        (package / "harnesses" / "c" / "harness.c").write_text("installed")
        monkeypatch.setattr(starting, "_PACKAGE", package)

        assert gradcheck("harness", "c").exit_code == 0
        assert Path("harness.c").read_text() == "installed"
        result = gradcheck("harness", "python")
        assert result.exit_code == 2
        assert "this installation of gradcheck lacks python/harness.py" in result.stderr
