"""`verify` and `assert_correct`: one call from a forward and a backward to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gradcheck.checking.claim_check import check_claim
from gradcheck.errors import GradientError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.shapes import ShapeLike
from gradcheck.formulas.values import Values
from gradcheck.records.arrays import decode
from gradcheck.records.types import (
    ArrayRecord,
    BackendRow,
    BatteryRow,
    ClaimRow,
    Counterexample,
    Diagnosis,
    Proof,
)
from gradcheck.records.verdicts import Strength, Verdict
from gradcheck.running.garbage import rare_collections
from gradcheck.running.stream import RunOptions

__all__ = ["Result", "assert_correct", "reproduce", "verify"]


@dataclass(frozen=True)
class Result:
    """What `verify` found.

    ``row``, ``backends`` and ``battery`` are the records that a run's log would hold: the claim's own
    row, one per backend, and one per check of the code besides the numbers (`gradcheck.checking.battery`).
    ``reproduce`` is the Python line that runs the check again. `print(result)` tells the story; a
    notebook shows it as a page.
    """

    row: ClaimRow
    backends: tuple[BackendRow, ...]
    reproduce: str
    battery: tuple[BatteryRow, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """``pass``, ``fail``, ``inconclusive``, ``weak`` or ``error``; compares equal to these texts."""
        return Verdict(self.row.verdict)

    @property
    def strength(self) -> Strength | None:
        """Of a pass: ``proved``, ``certified`` or ``agreed``; otherwise None."""
        return Strength(self.row.strength) if self.row.strength else None

    @property
    def passed(self) -> bool:
        return self.verdict is Verdict.PASS

    @property
    def reason(self) -> str | None:
        """One sentence behind a verdict that is no pass; None for a pass."""
        return self.row.reason

    @property
    def counterexample(self) -> Counterexample | None:
        """The smallest point at which the code is wrong, with the exact arrays; None where there is none."""
        return self.row.counterexample

    @property
    def diagnosis(self) -> tuple[Diagnosis, ...]:
        """What kind of mistake explains a failure, one for each wrong quantity; empty otherwise."""
        return tuple(self.row.diagnosis)

    @property
    def proof(self) -> Proof | None:
        """What is known for all sizes and all values; None where no proof was tried."""
        return self.row.proof

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The quantities for which the backward returned None."""
        return tuple(self.row.unchecked)

    def __str__(self) -> str:
        from gradcheck.report.narrative import story

        return story(self.row, self.backends, self.battery)

    def _repr_html_(self) -> str:
        from gradcheck.report.notebook import page

        return page(self.row, self.backends, self.battery)

    def __repr__(self) -> str:
        strength = f", {self.strength}" if self.strength else ""
        return f"<gradcheck {self.row.uid}: {self.verdict}{strength}>"


def verify(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None = None,
    shapes: Mapping[str, ShapeLike] | None = None,
    *,
    values: Mapping[str, Values] | None = None,
    where: Callable[..., bool] | None = None,
    delta: Values | None = None,
    batch: str | None = None,
    backends: Sequence[str] | None = None,
    max_examples: int = 50,
    seed: int = 0,
) -> Result:
    """Check a hand-written backward pass against every backend, on generated shapes.

    ``forward(*args)`` gives an array, a scalar or a tuple of arrays (a list counts as a tuple: return
    an array where one is meant). ``backward(delta, *args)`` gives one gradient per argument (tuple,
    list, dict by name, or a bare array where there is one), `None` for an argument that is not checked.
    `delta` has the output's shape and is float64: a NumPy scalar for a scalar output, a tuple for a
    tuple output. Everything is real; a complex value, output or gradient is refused.

    ``shapes`` has one entry per argument, in order: `{"W": "n m", "x": "m", "s": ""}`; see
    `gradcheck.formulas.shapes` for the language, `gradcheck.formula` for ``values``, ``where`` and ``batch``.
    ``delta`` says what delta holds, as ``values`` does for arguments; it is then the only source of it.
    ``backends`` are names (None: all that are installed). ``max_examples`` points are tried, the fixed
    plan of shapes among them, the same for the same ``seed``. A `gradcheck.Formula` for ``forward``
    brings its own declarations, and its vjp where no ``backward`` is given; a `gradcheck.Chain` gives a
    `gradcheck.ChainResult`, which also tells the first wrong layer.

    Raises `UsageError` for calls that make no sense; everything that the code does wrong is in the
    result.
    """
    max_examples, seed = _whole(max_examples), _whole(seed)
    RunOptions(seed=seed, max_examples=max_examples)  # checks both
    from gradcheck.chains.chain import Chain

    declared = (shapes, values, where, delta, batch)
    if isinstance(forward, Chain) and all(given is None for given in declared):
        return forward.verify(backward, backends=backends, max_examples=max_examples, seed=seed)
    formula = _formula(forward, backward, shapes, values, where, batch)
    with rare_collections():
        outcome = check_claim(
            formula.claims[-1], max_examples=max_examples, seed=seed, backends=backends, delta=delta
        )
    line = reproduce(formula, outcome.row, seed, max_examples)
    row = outcome.row
    if row.counterexample is not None:
        # the command line cannot find what was only handed to a function
        again = msgspec.structs.replace(row.counterexample, replay=None, python=line)
        row = msgspec.structs.replace(row, counterexample=again)
    return Result(row, tuple(outcome.backends), line, tuple(outcome.battery))


def assert_correct(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None = None,
    shapes: Mapping[str, ShapeLike] | None = None,
    *,
    values: Mapping[str, Values] | None = None,
    where: Callable[..., bool] | None = None,
    delta: Values | None = None,
    batch: str | None = None,
    backends: Sequence[str] | None = None,
    max_examples: int = 50,
    seed: int = 0,
) -> Result:
    """`verify`, and raise `GradientError` (an AssertionError) with the whole story unless it passes.

    The arguments are those of `verify`. Gives the result; the error has it as ``result``.
    """
    __tracebackhide__ = True  # pytest shows the caller's line, not this one
    result = verify(
        forward,
        backward,
        shapes,
        values=values,
        where=where,
        delta=delta,
        batch=batch,
        backends=backends,
        max_examples=max_examples,
        seed=seed,
    )
    if not result.passed:
        raise GradientError(str(result), result)
    return result


def _formula(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None,
    shapes: Mapping[str, ShapeLike] | None,
    values: Mapping[str, Values] | None,
    where: Callable[..., bool] | None,
    batch: str | None,
) -> Formula:
    from gradcheck.errors import UsageError

    for role, function in (("forward", forward), ("backward", backward)):
        if not callable(function) and not (function is None and role == "backward"):
            raise UsageError(f"{role}: expected a function, got {type(function).__name__}.")
    if isinstance(forward, Formula):
        if backward is None and not forward.claims:
            raise UsageError(
                f"{forward.name} has no claims; give a backward, or add one with @{forward.name}.vjp."
            )
        base = forward
        built = Formula(
            base.function,
            shapes or {a: base.shapes.text(a) for a in base.shapes.arguments},
            name=base.name,
            values=values or base.values,
            where=where or base.where,
            batch=batch or base.batch,
        )
        if backward is None:
            backward = next((c.candidate for c in base.claims if c.kind == "vjp" and not c.erratum), None)
            if backward is None:
                raise UsageError(f"{base.name} has no vjp claim; give a backward.")
    else:
        if backward is None:
            raise UsageError("verify: expected a forward and a backward; the backward is missing.")
        if shapes is None:
            raise UsageError("verify: shapes is missing; it has one entry per argument, as in {'x': 'n'}.")
        built = Formula(
            forward, shapes, name=_name(forward, "forward"), values=values, where=where, batch=batch
        )
    built.vjp(backward)
    return built


def _whole(number: Any) -> Any:
    """NumPy's integers as Python's, anything else as it is: it is refused where it is used."""
    return int(number) if not isinstance(number, bool) and hasattr(number, "__index__") else number


def _name(function: Any, role: str) -> str:
    """The function's own name, or its role where that says nothing (a lambda, a partial, an object)."""
    name = str(getattr(function, "__name__", ""))
    return name if name.isidentifier() else role


def reproduce(formula: Formula, row: ClaimRow, seed: int, max_examples: int) -> str:
    """The Python line that runs it again: the smallest counterexample's exact arrays where there are
    some, else the same seed.
    """
    shapes = {a: formula.shapes.text(a) for a in formula.shapes.arguments}
    candidate = formula.claims[-1].candidate
    # an adapter knows how its pair is written
    pair = getattr(candidate, "spelled", None) or f"{formula.name}, {_name(candidate, 'backward')}"
    found = row.counterexample
    if found is None or any(a.dec is None for a in [*found.inputs.values(), *found.delta]):
        given = [n for n in ("values", "where", "batch") if getattr(formula, n)]
        rest = f"  # and the same {', '.join(given)}" if given else ""
        return f"gradcheck.verify({pair}, shapes={shapes}, max_examples={max_examples}, seed={seed}){rest}"
    arrays = {n: _literal(a) for n, a in found.inputs.items()}
    values = ", ".join(f"{n!r}: {text}" for n, text in arrays.items())
    deltas = [_literal(d) for d in found.delta]
    delta = f", delta={deltas[0] if len(deltas) == 1 else '(' + ', '.join(deltas) + ')'}" if deltas else ""
    return f"gradcheck.verify({pair}, shapes={shapes}, values={{{values}}}{delta}, seed={seed})"


def _literal(array: ArrayRecord) -> str:
    return f"np.array({decode(array).tolist()!r})"
