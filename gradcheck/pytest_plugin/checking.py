"""The claims of formula files, judged once in a process however many tests ask."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gradcheck.errors import UsageError
from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Record
from gradcheck.running.checker import Checker, RunOptions

if TYPE_CHECKING:
    from gradcheck.formulas.claim import Claim

__all__ = ["Judged", "check_backends", "checker_of", "judge"]

_CHECKER: pytest.StashKey[Checker] = pytest.StashKey()
_JUDGED: pytest.StashKey[dict[int, Judged]] = pytest.StashKey()


@dataclass(frozen=True)
class Judged:
    """What was found of a claim. ``claim`` keeps it alive, so that its id stays its own."""

    claim: Claim
    records: Sequence[Record]

    @property
    def row(self) -> ClaimRow:
        return next(r for r in self.records if isinstance(r, ClaimRow))

    @property
    def backends(self) -> tuple[BackendRow, ...]:
        return tuple(r for r in self.records if isinstance(r, BackendRow))

    @property
    def battery(self) -> tuple[BatteryRow, ...]:
        return tuple(r for r in self.records if isinstance(r, BatteryRow))


def checker_of(config: pytest.Config) -> Checker:
    """What checks, with the options of this test run. Raises `UsageError` for backends."""
    if _CHECKER not in config.stash:
        asked = config.getoption("gradcheck_backend")
        options = RunOptions(
            seed=config.getoption("gradcheck_seed"),
            max_examples=config.getoption("gradcheck_max_examples"),
            backends=tuple(asked) if asked else None,
            command=shlex.join(["pytest", *map(str, config.invocation_params.args)]),
        )
        config.stash[_CHECKER] = Checker(options)
    return config.stash[_CHECKER]


def check_backends(config: pytest.Config) -> None:
    """Refuse backends that are unknown or missing, before any test runs."""
    try:
        checker_of(config)
    except UsageError as error:
        raise pytest.UsageError(f"--gradcheck-backend: {error}") from None


def judge(claim: Claim, config: pytest.Config) -> tuple[Judged, bool]:
    """What is found of a claim, and whether it was found now (or is known from another test)."""
    known = config.stash.setdefault(_JUDGED, {})
    if id(claim) in known:
        return known[id(claim)], False
    known[id(claim)] = Judged(claim, checker_of(config).check(claim))
    return known[id(claim)], True
