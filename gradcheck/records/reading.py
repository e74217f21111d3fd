"""The log of a run, read back with suspicion.

A log is JSON Lines: a header, then per claim one backend row for every available backend, the rows of
the battery and the claim row, then a footer. Every report is rendered from it, so a reader must tell a
whole log from one that was cut. A line without its newline was cut. What contradicts itself is refused;
what is missing makes the log incomplete, and an incomplete log never counts as passed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from gradcheck.errors import UsageError
from gradcheck.records.arrays import decode
from gradcheck.records.types import SCHEMA, BackendRow, BatteryRow, ClaimRow, Footer, Header, Record
from gradcheck.records.verdicts import Strength, Verdict
from gradcheck.records.writing import LogWriter

__all__ = ["Log", "LogWriter", "collect", "missing_shards", "read_log"]

_VERDICTS = frozenset(str(v) for v in Verdict)
_OUTCOMES = frozenset({"pass", "fail", "note", "skipped"})
_STRENGTHS = frozenset(str(s) for s in Strength) | {None}


@dataclass(frozen=True)
class Log:
    """A run as its log tells it. ``problems`` says what is missing; a complete log has none."""

    header: Header
    claims: tuple[ClaimRow, ...]
    rows: dict[str, tuple[BackendRow, ...]]
    """The backend rows of each claim, by uid."""
    footer: Footer | None
    problems: tuple[str, ...] = ()
    battery: dict[str, tuple[BatteryRow, ...]] = field(default_factory=dict)
    """The battery's rows of each claim, by uid; a claim need not have any."""

    @property
    def complete(self) -> bool:
        """Whether everything is there that the run set out to check."""
        return not self.problems

    @property
    def missing(self) -> tuple[str, ...]:
        """The uids of claims that the run set out to check and did not judge."""
        judged = {claim.uid for claim in self.claims}
        return tuple(uid for uid in self.header.claims if uid not in judged)

    @property
    def exit_code(self) -> int:
        """What `gradcheck verify` exits with after this run: 0 only when all is as declared."""
        return self.footer.exit_code if self.complete and self.footer else 1


def read_log(path: str | os.PathLike[str]) -> Log:
    """Read a log, keeping the whole lines of one that was cut.

    Raises `UsageError`, naming the line, for what is no log, was written by a newer gradcheck, or
    contradicts itself.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = f"; did you mean {path / 'run.jsonl'}?" if path.is_dir() else ""
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}{hint}") from None
    *lines, tail = data.split(b"\n")
    _check_schema(lines[0] if lines else tail, path, whole=bool(lines))
    problems = [f"the log was cut inside line {len(lines) + 1}"] if tail.strip() else []
    return _assemble(_decoded(lines, path), path.name, problems)


def collect(records: Iterable[Record]) -> Log:
    """The log of records held in memory, checked as if they had been read from a file."""
    return _assemble(enumerate(records, 1), "run", [])


class _Peek(msgspec.Struct):
    record: str
    schema: str


def _check_schema(first: bytes, path: Path, *, whole: bool) -> None:
    if not whole:
        raise UsageError(f"{path}: line 1: no gradcheck log, or cut before the end of its header.")
    try:
        peek = msgspec.json.decode(first, type=_Peek)
    except (msgspec.DecodeError, UnicodeDecodeError):
        peek = _Peek("", "")
    version = re.fullmatch(r"gradcheck-log-(\d{1,9})", peek.schema)
    if peek.record != "header" or version is None:
        raise UsageError(f"{path}: line 1: expected the header of a gradcheck log ({SCHEMA}).")
    if peek.schema != SCHEMA:
        age = "a newer" if int(version[1]) > int(SCHEMA.rpartition("-")[2]) else "an older"
        raise UsageError(
            f"{path}: line 1: written by {age} gradcheck as {peek.schema}; this one reads {SCHEMA}."
        )


def _decoded(lines: list[bytes], path: Path) -> Iterator[tuple[int, Record]]:
    decoder = msgspec.json.Decoder(Record)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise UsageError(f"{path}: line {number}: {error}.") from None


def _assemble(numbered: Iterable[tuple[int, Record]], name: str, problems: list[str]) -> Log:
    header: Header | None = None
    footer: Footer | None = None
    claims: dict[str, ClaimRow] = {}
    rows: dict[str, dict[str, BackendRow]] = {}
    battery: dict[str, dict[str, BatteryRow]] = {}
    for number, record in numbered:

        def refuse(what: str, number: int = number) -> UsageError:
            return UsageError(f"{name}: line {number}: {what}.")

        if isinstance(record, Header):
            if header is not None:
                raise refuse("a second header; logs are joined with `gradcheck merge`")
            header = record
            known = set(header.claims)
            if len(known) != len(header.claims):
                raise refuse("the header lists a claim twice")
            if not _are_shards(header.shards):
                raise refuse(f"shards like '2/4', all of one run, are expected, not {header.shards}")
            continue
        if header is None:
            raise refuse("a record before the header")
        if footer is not None:
            raise refuse("a record after the footer")
        if isinstance(record, Footer):
            footer = record
            continue
        uid = record.uid if isinstance(record, ClaimRow) else record.claim
        if uid not in known:
            raise refuse(f"the claim {uid!r} is not in the header's list")
        if uid in claims:
            raise refuse(f"the claim {uid!r} is judged already")
        if contradiction := _contradiction(record):
            raise refuse(f"{uid}: {contradiction}")
        if isinstance(record, ClaimRow):
            claims[uid] = record
        elif isinstance(record, BatteryRow):
            if record.check in battery.setdefault(uid, {}):
                raise refuse(f"a second row of the check {record.check!r} for {uid!r}")
            battery[uid][record.check] = record
        elif record.backend in rows.setdefault(uid, {}):
            raise refuse(f"a second row of {record.backend!r} for {uid!r}")
        else:
            rows[uid][record.backend] = record
    if header is None:
        raise UsageError(f"{name}: line 1: expected the header of a gradcheck log ({SCHEMA}).")
    log = Log(
        header,
        tuple(claims.values()),
        {u: tuple(r.values()) for u, r in rows.items()},
        footer,
        battery={u: tuple(r.values()) for u, r in battery.items()},
    )
    return replace(log, problems=(*problems, *_gaps(log)))


def _contradiction(record: BackendRow | BatteryRow | ClaimRow) -> str | None:
    """What cannot be true of one row, so that no report has to deal with it."""
    if isinstance(record, BatteryRow):
        known = record.outcome in _OUTCOMES
        return None if known else f"unknown outcome {record.outcome!r} of the check {record.check!r}"
    words = _VERDICTS | {"unsupported"} if isinstance(record, BackendRow) else _VERDICTS
    if record.verdict not in words:
        return f"unknown verdict {record.verdict!r}"
    if record.strength not in _STRENGTHS:
        return f"unknown strength {record.strength!r}"
    if isinstance(record, BackendRow):
        return None
    if record.expected not in {"pass", "fail"}:
        return f"unknown expectation {record.expected!r}"
    if record.as_declared != (record.verdict == record.expected):
        return (
            f"as_declared is {record.as_declared}, but the verdict is {record.verdict} and {record.expected} "
            "was declared"
        )
    found = record.counterexample
    if found is not None:
        try:
            for array in (*found.inputs.values(), *found.delta, found.candidate, found.truth):
                if array is not None:
                    decode(array)
        except UsageError as error:
            return f"counterexample: {str(error).rstrip('.')}"
    return None


def _are_shards(shards: Sequence[str]) -> bool:
    parts = [re.fullmatch(r"([1-9]\d{0,4})/([1-9]\d{0,4})", shard) for shard in shards]
    numbers = [(int(part[1]), int(part[2])) for part in parts if part]
    one_run = len({count for _, count in numbers}) <= 1 and len(set(numbers)) == len(shards)
    return one_run and all(i <= count for i, count in numbers)


def missing_shards(shards: Sequence[str]) -> list[str]:
    """The parts that are not there beside others of the same run. One part alone is a run of its own."""
    if len(shards) < 2:
        return []
    count = int(shards[0].partition("/")[2])
    return [whole for i in range(1, count + 1) if (whole := f"{i}/{count}") not in shards]


def _gaps(log: Log) -> Iterator[str]:
    """What a whole run would have written and this log does not hold."""
    if log.footer is None:
        yield "there is no footer: the run was interrupted or the log was cut"
    elif log.footer.stopped:
        yield "the run was stopped after the first claim that did not come out (-x)"
    if log.missing:
        rest = f" and {len(log.missing) - 3} more" if len(log.missing) > 3 else ""
        count = "1 claim was" if len(log.missing) == 1 else f"{len(log.missing)} claims were"
        yield f"{count} not judged: {', '.join(log.missing[:3])}{rest}"
    if not log.header.claims and not log.header.may_be_empty:
        yield "there is not one claim in it"
    if absent_shards := missing_shards(log.header.shards):
        yield f"shards are missing: {', '.join(absent_shards)}"
    expected = [backend.name for backend in log.header.backends if backend.available]
    for claim in log.claims:
        present = {row.backend for row in log.rows.get(claim.uid, ())}
        if absent := [backend for backend in expected if backend not in present]:
            yield f"{claim.uid} has no row of {', '.join(absent)}"
    if log.footer is not None:
        counted: dict[str, int] = {}
        for claim in log.claims:
            counted[claim.verdict] = counted.get(claim.verdict, 0) + 1
        told = {verdict: n for verdict, n in log.footer.verdicts.items() if n}
        as_declared = sum(claim.as_declared for claim in log.claims)
        if (log.footer.claims, told, log.footer.as_declared) != (len(log.claims), counted, as_declared):
            yield "the footer counts other claims than the log holds"
        if log.footer.exit_code == 0 and as_declared != len(log.claims):
            yield "the footer says that all is as declared, and it is not"
