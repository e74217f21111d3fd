"""The backward passes that are changed, and how a changed one is made to run."""

from __future__ import annotations

import ast
import inspect
import itertools
import random
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from gradcheck import Formula
from gradcheck.catalogue import formulas
from gradcheck.formulas.claim import Claim
from tests.trust.corpus import CORPUS

from .exact import exactly, names_for_exact
from .mutating import Edit, edits

__all__ = [
    "Mutant",
    "Subject",
    "exact_version",
    "forward_sources",
    "mutants",
    "other_forward",
    "sample",
    "subjects",
]

OURS = ("gradcheck.catalogue.", "tests.trust.corpus.")
"""Modules whose functions are changed too where a backward pass calls them."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A right claim about gradients; ``corpus`` is where it comes from."""

    corpus: str  # trust or catalogue
    claim: Claim

    @property
    def name(self) -> str:
        return self.claim.uid

    @property
    def formula(self) -> Formula:
        return self.claim.formula


@dataclass(frozen=True, eq=False)
class Mutant:
    """A backward pass of which ``edit`` changed one place, in itself or in a ``function`` that it calls."""

    subject: Subject
    function: FunctionType
    edit: Edit
    number: int  # within the subject

    @property
    def label(self) -> str:
        edit = self.edit
        return f"{self.subject.name}#{self.number} {edit.kind}: `{edit.before}` -> `{edit.after}`"

    def candidate(self, folder: Path, sources: dict[str, str] | None = None) -> Callable[..., Any]:
        """The changed backward pass, from a file of its own in ``folder``, so that its lines can be read.

        Some functions of it come from other ``sources``, if given.
        """
        number = f"{self.number}_repaired" if sources else str(self.number)
        file = folder / f"{_WORD.sub('_', self.subject.name)}_{number}.py"
        text = "\n\n\n".join((self.sources() | (sources or {})).values()) + "\n"
        file.write_text(text, "utf-8")
        return _run(compile(text, str(file), "exec"), _with_helpers(self.subject.claim.candidate), {})

    def exact(self) -> Callable[..., Any]:
        """The same with 200 digits in place of float64; see `exact.py`."""
        return exact_version(self.subject.claim.candidate, {self.function.__name__: self.edit.source})

    def sources(self) -> dict[str, str]:
        """The functions that are changed, or call what is changed, by name; the backward pass last."""
        backward = self.subject.claim.candidate
        changed = [f for f in _with_helpers(backward) if self.function in _with_helpers(f)]
        own = {f.__name__: _plain_source(f) for f in reversed(changed)}
        return {**own, self.function.__name__: self.edit.source}


_WORD = re.compile(r"\W+")


def subjects() -> Iterator[Subject]:
    """Every backward pass of the trust corpus, then those of the catalogue that are no errata."""
    yield from (Subject("trust", formula.claims[-1]) for formula in CORPUS.values())
    for formula in formulas():
        yield from (Subject("catalogue", c) for c in formula.claims if c.kind.is_backward and not c.erratum)


@cache
def mutants() -> tuple[Mutant, ...]:
    """All of them. What several backward passes share is changed once, in each of them in turn."""
    callers: dict[CodeType, list[tuple[Subject, FunctionType]]] = {}
    for subject in subjects():
        for function in _with_helpers(subject.claim.candidate):
            callers.setdefault(function.__code__, []).append((subject, function))
    dealt: dict[Subject, list[tuple[FunctionType, Edit]]] = {}
    for shared in callers.values():
        turns = itertools.cycle(shared)
        for edit in edits(textwrap.dedent(inspect.getsource(shared[0][1]))):
            subject, function = next(turns)
            dealt.setdefault(subject, []).append((function, edit))
    return tuple(
        Mutant(subject, function, edit, k)
        for subject, found in dealt.items()
        for k, (function, edit) in enumerate(found)
    )


def sample(count: int, seed: int, of_each: int = 10) -> list[Mutant]:
    """So many of them, the same for the same seed: ``of_each`` of random subjects, sharing their truth."""
    rng = random.Random(seed)
    groups = [list(group) for _, group in itertools.groupby(mutants(), key=lambda m: m.subject)]
    rng.shuffle(groups)
    chosen: list[Mutant] = []
    for group in groups:
        picked = sorted(rng.sample(range(len(group)), min(of_each, len(group), count - len(chosen))))
        chosen += [group[k] for k in picked]
    return chosen


def exact_version(backward: FunctionType, sources: dict[str, str]) -> Callable[..., Any]:
    """A backward pass and all that it calls, some from other ``sources``, as code for 200 digits."""
    called = _with_helpers(backward, forwards=True)
    texts = {f.__name__: _plain_source(f) for f in called} | sources
    code = compile(exactly("\n".join(texts.values())), f"<exact {backward.__name__}>", "exec")
    return _run(code, called, names_for_exact())


def forward_sources(formula: Formula) -> dict[str, str]:
    """The forward, and what it calls of our corpora, by name; the forward last."""
    return {f.__name__: _plain_source(f) for f in reversed(_with_helpers(formula.function))}


def other_forward(formula: Formula, sources: dict[str, str], names: dict[str, Any]) -> Callable[..., Any]:
    """The forward with some functions from other ``sources``, which may use ``names``."""
    text = "\n".join((forward_sources(formula) | sources).values())
    return _run(compile(text, "<another forward>", "exec"), _with_helpers(formula.function), names)


def _with_helpers(function: FunctionType, *, forwards: bool = False) -> list[FunctionType]:
    """The function, and those of our corpora that it calls by name, directly or through each other.

    With ``forwards`` also the forwards among them, which a mutant leaves as they are.
    """
    found = [function]
    for one in found:
        known = _names_of(one)
        for name in (*one.__code__.co_names, *one.__code__.co_freevars):
            value = known.get(name)
            if forwards and isinstance(value, Formula):
                value = value.function
            if isinstance(value, FunctionType) and value.__module__.startswith(OURS) and value not in found:
                found.append(value)
    return found


def _names_of(function: FunctionType) -> dict[str, Any]:
    """Everything that its code can name: the module's globals, and what it closes over."""
    return {**function.__globals__, **inspect.getclosurevars(function).nonlocals}


def _run(code: CodeType, called: list[FunctionType], names: dict[str, Any]) -> Callable[..., Any]:
    """Defines what the code defines in place of the functions that were ``called``, the first of which is
    given back; whatever they had another name for (`slope` for `relu_slope`) is replaced as well.
    """
    scope = {name: value for f in reversed(called) for name, value in _names_of(f).items()} | names
    before = dict(scope)
    exec(code, scope)
    for name, value in before.items():
        old = value.function if isinstance(value, Formula) else value
        new = scope.get(getattr(old, "__name__", ""))
        if old in called and isinstance(new, FunctionType) and new is not old and new.__globals__ is scope:
            scope[name] = new
    return scope[called[0].__name__]


def _plain_source(function: FunctionType) -> str:
    """Its source without decorators and indentation."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    tree.decorator_list = []
    return ast.unparse(tree)
