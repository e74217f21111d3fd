"""`gradcheck diff`: 0 whatever changed, 1 where a log is incomplete, 2 what cannot be read."""

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from gradcheck.records.reading import LogWriter
from gradcheck.report.formats.markdown import LIMIT
from tests.report import samples


def write(name, parts, cut=None, **header):
    with LogWriter(Path(name)) as writer:
        for record in samples.records(parts, **header)[:cut]:
            writer.write(record)


def test_nothing_changed(gradcheck):
    write("old.jsonl", samples.GOOD)

    result = gradcheck("diff", "old.jsonl", "old.jsonl")

    assert result.exit_code == 0
    assert result.stdout == "time: 4.2 s -> 4.2 s\nNothing changed: 5 claims as before.\n"


def test_the_worst_change_comes_first_and_the_sum_last(gradcheck):
    write("old.jsonl", [samples.PASSED, samples.TRAINED, samples.WEAK])
    write(
        "new.jsonl",
        [samples.judged("D10/identity.vjp"), samples.judged("D09/wx.vjp", "fail", reason="dJ/dW differs")],
        seed=1,
    )

    result = gradcheck("diff", "old.jsonl", "new.jsonl")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "worse   D09/wx.vjp  pass (certified) -> fail",
        "  dJ/dW differs",
        "better  D10/identity.vjp  weak -> pass (certified)",
        "gone    D21/regression.update  was pass (certified)",
        "the runs: seed 0 -> 1",
        "time: 4.2 s -> 4.2 s",
        "1 worse, 1 better, 1 gone; 0 claims as before.",
    ]


def test_an_incomplete_log_is_1_and_said(gradcheck):
    write("old.jsonl", samples.GOOD)
    write("new.jsonl", samples.GOOD, cut=5)

    result = gradcheck("diff", "old.jsonl", "new.jsonl")

    assert result.exit_code == 1
    assert "the new log is incomplete: there is no footer" in result.stdout


def test_what_cannot_be_read_is_2(gradcheck):
    write("old.jsonl", samples.GOOD)
    Path("bad.jsonl").write_text("{}\n")

    assert gradcheck("diff", "old.jsonl", "bad.jsonl").exit_code == 2
    assert gradcheck("diff", "none.jsonl", "old.jsonl").exit_code == 2
    assert gradcheck("diff", "old.jsonl").exit_code == 2
    assert gradcheck("diff", "old.jsonl", "old.jsonl", "--format", "pdf").exit_code == 2


def test_json_for_scripts(gradcheck):
    write("old.jsonl", [samples.PASSED])
    write("new.jsonl", [samples.judged("D09/wx.vjp", "fail")])

    told = json.loads(gradcheck("diff", "old.jsonl", "new.jsonl", "--format", "json").stdout)

    assert told["schema"] == "gradcheck-diff-1"
    assert told["complete"]
    assert told["changes"][0]["kind"] == "worse"
    assert told["seconds"] == [4.2, 4.2]


def test_markdown_holds_hostile_names_and_stays_below_the_limit(gradcheck):
    parts = [samples.judged(f"D1/x{i}|`<script>", "fail", reason="<b> | `x`" * 300) for i in range(3000)]
    write("old.jsonl", [[*part[:-1], samples.claim(part[-1].uid)] for part in parts])
    write("new.jsonl", parts)

    page = gradcheck("diff", "old.jsonl", "new.jsonl", "--format", "md").stdout
    html = MarkdownIt("commonmark").enable("table").render(page)

    assert len(page.encode()) < LIMIT
    assert page.startswith("## ❌ gradcheck, before and after: 3000 worse")
    assert "<script" not in html
    assert "<b>" not in html
    assert html.count("<tr>") == 501
    assert "... and 2500 more." in page


@pytest.mark.parametrize("format", ["text", "md"])
def test_names_drive_no_terminal(gradcheck, format):
    write("old.jsonl", [samples.PASSED])
    write("new.jsonl", [samples.HOSTILE_CLAIM])

    out = gradcheck("diff", "old.jsonl", "new.jsonl", "--format", format).stdout

    assert "\x1b" not in out
    assert "\x00" not in out
