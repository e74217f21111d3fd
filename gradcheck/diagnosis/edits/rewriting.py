"""A function with one word of its source changed: other operators, names, numbers, bounds, a factor more.

What runs as a trace of operations cannot say that `i - j` should be `i + j`, or that an array should begin
with zeros. The source can; each change gives another function, in the scope of the first.
"""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import textwrap
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gradcheck.diagnosis.edits.words_of_code import Place, other_words

__all__ = ["Rewrite", "rewrites"]

_LONGEST = 60
"""Letters of code that are shown whole."""


@dataclass(frozen=True)
class Rewrite:
    """The function with one change; ``text`` says what should stand where. ``made`` gives it, or None where
    it cannot be compiled. ``marked`` gives the function as it was, and with its change, each of which notes
    in the set the statements that it comes to and the answers of its conditions. ``of_comparison``: the
    change is made to what is compared.
    """

    kind: str
    text: str
    cost: float
    made: Callable[[], Callable[..., Any] | None]
    marked: Callable[[bool, set[int]], Callable[..., Any] | None]
    of_comparison: bool = False


def rewrites(function: Callable[..., Any], numbers: Sequence[float] = ()) -> Iterator[Rewrite]:
    """Every one-word change of a function, and of those that it calls in its own file.

    ``numbers`` are tried in place of its constants. Nothing where there is no source.
    """
    if not isinstance(function, types.FunctionType):
        return
    yield from _of(function, numbers)
    for name in dict.fromkeys(function.__code__.co_names):
        helper = function.__globals__.get(name)
        if not isinstance(helper, types.FunctionType) or not _beside(helper, function):
            continue
        for found in _of(helper, numbers):
            made = partial(_calling, function, name, found.made)
            marked = partial(_calling_marked, function, name, found.marked)
            yield Rewrite(found.kind, found.text, found.cost + 0.05, made, marked, found.of_comparison)


def _calling(
    function: types.FunctionType, name: str, made: Callable[[], Callable[..., Any] | None]
) -> Callable[..., Any] | None:
    """The function with another helper of that name."""
    helper = made()
    if helper is None:
        return None
    return _copied(function, function.__code__, {**function.__globals__, name: helper})


def _calling_marked(
    function: types.FunctionType,
    name: str,
    marked: Callable[[bool, set[int]], Callable[..., Any] | None],
    changed: bool,
    reached: set[int],
) -> Callable[..., Any] | None:
    return _calling(function, name, lambda: marked(changed, reached))


def _beside(helper: types.FunctionType, function: types.FunctionType) -> bool:
    return helper is not function and helper.__code__.co_filename == function.__code__.co_filename


def _of(function: types.FunctionType, numbers: Sequence[float]) -> Iterator[Rewrite]:
    try:
        lines, first = inspect.getsourcelines(function)
        (tree,) = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return
    if not isinstance(tree, ast.FunctionDef) or any(isinstance(n, ast.While) for n in ast.walk(tree)):
        return  # a loop that is changed may have no end
    tree.decorator_list = []
    ast.increment_lineno(tree, first - 1)
    file = function.__code__.co_filename
    for place in places(tree):
        for change in other_words(place, numbers):
            _located(change.node, place.node)
            where = f"{Path(file).name}:{place.node.lineno}"  # type: ignore[attr-defined]
            text = _sentence(place, change.node, where)
            made = partial(_changed, tree, place, change.node, function)
            marked = partial(_marked, tree, place, change.node, function)
            yield Rewrite(change.kind, text, change.cost, made, marked, place.in_comparison)


def _located(changed: ast.AST, node: ast.AST) -> None:
    """Give what is new in a change the lines of what it stands for, which Python's compiler asks for."""
    if not hasattr(changed, "lineno"):
        ast.copy_location(changed, node)
    ast.fix_missing_locations(changed)


def _sentence(place: Place, changed: ast.AST, where: str) -> str:
    """What should be what: with the expression around a word that says little by itself."""
    before, after = ast.unparse(place.node), ast.unparse(changed)
    whole = place.around
    if isinstance(place.node, ast.Name | ast.Constant) and isinstance(whole, ast.expr | ast.keyword):
        around = _unparsed(place, changed)
        if len(ast.unparse(whole)) <= _LONGEST:
            before, after = ast.unparse(whole), around
    if isinstance(place.node, ast.BinOp) and len(before) > _LONGEST:
        before = textwrap.shorten(before, _LONGEST, placeholder=" ...")
        after = textwrap.shorten(after, 2 * _LONGEST, placeholder=" ...")
    return f"`{before}` ({where}) should be `{after}`"


def _unparsed(place: Place, changed: ast.AST) -> str:
    with_change = _exchanged(place, changed)
    try:
        return ast.unparse(place.around)
    finally:
        with_change()


def _exchanged(place: Place, changed: ast.AST) -> Callable[[], None]:
    """Put a node in the place of another; gives what puts it back."""
    held = getattr(place.around, place.slot)
    if isinstance(held, list):
        at = next(k for k, child in enumerate(held) if child is place.node)
        held[at] = changed
        return lambda: held.__setitem__(at, place.node)
    setattr(place.around, place.slot, changed)
    return lambda: setattr(place.around, place.slot, place.node)


def places(tree: ast.FunctionDef) -> Iterator[Place]:
    """Every expression of a function that may be changed, with what is known on its line."""
    known = {a.arg: 0 for a in ast.walk(tree.args) if isinstance(a, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.setdefault(node.id, node.lineno)

    def walk(node: ast.AST, index: bool, test: bool = False, compared: bool = False) -> Iterator[Place]:
        if _is_of_all(node):
            return  # a change there may only put off the wrong case to values that nobody tried
        for slot, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST):
                    continue
                if slot in ("targets", "target"):  # where something is stored, its index alone may be wrong
                    if isinstance(child, ast.Subscript):
                        yield from walk(child.slice, True, test, compared)
                    continue
                inside = index or (isinstance(node, ast.Subscript) and slot == "slice")
                decides = test or slot == "test"
                beside = compared or isinstance(node, ast.Compare) or isinstance(child, ast.Compare)
                if isinstance(child, ast.expr | ast.AugAssign | ast.Assign) and not _is_stored(child):
                    names = tuple(n for n, line in known.items() if line < child.lineno)
                    yield Place(child, node, slot, names, inside, decides, beside)
                yield from walk(child, inside, decides, beside)

    for statement in tree.body:
        if isinstance(statement, ast.AugAssign | ast.Assign):
            yield Place(statement, tree, "body", (), False)
        yield from walk(statement, False)


def _is_of_all(node: ast.AST) -> bool:
    """Whether it asks all entries together, `(x < 0).all()`."""
    name = getattr(getattr(node, "func", None), "attr", "")
    return name in ("all", "any", "allclose", "array_equal")


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def _changed(
    tree: ast.FunctionDef, place: Place, changed: ast.AST, function: types.FunctionType
) -> Callable[..., Any] | None:
    """The changed function, which finds what it closes over where it was."""
    put_back = _exchanged(place, changed)
    try:  # compiled as it stands: to copy the tree costs more than all else that is done with a change
        return _compiled(tree, function, function.__globals__)
    finally:
        put_back()


def _marked(
    tree: ast.FunctionDef,
    place: Place,
    changed: ast.AST,
    function: types.FunctionType,
    with_change: bool,
    reached: set[int],
) -> Callable[..., Any] | None:
    """The function, with or without the change, that notes which statements of its branches it comes to, and
    which answers its conditions have.
    """
    put_back = _exchanged(place, changed if with_change else place.node)
    try:
        inner = copy.deepcopy(tree)
    finally:
        put_back()
    number = itertools.count()
    for node in [n for n in ast.walk(inner) if n is not inner]:
        for slot in ("body", "orelse", "finalbody"):
            block = getattr(node, slot, None)
            if isinstance(block, list):
                noted = [[_note(next(number)), statement] for statement in block]
                setattr(node, slot, [s for pair in noted for s in pair])
        if isinstance(node, ast.If | ast.IfExp):
            node.test = _asked(node.test, next(number), next(number))
    ast.fix_missing_locations(inner)

    def ask(answer: Any, yes: int, no: int) -> Any:
        reached.add(yes if answer else no)
        return answer

    return _compiled(inner, function, {**function.__globals__, _NOTE: reached.add, _ASK: ask})


_NOTE, _ASK = "__gradcheck_reached__", "__gradcheck_asked__"


def _asked(test: ast.expr, yes: int, no: int) -> ast.expr:
    return ast.Call(ast.Name(_ASK, ast.Load()), [test, ast.Constant(yes), ast.Constant(no)], [])


def _note(number: int) -> ast.stmt:
    call = ast.Call(ast.Name(_NOTE, ast.Load()), [ast.Constant(number)], [])
    return ast.Expr(call)


def _compiled(
    inner: ast.stmt, function: types.FunctionType, scope: dict[str, Any]
) -> Callable[..., Any] | None:
    free = function.__code__.co_freevars
    if free:
        (around,) = ast.parse(f"def around():\n    {' = '.join(free)} = None").body
        around.body.append(inner)  # type: ignore[attr-defined]
        inner = around
    try:
        code = compile(ast.Module([inner], []), function.__code__.co_filename, "exec")
    except (SyntaxError, ValueError, TypeError):
        return None
    for _ in range(2 if free else 1):
        code = next((c for c in code.co_consts if isinstance(c, types.CodeType)), code)
    return _copied(function, code, scope)


def _copied(function: types.FunctionType, code: types.CodeType, scope: dict[str, Any]) -> Callable[..., Any]:
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    made = types.FunctionType(
        code, scope, function.__name__, function.__defaults__, tuple(cells[n] for n in code.co_freevars)
    )
    made.__kwdefaults__, made.__module__ = function.__kwdefaults__, function.__module__
    return made
