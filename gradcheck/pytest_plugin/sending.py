"""How records reach the process that writes the report: attached to pytest's own test reports.

That way is the same with and without xdist, whose workers send nothing else but reports.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.records.types import Record
    from gradcheck.running.result import Result

__all__ = ["Sender", "plan_of", "send", "send_result"]

_GROUPS: pytest.StashKey[list[list[str]]] = pytest.StashKey()
_COUNT: pytest.StashKey[int] = pytest.StashKey()


def send(item: pytest.Item, records: Sequence[Record]) -> None:
    """Have the records of one claim travel with the item's next report."""
    from gradcheck.records.writing import encoded

    group = [encoded(record).decode() for record in records]
    item.stash.setdefault(_GROUPS, []).append(group)


def send_result(item: pytest.Item, result: Result) -> None:
    """The same for what a call of `verify` found, under the test's name, with `(2)` for a second call."""
    from msgspec.structs import replace

    count = item.stash[_COUNT] = item.stash.get(_COUNT, 0) + 1
    uid = item.nodeid if count == 1 else f"{item.nodeid} ({count})"
    backends = [replace(other, claim=uid) for other in result.backends]
    battery = [replace(other, claim=uid) for other in result.battery]
    send(item, [*backends, *battery, replace(result.row, uid=uid)])


def plan_of(items: Sequence[pytest.Item]) -> list[list[str]]:
    """What the items will record, in order: `[node id, uid]`, the uid empty for tests with the fixture."""
    plan = []
    for item in items:
        if (uid := getattr(item, "claim_uid", None)) is not None:
            plan.append([item.nodeid, uid])
        elif "gradcheck" in getattr(item, "fixturenames", ()):
            plan.append([item.nodeid, ""])
    return plan


class Sender:
    """Attaches records to reports, and to the first one what is going to be checked."""

    def __init__(self) -> None:
        self.plan: list[list[str]] | None = None
        self._item: pytest.Item | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.plan = plan_of(session.items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._item = item
        item.stash[_COUNT] = 0  # a test that is run again counts anew

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        attached: dict[str, Any] = {}
        if self.plan is not None:
            attached["plan"], self.plan = self.plan, None
        if groups := self._taken(item):
            attached["groups"] = groups
        if attached:
            report.gradcheck = attached  # type: ignore[attr-defined]
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Send what `gradcheck.assert_correct` finds in the test. A failure that the test expects is none."""
        from gradcheck.running.asserted import listening

        found: list[Result] = []
        passed = False
        try:
            with listening(found.append):
                yield
            passed = True
        finally:
            for result in found:
                if result.passed or not passed:
                    send_result(item, result)

    def left(self) -> tuple[str, list[list[str]]]:
        """The item that was interrupted, and what no report has taken along."""
        return ("", []) if self._item is None else (self._item.nodeid, self._taken(self._item))

    def _taken(self, item: pytest.Item) -> list[list[str]]:
        groups = item.stash.get(_GROUPS, [])
        item.stash[_GROUPS] = []
        return groups
