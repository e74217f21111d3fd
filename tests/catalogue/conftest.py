"""Lines at the end of a test run: how many wrong twins were caught, and how many of them explained."""

from __future__ import annotations

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    # read from the reports, so that the count is right with pytest-xdist as well
    seen: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            recorded = dict(getattr(report, "user_properties", ()))
            if mistake := recorded.get("wrong twin"):
                seen[mistake] += 1
                caught[mistake] += outcome == "passed"
                explained[recorded.get("diagnosis", "none")] += 1
    if seen:
        terminalreporter.section("wrong twins")
        terminalreporter.write_line(f"caught {caught.total()} of {seen.total()}")
        for mistake in sorted(seen):
            terminalreporter.write_line(f"  {mistake}: {caught[mistake]} of {seen[mistake]}")
        each = ", ".join(f"{said} {count}" for said, count in explained.most_common())
        terminalreporter.write_line(f"explanations: {each}")
