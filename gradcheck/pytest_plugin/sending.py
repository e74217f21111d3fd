"""How records reach the process that writes the report: attached to pytest's own test reports.

That way is the same with and without xdist, whose workers send nothing else but reports.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.records.types import Record

__all__ = ["Sender", "plan_of", "send"]

_GROUPS: pytest.StashKey[list[list[str]]] = pytest.StashKey()


def send(item: pytest.Item, records: Sequence[Record]) -> None:
    """Have the records of one claim travel with the item's next report."""
    from gradcheck.records.writing import encoded

    group = [encoded(record).decode() for record in records]
    item.stash.setdefault(_GROUPS, []).append(group)


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

    def left(self) -> tuple[str, list[list[str]]]:
        """The item that was interrupted, and what no report has taken along."""
        return ("", []) if self._item is None else (self._item.nodeid, self._taken(self._item))

    def _taken(self, item: pytest.Item) -> list[list[str]]:
        groups = item.stash.get(_GROUPS, [])
        item.stash[_GROUPS] = []
        return groups
