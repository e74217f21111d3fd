"""`verify` and `assert_correct`: one call from a forward and a backward to a verdict."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec

import msgspec

from gradcheck.adapters.values_with_gradients import value_and_grad, value_and_gradients
from gradcheck.checking.claim_check import check_claim
from gradcheck.errors import UsageError
from gradcheck.formulas.calling.process_state import process_kept
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import check_held, other_types
from gradcheck.formulas.given_arrays import declared_at
from gradcheck.formulas.kinds import Vjp
from gradcheck.formulas.sizes.shapes import ShapeLike
from gradcheck.formulas.spaces import Space
from gradcheck.formulas.values import Values
from gradcheck.running.asserted import tell
from gradcheck.running.collector import rare_collections
from gradcheck.running.result import Result, failure, own_name, reproduce, warn_of_absent_keys
from gradcheck.running.stream import RunOptions

__all__ = ["Result", "assert_correct", "reproduce", "verify"]

P = ParamSpec("P")


def verify(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None = None,
    shapes: Mapping[str, ShapeLike] | None = None,
    *,
    jac: Callable[..., Any] | bool | None = None,
    jvp: Callable[..., Any] | None = None,
    hvp: Callable[..., Any] | None = None,
    hessian: Callable[..., Any] | None = None,
    double_backward: Callable[..., Any] | None = None,
    args: Sequence[Any] | None = None,
    values: Mapping[str, Values] | None = None,
    where: Callable[..., bool] | None = None,
    delta: Values | None = None,
    batch: str | None = None,
    deterministic: bool = True,
    accuracy: float | None = None,
    spaces: Mapping[str, Space] | None = None,
    complex_convention: str = "torch",
    dtype: str = "float64",
    grade: str = "throughout",
    strict: bool = False,
    backends: Sequence[str] | None = None,
    max_examples: int = 50,
    seed: int = 0,
) -> Result:
    """Check a hand-written backward pass against every backend, on generated shapes.

    ``forward(*args)`` gives an array, a scalar or a tuple of arrays (a list counts as a tuple: return
    an array where one is meant). ``backward(delta, *args)`` gives one gradient per argument (tuple,
    list, dict by name, or a bare array where there is one), `None` for an argument that is not checked.
    `delta` has the output's shape and is float64: a NumPy scalar for a scalar output, a tuple for a
    tuple output.

    ``shapes`` has one entry per argument, in order: `{"W": "n m", "x": "m", "s": ""}`; see
    `gradcheck.formulas.sizes.shapes` for the language, and `gradcheck.formula` for ``values``, ``where`` and
    ``batch``. An argument that holds several arrays is declared as it is nested,
    `{"params": {"W": "n m", "b": "n"}}`, and its gradients come in the same nesting; a key that is missing is
    not checked.

    ``jac`` in place of ``backward`` is SciPy's: `jac(*args)` is the gradient of a scalar ``forward`` by its
    first argument, the Jacobian of one that gives an array; `True` where ``forward`` returns both, the value
    and the gradient.

    Beside a backward, or without one, other derivatives are checked. ``jvp`` is forward mode: `jvp(tangents,
    *args)` gives the output's tangent, where ``tangents`` is a named tuple with one array for each argument.
    For a scalar ``forward``, `hvp(v, *args)` gives its Hessian times ``v``, with one array for each argument
    as ``v`` has, and `hessian(*args)` the Hessian itself (`x.shape + x.shape`, for one argument).
    `double_backward(grads, delta, *args)` is the backward pass of the backward pass: gradients for delta and
    every argument, given cotangents of what the backward returns. Where several are given, the result is
    that of the worst, with the others in `Result.beside`.

    ``args`` are arrays to check at, one for each argument: ``shapes`` may then be left out, and several
    deltas are tried.

    ``accuracy=1e-8`` says that ``forward`` is a solver, a table or an early stop, right to this part of its
    value: the derivative is then judged against the function that it comes near to, by differences over long
    steps.

    ``spaces`` says in which space an argument lives: `{"q": gradcheck.sphere}`, `symmetric`,
    `lower_triangular`, `rotations`, `simplex`, or an object with `draw(shape, rng)` and `tangent(x, v)`. It
    is drawn there, and its gradient is compared along tangents only.

    An argument is complex where its values are, as with `values={"z": gradcheck.complex_normal}`. The
    gradient by it is `dJ/dRe + i dJ/dIm`, and delta of a complex output likewise (``complex_convention``
    "torch", which is TensorFlow's too), or their conjugates ("jax").

    ``delta`` says what delta holds, as ``values`` does for arguments; it is then the only source of it.
    With ``deterministic=False`` answers may differ from call to call within the rounding of their dtype (sums
    in the order in which threads come); more than that fails. With ``dtype`` "float32", "float16" or
    "bfloat16" arguments and delta come in that type, the truth is taken at these very numbers, and the code
    is judged within what rounding in that type may do (`Result.ulp`): by default everything may be computed
    in it (``grade`` "throughout"); "sums" claims that sums are made in a wider type, "rounded" that the
    whole is and rounded once. With ``strict=True`` a side of a comparison
    that no point tried and no proof covers (`Result.untried`) makes a pass weak.

    ``backends`` are names (None: all that are installed). ``max_examples`` points are tried, the fixed plan
    of shapes among them, the same for the same ``seed``. A `gradcheck.Formula` for ``forward`` brings its own
    declarations, and its vjp where no ``backward`` is given; a `gradcheck.Chain` gives a
    `gradcheck.ChainResult`, which also tells the first wrong layer.

    Raises `UsageError` for calls that make no sense; everything that the code does wrong is in the
    result.
    """
    max_examples, seed = _whole(max_examples), _whole(seed)
    if args is not None:
        shapes, values = _at(forward, args, shapes, values)
        max_examples = min(max_examples, _DELTAS)
    RunOptions(seed, max_examples)  # checks both
    from gradcheck.chains.chain import Chain

    declared: dict[str, Any] = {"shapes": shapes, "values": values, "where": where, "batch": batch}
    declared |= {"accuracy": accuracy, "spaces": spaces}
    declared["complex_convention"] = None if complex_convention == "torch" else complex_convention
    declared["deterministic"] = None if deterministic else False
    declared["dtype"] = None if dtype == "float64" else dtype
    declared["grade"] = None if grade == "throughout" else grade
    given = {name: value for name, value in declared.items() if value is not None}
    modes = {"jvp": jvp, "hvp": hvp, "hessian": hessian, "double_backward": double_backward}
    modes = {name: code for name, code in modes.items() if code is not None}
    modes = {**getattr(backward, "modes", {}), **modes}  # an adapter's pair may claim more than its backward
    if isinstance(forward, Chain) and not given and delta is None and jac is None and not modes:
        return forward.verify(backward, backends=backends, max_examples=max_examples, seed=seed)
    formula = _formula(forward, backward, jac, modes, given)
    check_held(delta, formula.dtype, "delta")
    told = other_types(values or {}, formula.dtype)
    return Result.joined(
        [
            _checked(c, formula, backends, max_examples, seed, delta, strict=strict, told=told)
            for c in formula.claims
        ]
    )


def _checked(
    claim: Claim,
    formula: Formula,
    backends: Sequence[str] | None,
    max_examples: int,
    seed: int,
    delta: Values | None,
    *,
    strict: bool,
    told: Sequence[str] = (),
) -> Result:
    """The result of one of the formula's claims. ``told`` are further notes."""
    with rare_collections(), process_kept():
        outcome = check_claim(
            claim, backends=backends, max_examples=max_examples, seed=seed, delta=delta, strict=strict
        )
    options = RunOptions(seed, max_examples, None if backends is None else tuple(backends))
    line = reproduce(claim, formula, outcome.row, seed, max_examples)
    row = msgspec.structs.replace(outcome.row, notes=[*outcome.row.notes, *told])
    if row.counterexample is not None:
        # the command line cannot find what was only handed to a function
        again = msgspec.structs.replace(row.counterexample, replay=None, python=line)
        row = msgspec.structs.replace(row, counterexample=again)
    return Result(row, tuple(outcome.backends), line, tuple(outcome.battery), options)


def _asserting(check: Callable[P, Result]) -> Callable[[Callable[..., Result]], Callable[P, Result]]:
    """Gives a function the parameters of ``check``, for readers, editors and type checkers."""

    def written(asserting: Callable[..., Result]) -> Callable[P, Result]:
        asserting.__signature__ = inspect.signature(check)  # type: ignore[attr-defined]
        return asserting

    return written


@_asserting(verify)
def assert_correct(*args: Any, **options: Any) -> Result:
    """`verify`, and raise `GradientError` (an AssertionError) with the whole story unless it passes.

    The arguments are those of `verify`. Gives the result; the error has it as ``result``. Warns where a
    container of gradients lacks a key, for what is not returned is not checked.
    """
    __tracebackhide__ = True  # pytest shows the caller's line, not this one
    result = verify(*args, **options)
    tell(result)
    if not result.passed:
        raise failure(result)
    warn_of_absent_keys(result)
    return result


_DELTAS = 8
"""Points that are tried at given arrays: only delta differs between them."""


def _formula(
    forward: Any, backward: Any, jac: Any, modes: Mapping[str, Any], given: Mapping[str, Any]
) -> Formula:
    """The formula to be checked, with its claims; ``given`` comes before what a formula brings.

    ``modes`` are further claims, each by the name of its decorator.
    """
    if backward is not None and jac is not None:
        raise UsageError("verify: give a backward or jac, not both; they are checked one at a time.")
    if jac is True:
        forward, jac = _both(forward)
    for role, function in {"forward": forward, "backward": backward, "jac": jac, **modes}.items():
        if not callable(function) and not (function is None and role != "forward"):
            pair = isinstance(function, tuple) and len(function) == 2 and all(map(callable, function))
            hint = " An adapter's pair is unpacked: verify(*pair, ...)." if pair else ""
            raise UsageError(f"{role}: expected a function, got {type(function).__name__}.{hint}")
    if isinstance(forward, Formula):
        built = Formula(**{**forward.given(), **{name: value for name, value in given.items() if value}})
        if backward is None and jac is None and not modes:
            built.claims.append(Claim(built, Vjp(), _own_backward(forward)))
            return built
        built.__dict__["given_with"] = tuple(
            forward.claims
        )  # not checked here; they show how one computes it
    else:
        if backward is None and jac is None and not modes:
            raise UsageError("verify: expected a forward and a backward; the backward is missing.")
        if "shapes" not in given:
            raise UsageError("verify: shapes is missing; it has one entry per argument, as in {'x': 'n'}.")
        built = Formula(forward, name=own_name(forward, "forward"), **given)
    if jac is not None:
        built.jacobian(_first(built))(jac)
    elif backward is not None:
        built.vjp(backward)
    for decorator, code in modes.items():
        getattr(built, decorator)(code)
    return built


def _first(formula: Formula) -> str:
    """The argument that ``jac`` is by."""
    (name, *_), leaves = formula.shapes.nesting.arguments, formula.shapes.arguments
    if name not in (*leaves, *formula.shapes.nesting.complex_leaves):
        raise UsageError(
            f"jac: the first argument must be one array, but {name} holds "
            f"{', '.join(a for a in leaves if a.startswith(name))}; give a backward instead."
        )
    return name


def _both(function: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A function that returns its value and its gradient by the first argument, as SciPy's `jac=True` has it,
    as two.
    """
    value, _ = value_and_grad(function)

    def gradient(*args: Any) -> Any:
        return value_and_gradients(function, args)[1]

    functools.update_wrapper(gradient, function)
    gradient.spelled = f"{own_name(function, 'forward')}, jac=True"  # type: ignore[attr-defined]
    return value, gradient


def _at(
    forward: Any, args: Any, shapes: Any, values: Any
) -> tuple[Mapping[str, ShapeLike], Mapping[str, Values]]:
    """The shapes and values that stand for given arrays."""
    if values:
        raise UsageError("verify: args says what every argument holds; leave values out.")
    declared = shapes or (forward.shapes.declared if isinstance(forward, Formula) else None)
    found, arrays = declared_at(forward, args, tuple(declared) if isinstance(declared, Mapping) else None)
    return (found if shapes is None else shapes), arrays


def _own_backward(formula: Formula) -> Callable[..., Any]:
    """The backward that a formula brings."""
    if not formula.claims:
        raise UsageError(
            f"{formula.name} has no claims; give a backward, or add one with @{formula.name}.vjp."
        )
    found = next((c.candidate for c in formula.backwards), None)
    if found is None:
        raise UsageError(f"{formula.name} has no vjp claim; give a backward.")
    return found


def _whole(number: Any) -> Any:
    """NumPy's integers as Python's, anything else as it is: it is refused where it is used."""
    return int(number) if not isinstance(number, bool) and hasattr(number, "__index__") else number
