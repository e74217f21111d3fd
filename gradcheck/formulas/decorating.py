"""A formula: a forward computation in plain NumPy, its arguments' shapes, and claims about it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from gradcheck.errors import UsageError
from gradcheck.formulas.callables import check_parameters, hashable, parameter_names
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.entries import EntrySpec
from gradcheck.formulas.kinds import Descent, Entry, Forward, Jacobian, Kind, Layout, Update, Vjp
from gradcheck.formulas.kinds.jacobian import Form
from gradcheck.formulas.shapes import ShapeLike, Shapes
from gradcheck.formulas.suggestions import did_you_mean
from gradcheck.formulas.values import Values, check_values
from gradcheck.records.types import ClaimRow

__all__ = ["Formula", "formula"]

F = TypeVar("F", bound=Callable[..., Any])


class Formula:
    """A forward computation with declared shapes, and the claims made about it.

    Made by the decorator `gradcheck.formula`; calling it calls the forward. Claims are added with the
    methods `vjp`, `jacobian`, `entry`, `layout`, `forward` and `update`, each a decorator for the
    hand-written code. Every one takes the keywords

    - ``id``, ``section``, ``latex``, ``title``, ``note``: where the claim comes from and how to show it
      (``id``, ``section`` and ``latex`` default to the formula's own);
    - ``suffix``: tells claims of one kind on one formula apart in their names;
    - ``printed``: the claim stands as its source prints it; ``erratum``: and is wrong, so that the run
      must refute it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        shapes: Mapping[str, ShapeLike],
        *,
        name: str | None = None,
        values: Mapping[str, Values] | None = None,
        where: Callable[..., bool] | None = None,
        batch: str | None = None,
        id: str | None = None,
        section: str | None = None,
        latex: str | None = None,
        note: str | None = None,
        intermediates: Callable[..., Any] | None = None,
    ) -> None:
        self.function = hashable(function) if callable(function) else function
        self.name = name or str(getattr(function, "__name__", type(function).__name__))
        self.shapes = Shapes.parse(shapes, parameter_names(function))
        self.values = check_values(values or {}, self.shapes)
        self.where = where
        self.batch = self.shapes.check_batch(batch)
        self.id, self.section, self.latex, self.note = id, section, latex, note
        self.claims: list[Claim] = []
        self.parts: tuple[Formula, ...] = ()  # formulas that come with this one: the layers of a chain
        check_parameters(function, self.shapes.arguments, f"{self.name}: the forward")
        if where is not None:
            _check_where(where, self.shapes, self.name)
        self.tapped: Callable[..., Any] | None = None
        if intermediates is not None:
            self.intermediates(intermediates)
        self.__doc__ = getattr(function, "__doc__", None)
        self.__wrapped__ = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<formula {self.name} ({', '.join(self.shapes.arguments)}), {len(self.claims)} claims>"

    def allows(self, sizes: Mapping[str, int]) -> bool:
        """Whether the sizes are all 1 or more and satisfy ``where``."""
        if self.shapes.concrete(sizes) is None:
            return False
        return self.related(sizes)

    def related(self, sizes: Mapping[str, int]) -> bool:
        """Whether the sizes satisfy ``where``."""
        if self.where is None:
            return True
        chosen = {name: sizes[name] for name in _where_names(self.where)}
        try:
            answer = self.where(**chosen)
            if answer is None:
                raise UsageError(f"{self.name}: where gives None: is a return missing?")
            return bool(answer)
        except UsageError:
            raise
        except Exception as error:
            at = ", ".join(f"{n} = {s}" for n, s in chosen.items())
            raise UsageError(
                f"{self.name}: where must give True or False for all sizes of 1 or more, but at {at} it "
                f"raises {type(error).__name__}: {error}."
            ) from error

    def intermediates(self, tapped: F, /) -> F:
        """Declare what lies between arguments and output: `(tap, *args) -> output`, the forward once more.

        `tap("z1", value)` names an intermediate array and returns it. The oracle gives each one's value
        and its delta, the gradient with respect to it; see `gradcheck.oracle`.
        """
        check_parameters(tapped, ("tap", *self.shapes.arguments), f"{self.name}: the intermediates")
        self.tapped = tapped
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
        return self._decorator(Jacobian(target, layout), about)

    def layout(self, target: str, /, *, layout: Form = "numerator", **about: Any) -> Callable[[F], F]:
        """Claim where the partial derivatives by ``target`` stand: `(*args) -> array`."""
        return self._decorator(Layout(target, layout), about)

    def entry(self, text: str, /, **about: Any) -> Callable[[F], F]:
        """Claim one entry of a derivative, such as `"dJ/dW[i,j]"` or `"dz[j]/dW[j,k]"`.

        The candidate takes the free indices, then `delta` if the numerator is `J`, then the
        arguments. See `gradcheck.formulas.entries` for the language.
        """
        return self._decorator(Entry(EntrySpec.parse(text)), about)

    @overload
    def forward(self, candidate: F, /) -> F: ...
    @overload
    def forward(self, /, **about: Any) -> Callable[[F], F]: ...
    def forward(self, candidate: F | None = None, /, **about: Any) -> F | Callable[[F], F]:
        """Claim another expression for the same value: `(*args) -> output`.

        Values are compared, and with every backend the gradients of the two expressions.
        """
        return self._decorate(candidate, Forward(), about)

    def update(self, *, descent: Descent | None = None, **about: Any) -> Callable[[F], F]:
        """Claim one step of gradient descent on a scalar cost: `(rate, *args) -> new values`.

        One new value per argument, `None` for data that stay as they are. With ``descent`` the loop is
        run too, and every step of it is checked like any other point.
        """
        return self._decorator(Update(descent), about)

    def claim(self, kind: Kind, /, **about: Any) -> Callable[[F], F]:
        """Claim what ``kind`` says, such as a kind of your own; the methods above are this for our kinds."""
        return self._decorator(kind, about)

    @property
    def backwards(self) -> list[Claim]:
        """The claims on the backward pass that are meant to be right, in order."""
        return [c for c in self.claims if c.kind.is_backward and not c.erratum]

    def _decorate(self, candidate: F | None, kind: Kind, about: dict[str, Any]) -> F | Callable[[F], F]:
        decorator = self._decorator(kind, about)
        return decorator if candidate is None else decorator(candidate)

    def _decorator(self, kind: Kind, about: dict[str, Any]) -> Callable[[F], F]:
        known = {"id", "section", "latex", "title", "note", "suffix", "printed", "erratum"}
        if unknown := sorted(about.keys() - known):
            raise UsageError(
                f"{self.name}: a {kind.name} claim does not take {unknown[0]!r}; it takes "
                f"{', '.join(sorted(known))}."
            )
        for name in ("id", "section", "latex"):
            about.setdefault(name, getattr(self, name))

        def decorate(candidate: F) -> F:
            claim = Claim(self, kind, candidate, **about)
            if any(claim.uid == other.uid for other in self.claims):
                raise UsageError(
                    f"{claim.uid}: there is such a claim already; tell the two apart with suffix='...'."
                )
            self.claims.append(claim)
            return candidate

        return decorate


def formula(
    function: None = None,  # what a decorator without brackets is called with
    /,
    *,
    shapes: Mapping[str, ShapeLike] | None = None,
    name: str | None = None,
    values: Mapping[str, Values] | None = None,
    where: Callable[..., bool] | None = None,
    batch: str | None = None,
    id: str | None = None,
    section: str | None = None,
    latex: str | None = None,
    note: str | None = None,
    intermediates: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Formula]:
    """Declare a forward computation, once, for the catalogue, the command line and pytest.

    ``shapes`` has one entry per argument, in order; see `gradcheck.formulas.shapes` for the language.
    ``values`` says what an argument may hold (default `gradcheck.normal`); ``where`` is a relation
    between dimensions; ``intermediates`` is what `Formula.intermediates` takes. ``batch`` names a
    dimension whose rows do not meet: each row of the output depends on its own row of the arguments
    only, or the output is a sum over rows. The battery then holds the gradients of a batch against
    those of its rows (a mean cost has no such dimension). Raises `UsageError` where the declaration
    contradicts itself or the function.

        @gradcheck.formula(shapes={"W": "n m", "x": "m"})
        def wx(W, x):
            return W @ x

        @wx.vjp
        def wx_vjp(delta, W, x):
            return np.outer(delta, x), W.T @ delta
    """
    if function is not None or shapes is None:
        raise UsageError(
            "formula: shapes is missing; it has one entry per argument, as in "
            "@gradcheck.formula(shapes={'W': 'n m', 'x': 'm'})."
        )

    def decorate(function: Callable[..., Any]) -> Formula:
        return Formula(
            function,
            shapes,
            name=name,
            values=values,
            where=where,
            batch=batch,
            id=id,
            section=section,
            latex=latex,
            note=note,
            intermediates=intermediates,
        )

    return decorate


def _where_names(where: Callable[..., bool]) -> tuple[str, ...]:
    return tuple(inspect.signature(where).parameters)


def _check_where(where: Callable[..., bool], shapes: Shapes, name: str) -> None:
    form = "such as lambda n, k: k <= n"
    try:
        parameters = inspect.signature(where).parameters
    except (TypeError, ValueError):
        raise UsageError(
            f"{name}: where must be a function of dimension names, {form}; got {where!r}."
        ) from None
    if variadic := [p for p in parameters.values() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]:
        raise UsageError(
            f"{name}: where takes {variadic[0]}; it must name the dimensions that it relates, {form}."
        )
    if unknown := [n for n in parameters if n not in shapes.names]:
        raise UsageError(
            f"{name}: where takes {unknown[0]!r}, but the dimensions are {', '.join(shapes.names) or 'none'}."
            f"{did_you_mean(unknown[0], shapes.names)}"
        )
