"""A formula: a forward computation in plain NumPy, its arguments' shapes, and claims about it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from gradcheck.errors import UsageError
from gradcheck.formulas.calling.callables import check_parameters
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.entries import EntrySpec
from gradcheck.formulas.kinds import (
    Descent,
    DoubleBackward,
    Entry,
    Forward,
    Hessian,
    Hvp,
    Jacobian,
    Jvp,
    Kind,
    Layout,
    Update,
    Vjp,
)
from gradcheck.formulas.kinds.jacobian import Form
from gradcheck.formulas.nested.code import of_leaves
from gradcheck.formulas.suggestions import did_you_mean, named, short
from gradcheck.records.types import ClaimRow

__all__ = ["Formula", "claims_on", "derivations_of", "formula"]

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")


class Formula(Declaration):
    """A forward computation with declared shapes, and the claims made about it.

    Made by the decorator `gradcheck.formula`, whose keywords it has: ``function`` is the forward, ``shapes``,
    ``name``, ``values``, ``where``, ``batch``, ``deterministic``, ``accuracy``, ``spaces``, ``dtype``,
    ``grade``, ``complex_convention`` and ``intermediates`` say what that says of it. Calling it calls the
    forward. Claims are added with the methods `vjp`, `jacobian`, `entry`, `layout`, `forward` and `update`,
    each a decorator for the hand-written code. Every one takes the keywords

    - ``id``, ``section``, ``latex``, ``title``, ``note``: where the claim comes from and how to show it
      (``id``, ``section`` and ``latex`` default to the formula's own);
    - ``suffix``: tells claims of one kind on one formula apart in their names;
    - ``printed``: the claim stands as its source prints it; ``erratum``: and is wrong, so that the run
      must refute it.
    """

    parts: tuple[Formula, ...] = ()
    """Formulas that come with this one: the layers of a chain."""

    @functools.cached_property
    def claims(self) -> list[Claim]:
        """The claims made so far, in their order."""
        return []

    def __repr__(self) -> str:
        return f"<formula {self.name} ({', '.join(self.shapes.arguments)}), {len(self.claims)} claims>"

    def intermediates(self, tapped: F, /) -> F:
        """Declare what lies between arguments and output: `(tap, *args) -> output`, the forward once more.

        `tap("z1", value)` names an intermediate array and returns it. The oracle gives each one's value
        and its delta, the gradient with respect to it; see `gradcheck.oracle`.
        """
        nesting = self.shapes.nesting
        check_parameters(tapped, ("tap", *nesting.arguments), f"{self.name}: the intermediates")
        # like a claim, it comes after the rest
        self.__dict__["tapped"] = of_leaves(tapped, nesting, ("tap",))
        return tapped

    def located(
        self, claim: Claim, outcome: Any, session: Any, row_of: Callable[[Claim], ClaimRow]
    ) -> ClaimRow:
        """The row of a claim that was checked, with what is known of the formula's parts (of a chain's).

        ``outcome`` and ``session`` are those of the check; ``row_of`` gives the row of another claim.
        """
        row: ClaimRow = outcome.row
        return row

    @overload
    def vjp(self, candidate: F, /) -> F: ...
    @overload
    def vjp(self, /, **about: Any) -> Callable[[F], F]: ...
    def vjp(self, candidate: F | None = None, /, **about: Any) -> F | Callable[[F], F]:
        """Claim the gradient of every argument, given `delta`: `(delta, *args) -> gradients`.

        ``delta`` has the output's shape. The candidate returns one gradient per argument as a tuple,
        list or dict by name, or a bare array where there is one argument; `None` for an argument that
        is not checked.
        """
        return self._decorate(candidate, Vjp(), about)

    def jacobian(self, target: str, /, *, layout: Form = "tensor", **about: Any) -> Callable[[F], F]:
        """Claim the derivative of the output by the argument ``target``: `(*args) -> array`.

        Its shape is `output.shape + argument.shape`, unless another ``layout`` is named.
        """
        return self._decorator(Jacobian(self._named("jacobian", target, "x"), layout), about)

    def layout(self, target: str, /, *, layout: Form = "numerator", **about: Any) -> Callable[[F], F]:
        """Claim where the partial derivatives by ``target`` stand: `(*args) -> array`."""
        return self._decorator(Layout(self._named("layout", target, "x"), layout), about)

    def entry(self, text: str, /, **about: Any) -> Callable[[F], F]:
        """Claim one entry of a derivative, such as `"dJ/dW[i,j]"` or `"dz[j]/dW[j,k]"`.

        The candidate takes the free indices, then `delta` if the numerator is `J`, then the
        arguments. See `gradcheck.formulas.entries` for the language.
        """
        return self._decorator(Entry(EntrySpec.parse(self._named("entry", text, "dJ/dx[i]"))), about)

    @overload
    def forward(self, candidate: F, /) -> F: ...
    @overload
    def forward(self, /, **about: Any) -> Callable[[F], F]: ...
    def forward(self, candidate: F | None = None, /, **about: Any) -> F | Callable[[F], F]:
        """Claim another expression for the same value: `(*args) -> output`.

        Values are compared, and with every backend the gradients of the two expressions.
        """
        return self._decorate(candidate, Forward(), about)

    @overload
    def update(self, candidate: F, /) -> F: ...
    @overload
    def update(self, /, *, descent: Descent | None = None, **about: Any) -> Callable[[F], F]: ...
    def update(
        self, candidate: F | None = None, /, *, descent: Descent | None = None, **about: Any
    ) -> F | Callable[[F], F]:
        """Claim one step of gradient descent on a scalar cost: `(rate, *args) -> new values`.

        One new value per argument, `None` for data that stay as they are. With ``descent`` the loop is
        run too, and every step of it is checked like any other point.
        """
        return self._decorate(candidate, Update(descent), about)

    @overload
    def jvp(self, candidate: F, /) -> F: ...
    @overload
    def jvp(self, /, **about: Any) -> Callable[[F], F]: ...
    def jvp(self, candidate: F | None = None, /, **about: Any) -> F | Callable[[F], F]:
        """Claim the tangent of the output, forward mode: `(tangents, *args) -> tangent`.

        ``tangents`` is a named tuple with one array for each argument (zeros for one that holds integers).
        The candidate returns an array of the output's shape, a tuple of them where the forward does.
        """
        return self._decorate(candidate, Jvp(), about)

    @overload
    def hvp(self, candidate: F, /) -> F: ...
    @overload
    def hvp(self, /, **about: Any) -> Callable[[F], F]: ...
    def hvp(self, candidate: F | None = None, /, **about: Any) -> F | Callable[[F], F]:
        """Claim the Hessian of a scalar times a vector: `(v, *args) -> one array per argument`.

        ``v`` is a tuple with one array for each argument; what is returned has the form of a vjp's result.
        """
        return self._decorate(candidate, Hvp(), about)

    @overload
    def hessian(self, target: F, /) -> F: ...
    @overload
    def hessian(self, target: str | None = None, /, **about: Any) -> Callable[[F], F]: ...
    def hessian(self, target: str | F | None = None, /, **about: Any) -> F | Callable[[F], F]:
        """Claim all second derivatives of a scalar by the argument ``target``: `(*args) -> array`.

        Its shape is `x.shape + x.shape`. A formula of one argument needs no name.
        """
        name = target if isinstance(target, str) else None
        if name is None:
            if self.shapes.nesting.complex_leaves and len(self.shapes.nesting.arguments) == 1:
                raise UsageError(_COMPLEX_HESSIAN.format(self.name, *self.shapes.nesting.complex_leaves))
            if len(self.shapes.arguments) != 1:
                raise UsageError(
                    f"{self.name}: hessian says by which argument it is, as in "
                    f"@{self.name}.hessian({self.shapes.arguments[0]!r})."
                )
            (name,) = self.shapes.arguments
        if name in self.shapes.nesting.complex_leaves:
            raise UsageError(_COMPLEX_HESSIAN.format(self.name, name))
        return self._decorate(None if isinstance(target, str) else target, Hessian(name), about)

    @overload
    def double_backward(self, candidate: F, /) -> F: ...
    @overload
    def double_backward(self, /, **about: Any) -> Callable[[F], F]: ...
    def double_backward(self, candidate: F | None = None, /, **about: Any) -> F | Callable[[F], F]:
        """Claim the backward pass of the backward pass: `(grads, delta, *args) -> gradients`.

        ``grads`` is a tuple with the cotangents of what the backward pass returns, one array for each
        argument. The candidate returns one gradient for delta and one for each argument.
        """
        return self._decorate(candidate, DoubleBackward(), about)

    def claim(self, kind: Kind, /, **about: Any) -> Callable[[F], F]:
        """Claim what ``kind`` says, such as a kind of your own; the methods above are this for our kinds."""
        return self._decorator(kind, about)

    def declared_for(self, kind: Kind) -> Declaration:
        """The formula that a claim of this kind is about, one for all such claims; see `Kind.about`."""
        made: dict[Kind, Declaration] = self.__dict__.setdefault("_declared_for", {})
        if isinstance(kind, Kind) and kind not in made:
            made[kind] = kind.about(self)
        return made[kind] if isinstance(kind, Kind) else self

    @property
    def backwards(self) -> list[Claim]:
        """The claims on the backward pass that are meant to be right, in order."""
        return [c for c in self.claims if c.kind.is_backward and not c.erratum]

    def _named(self, decorator: str, text: Any, example: str) -> str:
        """What a decorator is given in brackets."""
        if not isinstance(text, str):
            first = self.shapes.arguments[0]
            raise UsageError(
                f"{self.name}: {decorator} says what it is about, as in "
                f"@{self.name}.{decorator}({example.replace('x', first, 1)!r}); got {named(text)}."
            )
        return text

    def _decorate(self, candidate: F | None, kind: Kind, about: dict[str, Any]) -> F | Callable[[F], F]:
        if isinstance(candidate, str):
            raise UsageError(
                f"{self.name}: {kind.name} takes no {short(candidate)} in brackets; a second claim is told "
                f"apart by @{self.name}.{kind.name}(suffix={candidate!r})."
            )
        decorator = self._decorator(kind, about)
        return decorator if candidate is None else decorator(candidate)

    def _decorator(self, kind: Kind, about: dict[str, Any]) -> Callable[[F], F]:
        known = {"id", "section", "latex", "title", "note", "suffix", "printed", "erratum"}
        if unknown := sorted(about.keys() - known):
            raise UsageError(
                f"{self.name}: a {kind.name} claim does not take {unknown[0]!r}; it takes "
                f"{', '.join(sorted(known))}.{did_you_mean(unknown[0], known)}"
            )
        for name in ("id", "section", "latex"):
            about.setdefault(name, getattr(self, name))

        def decorate(candidate: F) -> F:
            claim = Claim.written(self.declared_for(kind), kind, candidate, **about)
            if any(claim.uid == other.uid for other in self.claims):
                raise UsageError(
                    f"{claim.uid}: there is such a claim already; tell the two apart with suffix='...'."
                )
            self.claims.append(claim)
            return candidate

        return decorate


_COMPLEX_HESSIAN = (
    "{0}: {1} is complex, and second derivatives by it are no one complex array. Claim an hvp, whose v and "
    "result are complex, or the Hessian by '{1}.real'."
)


def claims_on(declaration: Declaration) -> Sequence[Claim]:
    """All claims about a forward computation; none where it is only declared."""
    return declaration.claims if isinstance(declaration, Formula) else ()


def derivations_of(declaration: Declaration) -> Sequence[Claim]:
    """All claims about a forward computation, with those of the formula that `verify` was given for it."""
    return [*claims_on(declaration), *declaration.__dict__.get("given_with", ())]


def _decorator_of(
    declare: Callable[Concatenate[Callable[..., Any], P], Formula],
) -> Callable[[Callable[..., Any]], Callable[P, Callable[[Callable[..., Any]], Formula]]]:
    """A decorator that takes what ``declare`` takes, but for the function that it decorates."""

    def written(decorator: Callable[..., Any]) -> Callable[P, Callable[[Callable[..., Any]], Formula]]:
        own, *rest = inspect.signature(declare).parameters.values()
        assert own.name == "function"
        keywords = [p.replace(kind=p.KEYWORD_ONLY) for p in rest]
        decorator.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
        return decorator

    return written


@_decorator_of(Formula)
def formula(*function: Any, **declared: Any) -> Callable[[Callable[..., Any]], Formula]:
    """Declare a forward computation, once, for the catalogue, the command line and pytest.

    ``shapes`` has one entry per argument, in order; see `gradcheck.formulas.sizes.shapes` for the language.
    ``values`` says what an argument may hold (default `gradcheck.normal`); ``where`` is a relation
    between dimensions; ``spaces`` says in which space an argument lives, as for `gradcheck.verify`;
    ``name`` (the function's, unless given), ``id``, ``section``, ``latex`` and ``note`` are what reports
    show of it; ``intermediates`` is what `Formula.intermediates` takes. ``batch`` names a dimension whose
    rows do not meet: each row of the output depends on its own row of the arguments only, or the output
    is a sum over rows. The battery then holds the gradients of a batch against those of its rows (a mean cost
    has no such dimension).
    ``accuracy=1e-8`` says that the forward is a solver or a table, right to this part of its value. With
    ``deterministic=False`` answers may differ from call to call within rounding. ``complex_convention`` is
    "torch" (gradients are dJ/dRe + i dJ/dIm) or "jax" (the conjugate). ``dtype`` is "float64",
    "float32", "float16" or "bfloat16": the claims' code is called in it, and judged within what its rounding
    may do; ``grade`` says how much that is: "throughout" (every operation rounds), "sums" (but sums, made in
    a wider type) or "rounded" (once, at the end). Raises `UsageError` where the declaration contradicts
    itself or the function.

        @gradcheck.formula(shapes={"W": "n m", "x": "m"})
        def wx(W, x):
            return W @ x

        @wx.vjp
        def wx_vjp(delta, W, x):
            return np.outer(delta, x), W.T @ delta
    """
    known = inspect.signature(formula).parameters
    example = "as in @gradcheck.formula(shapes={'W': 'n m', 'x': 'm'})."
    if unknown := sorted(declared.keys() - known):
        raise UsageError(
            f"formula: there is no option {unknown[0]!r}.{did_you_mean(unknown[0], known)} "
            f"Shapes are one dict, {example}"
        )
    if function and not callable(function[0]):
        raise UsageError(
            f"formula: its options go by name; got {short(function[0])}. A name is name=..., and shapes is "
            f"one dict, {example}"
        )
    if function or declared.get("shapes") is None:
        raise UsageError(f"formula: shapes is missing; it has one entry per argument, {example}")
    return lambda function: Formula(function, **declared)
