"""Whether what gradcheck says of a mutant is true, told without the engine: what a sentence says should stand
there is put there, or what it says of the numbers is looked up in them.
"""

from __future__ import annotations

import ast
import copy
import enum
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.records.types import Diagnosis

from .judge import CLEAR, TINY, Fault, Judge, Known, gradients_of
from .points import Point
from .subjects import Mutant

__all__ = ["Told", "told"]


class Told(enum.StrEnum):
    TRUE = "true"
    FALSE = "false"
    UNREAD = "unread"  # no form of sentence that is understood here
    NOTHING = "nothing"  # no simple explanation


_PLACE = r" \([\w.]+?:(?P<line>\d+)(?:, called from [^)]*)?\)"
_WHOLE = re.compile(rf"^`(?P<old>[^`]+)`{_PLACE} should be `(?P<new>[^`]+)`$")
_IN = re.compile(rf"^in `(?P<old>[^`]+)`{_PLACE}, (?P<what>.+)$")
_GONE = re.compile(rf"^`(?P<old>[^`]+)`{_PLACE} should not be there$")
_CONSTANT = re.compile(rf"^the constant (?P<number>\S+) in `(?P<old>[^`]+)`{_PLACE} should be (?P<new>\S+)$")
_OTHER = re.compile(rf"^`(?P<old>[^`]+)`{_PLACE} should be (?P<new>the \w+|np\.\w+)$")
_TURNED = re.compile(rf"^`(?P<old>[^`]+)`{_PLACE} should not be transposed$")
_WITHOUT = re.compile(
    r"^your gradient is the right one for (?P<name>\w+) = 0: \w+ is left out"
    r"(?:, and what is left is the right one times (?P<times>[\d.e+/-]+))?(?:, for all shapes)?$"
)
_FACTOR = re.compile(
    r"^your gradient is too (?P<way>small|large) by the factor (?P<factor>[\d.e+/-]+)(?:, for all shapes)?$"
)
_OPERATORS: dict[str, ast.operator] = {
    "+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div(), "@": ast.MatMult(),
}  # fmt: skip


def told(mutant: Mutant, candidate: Callable[..., Any], judge: Judge, said: Diagnosis, folder: Path) -> Told:
    """Whether one diagnosis is true, at the judge's points."""
    if said.kind == "unexplained":
        return Told.NOTHING
    if said.text.startswith("delta is not used: the gradient is the same for another delta"):
        return _without_delta(judge, candidate, said)
    number = _claimed(said.text)
    if number is not None:
        return _as_claimed(judge, candidate, said, number)
    read = [*_repaired(mutant, said.text)]
    if not read:
        return Told.UNREAD
    for sources in read:
        if _is_right(judge, mutant.candidate(folder, sources), said):
            return Told.TRUE
    return Told.FALSE


def _without_delta(judge: Judge, candidate: Callable[..., Any], said: Diagnosis) -> Told:
    """Whether the gradients are the same for another delta."""
    for known in judge.known:
        here = known.point
        halved = tuple(d / 2 for d in here.delta) if isinstance(here.delta, tuple) else here.delta / 2
        try:
            one, other = (
                gradients_of(judge.formula, candidate, p, shapes=False)
                for p in (here, Point(here.sizes, here.args, halved))
            )
        except Fault:
            return Told.FALSE
        if not all(np.array_equal(one[k], other[k]) for k in _name(judge, said)):
            return Told.FALSE
    return Told.TRUE


def _name(judge: Judge, said: Diagnosis) -> list[int]:
    """Positions of the arguments that a diagnosis is about; all of them for none."""
    names = list(judge.formula.shapes.arguments)
    own = said.quantity.removeprefix("dJ/d")
    return [names.index(own)] if own in names else list(range(len(names)))


def _is_right(judge: Judge, repaired: Callable[..., Any], said: Diagnosis) -> bool:
    return _all_near(judge, repaired, said, lambda known, k: known.right[k])


def _all_near(
    judge: Judge, code: Callable[..., Any], said: Diagnosis, wanted: Callable[[Known, int], Any]
) -> bool:
    for known in judge.known:
        try:
            found = gradients_of(judge.formula, code, known.point, shapes=False)
        except Fault:
            return False
        for k in _name(judge, said):
            right = wanted(known, k)
            if right is None or found[k] is None:
                continue
            if np.shape(found[k]) != np.shape(right):
                return False
            off = float(np.max(np.abs(found[k] - right), initial=0.0))
            if not off <= max(CLEAR * known.rounding[k], TINY):
                return False
    return True


def _claimed(text: str) -> Callable[[Judge, Known, int], Any] | None:
    """What a sentence about numbers says that the code gives; None for other sentences."""
    if text.startswith("the sign is wrong: your gradient is minus the right one"):
        return lambda judge, known, k: -known.right[k]
    if text.startswith("your gradient is the transpose of the right one"):
        return lambda judge, known, k: np.transpose(known.right[k])
    if found := _WITHOUT.match(text):
        times = float(Fraction(found["times"] or "1"))
        return lambda judge, known, k: times * _of_zero(found["name"], judge, known, k)
    if text.startswith("your gradient is zero throughout"):
        return lambda judge, known, k: 0 * known.right[k]
    if text.startswith("your gradient is the right one for delta = ones"):
        return _of_ones
    if found := _FACTOR.match(text):
        factor = float(Fraction(found["factor"])) ** (1 if found["way"] == "large" else -1)
        return lambda judge, known, k: factor * known.right[k]
    return None


def _of_ones(judge: Judge, known: Known, k: int) -> Any:
    point = known.point
    ones = (
        tuple(np.ones_like(d) for d in point.delta)
        if isinstance(point.delta, tuple)
        else np.ones_like(point.delta)
    )
    at_ones = Point(point.sizes, point.args, ones if np.ndim(ones) or isinstance(ones, tuple) else ones[()])
    return gradients_of(judge.formula, judge.backward, at_ones)[k]


def _of_zero(name: str, judge: Judge, known: Known, k: int) -> Any:
    point, names = known.point, list(judge.formula.shapes.arguments)
    if name not in names:
        return np.nan
    args = list(point.args)
    args[names.index(name)] = args[names.index(name)] * 0
    return gradients_of(judge.formula, judge.backward, Point(point.sizes, tuple(args), point.delta))[k]


def _as_claimed(
    judge: Judge, candidate: Callable[..., Any], said: Diagnosis, number: Callable[[Judge, Known, int], Any]
) -> Told:
    def wanted(known: Known, k: int) -> Any:
        return None if known.right[k] is None else number(judge, known, k)

    return Told.TRUE if _all_near(judge, candidate, said, wanted) else Told.FALSE


def _repaired(mutant: Mutant, text: str) -> Iterator[dict[str, str]]:
    """The functions of the mutant's file, by name, with what a sentence says put in: all readings."""
    for pattern in (_WHOLE, _IN, _GONE, _CONSTANT, _OTHER, _TURNED):
        if found := pattern.match(text.removesuffix(" (and so wherever the same stands in this function)")):
            break
    else:
        return
    file = "\n\n\n".join(mutant.sources().values()) + "\n"
    count = len(list(ast.walk(ast.parse(file))))
    for k in range(count):
        tree = ast.parse(file)
        node = list(ast.walk(tree))[k]
        if getattr(node, "lineno", None) != int(found["line"]) or _written(node) != found["old"]:
            continue
        for changed in _changes(node, pattern, found):
            _put(tree, node, changed)
            yield {f.name: ast.unparse(f) for f in tree.body if isinstance(f, ast.FunctionDef)}
            _put(tree, changed, node)


def _written(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                value[:] = [new if v is old else v for v in value]


def _changes(node: ast.AST, pattern: re.Pattern[str], found: re.Match[str]) -> Iterator[ast.AST]:
    if pattern is _WHOLE:
        new = _parsed(found["new"])
        if new is not None:
            yield new
    elif pattern is _GONE:
        if isinstance(node, ast.Call) and node.args:
            yield node.args[0]
    elif pattern is _CONSTANT:
        new = _parsed(_written(node).replace(found["number"], found["new"], 1))
        if new is not None:
            yield new
    elif pattern is _OTHER:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = found["new"].removeprefix("np.").removeprefix("the ")
            func = ast.Attribute(node.func.value, _NAMES.get(name, name), ast.Load())
            yield ast.Call(func, node.args, node.keywords)
    elif pattern is _TURNED:
        if isinstance(node, ast.Attribute):
            yield node.value
    elif isinstance(node, ast.BinOp):
        yield from _within(node, found["what"])
    else:
        yield from _somewhere_in(node, found["what"])


_NAMES = {"maximum": "max", "minimum": "min"}


def _somewhere_in(node: ast.AST, what: str) -> Iterator[ast.AST]:
    """One value in place of another, wherever it stands in an expression."""
    found = re.match(r"^`?([^`]+?)`? should be `?([^`]+?)`?$", what)
    new = None if found is None else _parsed(found[2])
    if found is None or new is None:
        return
    for k, inner in enumerate(ast.walk(node)):
        if k and isinstance(inner, ast.expr) and _written(inner) == found[1]:
            other = copy.deepcopy(node)
            _put(other, list(ast.walk(other))[k], new)
            yield other


def _parsed(text: str) -> ast.AST | None:
    try:
        (statement,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    return statement.value if isinstance(statement, ast.Expr) else statement


def _within(node: ast.BinOp, what: str) -> Iterator[ast.AST]:
    if found := re.match(r"^(\S) should be (\S)$", what):
        if found[2] in _OPERATORS:
            yield ast.BinOp(node.left, _OPERATORS[found[2]], node.right)
        return
    sides = {"left": node.left, "right": node.right}
    if found := re.match(r"^`?([^`]+?)`? should be transposed$", what):
        for name, side in sides.items():
            if _written(side) == found[1]:
                yield _altered(node, name, ast.Attribute(side, "T", ast.Load()))
        return
    if found := re.match(r"^the (?:term|factor|divisor) `?([^`]+?)`? should not be there$", what):
        if _written(node.right) == found[1]:
            yield node.left
        if _written(node.left) == found[1]:
            over = isinstance(node.op, ast.Div)
            less = isinstance(node.op, ast.Sub)
            yield (
                ast.BinOp(ast.Constant(1), ast.Div(), node.right)
                if over
                else ast.UnaryOp(ast.USub(), node.right) if less else node.right
            )  # fmt: skip
        return
    if found := re.match(r"^`?([^`]+?)`? should be `?([^`]+?)`?$", what):
        new = _parsed(found[2])
        yield from _somewhere_in(node, what)
        for name, side in sides.items():
            if new is not None and _written(side) == found[1]:
                yield _altered(node, name, new)


def _altered(node: ast.BinOp, name: str, side: ast.AST) -> ast.BinOp:
    other = ast.BinOp(node.left, node.op, node.right)
    setattr(other, name, side)
    return other
