"""Joining the logs of one run that was made in parts.

The parts have the same header apart from what differs between parts (claims, start, command, shard). A
claim may stand in several of them only with the same result. What one part left out is complete only
where another judged it and came to its end; otherwise the joined log has no footer, and is incomplete. A
part that ended before it knew its claims has nothing but a header, and adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gradcheck.errors import UsageError
from gradcheck.records.reading import Log, missing_shards
from gradcheck.records.types import BackendInfo, ClaimRow, Footer, Header, Record
from gradcheck.records.verdicts import exit_code

__all__ = ["merge"]

_SAME = ("schema", "gradcheck", "python", "platform", "seed", "max_examples")


def merge(logs: Mapping[str, Log]) -> list[Record]:
    """The records of the joined log. ``logs`` maps names for messages (the files) to logs.

    Claims stand in the order of the given logs. Raises `UsageError`, naming both logs, where headers
    contradict each other or two logs judged one claim differently.
    """
    if not logs:
        raise UsageError("merge: expected one log or more, got none.")
    given, logs = logs, {name: log for name, log in logs.items() if log.header.claims or log.footer}
    if not logs:  # not one of the runs came to know its claims
        return [next(iter(given.values())).header]
    names = list(logs)
    for name in names[1:]:
        _check_headers(names[0], logs[names[0]].header, name, logs[name].header)
    claims = {name: {claim.uid: claim for claim in log.claims} for name, log in logs.items()}
    chosen = _choose(logs, claims)
    header = _header([log.header for log in logs.values()])
    records: list[Record] = [header]
    for uid in header.claims:
        if uid in chosen:
            log = logs[chosen[uid]]
            records += [*log.rows.get(uid, ()), *log.battery.get(uid, ())]
            records.append(claims[chosen[uid]][uid])
    finished = {uid for log in logs.values() if _came_to_its_end(log) for uid in log.header.claims}
    if finished >= set(header.claims) and len(logs) == len(given):
        rows = [record for record in records if isinstance(record, ClaimRow)]
        records.append(_footer(rows, [log.footer for log in logs.values() if log.footer is not None]))
    return records


def _came_to_its_end(log: Log) -> bool:
    """Complete, but for other shards: their absence is seen by who reads the joined log."""
    return log.footer is not None and len(log.problems) == bool(missing_shards(log.header.shards))


def _check_headers(one: str, first: Header, other: str, second: Header) -> None:
    for what, a, b in _facts(first, second):
        if a != b:
            raise UsageError(
                f"{one} and {other} are not parts of one run: {what} is {a} in the first and {b} in the "
                "second."
            )
    if len({s.partition("/")[2] for s in (*first.shards, *second.shards)}) > 1:
        raise UsageError(
            f"{one} and {other} are not parts of one run: they are the shards {', '.join(first.shards)} and "
            f"{', '.join(second.shards)}."
        )


def _facts(first: Header, second: Header) -> list[tuple[str, Any, Any]]:
    """What two headers must agree on: a name for it, and both values."""

    def version(header: Header, package: str) -> str:
        return header.versions.get(package, "not installed")

    backends = [{b.name: b for b in header.backends} for header in (first, second)]
    return [
        *((what, getattr(first, what), getattr(second, what)) for what in _SAME),
        *(
            (f"the version of {package}", version(first, package), version(second, package))
            for package in dict.fromkeys((*first.versions, *second.versions))
        ),
        *(
            (f"the backend {name}", _backend(backends[0].get(name)), _backend(backends[1].get(name)))
            for name in dict.fromkeys((*backends[0], *backends[1]))
        ),
    ]


def _backend(info: BackendInfo | None) -> str:
    if info is None:
        return "not in use"
    return info.version or "there" if info.available else "missing"


def _choose(logs: Mapping[str, Log], claims: Mapping[str, Mapping[str, ClaimRow]]) -> dict[str, str]:
    """The log to take each judged claim from. Raises `UsageError` where two of them differ."""
    chosen: dict[str, str] = {}
    for name, log in logs.items():
        for claim in log.claims:
            uid = claim.uid
            if uid not in chosen:
                chosen[uid] = name
                continue
            before = chosen[uid]
            apart = _apart(logs[before], claims[before][uid], log, claim)
            if apart:
                raise UsageError(
                    f"{before} and {name} both judge {uid}, with different results: they differ in "
                    f"{', '.join(apart)}."
                )
    return chosen


def _apart(one: Log, first: ClaimRow, other: Log, second: ClaimRow) -> list[str]:
    """What two logs say differently of a claim, apart from how long it took."""
    a, b = _without_time(msgspec.to_builtins(first)), _without_time(msgspec.to_builtins(second))
    found = [key for key in dict.fromkeys((*a, *b)) if a.get(key) != b.get(key)]
    for what, rows in (("the backends' rows", "rows"), ("the battery's rows", "battery")):
        x, y = (
            _without_time(msgspec.to_builtins(getattr(log, rows).get(first.uid, ()))) for log in (one, other)
        )
        found += [what] if x != y else []
    return found


def _without_time(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_time(v) for key, v in value.items() if key != "seconds"}
    return [_without_time(v) for v in value] if isinstance(value, list | tuple) else value


def _header(headers: Sequence[Header]) -> Header:
    shards = sorted({s for h in headers for s in h.shards}, key=lambda s: int(s.partition("/")[0]))
    whole = len(shards) > 1 and not missing_shards(shards)
    return msgspec.structs.replace(
        headers[0],
        started=min(header.started for header in headers),
        claims=list(dict.fromkeys(uid for header in headers for uid in header.claims)),
        command=" && ".join(dict.fromkeys(header.command for header in headers if header.command)),
        shards=[] if whole else shards,
        may_be_empty=any(header.may_be_empty for header in headers),
    )


def _footer(rows: Sequence[ClaimRow], footers: Sequence[Footer]) -> Footer:
    as_declared = sum(row.as_declared for row in rows)
    verdicts = Counter(row.verdict for row in rows)
    code = exit_code(verdicts, as_declared) or int(any(footer.exit_code for footer in footers))
    return Footer(
        finished=max(footer.finished for footer in footers),
        seconds=round(sum(footer.seconds for footer in footers), 6),
        claims=len(rows),
        verdicts=dict(verdicts),
        as_declared=as_declared,
        exit_code=code,
        remarks=list(dict.fromkeys(remark for footer in footers for remark in footer.remarks)),
    )
