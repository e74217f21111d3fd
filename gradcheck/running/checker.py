"""Judging claims one by one, in any order, into records: what `run`, pytest and the reports share.

A checker keeps what the claims of one formula have in common (programs, points), so that asking for
them one after the other costs no more than a whole run.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gradcheck._version import __version__
from gradcheck.checking.claim_check import (
    Outcome,
    cannot_run,
    check_claim,
    session_of,
    stopped,
    stopped_by,
)
from gradcheck.checking.time_limit import Clock, TimeUp
from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.calling.process_state import process_kept
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import Found, choose, registered
from gradcheck.judging.points.generation import Generated, generate
from gradcheck.judging.points.point import ForwardFault
from gradcheck.judging.session import Session
from gradcheck.records.types import SCHEMA, BackendInfo, ClaimRow, Header, Record
from gradcheck.running.broken_files import BrokenFile
from gradcheck.running.collector import rare_collections
from gradcheck.running.in_dtype import Twins

__all__ = ["Checker", "Environment", "RunOptions", "backend_names", "environment", "now"]

_PACKAGES = ("numpy", "hypothesis", "python-flint", "sympy", "jax", "jaxlib")

_KEPT = 4
"""Formulas whose programs and points are kept; enough for callers that mix a few."""


@dataclass(frozen=True)
class RunOptions:
    """``backends`` None means all that are installed; ``command`` and ``shard`` (`2/4`, where the run is a
    part of one) are written into the header. ``broken`` are files that could not be loaded, ``allow_empty``
    says that a run without claims is one, as that of a part is.
    ``stop_at_failure`` ends the run after the first claim that did not come out. ``strict``: what was not
    tried makes a claim weak. ``time_limit``, in seconds, is for one claim. ``dtype`` and ``grade`` are those
    of gradients, in place of what is declared.
    """

    seed: int = 0
    max_examples: int = 50
    backends: tuple[str, ...] | None = None
    command: str = ""
    remarks: tuple[str, ...] = ()
    shard: str | None = None
    broken: tuple[BrokenFile, ...] = ()
    allow_empty: bool = False
    stop_at_failure: bool = False
    strict: bool = False
    time_limit: float | None = None
    dtype: str | None = None
    grade: str | None = None

    def __post_init__(self) -> None:
        if (
            isinstance(self.max_examples, bool)
            or not isinstance(self.max_examples, int)
            or self.max_examples < 1
        ):
            raise UsageError(f"max_examples: expected an integer of 1 or more, got {self.max_examples!r}.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise UsageError(f"seed: expected an integer of 0 or more, got {self.seed!r}.")
        if self.time_limit is not None and not self.time_limit > 0:
            raise UsageError(f"time_limit: expected a number of seconds above 0, got {self.time_limit!r}.")


@dataclass(frozen=True)
class Environment:
    """What checks: gradcheck, Python and platform, packages and backends with their versions."""

    gradcheck: str
    python: str
    platform: str
    versions: dict[str, str]
    backends: tuple[BackendInfo, ...]

    def header(self, options: RunOptions, uids: Sequence[str]) -> Header:
        """The header of a log of these claims, started now."""
        return Header(
            schema=SCHEMA,
            gradcheck=self.gradcheck,
            started=now(),
            python=self.python,
            platform=self.platform,
            versions=self.versions,
            seed=options.seed,
            max_examples=options.max_examples,
            backends=list(self.backends),
            claims=list(uids),
            command=options.command,
            shards=[options.shard] if options.shard else [],
            may_be_empty=options.allow_empty or options.shard is not None,
        )


class Checker:
    """Checks claims with the same options and backends.

    Raises `UsageError` for an unknown backend or one asked for by name that cannot be used.
    """

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        self.found = choose(options.backends)
        self._shared: dict[int, tuple[Session, Generated | ForwardFault]] = {}
        self._rows: dict[int, tuple[Claim, ClaimRow]] = {}
        self._twins = Twins(options.dtype, options.grade)

    def check(self, claim: Claim) -> list[Record]:
        """The rows of one claim: one per backend, those of the battery, then its own.

        What stops the check, whatever it is, is this claim's error: others go on, in the process as it was.
        """
        clock = Clock(self.options.time_limit)
        with rare_collections(), process_kept():
            try:
                with user_code:
                    outcome, row = clock.run(lambda: self._checked(claim, clock))
            except TimeUp:
                self._shared.clear()  # what it was doing then is half done
                outcome = stopped(claim, Session(claim.formula, self.found), clock)
                row = outcome.row
            except Exception as error:
                outcome = cannot_run(claim, Session(claim.formula, self.found), stopped_by(error))
                row = outcome.row
        self._rows[id(claim)] = claim, row  # the claim too, so that its id stays its own
        return [*outcome.backends, *outcome.battery, row]

    def _checked(self, claim: Claim, clock: Clock) -> tuple[Outcome, ClaimRow]:
        claim = self._twins.of(claim)
        session, points = self._of(claim.formula)
        outcome = check_claim(
            claim,
            session=session,
            points=points,
            seed=self.options.seed,
            max_examples=self.options.max_examples,
            clock=clock,
            strict=self.options.strict,
        )
        formula = claim.formula
        if isinstance(formula, Formula):
            return outcome, formula.located(claim, outcome, session, self._row_of)
        return outcome, outcome.row

    def _row_of(self, claim: Claim) -> ClaimRow:
        """The row of a claim, which is judged now if it has not been."""
        if id(claim) not in self._rows:
            self.check(claim)
        return self._rows[id(claim)][1]

    def header(self, uids: Sequence[str]) -> Header:
        """The header of a log of these claims, started now, in this process."""
        return self.environment().header(self.options, uids)

    def environment(self) -> Environment:
        """This process, as a log's header describes it."""
        return environment(self.found)

    def _of(self, formula: Declaration) -> tuple[Session, Generated | ForwardFault]:
        if id(formula) not in self._shared:
            while len(self._shared) >= _KEPT:
                del self._shared[next(iter(self._shared))]
            # the session holds the formula, so its id stays its own
            self._shared[id(formula)] = session_of(formula, self.found), self._points(formula)
        return self._shared[id(formula)]

    def _points(self, formula: Declaration) -> Generated | ForwardFault:
        """The formula's points, or why there are none: its claims are then errors, and others go on."""
        try:
            return generate(formula, max_examples=self.options.max_examples, seed=self.options.seed)
        except ForwardFault as fault:
            return fault
        except UsageError as error:
            return ForwardFault(str(error))


def environment(backends: Sequence[Found] = ()) -> Environment:
    """This process, with the backends that it has loaded."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return Environment(
        gradcheck=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()} ({sys.implementation.name})",
        versions=versions,
        backends=tuple(
            BackendInfo(name=f.name, available=f.backend is not None, version=f.version, reason=f.reason)
            for f in backends
        ),
    )


def backend_names(asked: Sequence[str] | None) -> tuple[str, ...]:
    """The backends that a run would use, by name; none of them is loaded."""
    return tuple(dict.fromkeys(asked if asked is not None else registered()))


def now() -> str:
    """The time as logs have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
