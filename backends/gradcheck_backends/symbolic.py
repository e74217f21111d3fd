"""SymPy's symbolic derivative, entry by entry, with one scalar symbol per entry.

Never `MatrixSymbol`: SymPy 1.14 differentiates a sum of two traces to zero there. The forward runs on
symbols; SymPy differentiates every definition by every symbol in it, and the chain rule over the
names in between is carried out when numbers are put in, in ball arithmetic.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ElementArray, call_in, of_entries
from gradcheck.backend import Answer, Problem, Program, Traits
from gradcheck.errors import Unsupported
from gradcheck_backends._sympy.balls import value
from gradcheck_backends._sympy.partials import Term, terms
from gradcheck_backends._sympy.sums import terms_of
from gradcheck_backends._sympy.symbols import SymbolDomain

__all__ = ["BACKEND", "MAX_ENTRIES", "Symbolic"]

MAX_ENTRIES = 128
"""The most scalar symbols, inputs and outputs together, for which expressions are made. SymPy's time
grows faster than linearly (on two cores: 10 ms at 20, 60 ms at 64, seconds at 500)."""


class Symbolic:
    """The backend ``symbolic``."""

    name = "symbolic"
    install = "pip install sympy"
    traits = Traits(cost_of_shape=2)

    def version(self) -> str:
        return f"sympy {sympy.__version__}"

    def derive(self, problem: Problem) -> Program:
        """Run the forward on symbols and differentiate. Raises `Unsupported`."""
        inputs = sum(problem.example[i].size for i in problem.wrt)
        outputs = sum(int(np.prod(s, dtype=int)) for s in problem.output_shapes)
        if inputs + outputs > MAX_ENTRIES:
            raise Unsupported(f"over SymPy's {MAX_ENTRIES}-entry limit")
        return PartialsProgram(problem)


class PartialsProgram(Program):
    """The partial derivatives of every definition of one forward."""

    exact_answers = True
    runs_operations = False

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.method = "SymPy partials by entry, put together in balls"
        self._domain = SymbolDomain()
        self._inputs = {
            i: self._domain.inputs(_safe(problem.names[i]), problem.example[i].shape) for i in problem.wrt
        }
        outputs = self._run()
        self._domain.finish()
        self._let_terms = [(symbol, *terms(parts)) for symbol, parts in self._domain.lets]
        self._output_terms = [terms(terms_of(expression))[0] for expression in outputs]

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        environment: dict[Any, arb] = {s: domain.lift(c) for s, c in self._domain.constants.items()}
        for i, symbols in self._inputs.items():
            balls = self.lift(args[i]).ravel().tolist()
            environment.update(zip(symbols.ravel().tolist(), balls, strict=True))
        for symbol, parts, numbers in self._let_terms:
            values = [part.value(environment) for part in parts]
            values += [value(number, environment) for number in numbers]
            environment[symbol] = reduce(operator.add, values) if values else arb(0)
        adjoint: dict[Any, arb] = {}
        weights = [weight for d in deltas for weight in self.lift(d).ravel().tolist()]
        for weight, parts in zip(weights, self._output_terms, strict=True):
            _spread(weight, parts, environment, adjoint)
        for symbol, parts, _ in reversed(self._let_terms):
            if symbol in adjoint:
                _spread(adjoint[symbol], parts, environment, adjoint)
        zero = arb(0)
        answers = {}
        for i, symbols in self._inputs.items():
            gradient = [adjoint.get(s, zero) for s in symbols.ravel().tolist()]
            answers[i] = Answer(of_entries(gradient, symbols.shape))
        return answers

    def _run(self) -> list[Any]:
        problem, domain = self.problem, self._domain
        args = [
            ElementArray(self._inputs[i].copy(), domain) if i in self._inputs else a
            for i, a in enumerate(problem.example)
        ]
        try:
            result = call_in(domain, problem.function, args)
        except Unsupported:
            raise
        except Exception as error:
            raise Unsupported(
                f"the forward does not run on symbols: {type(error).__name__}: {error}"
            ) from error
        outputs: list[Any] = []
        for part in result if isinstance(result, tuple | list) else [result]:
            lifted = part.data if isinstance(part, ElementArray) else domain.lift_array(part)
            outputs.extend(np.asarray(lifted, dtype=object).reshape(-1))
        return outputs


def _safe(name: str) -> str:
    return f"arg_{name}"


def _spread(weight: arb, parts: list[Term], environment: Any, adjoint: dict[Any, arb]) -> None:
    """The chain rule through one definition: weight times each partial goes to its symbol."""
    if weight.is_zero():
        return
    for term in parts:
        for symbol, partial in term.partials(environment):
            part = weight * partial
            adjoint[symbol] = adjoint[symbol] + part if symbol in adjoint else part


BACKEND = Symbolic()
