"""Files are written whole or not at all."""

import os
import stat

import pytest

from gradcheck.errors import UsageError
from gradcheck.records.reading import collect
from gradcheck.report import FORMATS, render, render_text, write_file
from gradcheck.report.rerun import log_kept_at
from tests.report import samples

LOG = collect(samples.records(samples.GOOD))


def test_every_format_gets_its_file(tmp_path):
    written = render(LOG, FORMATS, tmp_path / "a" / "b")

    assert [path.name for path in written] == ["summary.json", "junit.xml", "report.md", "report.html"]
    assert sorted(p.name for p in (tmp_path / "a" / "b").iterdir()) == sorted(path.name for path in written)
    for path, format in zip(written, ["json", "junit", "md", "html"], strict=True):
        assert path.read_text("utf-8") == render_text(
            log_kept_at(LOG, tmp_path / "a" / "b" / "run.jsonl"), format
        )


def test_only_what_was_asked_for(tmp_path):
    assert [path.name for path in render(LOG, ["md", "jsonl", "md"], tmp_path)] == ["report.md"]


@pytest.mark.parametrize("format", ["pdf", "", "HTML"])
def test_other_formats_are_refused_before_anything_is_written(tmp_path, format):
    with pytest.raises(UsageError, match="expected one of jsonl, json, junit, md, html"):
        render(LOG, ["md", format], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_file_that_cannot_be_written_does_not_keep_the_others(tmp_path):
    (tmp_path / "junit.xml").mkdir()

    with pytest.raises(OSError, match="junit"):
        render(LOG, FORMATS, tmp_path)

    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "junit.xml",
        "report.html",
        "report.md",
        "summary.json",
    ]


def test_an_old_report_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "report.md"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError("disk full")))

    with pytest.raises(OSError, match="disk full"):
        write_file(path, "new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_for_everyone_whom_the_umask_allows(tmp_path):
    before = os.umask(0o022)
    try:
        path = write_file(tmp_path / "x", "text")
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_one_format_that_cannot_be_rendered_does_not_keep_the_others(tmp_path, monkeypatch):
    from gradcheck.report.formats import junit

    def broken(log):
        raise KeyError("a bug of ours")

    monkeypatch.setattr(junit, "render", broken)
    with pytest.raises(KeyError, match="a bug of ours"):
        render(LOG, FORMATS, tmp_path)

    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.md", "summary.json"]
