"""A run: many claims, one stream of records. Reports, command line and pytest only read the stream."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec.structs import replace

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.records.types import ClaimRow, Footer, Header, Record
from gradcheck.records.verdicts import exit_code
from gradcheck.running.checker import Checker, RunOptions, now

__all__ = ["RunOptions", "checked", "run", "stream"]


def run(claims: Sequence[Claim], options: RunOptions) -> Iterator[Record]:
    """Check the claims in order: a header, the rows of each claim as soon as it is done, a footer.

    Raises `UsageError`, before the first record, for an unknown backend or one asked for by name that
    cannot be used, and for claims that share a uid.
    """
    checker = Checker(options)
    claims = checked(claims)
    header = checker.header([c.uid for c in claims])
    return stream(header, options, (checker.check(claim) for claim in claims))


def checked(claims: Sequence[Claim]) -> Sequence[Claim]:
    """The claims, if they can make a run. Raises `UsageError`."""
    doubles = [uid for uid, count in Counter(c.uid for c in claims).items() if count > 1]
    if doubles:
        raise UsageError(f"two claims are called {doubles[0]!r}; give one formula another name, or a suffix.")
    return claims


def stream(header: Header, options: RunOptions, batches: Iterable[list[Record]]) -> Iterator[Record]:
    """A run's records around what checking its claims gave, in order and in batches of any size. Files that
    could not be loaded come after the claims.
    """
    started = time.perf_counter()
    broken = [file.records(header) for file in options.broken]
    header = replace(header, claims=[*header.claims, *(file.path for file in options.broken)])
    yield header
    verdicts: Counter[str] = Counter()
    as_declared = 0
    for record in chain.from_iterable(chain(batches, broken)):
        yield record
        if isinstance(record, ClaimRow):
            verdicts[record.verdict] += 1
            as_declared += record.as_declared
            if options.stop_at_failure and not record.as_declared:
                break
    judged = sum(verdicts.values())
    yield Footer(
        finished=now(),
        seconds=round(time.perf_counter() - started, 6),
        claims=judged,
        verdicts=dict(verdicts),
        as_declared=as_declared,
        exit_code=exit_code(verdicts, as_declared),
        remarks=list(options.remarks),
        stopped=judged < len(header.claims),
    )
