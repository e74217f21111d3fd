"""One operation of a function changed: every such version of it, as source text."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["KINDS", "Edit", "edits"]

KINDS = {
    "operator": "another operator: `-` for `+`, `/` for `*`, `=` for `+=`, a minus more or less",
    "operand": "one side of an operation left out",
    "order": "two operands, factors or branches exchanged",
    "axis": "along another axis, or along all",
    "transposed": "`.T` left out or put in",
    "constant by 1": "a number larger by 1",
    "constant by 1e-6": "a number larger by a millionth of itself",
    "name": "another value in place of one",
    "index": "another index, another bound of a slice, another letter for `einsum`",
    "comparison": "another comparison",
    "keepdims": "`keepdims` left out",
    "function": "another function: `mean` for `sum`, `min` for `max`",
}
"""Kind of mutation -> what it does, in one line."""


@dataclass(frozen=True)
class Edit:
    """A function's source with one place changed. ``before`` and ``after`` are the changed piece of code."""

    kind: str
    before: str
    after: str
    line: int  # in the function, from 1
    source: str


@dataclass(frozen=True)
class _Place:
    """A node with what stands around it: ``above`` holds (node, field) from the function down to it."""

    node: ast.AST
    above: tuple[tuple[ast.AST, str], ...]
    names: tuple[str, ...]  # values that are known on this line

    @property
    def parent(self) -> ast.AST:
        return self.above[-1][0]

    def within(self, kind: type[ast.AST], name: str) -> bool:
        """Whether it stands somewhere in a certain field of such a node."""
        return any(isinstance(node, kind) and place == name for node, place in self.above)

    @property
    def is_index(self) -> bool:
        return self.within(ast.Subscript, "slice")

    @property
    def is_keyword(self) -> bool:
        return self.within(ast.keyword, "value")

    @property
    def is_size(self) -> bool:
        """Whether it says how many or which axis, so that no fraction can stand there."""
        calls = (node for node, place in self.above if isinstance(node, ast.Call) and place == "args")
        whole = any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.FloorDiv) for n, _ in self.above)
        return whole or any(_called(call) not in _OF_NUMBERS for call in calls)


Rule = Callable[[_Place, random.Random], Iterator[tuple[str, ast.AST]]]

_OF_NUMBERS = {
    "abs", "array", "clip", "cos", "cumprod", "cumsum", "exp", "log", "log1p", "logaddexp", "maximum", "mean",
    "minimum", "outer", "prod", "repeat", "sin", "solve", "sqrt", "sum", "tanh", "where",
}  # fmt: skip


def edits(source: str) -> list[Edit]:
    """Every edit of a function, in the order of its code; none twice, and none that changes nothing.

    Raises `ValueError` where the source is not that of one function.
    """
    (function,) = ast.parse(source).body
    if not isinstance(function, ast.FunctionDef):
        raise ValueError("expected the source of one function, got something else; give inspect.getsource")
    function.decorator_list = []
    seen = {ast.unparse(function)}
    found = []
    for place in _places(function):
        rng = random.Random(f"{function.name}:{place.node.lineno}:{place.node.col_offset}")
        before = ast.unparse(place.node)
        for rule in _RULES:
            for kind, changed in rule(place, rng):
                text = _with(function, place, changed)
                if text not in seen:
                    seen.add(text)
                    found.append(Edit(kind, before, ast.unparse(changed), place.node.lineno, text))
    return found


def _places(function: ast.FunctionDef) -> Iterator[_Place]:
    assigned = {a.arg: 0 for a in ast.walk(function.args) if isinstance(a, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assigned.setdefault(node.id, node.lineno)

    def walk(node: ast.AST, above: tuple[tuple[ast.AST, str], ...]) -> Iterator[_Place]:
        if isinstance(node, ast.expr | ast.AugAssign) and not _is_target(node):
            known = tuple(n for n, line in assigned.items() if line < node.lineno)
            yield _Place(node, above, known)
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from walk(child, (*above, (node, name)))

    for statement in function.body:
        yield from walk(statement, ((function, "body"),))


def _is_target(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def _with(function: ast.FunctionDef, place: _Place, changed: ast.AST) -> str:
    """The function's source with the node of the place exchanged."""
    parent, name = place.above[-1]
    held = getattr(parent, name)
    if isinstance(held, list):
        at = next(i for i, child in enumerate(held) if child is place.node)
        held[at] = changed
        text = ast.unparse(function)
        held[at] = place.node
    else:
        setattr(parent, name, changed)
        text = ast.unparse(function)
        setattr(parent, name, place.node)
    return text


def _altered(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _called(call: ast.Call) -> str:
    """The last name of what is called: `sum` of `np.sum(x)` and of `x.sum()`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
}


def _operator(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in _OPERATORS.get(type(node.op), ()):
            yield "operator", _altered(node, op=other())
    if isinstance(node, ast.AugAssign):
        yield "operator", ast.Assign([node.target], node.value, lineno=node.lineno)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not place.is_keyword:
        yield "operator", node.operand
    is_result = (
        isinstance(place.parent, ast.Return | ast.Tuple) and not place.is_index and not place.is_keyword
    )
    if is_result and isinstance(node, ast.BinOp | ast.Call | ast.Name):
        yield "operator", ast.UnaryOp(ast.USub(), node)


def _operand(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(place.node, ast.BinOp) and not place.is_index:
        yield "operand", place.node.left
        yield "operand", place.node.right


_ORDERED = ("outer", "dot", "where", "solve", "arctan2", "maximum", "minimum", "append")


def _order(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if isinstance(node, ast.BinOp) and not place.is_index:
        yield "order", _altered(node, left=node.right, right=node.left)
    if isinstance(node, ast.Call) and _called(node) in _ORDERED and len(node.args) >= 2:
        yield "order", _altered(node, args=[*node.args[:-2], node.args[-1], node.args[-2]])


_ALONG = {"sum", "mean", "max", "min", "argmax", "var", "std", "cumsum", "reduce", "flip", "stack"}


def _axis(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if not isinstance(node, ast.Call):
        return
    for k, keyword in enumerate(node.keywords):
        if keyword.arg == "axis":
            rest = [*node.keywords[:k], *node.keywords[k + 1 :]]
            for axis in _other_axes(keyword.value):
                yield "axis", _altered(node, keywords=[*rest, ast.keyword("axis", axis)])
            yield "axis", _altered(node, keywords=rest)
    if isinstance(node.func, ast.Attribute) and _called(node) in _ALONG and len(node.args) == 1:
        for axis in _other_axes(node.args[0]):
            yield "axis", _altered(node, args=[axis])


def _other_axes(axis: ast.expr) -> Iterator[ast.expr]:
    try:
        value = ast.literal_eval(axis)
    except ValueError:
        return
    if isinstance(value, tuple):
        for one in value:
            yield ast.Constant(one)
    elif isinstance(value, int):
        for other in {0: (1,), 1: (0,), 2: (1, 0), -1: (0,)}.get(value, (0,)):
            yield ast.Constant(other)


def _transposed(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transposed", node.value
    if not isinstance(node, ast.Name) or isinstance(place.parent, ast.Attribute):
        return
    multiplied = isinstance(place.parent, ast.BinOp) and isinstance(place.parent.op, ast.MatMult)
    handed = isinstance(place.parent, ast.Call) and place.above[-1][1] == "args"
    if (
        multiplied or (handed and _called(place.parent) in ("dot", "outer", "einsum"))
    ) and not place.is_index:
        yield "transposed", ast.Attribute(node, "T", ast.Load())


def _constant(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float) or place.is_keyword:
        return
    yield "index" if place.is_index else "constant by 1", ast.Constant(node.value + 1)
    if not place.is_index and not place.is_size:
        yield "constant by 1e-6", ast.Constant(node.value * (1 + 1e-6) if node.value else 1e-6)


_MOST_NAMES = 2
"""Other names that are tried in one place."""


def _name(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if not isinstance(node, ast.Name) or node.id not in place.names:
        return
    others = [n for n in place.names if n != node.id]
    for other in rng.sample(others, min(_MOST_NAMES, len(others))):
        yield "index" if place.is_index else "name", ast.Name(other, ast.Load())


def _index(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if isinstance(node, ast.Slice):
        for name in ("lower", "upper", "step"):
            if getattr(node, name) is not None:
                yield "index", _altered(node, **{name: None})
    if isinstance(node, ast.Tuple) and place.above[-1] and place.above[-1][1] == "slice":
        for k in range(len(node.elts) - 1):
            elements = list(node.elts)
            elements[k], elements[k + 1] = elements[k + 1], elements[k]
            yield "index", _altered(node, elts=elements)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _letters(node.value)


def _letters(subscripts: str) -> Iterator[tuple[str, ast.AST]]:
    """Two letters that stand side by side exchanged."""
    for k in range(len(subscripts) - 1):
        first, second = subscripts[k : k + 2]
        if first.isalpha() and second.isalpha():
            yield "index", ast.Constant(subscripts[:k] + second + first + subscripts[k + 2 :])


_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq, ast.GtE),
    ast.NotEq: (ast.Eq,),
}


def _comparison(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(place.node, ast.Compare):
        for other in _COMPARISONS.get(type(place.node.ops[0]), ()):
            yield "comparison", _altered(place.node, ops=[other()])


def _keepdims(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if isinstance(node, ast.Call) and any(k.arg == "keepdims" for k in node.keywords):
        yield "keepdims", _altered(node, keywords=[k for k in node.keywords if k.arg != "keepdims"])


_FUNCTIONS = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum",
    "zeros_like": "ones_like", "ones_like": "zeros_like", "sin": "cos", "cos": "sin", "log": "log1p",
    "log1p": "log", "exp": "expm1", "tanh": "sin", "abs": "sign", "sign": "abs", "argmax": "argmin", "tril":
    "triu", "cumsum": "cumprod", "cumprod": "cumsum", "reversed": "list", "zeros": "ones", "var": "std",
    "std": "var", "prod": "sum", "det": "trace", "inv": "pinv",
}  # fmt: skip


def _function(place: _Place, rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    node = place.node
    if isinstance(node, ast.Call) and (other := _FUNCTIONS.get(_called(node))):
        if isinstance(node.func, ast.Attribute):
            yield "function", _altered(node, func=_altered(node.func, attr=other))
        else:
            yield "function", _altered(node, func=ast.Name(other, ast.Load()))


_RULES: tuple[Rule, ...] = (
    _operator, _operand, _order, _axis, _transposed, _constant, _name, _index, _comparison, _keepdims,
    _function,
)  # fmt: skip
