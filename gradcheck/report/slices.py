"""Which statements of a function each of its gradients is made by: a slice, read off the text of the code."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

__all__ = ["Place", "slices"]

_ARGUMENT = re.compile(r"d[A-Za-z]\w*/d(?P<name>\w+)(?P<keys>(\[[^\]]*\])*)$")

Place = tuple[int, int]
"""A line, counted from 0, and a column: two expressions of one `return` are two places."""

Definition = tuple[int, frozenset[str], frozenset[str]]
"""The line of a statement (from 0), what it makes, and what it uses."""


def slices(code: str, forward: str, quantities: Sequence[str]) -> dict[str, set[Place]] | None:
    """For each quantity the statements of ``code`` that it is made by, and the expression that is returned
    for it. None for code that cannot be read so: not one function, or not one `return`.

    A quantity that cannot be found in what is returned is left out, and so are statements that the forward
    has too, or that call it. Code that is its own forward returns the value and the gradients.
    """
    function, first = _function(code), _function(forward)
    if function is None or first is None:
        return None
    returns = [n for n in _own(function.body) if isinstance(n, ast.Return)]
    if code == forward and len(returns) > 1:  # `return scores` where there are no labels, then both
        returns = [n for n in returns if isinstance(n.value, ast.Tuple)]
    value = returns[0].value if len(returns) == 1 else None
    if value is None:
        return None
    statements = list(_statements(function.body, frozenset()))
    end = max([returns[0].lineno, *(line + 1 for line, _, _ in statements)])
    if code == forward and isinstance(value, ast.Tuple) and len(value.elts) == 2:
        theirs = _backwards(statements, _used(value.elts[0]), end)
        value = value.elts[1]
    else:
        known = {ast.dump(one) for one in first.body}
        theirs = {
            (one.lineno - 1, 0)
            for one in function.body
            if ast.dump(one) in known or _is_call(one, first, function)
        }
    parameters = [a.arg for a in (*first.args.posonlyargs, *first.args.args)]
    alone = len(quantities) == 1 and not isinstance(value, ast.Tuple | ast.List | ast.Dict)
    found: dict[str, set[Place]] = {}
    for quantity in quantities:
        part = value if alone else _part(value, quantity, parameters)
        if isinstance(part, frozenset):
            found[quantity] = _backwards(statements, part, end) - theirs
        elif part is not None:
            found[quantity] = _backwards(statements, _used(part), end) - theirs
            if not isinstance(part, ast.Name | ast.Subscript):
                found[quantity].add((part.lineno - 1, part.col_offset))
    return found


def _is_call(statement: ast.stmt, forward: ast.FunctionDef, backward: ast.FunctionDef) -> bool:
    """Whether a statement keeps what the forward gives for the backward's own arguments: that is right."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return False
    call = statement.value
    if not isinstance(call.func, ast.Name) or call.func.id != forward.name or call.keywords:
        return False
    given = [argument.id for argument in call.args if isinstance(argument, ast.Name)]
    own = [a.arg for a in (*backward.args.posonlyargs, *backward.args.args)]
    return len(given) == len(call.args) and given == own[1:]


def _function(text: str) -> ast.FunctionDef | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    return found[0] if len(found) == 1 else None


def _own(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of a function but those of functions inside it."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            for part in ("body", "orelse", "finalbody"):
                yield from _own(getattr(statement, part, []))


def _statements(body: Sequence[ast.stmt], under: frozenset[str]) -> Iterator[Definition]:
    """What each statement makes and uses, in order; ``under`` is what the conditions around it use."""
    for one in body:
        line = one.lineno - 1
        if isinstance(one, ast.Assign):
            made = frozenset().union(*map(_made, one.targets))
            kept = frozenset().union(*(_kept(t) for t in one.targets))
            yield line, made, _used(one.value) | kept | under
        elif isinstance(one, ast.AnnAssign) and one.value is not None:
            yield line, _made(one.target), _used(one.value) | _kept(one.target) | under
        elif isinstance(one, ast.AugAssign):
            made = _made(one.target)
            yield line, made, _used(one.value) | made | _kept(one.target) | under
        elif isinstance(one, ast.Expr) and isinstance(one.value, ast.Call):  # np.add.at(dW, y, d)
            used = _used(one.value)
            first = one.value.args[0] if one.value.args else one.value.func
            yield line, _made(first) if isinstance(first, ast.Name | ast.Subscript) else used, used | under
        elif isinstance(one, ast.For):
            yield line, _made(one.target), _used(one.iter)
            inner = list(_statements(one.body, under))
            yield from inner
            yield from _statements(one.orelse, under)
        elif isinstance(one, ast.If | ast.While):
            yield from _statements(one.body, under | _used(one.test))
            yield from _statements(one.orelse, under | _used(one.test))
        elif isinstance(one, ast.With | ast.Try):
            yield from _statements(one.body, under)


def _backwards(statements: Sequence[Definition], used: frozenset[str], before: int) -> set[Place]:
    """The lines that what is used at the end is made by; a name is whatever was made under it."""
    wanted, lines = set(used), set[int]()
    growing = True
    while growing:  # twice where a loop brings something round
        growing = False
        for line, made, uses in reversed(statements):
            if line < before and line not in lines and _meet(made, wanted):
                lines.add(line)
                growing = growing or not uses <= wanted
                wanted |= uses
    return {(line, 0) for line in lines}


def _meet(made: frozenset[str], wanted: set[str]) -> bool:
    """Whether something made is wanted: `grads[W1]` is wanted where `grads` is, and the other way round."""
    return any(m == w or m.startswith(f"{w}[") or w.startswith(f"{m}[") for m in made for w in wanted)


def _part(value: ast.expr, quantity: str, parameters: Sequence[str]) -> ast.expr | frozenset[str] | None:
    """The expression that is returned for a quantity, or the names that it is kept under in a dict."""
    named = _ARGUMENT.match(quantity)
    if named is None:
        return None
    name, keys = named["name"], re.findall(r"\[['\"]?([^\]'\"]*)['\"]?\]", named["keys"])
    if isinstance(value, ast.Tuple | ast.List):
        if name not in parameters or len(value.elts) != len(parameters):
            return None
        value = value.elts[parameters.index(name)]
        return _part(value, quantity, parameters) if keys else value
    if isinstance(value, ast.Dict):
        given = {
            str(k.value): v
            for k, v in zip(value.keys, value.values, strict=True)
            if isinstance(k, ast.Constant)
        }
        return next((given[key] for key in (*keys[-1:], name) if key in given), None)
    if isinstance(value, ast.Name) and (keys or len(parameters) > 1):
        return frozenset(f"{value.id}[{key}]" for key in (name, *keys[-1:]))
    return None


def _made(target: ast.expr) -> frozenset[str]:
    if isinstance(target, ast.Name):
        return frozenset([target.id])
    if isinstance(target, ast.Tuple | ast.List):
        return frozenset().union(*map(_made, target.elts))
    if isinstance(target, ast.Starred):
        return _made(target.value)
    if isinstance(target, ast.Subscript):
        base = _made(target.value)
        if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
            return frozenset(f"{b}[{target.slice.value}]" for b in base)
        return base
    if isinstance(target, ast.Attribute):
        return frozenset([ast.unparse(target)])
    return frozenset()


def _kept(target: ast.expr) -> frozenset[str]:
    """What an assignment to a part leaves of the rest, and what says which part."""
    if not isinstance(target, ast.Subscript):
        return frozenset()
    if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
        return frozenset()
    return _made(target.value) | _used(target.slice)


def _used(node: ast.AST) -> frozenset[str]:
    """The names in an expression; of `cache["h"]` that entry alone."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        base = _made(node)
        if base:
            return base
    if isinstance(node, ast.Name):
        return frozenset([node.id])
    return frozenset().union(*(_used(child) for child in ast.iter_child_nodes(node)))
