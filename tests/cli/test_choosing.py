"""What `gradcheck verify` is asked to check: folders, `-k`, `-x`, code without decorators."""

import json
import time
from pathlib import Path

import pytest

from gradcheck.records.reading import read_log

FORMULA = """
import gradcheck


@gradcheck.formula(shapes={{"x": "n"}})
def {name}(x):
    return x * x


@{name}.vjp
def backward(delta, x):
    return {factor} * delta * x
"""
PLAIN = """
import numpy as np


def forward(W, x):
    return W @ x


def backward(delta, W, x):
    return np.outer(delta, x), W.T @ delta


def transposed(delta, W, x):
    return np.outer(delta, x), W @ delta


def tangent(tangents, W, x):
    return tangents.W @ x + W @ tangents.x


def half_a_tangent(tangents, W, x):
    return W @ tangents.x


class Layer:
    @staticmethod
    def cost(s, y):
        return -np.sum(y * (s - np.max(s) - np.log(np.sum(np.exp(s - np.max(s))))))

    @staticmethod
    def gradient(delta, s, y):
        p = np.exp(s - np.max(s))
        return delta * (p / np.sum(p) - y), None


size = 3
"""
SHAPES = ("--shapes", "W: n m; x: m")
FEW = ("--max-examples", "6")


@pytest.fixture
def files(gradcheck):
    """Right and wrong formulas in a folder, and what must not be run."""
    for place in ("formulas/deep", "formulas/.hidden", "formulas/venv", "empty"):
        Path(place).mkdir(parents=True)
    Path("formulas/venv/pyvenv.cfg").touch()
    Path("formulas/a.py").write_text(FORMULA.format(name="a", factor=2))
    Path("formulas/deep/b.py").write_text(FORMULA.format(name="b", factor=3))
    Path("formulas/deep/c.py").write_text(FORMULA.format(name="c", factor=2))
    Path("formulas/script.py").write_text("raise SystemExit('a script')")
    Path("formulas/test_a.py").write_text("import gradcheck\nraise RuntimeError('a test')")
    Path("formulas/.hidden/d.py").write_text("import gradcheck\ngradcheck.formula(1 / 0)")
    Path("formulas/venv/e.py").write_text("import gradcheck\ngradcheck.formula(1 / 0)")
    Path("plain.py").write_text(PLAIN)


def judged():
    return [claim.uid for claim in read_log("reports/run.jsonl").claims]


class TestFolders:
    def test_the_files_of_formulas_in_it_are_checked(self, gradcheck, files):
        result = gradcheck("verify", "formulas", *FEW)

        assert result.exit_code == 1, result.output
        assert judged() == ["a.vjp", "b.vjp", "c.vjp"]
        assert "run it again: gradcheck replay 'b.vjp'" in result.stdout

    def test_with_other_words_each_once(self, gradcheck, files):
        assert gradcheck("verify", "formulas/deep", "formulas/deep/c.py", "relu", *FEW).exit_code == 1
        assert judged()[:2] == ["b.vjp", "c.vjp"]
        assert len(judged()) == 4

    def test_a_name_of_the_catalogue_is_no_folder(self, gradcheck, files):
        Path("relu").mkdir()
        assert gradcheck("verify", "relu", *FEW).exit_code == 0
        assert judged() == ["D15/relu.entry-da[i]_dz[i]", "D15/relu.vjp"]

    def test_one_without_formulas_is_2(self, gradcheck, files):
        result = gradcheck("verify", "empty")

        assert result.exit_code == 2
        assert "empty: there is no file with formulas in this folder" in result.stderr

    def test_and_0_where_it_may_be_empty(self, gradcheck, files):
        """As the hook and the action ask; nothing else is checked in its place."""
        assert gradcheck("verify", "empty", "--allow-empty").exit_code == 0
        assert judged() == []

    def test_among_others_it_is_passed_over_with_a_note(self, gradcheck, files):
        result = gradcheck("verify", "empty", "formulas/deep", *FEW)
        assert result.exit_code == 1
        assert "empty: there is no claim in it; it is passed over." in result.stdout + result.stderr
        assert judged() == ["b.vjp", "c.vjp"]


class TestKeywords:
    def test_they_choose(self, gradcheck, files):
        assert gradcheck("verify", "formulas", "-k", "not b", *FEW).exit_code == 0
        assert judged() == ["a.vjp", "c.vjp"]
        assert read_log("reports/run.jsonl").header.command == (
            "gradcheck verify formulas --max-examples 6 --seed 0 -k 'not b'"
        )

    def test_nothing_chosen_is_2_and_the_near_name_is_told(self, gradcheck, files):
        result = gradcheck("verify", "-k", "softmx_cross_entropy")

        assert result.exit_code == 2
        assert "Did you mean 'softmax_cross_entropy'?" in result.stderr
        assert not Path("reports").exists()

    def test_what_is_no_expression_is_2(self, gradcheck, files):
        assert gradcheck("verify", "-k", "a and").exit_code == 2


class TestStopping:
    def test_x_ends_at_the_first_that_did_not_come_out_and_the_log_says_so(self, gradcheck, files):
        result = gradcheck("verify", "formulas", "-x", *FEW)

        assert result.exit_code == 1
        log = read_log("reports/run.jsonl")
        assert [claim.uid for claim in log.claims] == ["a.vjp", "b.vjp"]
        assert log.footer.stopped
        assert log.problems == (
            "the run was stopped after the first claim that did not come out (-x)",
            "1 claim was not judged: c.vjp",
        )
        assert "INCOMPLETE: 2 of 3 claims judged: 1 failed, 1 passed" in result.stdout
        assert json.loads(Path("reports/summary.json").read_text())["exit_code"] == 1
        assert gradcheck("report", "reports/run.jsonl", "--format", "md").exit_code == 1

    def test_the_twin_a_run_in_which_all_come_out_is_whole(self, gradcheck, files):
        assert gradcheck("verify", "formulas", "-x", "-k", "not b", *FEW).exit_code == 0
        assert not read_log("reports/run.jsonl").footer.stopped

    def test_a_failure_that_is_the_last_stops_nothing(self, gradcheck, files):
        assert gradcheck("verify", "formulas", "-x", "-k", "not c", *FEW).exit_code == 1
        log = read_log("reports/run.jsonl")
        assert log.complete
        assert not log.footer.stopped

    def test_with_workers_it_is_the_same(self, gradcheck, files):
        pytest.importorskip("distributed", reason="pip install dask[distributed]")
        assert gradcheck("verify", "formulas", "-x", "--jobs", "2", *FEW).exit_code == 1
        log = read_log("reports/run.jsonl")
        assert [claim.uid for claim in log.claims] == ["a.vjp", "b.vjp"]
        assert log.footer.stopped


class TestWithoutDecorators:
    @pytest.mark.parametrize("place", ["plain", "plain.py"])
    @pytest.mark.parametrize("backward", ["backward", "plain.py:backward"])
    def test_a_right_pair_passes(self, gradcheck, files, place, backward):
        result = gradcheck("verify", f"{place}:forward", "--backward", backward, *SHAPES, *FEW)

        assert result.exit_code == 0, result.output
        assert judged() == ["forward.vjp"]

    @pytest.mark.parametrize(("code", "exit_code"), [("tangent", 0), ("half_a_tangent", 1)])
    def test_other_modes_beside_a_backward_or_alone(self, gradcheck, files, code, exit_code):
        alone = gradcheck("verify", "plain:forward", "--jvp", code, *SHAPES, *FEW)
        assert (alone.exit_code, judged()) == (exit_code, ["forward.jvp"])
        both = gradcheck("verify", "plain:forward", "--backward", "backward", "--jvp", code, *SHAPES, *FEW)
        assert (both.exit_code, judged()) == (exit_code, ["forward.vjp", "forward.jvp"])
        assert f"--jvp {code}" in read_log("reports/run.jsonl").header.command

    def test_a_wrong_pair_fails_and_the_command_runs_it_again(self, gradcheck, files):
        words = ("verify", "plain:forward", "--backward", "plain:transposed", *SHAPES, *FEW)

        result = gradcheck(*words)

        assert result.exit_code == 1
        again = (
            "gradcheck verify plain:forward --max-examples 6 --seed 0 --backward plain:transposed --shapes "
            "'W: n m; x: m'"
        )
        assert f"run it again: {again}" in result.stdout.splitlines()
        assert read_log("reports/run.jsonl").header.command == again
        replayed = gradcheck("replay", "forward.vjp")
        assert replayed.exit_code == 2
        assert f"run {again} again" in replayed.output

    def test_values_and_methods(self, gradcheck, files):
        words = ("verify", "plain:Layer.cost", "--backward", "plain:Layer.gradient", *FEW)

        assert gradcheck(*words, "--shapes", "s: k; y: k", "--values", "y: one_hot").exit_code == 0
        assert gradcheck(*words, "--shapes", "s: k; y: k").exit_code == 1  # p - y holds for labels only

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (
                ("plain:forwrd", "--backward", "backward", *SHAPES),
                "plain has no 'forwrd'. Did you mean 'forward'?",
            ),
            (
                ("plain:forward", "--backward", "bakward", *SHAPES),
                "plain has no 'bakward'. Did you mean 'backward'?",
            ),
            (("plian:forward", "--backward", "backward", *SHAPES), "plian: there is no such module"),
            (
                ("plian.py:forward", "--backward", "backward", *SHAPES),
                "plian.py: there is no such file. Did you mean 'plain.py'?",
            ),
            (("plain:size", "--backward", "backward", *SHAPES), "expected a function, got int"),
            (("plain:forward", "--backward", "backward"), "--shapes is missing, as in `gradcheck verify"),
            (("plain:forward", *SHAPES), "--backward is missing, as in `gradcheck verify"),
            (
                ("plain:forward", "relu", "--backward", "b", *SHAPES),
                "a forward is checked alone; leave out relu",
            ),
            (("relu", "--backward", "backward"), "--backward is for a forward that is named as"),
            (
                ("plain:forward", "--backward", "backward", "--shapes", "W"),
                "expected NAME: ... for each argument",
            ),
            (("plain:forward", "--backward", "backward", "--shapes", "W: n; W: m"), "'W' is there twice"),
            (("plain:forward", "--backward", "backward", "--shapes", "W: n"), "takes (W, x)"),
            (
                ("plain:forward", "--backward", "backward", *SHAPES, "--values", "x: positiv"),
                "Did you mean 'positive'?",
            ),
            (("plain:forward", "--backward", "backward", *SHAPES, "--values", "y: spd"), "y"),
            (
                ("plain:forward", "--backward", "backward", *SHAPES, "--cluster", "x"),
                "--cluster: a single pair",
            ),
        ],
    )
    def test_usage_errors_are_2_at_once(self, gradcheck, files, words, message):
        gradcheck("list", "relu")  # the imports
        started = time.perf_counter()

        result = gradcheck("verify", *words)

        assert result.exit_code == 2
        assert message in result.stderr
        assert time.perf_counter() - started < 0.5
        assert not Path("reports").exists()
