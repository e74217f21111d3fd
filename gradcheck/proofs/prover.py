"""From a claim to what is known of it for all sizes and all values."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from gradcheck.errors import EndsProgram, Unsupported
from gradcheck.formulas.calling.user_lines import user_line
from gradcheck.formulas.claim import Claim
from gradcheck.proofs.branches import Branch, excluded, opposites
from gradcheck.proofs.comparing import Compared, compare
from gradcheck.proofs.indexed.algebra.indices.digits import NeedsSplit
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.stating import right_answers
from gradcheck.proofs.truth import Truth

__all__ = ["Attempt", "attempt", "explore", "latest_attempt"]

_MOST_BRANCHES = 40
_MOST_WRITTEN_OUT = 16
"""Sums over sizes that are declared as plain numbers are written out where these add up to no more."""


@dataclass
class Attempt:
    """A claim on one branch; ``truth`` is None where the forward does not run on symbols."""

    branch: Branch
    compared: Compared
    truth: Truth | None = None


def explore(claim: Claim, memory: Memory) -> tuple[list[Attempt], bool]:
    """The claim on every branch that its code distinguishes, the general one first; and whether these
    cover all sizes. Only the general branch where that is not proved.
    """
    attempts = [attempt(claim, memory, Branch())]
    if not attempts[0].compared.proved:
        return attempts, False
    pending: list[Branch] = []
    seen = {Branch().key}
    complete = _push(pending, attempts[0])
    while pending:
        branch = pending.pop(0)
        if branch.key in seen or excluded(claim.formula, branch):
            continue
        seen.add(branch.key)
        if len(attempts) >= _MOST_BRANCHES:
            return attempts, False
        attempts.append(attempt(claim, memory, branch))
        if attempts[-1].compared.proved:
            complete &= _push(pending, attempts[-1])
    return attempts, complete


def _push(pending: list[Branch], made: Attempt) -> bool:
    complete = True
    for question, answer in made.compared.asked.items():
        if question in made.branch.answers:
            continue
        for other in opposites(made.branch, question, answer):
            if other is None:
                complete = False
            else:
                pending.append(other)
    return complete


def attempt(claim: Claim, memory: Memory, branch: Branch) -> Attempt:
    """One branch: with sums as they are, then with those over plain numbers written out."""
    memory.whole(branch)
    made = _attempted(claim, memory, branch)
    while _needs_split(memory, made):
        made = _attempted(claim, memory, branch)
    memory.latest[branch.key] = claim, made
    return made


def _needs_split(memory: Memory, made: Attempt) -> bool:
    """Whether the code asked for an axis of several digits, and there is one now."""
    refusals = made.truth.space.refusals if made.truth is not None else []
    return bool(refusals) and isinstance(refusals[0], NeedsSplit) and memory.split(made.branch, refusals[0])


def latest_attempt(claim: Claim, memory: Memory, branch: Branch) -> Attempt:
    """What was found last on a branch, where it was this claim that was tried there; else a new attempt.

    A claim that fails is asked about once more, for its diagnosis, and nothing has been rewound since. A
    proof never rests on it: code that keeps arrays must be seen to do so when it runs again.
    """
    last = memory.latest.get(branch.key)
    return last[1] if last is not None and last[0] is claim else attempt(claim, memory, branch)


def _attempted(claim: Claim, memory: Memory, branch: Branch) -> Attempt:
    first = _once(claim, memory, branch, expand=False)
    if first.compared.proved or first.truth is None:
        return first
    declared = {d.size({}) for shape in claim.formula.shapes.shapes for d in shape if not d.names}
    declared |= {size for output in first.truth.outputs for size in output.shape if type(size) is int}
    numbers = {size for size in declared if size > 1}
    if not numbers or sum(numbers) > _MOST_WRITTEN_OUT:
        return first
    second = _once(claim, memory, branch, expand=True)
    return second if second.compared.proved else first


def _once(claim: Claim, memory: Memory, branch: Branch, *, expand: bool) -> Attempt:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            truth = memory.truth(branch, expand=expand)
            truth.prepare(claim.kind, lambda: right_answers(claim, truth))
        except Unsupported as error:
            return Attempt(branch, Compared(reason=f"the forward: {error}{user_line(error)}"))
        except EndsProgram as error:
            return Attempt(branch, Compared(reason=f"the forward ends the program{user_line(error)}"))
        except Exception as error:
            text = f"on symbols the forward raises {type(error).__name__}: {error}{user_line(error)}"
            return Attempt(branch, Compared(reason=text))
        return Attempt(branch, compare(claim, truth), truth)
