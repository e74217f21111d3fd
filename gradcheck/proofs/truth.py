"""The derivative that a claim is held against: the forward on symbols, differentiated."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.second_order import GradientOf
from gradcheck.proofs.arguments import make_arguments, variable
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.conditions import steps_in
from gradcheck.proofs.indexed import Expr, IndexedArray, axis_codes, derivative, rebound, reduced
from gradcheck.proofs.indexed.algebra.conditions.questions import Question
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.digits import Splits
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.size import polynomial_of

__all__ = ["Truth"]


class Truth:
    """A formula on one branch. Raises `Unsupported` where its forward does not run on symbols.

    Derivatives are made when they are asked for, and kept. A kind of claim asks for them as for
    `gradcheck.formulas.kinds.kind.Symbols`. Their indices: the entry of argument or
    output number k has the codes `codes("target", shape)` or `codes("out", shape)`.
    """

    def __init__(
        self,
        formula: Declaration,
        branch: Branch,
        *,
        expand: bool = False,
        limit: int,
        splits: Splits | None = None,
    ) -> None:
        self.formula = formula
        self.branch = branch
        self.steps: set[int] = set()  # that the forward of second order depends on already
        self.arguments = made = make_arguments(formula, branch, expand=expand, limit=limit, splits=splits)
        self.space = space = made.space
        self.outputs: list[IndexedArray]
        if isinstance(formula, GradientOf):
            self.multiple = formula.target is None
            self.outputs = self._gradients(formula)
        else:
            self.multiple, self.outputs = self._run(formula.function, made.arrays)
        parts = self.outputs
        names = delta_names(formula, len(parts))
        made_of = [variable(space, n, o.shape) for n, o in zip(names, self.outputs, strict=True)]
        self.deltas, self.delta_heads = [array for array, _ in made_of], [head for _, head in made_of]
        for output in self.outputs:
            output.shared = True
        self.delta: Any = tuple(self.deltas) if self.multiple else self.deltas[0]
        self.rate, self.rate_head = variable(space, _another("rate", formula.shapes.arguments), ())
        self.uses = space.uses
        self.asked: dict[Question, bool] = dict(space.questions.asked)
        self._kept: dict[Any, Expr] = {}
        self._base = self._mark = space.mark()
        self._for: Hashable = None

    def _run(
        self, function: Callable[..., Any], arrays: Sequence[IndexedArray]
    ) -> tuple[bool, list[IndexedArray]]:
        """The forward's outputs, and whether it returns several. Raises `Unsupported`."""
        result = rebound(function, self.space)(*arrays)
        if self.space.refusals:
            raise self.space.refusals[0]
        multiple = isinstance(result, tuple | list)
        return multiple, [as_array(self.space, part) for part in (list(result) if multiple else [result])]

    def _gradients(self, formula: GradientOf) -> list[IndexedArray]:
        """The outputs of a formula that is the gradient of another: that one's forward, differentiated."""
        made, space = self.arguments, self.space
        count = len(made.arrays) - len(formula.of.shapes.arguments)
        _, outputs = self._run(formula.of.function, made.arrays[count:])
        deltas = made.arrays[:count]
        total = Expr(space, {})
        for k, output in enumerate(outputs):
            if not deltas and output.shape:
                raise Unsupported("second derivatives of a forward that gives no scalar")
            if deltas and list(map(polynomial_of, deltas[k].shape)) != list(map(polynomial_of, output.shape)):
                raise Unsupported("delta has another shape than the output")
            weighted = deltas[k].entry * output.entry if deltas else output.entry
            term = _summed(space, weighted, output.shape)
            total = total - term if deltas and formula.signs[k] < 0 else total + term
        found = []
        for position in range(count, len(made.arrays)):
            name = formula.shapes.arguments[position]
            if made.real[position] and formula.target in (None, name):
                shape = made.arrays[position].shape
                codes = self.codes("target", shape)
                own = dict(zip(codes, axis_codes(space, shape), strict=True))
                entry = self._derived(total, position)
                self.steps |= steps_in(entry)
                found.append(IndexedArray(space, self.placed(entry, own), shape, "f"))
        return found

    def prepare(self, what: Hashable, derive: Callable[[], object]) -> None:
        """Be ready for a candidate: ``derive`` what it is held against, where that was not done last.

        The last candidate is forgotten, and so is what another kind of claim (``what``) derived, so that
        neither what is proved nor how it is printed depends on what ran before.
        """
        if what == self._for:
            self.space.rewind(self._mark)
            return
        self.space.rewind(self._base)
        self._kept.clear()
        self._for = None
        derive()
        self._for, self._mark = what, self.space.mark()
        self.space.work = 0  # the candidate's own work counts, whether or not this was done before

    def codes(self, kind: str, shape: tuple[Any, ...]) -> tuple[int, ...]:
        """The indices of an entry of an array of this shape; 0 on axes of size 1."""
        space = self.space
        return tuple(
            0 if type(s) is int and s == 1 else space.code(kind, k, space.size_number(s))
            for k, s in enumerate(shape)
        )

    @property
    def arrays(self) -> Sequence[IndexedArray]:
        """The arguments on symbols."""
        return self.arguments.arrays

    @property
    def wrt(self) -> tuple[int, ...]:
        """Positions of the arguments that can be differentiated."""
        return tuple(k for k, real in enumerate(self.arguments.real) if real)

    def entry(self, array: IndexedArray, codes: tuple[int, ...]) -> Expr:
        """The entry of an array at these indices."""
        own = axis_codes(self.space, array.shape)
        return self.placed(array.entry, dict(zip(own, codes, strict=True)))

    def placed(self, expression: Expr, places: Mapping[int, int]) -> Expr:
        """An expression with other indices in place of some of its own."""
        return expression.renamed({a: c for a, c in places.items() if not is_constant(a)})

    def flat(self, shape: tuple[Any, ...], codes: tuple[int, ...]) -> tuple[Any, int]:
        """The size and the index of an array laid out in one axis. Raises `Unsupported`."""
        wide = [(s, c) for s, c in zip(shape, codes, strict=True) if not (type(s) is int and s == 1)]
        if len(wide) > 1:
            raise Unsupported("a Jacobian that lays out several axes as one")
        return wide[0] if wide else (1, 0)

    def index_codes(self, axes: Sequence[tuple[int | str, Any]]) -> dict[str, int]:
        """The code of every named index, of which ``axes`` says on which sizes each stands, in order. Names
        that the branch identifies share one. Raises `Unsupported`.
        """
        named = [(index, size) for index, size in axes if isinstance(index, str)]
        order = list(dict.fromkeys(index for index, _ in named))
        first = {name: name for name in order}
        for one, other in self.branch.same:
            old, new = first[other], first[one]
            first = {n: new if f == old else f for n, f in first.items()}
        sizes: dict[str, Any] = {}
        for index, size in named:
            known = sizes.setdefault(first[index], size)
            if polynomial_of(known) != polynomial_of(size):
                raise Unsupported(f"the index {index} on axes of sizes {known} and {size}")
        return {
            name: 0
            if type(sizes[first[name]]) is int and sizes[first[name]] == 1
            else self.space.code(
                "entry", order.index(first[name]), self.space.size_number(sizes[first[name]])
            )
            for name in order
        }

    def gradient(self, argument: int) -> Expr:
        """`dJ/darg` at the target entry, for `J` the sum of delta times output."""
        return self._keep(("gradient", argument), lambda: self._derived(self.total(), argument))

    def slope(self, argument: int) -> Expr:
        """`dC/darg` at the target entry, for the sum C of all outputs."""
        return self._keep(("slope", argument), lambda: self._derived(self._cost(), argument))

    def jacobian(self, argument: int, output: int | None = None) -> Expr:
        """`dz/darg` at the output entry and the target entry; of the only output, unless one is named."""
        key = ("jacobian", argument, output)
        return self._keep(key, lambda: self._derived(self._entry(output), argument))

    def along(self, output: int, pairs: Sequence[tuple[int, int]]) -> Expr:
        """The derivative of one output along others: pairs of an argument and the argument that is its
        tangent.
        """
        key = ("along", output, tuple(pairs))
        return self._keep(key, lambda: self._along(self.outputs[output], pairs))

    def _along(self, output: IndexedArray, pairs: Sequence[tuple[int, int]]) -> Expr:
        entry = self.entry(output, self.codes("out", output.shape))
        total = Expr(self.space, {})
        for argument, tangent in pairs:
            shape = self.arrays[argument].shape
            targets = self.codes("target", shape)
            term = self._derived(entry, argument) * self.entry(self.arrays[tangent], targets)
            for code in targets:
                if not is_constant(code):
                    term = term.summed(code)
            total = total + term
        return reduced(total)

    def total(self) -> Expr:
        """`J`."""
        return self._keep("total", self._total)

    def _total(self) -> Expr:
        total = Expr(self.space, {})
        for output, delta in zip(self.outputs, self.deltas, strict=True):
            total = total + _summed(self.space, delta.entry * output.entry, output.shape)
        return total

    def _cost(self) -> Expr:
        total = Expr(self.space, {})
        for output in self.outputs:
            total = total + _summed(self.space, output.entry, output.shape)
        return total

    def _entry(self, number: int | None) -> Expr:
        if number is None and len(self.outputs) != 1:
            raise Unsupported("Jacobians of a forward with several outputs")
        output = self.outputs[number or 0]
        return self.entry(output, self.codes("out", output.shape))

    def _derived(self, expression: Expr, argument: int) -> Expr:
        arguments = self.arguments
        if not arguments.real[argument]:
            raise Unsupported("an argument of integers has no derivative")
        targets = self.codes("target", arguments.arrays[argument].shape)
        return reduced(derivative(expression, arguments.heads[argument], targets))

    def _keep(self, key: Any, make: Callable[[], Expr]) -> Expr:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


def delta_names(formula: Declaration, count: int) -> list[str]:
    """What the cotangents of so many outputs are called. What has one name is one array, so no argument may
    have it.
    """
    name = "delta"
    if isinstance(formula, GradientOf):
        name = "grads" if formula.weighted else "v"
    names = [name] if count == 1 else [f"{name}{k}" for k in range(count)]
    return [_another(n, formula.shapes.arguments) for n in names]


def _another(name: str, taken: Sequence[str]) -> str:
    """A name that no argument has."""
    while name in taken:
        name += "_"
    return name


def _summed(space: Any, entry: Expr, shape: tuple[Any, ...]) -> Expr:
    for code in axis_codes(space, shape):
        if not is_constant(code):
            entry = entry.summed(code)
    return entry
