"""What a test run has recorded, put together into one log, in the order of the tests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Footer, Header, Record
from gradcheck.records.verdicts import exit_code
from gradcheck.running.checker import now

if TYPE_CHECKING:
    from gradcheck.running.checker import Checker

__all__ = ["Collected"]

Row = BackendRow | BatteryRow | ClaimRow

_NOT_ASKED = "not asked: the test named other backends"


class Collected:
    """Planned tests, those that ended, and the rows that came of them.

    Under xdist a claim may be judged in two workers; the rows are the same, and the last that come are
    kept. A formula test is known by its claim; a test with the fixture by its node id, and `(2)`, `(3)`
    for further calls. Two files may each have a claim of one name: those of the second file are
    called `FILE.py::NAME`.
    """

    def __init__(self) -> None:
        self._started = now()
        self._clock = time.perf_counter()
        self._plan: dict[str, str] = {}  # node id -> uid, or "" for a test with the fixture
        self._ended: set[str] = set()
        self._rows: dict[str, list[Row]] = {}  # by uid
        self._nodes: dict[str, list[str]] = {}  # node id -> uids that came with it
        self._owners: dict[str, str] = {}  # uid -> file that has it

    def plan_is(self, plan: Sequence[Sequence[str]]) -> None:
        """Every worker tells the same; the first counts."""
        if not self._plan:
            for nodeid, uid in plan:
                self._plan[nodeid] = uid and self._named(nodeid, uid)

    def take(self, nodeid: str, group: Sequence[str]) -> None:
        """The rows of one claim as lines of JSON, from the test ``nodeid``."""
        rows = [msgspec.json.decode(line, type=Row) for line in group]
        told = next(row.uid for row in rows if isinstance(row, ClaimRow))
        uid = self._named(nodeid, told) if self._plan.get(nodeid) else told
        self._rows[uid] = [_renamed(row, uid) for row in rows]
        uids = self._nodes.setdefault(nodeid, [])
        if uid not in uids:
            uids.append(uid)

    def ended(self, nodeid: str) -> None:
        self._ended.add(nodeid)

    def of(self, nodeid: str) -> Iterator[tuple[str, list[Row]]]:
        """What came from one test so far."""
        return ((uid, self._rows[uid]) for uid in self._nodes.get(nodeid, ()))

    def announced(self) -> list[str]:
        """The uids that the log of a run still under way says it is going to hold."""
        return list(dict.fromkeys(uid or nodeid for nodeid, uid in self._plan.items()))

    def log(self, checker: Checker) -> list[Record]:
        """The whole log. It has a footer where every claim was judged and every test came to its end."""
        idle = [n for n, uid in self._plan.items() if not uid and n in self._ended and n not in self._nodes]
        uids = dict.fromkeys(uid for node in self._nodes_in_order() for uid in self._uids(node, set(idle)))
        header = replace(checker.header(list(uids)), started=self._started)
        judged = [self._complete(self._rows[uid], header) for uid in uids if uid in self._rows]
        records: list[Record] = [header, *(row for rows in judged for row in rows)]
        running = [n for n, uid in self._plan.items() if not uid and n not in self._ended]
        if not running and len(judged) == len(uids):
            claims = [row for rows in judged for row in rows if isinstance(row, ClaimRow)]
            records.append(self._footer(claims, idle))
        return records

    def _named(self, nodeid: str, uid: str) -> str:
        file = nodeid.partition("::")[0]
        return uid if self._owners.setdefault(uid, file) == file else f"{file}::{uid}"

    def _nodes_in_order(self) -> list[str]:
        return list(dict.fromkeys([*self._plan, *self._nodes]))

    def _uids(self, nodeid: str, idle: set[str]) -> list[str]:
        """What a test stands for in the log: what it recorded, else what it should have."""
        planned = self._plan.get(nodeid)
        if planned:
            return [planned]
        return self._nodes.get(nodeid) or ([] if nodeid in idle else [nodeid])

    def _complete(self, rows: list[Row], header: Header) -> list[Row]:
        """The rows with one for every backend of the run: a test may have named some of them only."""
        row = next(r for r in rows if isinstance(r, ClaimRow))
        present = {r.backend for r in rows if isinstance(r, BackendRow)}
        absent = [b.name for b in header.backends if b.available and b.name not in present]
        return [*(_not_asked(row.uid, name) for name in absent), *rows]

    def _footer(self, claims: list[ClaimRow], idle: list[str]) -> Footer:
        as_declared = sum(row.as_declared for row in claims)
        verdicts = Counter(row.verdict for row in claims)
        return Footer(
            finished=now(),
            seconds=round(time.perf_counter() - self._clock, 6),
            claims=len(claims),
            verdicts=dict(verdicts),
            as_declared=as_declared,
            exit_code=exit_code(verdicts, as_declared),
            remarks=[f"{nodeid} asked for the fixture and checked nothing." for nodeid in idle],
        )


def _renamed(row: Row, uid: str) -> Row:
    if isinstance(row, ClaimRow):
        return row if row.uid == uid else replace(row, uid=uid)
    return row if row.claim == uid else replace(row, claim=uid)


def _not_asked(uid: str, backend: str) -> BackendRow:
    return BackendRow(
        claim=uid, backend=backend, verdict="unsupported", as_declared=True, strength=None, points=0,
        answered=0, agreed=0, differed=0, kinks=0, distinct=0, outlier=0, seconds=0.0, reason=_NOT_ASKED,
    )  # fmt: skip
