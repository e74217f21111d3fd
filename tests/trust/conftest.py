"""Lines at the end of a run: points judged over correct formulas, wrong ones caught and explained."""

from __future__ import annotations

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    # read from the reports, so that the counts are right with pytest-xdist as well
    points: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            recorded = getattr(report, "user_properties", ())
            for name, value in recorded:
                if name == "judged points":
                    points[value[0]] += value[1]
                elif name == "wrong backward":
                    seen[value] += 1
                    caught[value] += outcome == "passed"
                    explained[dict(recorded).get("diagnosis", "none")] += 1
    if points:
        terminalreporter.section("correct formulas")
        each = ", ".join(f"{verdict} {count}" for verdict, count in points.most_common())
        terminalreporter.write_line(f"{points.total()} points judged: {each}")
    if seen:
        terminalreporter.section("wrong backward passes")
        terminalreporter.write_line(f"caught {caught.total()} of {seen.total()}")
        for mistake in sorted(seen):
            terminalreporter.write_line(f"  {mistake}: {caught[mistake]} of {seen[mistake]}")
        each = ", ".join(f"{said} {count}" for said, count in explained.most_common())
        terminalreporter.write_line(f"explanations: {each}")
