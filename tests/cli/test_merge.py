"""`gradcheck merge`: 0 a whole run, 1 something is missing, 2 what cannot be joined."""

from pathlib import Path

import pytest

from gradcheck.records.reading import LogWriter, read_log
from tests.report import samples


def write(name, parts, cut=None, **header):
    with LogWriter(Path(name)) as writer:
        for record in samples.records(parts, **header)[:cut]:
            writer.write(record)
    return name


def test_two_logs_become_one_that_can_be_reported(gradcheck):
    write("a.jsonl", [samples.PASSED])
    write("b.jsonl", [samples.FAILED])

    result = gradcheck("merge", "a.jsonl", "b.jsonl", "--out", "all.jsonl")

    assert result.exit_code == 0
    assert "2 claims: 1 failed, 1 passed" in result.stdout
    assert "all.jsonl: 2 logs joined" in result.stdout
    assert read_log("all.jsonl").complete
    assert gradcheck("report", "all.jsonl", "--format", "html,junit").exit_code == 0
    assert sorted(p.name for p in Path().iterdir()) == ["a.jsonl", "all.jsonl", "b.jsonl", "reports"]


def test_a_cut_part_is_1_and_the_joined_log_is_marked(gradcheck):
    write("a.jsonl", [samples.PASSED], cut=-1)
    write("b.jsonl", [samples.PROVED])

    result = gradcheck("merge", "a.jsonl", "b.jsonl", "--out", "all.jsonl")

    assert result.exit_code == 1
    assert "INCOMPLETE" in result.stdout
    assert "there is no footer" in result.stderr
    assert not read_log("all.jsonl").complete


def test_a_shard_that_is_missing_is_1(gradcheck):
    write("a.jsonl", [samples.PASSED], shards=["1/3"])
    write("c.jsonl", [samples.PROVED], shards=["3/3"])

    result = gradcheck("merge", "a.jsonl", "c.jsonl", "--out", "all.jsonl")

    assert result.exit_code == 1
    assert "shards are missing: 2/3" in result.stderr


def test_a_shard_without_any_other_is_1_too(gradcheck):
    """A pattern like `shards/*/run.jsonl` finds one file where the other job was lost."""
    write("a.jsonl", [samples.PASSED], shards=["1/2"])
    write("whole.jsonl", [samples.PASSED], shards=["1/1"])

    result = gradcheck("merge", "a.jsonl", "--out", "all.jsonl")

    assert result.exit_code == 1
    assert "incomplete: there is no shard but 1/2" in result.stderr
    assert gradcheck("merge", "whole.jsonl", "--out", "all.jsonl").exit_code == 0


def test_the_result_may_take_the_place_of_a_part(gradcheck):
    write("a.jsonl", [samples.PASSED])
    write("b.jsonl", [samples.PROVED])

    assert gradcheck("merge", "a.jsonl", "b.jsonl", "--out", "a.jsonl").exit_code == 0
    assert len(read_log("a.jsonl").claims) == 2


@pytest.mark.parametrize("header", [{"seed": 7}, {"python": "3.13.1"}])
def test_contradictions_are_2_and_nothing_is_written(gradcheck, header):
    write("a.jsonl", [samples.PASSED])
    write("b.jsonl", [samples.PROVED], **header)

    result = gradcheck("merge", "a.jsonl", "b.jsonl", "--out", "all.jsonl")

    assert result.exit_code == 2
    assert "a.jsonl and b.jsonl are not parts of one run" in result.stderr
    assert not Path("all.jsonl").exists()


def test_a_full_disk_costs_no_part(gradcheck, monkeypatch):
    write("a.jsonl", [samples.PASSED])
    before = Path("a.jsonl").read_bytes()

    def full(self, record):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LogWriter, "write", full)
    result = gradcheck("merge", "a.jsonl", "--out", "a.jsonl")

    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert Path("a.jsonl").read_bytes() == before
    assert [p.name for p in Path().iterdir()] == ["a.jsonl"]


def test_what_cannot_be_read_or_said_is_2(gradcheck):
    write("a.jsonl", [samples.PASSED])
    Path("b.jsonl").write_text("no log\n")

    assert gradcheck("merge", "a.jsonl", "b.jsonl", "--out", "c.jsonl").exit_code == 2
    assert gradcheck("merge", "a.jsonl", "none.jsonl", "--out", "c.jsonl").exit_code == 2
    assert gradcheck("merge", "a.jsonl").exit_code == 2
    assert gradcheck("merge", "--out", "c.jsonl").exit_code == 2
    assert gradcheck("merge", "a.jsonl", "--out", ".").exit_code == 2
    assert [p.name for p in sorted(Path().iterdir())] == ["a.jsonl", "b.jsonl"]
