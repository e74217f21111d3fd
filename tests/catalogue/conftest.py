"""The line at the end of a test run that says how many wrong twins were caught."""

from __future__ import annotations

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    # read from the reports, so that the count is right with pytest-xdist as well
    seen: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, mistake in getattr(report, "user_properties", ()):
                if name == "wrong twin":
                    seen[mistake] += 1
                    caught[mistake] += outcome == "passed"
    if seen:
        terminalreporter.section("wrong twins")
        terminalreporter.write_line(f"caught {caught.total()} of {seen.total()}")
        for mistake in sorted(seen):
            terminalreporter.write_line(f"  {mistake}: {caught[mistake]} of {seen[mistake]}")
