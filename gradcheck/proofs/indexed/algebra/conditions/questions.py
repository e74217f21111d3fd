"""Questions about sizes and indices that code asks while it runs on symbols.

`if W.shape[0] == W.shape[1]` has no answer for symbolic sizes. It is answered as in the general case
(different sizes, another index), and written down: what follows holds on that branch alone, and whoever
started the run has to make another one with the opposite answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import Unsupported

__all__ = ["Question", "Questions"]

_MOST = 40


@dataclass(frozen=True)
class Question:
    """``left`` ``relation`` ``right``, in words, with the difference that decides it.

    ``relation`` is ``==`` or ``<`` between sizes, or ``is`` between two indices. ``difference`` is
    left - right as sorted monomials for sizes, the two codes for indices; it alone tells questions apart.
    """

    relation: str
    left: str = field(compare=False)
    right: str = field(compare=False)
    difference: tuple[object, ...]

    def holds(self, sizes: Mapping[str, int]) -> bool:
        """The answer at given sizes, to a question about sizes."""
        terms: Any = self.difference
        value: int = sum(c * math.prod(sizes[name] for name in names) for names, c in terms)
        return value < 0 if self.relation == "<" else value == 0

    def words(self, answer: bool) -> str:
        if self.relation == "<":
            return f"{self.left} {'<' if answer else '>='} {self.right}"
        return f"{self.left} {'=' if answer else '!='} {self.right}"


@dataclass
class Questions:
    """The answers of one run. ``given`` are fixed beforehand, in order of asking they are added to."""

    given: dict[Question, bool] = field(default_factory=dict)
    asked: dict[Question, bool] = field(default_factory=dict)

    def ask(self, question: Question, default: bool = False) -> bool:
        """The answer on this branch; ``default`` where nothing was said before."""
        implied = self.implied(question)
        if implied is not None:
            return implied
        answer = default
        if len(self.asked) >= _MOST and question not in self.asked:
            raise Unsupported(f"more than {_MOST} questions about sizes")  # a loop that n ends, perhaps
        self.asked.setdefault(question, answer)
        return self.asked[question]

    def implied(self, question: Question) -> bool | None:
        """What answers to other questions say: `n < k` where `n + 1 < k`, and not where not `n < k + 1`."""
        for known in (self.asked, self.given):
            if question in known:
                self.asked.setdefault(question, known[question])
                return known[question]
        if question.relation != "<":
            return None
        for other, answer in (*self.given.items(), *self.asked.items()):
            if other.relation == "<":
                further = _apart(question.difference, other.difference)
                if further is not None and (further <= 0 if answer else further >= 0):
                    return answer
        return None


def _apart(a: Any, b: Any) -> int | None:
    """The difference of two polynomials, where that is a number."""
    terms = dict(a)
    for names, times in b:
        terms[names] = terms.get(names, 0) - times
    rest = {names: times for names, times in terms.items() if times}
    return rest.get((), 0) if rest.keys() <= {()} else None
