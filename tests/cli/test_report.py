"""`gradcheck report`: 0 whatever the verdicts, 1 on an incomplete log, 2 on what cannot be read."""

from pathlib import Path

import pytest

from gradcheck.records.reading import LogWriter
from tests.report import samples


def write(records, name="run.jsonl"):
    with LogWriter(Path(name)) as writer:
        for record in records:
            writer.write(record)
    return Path(name)


@pytest.mark.parametrize("parts", [samples.GOOD, samples.EVERYTHING])
def test_a_whole_log_is_0_whatever_the_verdicts(gradcheck, parts):
    write(samples.records(parts))

    result = gradcheck("report", "run.jsonl", "--report-dir", "out")

    assert result.exit_code == 0
    assert sorted(p.name for p in Path("out").iterdir()) == [
        "junit.xml",
        "report.html",
        "report.md",
        "summary.json",
    ]


def test_only_the_formats_asked_for(gradcheck):
    write(samples.records())

    assert gradcheck("report", "run.jsonl", "--format", "md,json").exit_code == 0
    assert sorted(p.name for p in Path("reports").iterdir()) == ["report.md", "summary.json"]


def test_the_log_itself_is_not_a_report(gradcheck):
    write(samples.records())

    assert "nothing to write" in gradcheck("report", "run.jsonl", "--format", "jsonl").stdout


def test_a_cut_log_is_1_and_rendered_as_incomplete(gradcheck):
    path = write(samples.records())
    path.write_bytes(path.read_bytes()[:-1])

    result = gradcheck("report", path)

    assert result.exit_code == 1
    assert "INCOMPLETE" in result.stdout
    assert "cut inside line" in result.stderr
    assert "INCOMPLETE" in Path("reports/report.md").read_text()


@pytest.mark.parametrize("data", [b"", b"{}\n", b'{"record":"header","schema":"gradcheck-log-99"}\n'])
def test_what_is_no_log_is_2(gradcheck, data):
    Path("run.jsonl").write_bytes(data)

    result = gradcheck("report", "run.jsonl")

    assert result.exit_code == 2
    assert "run.jsonl: line 1: " in result.stderr
    assert not Path("reports").exists()


def test_a_missing_log_and_a_folder_are_2(gradcheck):
    assert gradcheck("report", "none.jsonl").exit_code == 2
    assert gradcheck("report", ".").exit_code == 2
    assert gradcheck("report").exit_code == 2


def test_a_folder_that_cannot_be_written_is_2(gradcheck):
    write(samples.records())
    Path("out").write_text("a file")

    assert gradcheck("report", "run.jsonl", "--report-dir", "out").exit_code == 2
