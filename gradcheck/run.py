"""A run: many claims, one stream of records. Reports, command line and pytest only read the stream."""

from __future__ import annotations

import importlib.metadata
import itertools
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gradcheck._version import __version__
from gradcheck.claims import Claim
from gradcheck.discovery import Found, choose
from gradcheck.engine import check_claim
from gradcheck.errors import UsageError
from gradcheck.formulas import Formula
from gradcheck.generation import Generated, generate
from gradcheck.points import ForwardFault
from gradcheck.records import SCHEMA, BackendInfo, Footer, Header, Record
from gradcheck.session import Session

__all__ = ["RunOptions", "run"]

_PACKAGES = ("numpy", "hypothesis", "python-flint", "sympy", "jax", "jaxlib")


@dataclass(frozen=True)
class RunOptions:
    """``backends`` None means all that are installed; ``command`` is written into the header."""

    seed: int = 0
    max_examples: int = 50
    backends: tuple[str, ...] | None = None
    command: str = ""
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (
            isinstance(self.max_examples, bool)
            or not isinstance(self.max_examples, int)
            or self.max_examples < 1
        ):
            raise UsageError(f"max_examples: expected an integer of 1 or more, got {self.max_examples!r}.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise UsageError(f"seed: expected an integer of 0 or more, got {self.seed!r}.")


def run(claims: Sequence[Claim], options: RunOptions) -> Iterator[Record]:
    """Check the claims in order: a header, the rows of each claim as soon as it is done, a footer.

    Raises `UsageError`, before the first record, for an unknown backend or one asked for by name that
    cannot be used, and for claims that share a uid.
    """
    found = choose(options.backends)
    doubles = [uid for uid, count in Counter(c.uid for c in claims).items() if count > 1]
    if doubles:
        raise UsageError(f"two claims are called {doubles[0]!r}; give one formula another name, or a suffix.")
    return _records(claims, options, found)


def _records(claims: Sequence[Claim], options: RunOptions, found: list[Found]) -> Iterator[Record]:
    started = time.perf_counter()
    yield _header(claims, options, found)
    verdicts: Counter[str] = Counter()
    as_declared = 0
    for formula, group in itertools.groupby(claims, key=lambda c: c.formula):
        session = Session(formula, found)
        points = _points(formula, options)
        for claim in group:
            outcome = check_claim(
                claim, session=session, points=points, seed=options.seed, max_examples=options.max_examples
            )
            yield from outcome.backends
            yield from outcome.battery
            yield outcome.row
            verdicts[outcome.row.verdict] += 1
            as_declared += outcome.row.as_declared
    yield Footer(
        finished=_now(),
        seconds=round(time.perf_counter() - started, 6),
        claims=len(claims),
        verdicts=dict(verdicts),
        as_declared=as_declared,
        exit_code=0 if as_declared == len(claims) else 1,
        remarks=list(options.remarks),
    )


def _points(formula: Formula, options: RunOptions) -> Generated | ForwardFault:
    """The formula's points, or why there are none: its claims are then errors, and the run goes on."""
    try:
        return generate(formula, max_examples=options.max_examples, seed=options.seed)
    except ForwardFault as fault:
        return fault
    except UsageError as error:
        return ForwardFault(str(error))


def _header(claims: Sequence[Claim], options: RunOptions, found: list[Found]) -> Header:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return Header(
        schema=SCHEMA,
        gradcheck=__version__,
        started=_now(),
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()} ({sys.implementation.name})",
        versions=versions,
        seed=options.seed,
        max_examples=options.max_examples,
        backends=[
            BackendInfo(name=f.name, available=f.backend is not None, version=f.version, reason=f.reason)
            for f in found
        ],
        claims=[c.uid for c in claims],
        command=options.command,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
