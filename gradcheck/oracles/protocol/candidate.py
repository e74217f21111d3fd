"""A foreign program as the hand-written code of a vjp claim."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.calling.foreign import float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import NAMED
from gradcheck.formulas.kinds import Vjp
from gradcheck.oracles.protocol.answers import decimals_differ, read_gradients
from gradcheck.oracles.protocol.cases import data_arguments, make_case
from gradcheck.oracles.protocol.driver import Driver
from gradcheck.oracles.protocol.faults import Exhausted, ProgramFault

__all__ = ["FLOATS", "Foreign"]

FLOATS = {d.code: d for d in NAMED.values()}
"""The dtypes in which gradients are checked, by what the protocol calls them."""

_CAREFUL = 2
"""Failures of one claim after which only cases that are no larger than the smallest of them are sent: a
program that always crashes need not do so at every point, and is still led to its smallest crash."""

_MOST_FAULTS = 8
_MOST_TIMEOUTS = 3
"""Failures of one claim after which nothing more is sent. A silent program costs its time limit each time."""


class Foreign:
    """The gradients of one formula by one program, in one dtype.

    ``notes`` are sentences for the claim's record, ``stderr`` the end of what the program wrote there
    when it last failed.
    """

    def __init__(self, driver: Driver, formula: Formula, dtype: str) -> None:
        self.driver, self.dtype = driver, dtype
        self.formula = formula.in_dtype(FLOATS[dtype])
        self.stderr: list[str] = []
        self._faults: dict[bytes, str] = {}  # by case: one that failed is not sent again
        self._timeouts = 0
        self._smallest = 0
        self._declined = 0
        self._differing_decimals = 0
        self._told = False
        self._data: set[str] | None = None

    def claim(self) -> Claim:
        """The claim that the program's gradients are right."""
        started = self.driver.started.implementation
        floats = FLOATS[self.dtype]
        return Claim(
            self.formula,
            Vjp(),
            float_only(self._gradients, self.floats),
            id=self.formula.id
            or next((c.id for c in self.formula.claims if c.kind.is_backward and c.id), None),
            suffix=f"external-{self.dtype.lstrip('<')}" if floats.is_low else "external",
            title=f"gradients of {self.formula.name} by {started.name} ({started.language})"
            + (f" in {floats.name}" if floats.is_low else ""),
            section=self.formula.section,
            latex=self.formula.latex,
        )

    @property
    def floats(self) -> str:
        """Who runs in floating point only."""
        return f"a program in {self.driver.started.implementation.language}"

    @property
    def notes(self) -> list[str]:
        notes = []
        if self._declined:
            notes.append(f"{self._declined} cases were not sent after the program had failed repeatedly")
        if self._differing_decimals:
            notes.append(
                f"in {self._differing_decimals} answers dec is not what b64 holds; b64 was judged, as the "
                "authority"
            )
        return notes

    def _gradients(self, delta: Any, *args: Any) -> dict[str, Any]:
        """The program's answer, as a candidate of a vjp claim gives it."""
        parts = (*(delta if isinstance(delta, tuple) else (delta,)), *args)
        found = {FLOATS[self.dtype].name, *(np.asarray(p).dtype.name for p in parts if _is_float(p))}
        if len(found) > 1:
            raise Unsupported(f"{max(found - {FLOATS[self.dtype].name})} is a claim of its own")
        case = make_case(self.formula, self.dtype, delta, args)
        key = hashlib.sha256(b"".join(_signature(np.asarray(p)) for p in parts)).digest()
        if key in self._faults:
            raise CandidateFault("error", self._faults[key])
        self._hold_back(sum(np.size(p) for p in parts))
        try:
            reply = self.driver.ask(case)
        except Exhausted as exhausted:
            raise self._not_run(exhausted) from None
        except ProgramFault as fault:
            self._remember(key, fault, sum(np.size(p) for p in parts))
            raise CandidateFault("error", f"the program: {fault}") from None
        if reply.skipped:
            raise Unsupported(f"skipped by the program: {reply.message or 'it does not say why'}")
        if reply.errored:
            raise CandidateFault(
                "error", f"the program reports an error: {reply.message or 'it does not say which'}"
            )
        assert reply.gradients is not None
        self._differing_decimals += decimals_differ(reply.gradients)
        names = self.formula.shapes.arguments
        if self._data is None:
            self._data = data_arguments(self.formula, delta, args)
        return read_gradients(reply.gradients, names, self.dtype, self._data)

    def _hold_back(self, size: int) -> None:
        """Raise `Unsupported` where another failure would tell nothing new."""
        failed = len(self._faults)
        if (
            failed >= _MOST_FAULTS
            or self._timeouts >= _MOST_TIMEOUTS
            or (failed >= _CAREFUL and size > self._smallest)
        ):
            self._declined += 1
            raise Unsupported(f"not sent: the program had failed at {failed} cases before")

    def _remember(self, key: bytes, fault: ProgramFault, size: int) -> None:
        self._smallest = min(self._smallest, size) if self._faults else size
        self._faults[key] = f"the program: {fault}"
        self._timeouts += fault.kind == "timeout"
        self.stderr = self.driver.stderr

    def _not_run(self, exhausted: Exhausted) -> Exception:
        """Said once for every claim; then there is nothing to ask."""
        if self._told:
            return Unsupported(f"not run: {exhausted}")
        self._told = True
        return CandidateFault("error", f"not run: {exhausted}")


def _is_float(value: Any) -> bool:
    return np.asarray(value).dtype.name in NAMED


def _signature(array: NDArray[Any]) -> bytes:
    return f"{array.dtype.str}{array.shape}".encode() + array.tobytes()
