"""What a person reads in a terminal, and what a pipe gets."""

import io

import msgspec
import pytest
from rich.console import Console

from gradcheck.records.reading import collect
from gradcheck.records.types import BatteryRow
from gradcheck.report.formats.terminal import Detail, render, show
from tests.report import samples


def text(parts, width=110):
    return render(collect(samples.records(parts)), width)


def test_the_table_ends_with_the_worst_and_the_page_with_the_sum():
    lines = text(samples.EVERYTHING).splitlines()

    assert lines[0].split()[0] == "pass"
    assert lines[10].split()[:2] == ["ERROR", "D17/layer.forward"]
    assert lines[-1] == (
        "11 claims: 1 in error, 2 failed, 1 known erratum not confirmed, 1 inconclusive, 1 weak, 4 passed, "
        "1 known erratum confirmed wrong (4.2 s)"
    )


def test_a_failure_is_told_with_its_counterexample_and_a_line_to_run_it_again():
    lines = text([samples.FAILED]).splitlines()

    assert any("counterexample at n = 1, m = 2" in line for line in lines)
    assert "run it again: gradcheck replay D09/wx.vjp" in lines
    assert any("x = [2.0, 0.1]" in line for line in lines)


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_commands_are_never_broken_and_table_rows_fit(width):
    lines = text([samples.FAILED, samples.PASSED], width).splitlines()

    assert "run it again: gradcheck replay D09/wx.vjp" in lines
    if width >= 60:
        assert all(len(line) <= width for line in lines[:2])


def test_the_command_finds_a_log_in_another_folder():
    def told(parts, directory):
        stream = io.StringIO()
        show(collect(samples.records(parts)), Console(file=stream, width=80), directory=directory)
        return stream.getvalue().splitlines()

    assert "run it again: gradcheck replay D09/wx.vjp --report-dir 'my reports'" in told(
        [samples.FAILED], "my reports"
    )
    assert "run it again: gradcheck replay D09/wx.vjp" in told([samples.FAILED], "reports")


def test_the_worst_failure_stands_last():
    lines = text([samples.ERROR, samples.FAILED, samples.WEAK]).splitlines()

    starts = [line.split()[0] for line in lines if " (formulas/linear.py:17)" in line]
    assert starts == ["weak", "FAIL", "ERROR"]


def test_quiet_is_a_line_for_each_that_did_not_come_out_and_the_summary():
    log = collect(samples.records([samples.FAILED, samples.PASSED, samples.RICH]))

    lines = render(log, detail=Detail.QUIET).splitlines()

    where = "(formulas/linear.py:17)"
    told = (
        "dJ/dW: dJ/dW is too small by the factor 1/2 in column 1. (12 of 12 points, exact to 1e-30); dJ/dx: "
        "No simple explanation fits dJ/dx."
    )
    assert lines == [
        f"FAIL D13/layer.vjp {where}: {told}",
        f"FAIL D12/xw.vjp {where}: {samples.COUNTEREXAMPLE.message}",
        "autodiff is missing: ModuleNotFoundError: No module named 'jax'; pip install 'gradcheck[jax]'",
        "3 claims: 2 failed, 1 passed (4.2 s)",
    ]


def test_verbose_is_everything():
    log = collect(samples.records([samples.RICH]))

    full, normal = render(log, detail=Detail.FULL), render(log)

    assert "leaves its arguments alone: fails: the code changes x in place (at n = 2, m = 3)" in full
    assert "leaves its arguments alone" not in normal
    assert len(normal) < len(full)


def test_passes_and_refuted_errata_need_no_story():
    assert "counterexample" not in text(samples.GOOD)
    assert (
        text(samples.GOOD).splitlines()[-1].startswith("5 claims: 4 passed, 1 known erratum confirmed wrong")
    )


def test_a_pipe_gets_plain_text():
    assert "\x1b" not in text(samples.EVERYTHING)


def test_a_terminal_gets_colour_and_no_foreign_escapes():
    stream = io.StringIO()
    console = Console(file=stream, width=110, force_terminal=True, color_system="standard")

    show(collect(samples.records([samples.HOSTILE_CLAIM])), console)

    assert "\x1b[" in stream.getvalue()  # ours
    assert "\x00" not in stream.getvalue()
    assert "\x1b[31m next" not in stream.getvalue()
    assert "[31m next" in stream.getvalue()  # theirs, without the escape


def test_markup_in_names_is_text():
    part = samples.judged("D1/[bold]x[/bold]", "fail", reason="[/] :smile: [link=x]y[/link]")

    assert "[/] :smile: [link=x]y[/link]" in text([part])
    assert "D1/[bold]x[/bold]" in text([part])


def test_many_failures_are_counted_and_not_all_told():
    parts = [samples.judged(f"D1/x{i}.vjp", "fail") for i in range(300)]

    lines = text(parts).splitlines()

    assert "... and 100 more claims" in lines
    assert "... and 290 more that did not come out; the reports hold all, and -v shows them." in lines


@pytest.mark.parametrize("length", range(1, len(samples.records(samples.GOOD))))
def test_an_incomplete_log_never_looks_passed(length):
    lines = render(collect(samples.records(samples.GOOD)[:length])).splitlines()

    assert lines[-1].startswith("INCOMPLETE")
    assert any(line.startswith("incomplete: ") for line in lines)


def test_strengths_of_what_passed_are_counted():
    lines = text([samples.PASSED, samples.PROVED]).splitlines()

    assert lines[-3] == "strength of what passed: 1 proved, 1 certified"
    assert "strength of" not in text([samples.FAILED])


def test_what_failed_beside_the_numbers_of_a_passed_claim_is_told():
    def part(uid, outcome, verdict="pass", expected="pass"):
        check = BatteryRow(
            claim=uid, check="read-only inputs", outcome=outcome, counts=False, points=2, reason="it raises"
        )
        *rows, claim = samples.judged(uid, verdict)
        return [
            *rows,
            check,
            msgspec.structs.replace(claim, expected=expected, as_declared=verdict == expected),
        ]

    line = "D1/x.vjp: read-only inputs: fails, which does not decide the verdict: it raises"
    assert line in text([part("D1/x.vjp", "fail")]).splitlines()
    assert "read-only" not in text([part("D1/x.vjp", "pass"), part("D1/y.vjp", "note")])
    assert "read-only" not in text([part("D1/x.vjp", "fail", "fail", "fail")])  # an erratum is wrong anyway
    many = text([part(f"D1/x{i}.vjp", "fail") for i in range(13)]).splitlines()
    assert "... and 3 more such lines" in many


class TestWhatAPassLeavesOut:
    """A program that answers null for a gradient passes with the others. Only this says so."""

    def test_it_is_said_once_for_the_run(self):
        few = [
            samples.judged("D09/wx.vjp", unchecked=["dJ/dW"]),
            samples.judged("D16/mse.vjp", unchecked=["dJ/dy"]),
            samples.judged("D16/mae.vjp", unchecked=["dJ/dy"]),
        ]

        line = "not checked: dJ/dW (D09/wx.vjp), dJ/dy (2 claims) (no gradient was returned)"
        assert line in text(few).splitlines()

    def test_the_twins_nothing_is_left_out_or_nothing_passed(self):
        assert "not checked" not in text([samples.PASSED])
        failed = [samples.judged("D09/wx.vjp", "fail", unchecked=["dJ/dW"])]
        assert "not checked" not in text(failed)
        full = render(collect(samples.records(failed)), detail=Detail.FULL)
        assert "not checked: dJ/dW (no gradient was returned)" in full.splitlines()

    def test_many_names_are_counted(self):
        line = next(
            line
            for line in text([samples.judged("D1/x.vjp", unchecked=[f"dJ/dx{i}" for i in range(40)])]).split(
                "\n"
            )
            if line.startswith("not checked")
        )

        assert line.endswith(", and 28 more (no gradient was returned)")


class TestRemarks:
    def remarked(self, remarks):
        records = samples.records(samples.GOOD)
        log = collect([*records[:-1], msgspec.structs.replace(records[-1], remarks=remarks)])
        assert "remark" not in render(log)  # unless it is asked for, they stand in the reports only
        return render(log, detail=Detail.FULL)

    def test_each_is_a_line_before_the_last_sentence(self):
        lines = self.remarked(["after stop: it was\nkilled", "\x1b[31mred"]).splitlines()

        assert lines[-3:-1] == ["remark: after stop: it was killed", "remark: [31mred"]
        assert lines[-1].startswith("5 claims")

    def test_many_are_counted(self):
        lines = self.remarked([f"remark {i}" for i in range(23)]).splitlines()

        assert lines[-2] == "... and 3 more remarks; the reports hold all."

    def test_the_twin_a_run_without_any(self):
        assert "remark" not in text(samples.GOOD)


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_claim_states_is_cut_on_a_terminal_only(whole):
    """A pipe or a file has no width that would break it."""
    stream = io.StringIO()
    log = collect(samples.records([samples.PASSED]))
    show(log, Console(file=stream, width=60), whole=whole)
    statement = log.claims[0].statement
    assert (statement in stream.getvalue()) is whole
