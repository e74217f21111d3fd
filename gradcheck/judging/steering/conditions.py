"""What code asks wherever it stands, and which answers it got: sizes as text, keys of tables, exceptions.

Comparisons of arrays are watched, branches are seen in the byte code; what is neither would pass in silence.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradcheck.arithmetic.code.asking import ASKED, Question, asking
from gradcheck.arithmetic.code.copies import Replaced, rebound
from gradcheck.formulas.calling.user_lines import is_users
from gradcheck.formulas.claim import Claim
from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["Conditions"]

Side = tuple[Question, bool]


@dataclass
class _Answers:
    """``sides`` are the answers that a question had, ``live`` those that it had where no gradient was zero
    throughout; ``given`` is what it was asked of while that is the same, and ``varied`` whether it was not.
    """

    sides: set[bool] = field(default_factory=set)
    live: set[bool] = field(default_factory=set)
    given: Any = None
    varied: bool = False


class Conditions:
    """The questions of a claim's forward and hand-written code, to be run as ``claim``."""

    def __init__(self, claim: Claim) -> None:
        replaced = Replaced(creators=(), builtins={ASKED: self._asked}, code=_asking)
        self.forward: Callable[..., Any] = rebound(claim.formula.function, np.asarray, replaced)
        self.claim = replace(claim, candidate=rebound(claim.candidate, np.asarray, replaced))
        self.answers: dict[Question, _Answers] = {}
        self.last: set[Side] = set()  # the answers of the run that is going on
        self.new: list[tuple[set[bool], bool]] = []  # what the last run added to these sets

    def take_in(self, *, live: bool) -> bool:
        """Take in the answers of the last run; whether any was new, or new where no gradient was zero."""
        self.new = []
        for question, side in self.last:
            answers = self.answers[question]
            for known in (answers.sides, answers.live) if live else (answers.sides,):
                if side not in known:
                    known.add(side)
                    self.new.append((known, side))
        self.last = set()
        return bool(self.new)

    def take_back(self) -> None:
        """Forget what the last run answered: nobody could judge it."""
        for known, side in self.new:
            known.discard(side)
        self.new = []

    def are_met(self, *, live: bool) -> bool:
        """Whether there is nothing left to ask, or to ask where no gradient is zero."""
        return next(self.missing(live=live), None) is None

    def missing(self, *, live: bool = False) -> Iterator[Side]:
        """The answers that no run had."""
        for question, answers in self.answers.items():
            known = answers.live if live else answers.sides
            for side in {True, False} - known if answers.sides else ():
                # what is not yet in a cache was met at the first call
                kept = side != (question.operator == "NotIn") if question.operator in _OF_CACHES else True
                if kept and (answers.varied or not question.of_settings):
                    yield question, side

    @property
    def settings(self) -> set[tuple[str, int, str]]:
        """Where settings are asked for, and how: what never was another one."""
        asked = ((q, a.varied) for q, a in self.answers.items())
        return {(q.file, q.line, q.text) for q, varied in asked if q.of_settings and not varied}

    def untried(self) -> list[UntriedSide]:
        """The answers that no run had, where they were asked for."""
        return [_untried(question, side) for question, side in self.missing()]

    def _asked(self, question: tuple[Any, ...], value: Any, *others: Any) -> Any:
        """What the code calls with what it asks; gives what the code would have without."""
        asked = Question(*question)
        answers = self.answers.setdefault(asked, _Answers())
        result, truth = _answer(asked, value, others)
        for side in _sides(truth, arrays=asked.kind != "truth"):
            self.last.add((asked, side))
        given = (value, *others)
        if not answers.varied and not all(isinstance(part, _PLAIN) for part in given):
            answers.varied = True
        elif not answers.varied:
            answers.varied = answers.given is not None and answers.given != given
            answers.given = given
        return result


_OF_CACHES = ("In", "NotIn", "setdefault")
_PLAIN = (int, float, complex, str, bytes, type(None), type, np.generic, np.dtype)
"""What settings are made of."""


def _asking(code: types.CodeType) -> types.CodeType:
    return asking(code) if is_users(code.co_filename) else code


def _answer(asked: Question, value: Any, others: tuple[Any, ...]) -> tuple[Any, Any]:
    """What a question comes to, and its truth."""
    if asked.kind == "comparison":
        result = _COMPARED[asked.operator](value, *others)
        arrays = all(isinstance(part, np.ndarray) for part in (value, *others))
        return result, result if arrays or asked.operator not in ("Is", "IsNot") else None
    if asked.kind == "get":
        is_there = others[0] in value if isinstance(value, dict) else None
        return getattr(value, asked.operator)(*others), is_there
    if asked.kind == "next":
        found = next(value, _NOTHING)
        return (others[0], False) if found is _NOTHING else (found, True)
    if asked.kind in ("exception", "end"):
        return value, others[0]
    if asked.kind == "joined":
        result = _JOINED[asked.operator](value, *others)
        of_booleans = all(_sides(part, arrays=True) for part in (value, *others))
        return result, result if isinstance(result, np.ndarray) else bool(result) if of_booleans else None
    return value, value


_NOTHING = object()


def _sides(truth: Any, *, arrays: bool) -> set[bool]:
    if isinstance(truth, bool | np.bool_):
        return {bool(truth)}
    if arrays and isinstance(truth, np.ndarray) and truth.dtype == bool:
        return {side for side, some in ((True, truth.any()), (False, not truth.all())) if some}
    return set()


def _untried(question: Question, side: bool) -> UntriedSide:
    never = None if question.kind in ("exception", "end") else "true" if side else "false"
    asks = {"get": "a key of ", "next": "an entry of "}.get(question.kind, "") + question.text
    # arrays that are one and the same object: nothing that holds of their values tells that
    by_object = question.operator in ("Is", "IsNot")
    return UntriedSide(question.file, question.line, question.source, asks, never, by_object)


_COMPARED: dict[str, Callable[..., Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": lambda a, b: a in b,
    "NotIn": lambda a, b: a not in b,
}
_JOINED: dict[str, Callable[..., Any]] = {
    "Mult": operator.mul,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
}
