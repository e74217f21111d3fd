"""A log cut at any byte is rendered as incomplete in every format, and never as passed."""

import json
from xml.etree import ElementTree as ET

import pytest

from gradcheck.errors import UsageError
from gradcheck.records.reading import LogWriter, read_log
from gradcheck.report import render_text
from gradcheck.report.formats import terminal
from tests.report import samples


def renderings(log):
    """What each format says of the run as a whole: its first and most visible words."""
    page = render_text(log, "html")
    top = page[page.index("<h1>") : page.index("</h1>")]
    failed = ET.fromstring(render_text(log, "junit"))
    return {
        "json": json.loads(render_text(log, "json"))["outcome"] == "as declared",
        "junit": int(failed.get("errors")) + int(failed.get("failures")) == 0,
        "md": "✅" in render_text(log, "md"),
        "html": "INCOMPLETE" not in top or "✓" in top,
        "terminal": not terminal.render(log).splitlines()[-1].startswith("INCOMPLETE"),
        "exit code": log.exit_code == 0,
    }


@pytest.mark.parametrize("parts", [[samples.PASSED], [samples.PROVED, samples.ERRATUM]])
def test_every_byte(tmp_path, parts):
    path = tmp_path / "run.jsonl"
    with LogWriter(path) as writer:
        for record in samples.records(parts):
            writer.write(record)
    data = path.read_bytes()
    header = data.index(b"\n") + 1
    seen = {}
    for length in range(len(data)):
        path.write_bytes(data[:length])
        if length < header:
            with pytest.raises(UsageError, match="line 1"):
                read_log(path)
            continue
        log = read_log(path)
        assert not log.complete
        # Cuts inside one line make one and the same log.
        key = (len(log.claims), sum(map(len, log.rows.values())), log.problems)
        if key not in seen:
            seen[key] = renderings(log)
            assert not any(seen[key].values()), (length, seen[key])
    assert len(seen) >= 2 * len(samples.records(parts)) - 2

    path.write_bytes(data)
    assert all(renderings(read_log(path)).values())
