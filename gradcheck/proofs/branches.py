"""Branches: what the sizes are taken to be where code asks about them.

The first run answers every question as in the general case. For each question that it asked, further
runs cover the other answer: equal sizes are made one symbol, a size that is 1 the number 1. Together the
branches cover all sizes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from gradcheck.formulas.declaration import Declaration
from gradcheck.proofs.indexed import Question, Questions, Space, make_size, rebound
from gradcheck.proofs.indexed.algebra.polynomials import Monomial, Polynomial

__all__ = ["Branch", "excluded", "opposites"]

_MOST_SMALL = 8
"""Sizes below a constant in the code (`n < 5`) are taken one by one up to this many; beyond that all of
them are one symbol, of which that much is said.
"""


@dataclass(frozen=True)
class Branch:
    """``sizes``: dimension names that are not free here; ``answers``: answers to questions that no
    substitution decides; ``same``: index names that are one; ``words``: what the branch says.
    """

    sizes: Mapping[str, Polynomial] = field(default_factory=dict)
    answers: Mapping[Question, bool] = field(default_factory=dict)
    same: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for branches that say the same."""
        return (tuple(sorted(self.sizes.items())), frozenset(self.answers.items()), self.same)

    @property
    def label(self) -> str:
        return ", ".join(self.words) or "in general"


def opposites(branch: Branch, question: Question, answer: bool) -> Iterator[Branch | None]:
    """The branches on which the question has the other answer; None where they cannot be run."""
    said = (*branch.words, question.words(not answer))
    if question.relation == "is":
        if answer:
            yield Branch(branch.sizes, {**branch.answers, question: False}, branch.same, said)
        else:
            named = not question.right.isdigit()
            same = (*branch.same, (question.left, question.right))
            yield Branch(branch.sizes, branch.answers, same, said) if named else None
        return
    difference: dict[Monomial, int] = dict(question.difference)  # type: ignore[arg-type]
    if question.relation == "==":
        if answer:
            return  # sizes that are one symbol: the other answer is not of this branch
        solved = _solved(difference)
        if solved is None:
            yield None
            return
        yield Branch(_substituted(branch.sizes, *solved), branch.answers, branch.same, said)
        return
    below = _below(difference)
    if below is not None and not answer:
        name, limit = below
        if limit > _MOST_SMALL:
            yield Branch(branch.sizes, {**branch.answers, question: not answer}, branch.same, said)
            return
        for value in range(1, min(limit, _MOST_SMALL + 1)):
            one: Polynomial = (((), value),)
            yield Branch(
                _substituted(branch.sizes, name, one), branch.answers, branch.same,
                (*branch.words, f"{name} = {value}"),
            )  # fmt: skip
        return
    above = _below({m: -c for m, c in difference.items()})
    if above is not None and answer:  # answered n > limit; the rest is n <= limit
        name, limit = above
        if limit > _MOST_SMALL:
            yield Branch(branch.sizes, {**branch.answers, question: not answer}, branch.same, said)
            return
        for value in range(1, min(limit, _MOST_SMALL) + 1):
            one = (((), value),)
            yield Branch(
                _substituted(branch.sizes, name, one), branch.answers, branch.same,
                (*branch.words, f"{name} = {value}"),
            )  # fmt: skip
        return
    yield Branch(branch.sizes, {**branch.answers, question: not answer}, branch.same, said)


def _below(difference: Mapping[Monomial, int]) -> tuple[str, int] | None:
    """`n - limit` as the name and the limit."""
    names = [m for m in difference if m]
    if len(names) != 1 or len(names[0]) != 1 or difference[names[0]] != 1:
        return None
    return names[0][0], -difference.get((), 0)


def _solved(difference: Mapping[Monomial, int]) -> tuple[str, Polynomial] | None:
    """A name, and what it is where the difference is zero. Names that divide all of it are not 0."""
    for name in next(iter(difference), ()):
        if all(name in m for m in difference):
            return _solved({_less(m, name): c for m, c in difference.items()})
    for monomial, coefficient in sorted(difference.items(), reverse=True):
        if len(monomial) != 1 or abs(coefficient) != 1:
            continue
        name = monomial[0]
        if any(name in m for m in difference if m != monomial):
            continue
        rest = {m: -c * coefficient for m, c in difference.items() if m != monomial}
        return name, tuple(sorted(rest.items()))
    return None


def _less(monomial: Monomial, name: str) -> Monomial:
    rest = list(monomial)
    rest.remove(name)
    return tuple(rest)


def _substituted(sizes: Mapping[str, Polynomial], name: str, value: Polynomial) -> dict[str, Polynomial]:
    """The sizes with one more name replaced, in what is replaced already too."""
    replaced = {n: _put(p, name, value) for n, p in sizes.items()}
    replaced[name] = value
    return replaced


def _put(polynomial: Polynomial, name: str, value: Polynomial) -> Polynomial:
    total: dict[Monomial, int] = {}
    for monomial, coefficient in polynomial:
        parts: dict[Monomial, int] = {tuple(n for n in monomial if n != name): coefficient}
        for _ in range(monomial.count(name)):
            grown: dict[Monomial, int] = {}
            for m, c in parts.items():
                for v, d in value:
                    key = tuple(sorted(m + v))
                    grown[key] = grown.get(key, 0) + c * d
            parts = grown
        for m, c in parts.items():
            total[m] = total.get(m, 0) + c
    return tuple(sorted((m, c) for m, c in total.items() if c))


def excluded(formula: Declaration, branch: Branch) -> bool:
    """Whether the declaration rules the branch out: a size below 1, or `where` says no."""
    numbers = {}
    for name, polynomial in branch.sizes.items():
        if all(not m for m, _ in polynomial):
            numbers[name] = sum(c for _, c in polynomial)
    if any(value < 1 for value in numbers.values()):
        return True
    if formula.where is None:
        return False
    names = list(inspect.signature(formula.where).parameters)
    if not set(names) <= numbers.keys():
        return _ruled_out(formula.where, names, branch)
    return not formula.related(numbers)


_MOST_RUNS = 16


class _Unanswered(Exception):
    """A question about sizes that the branch says nothing of."""


class _Given(Questions):
    """The answers of a branch, and no others."""

    def ask(self, question: Question, default: bool = False) -> bool:
        answer = self.implied(question)
        if answer is None:
            raise _Unanswered(question)
        return answer


def _ruled_out(where: Callable[..., bool], names: list[str], branch: Branch) -> bool:
    """Whether `where` says no for all sizes of a branch: it is run on symbols, with each of the answers to
    what it asks and the branch does not say.
    """
    pending = [dict(branch.answers)]
    for _ in range(_MOST_RUNS):
        if not pending:
            return True
        answers = pending.pop()
        space = Space(_Given(answers))
        sizes = [make_size(space, dict(branch.sizes.get(name, (((name,), 1),)))) for name in names]
        try:
            if rebound(where, space)(*sizes) is not False or space.refusals:
                return False
        except _Unanswered as unanswered:
            (question,) = unanswered.args
            pending += [{**answers, question: True}, {**answers, question: False}]
        except Exception:
            return False
    return False
