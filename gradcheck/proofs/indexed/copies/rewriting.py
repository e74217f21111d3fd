"""Loops in a copy: their code rewritten so that a loop over a symbolic size can be run for one step.

    for i in range(n):                 loop = __gc_loop__(range(n), ("total",), ("i",))
        total += x[i]                  for i in loop:
                                           loop.enter(locals())
                                           if loop.changes("total"):
                                               total = loop.value("total")
                                           total += x[i]
                                           loop.leave(locals())
                                       if loop.symbolic:
                                           total = loop.result("total")

A loop over plain numbers runs as it did. Comprehensions become calls of `__gc_map__`. A function is left as
it is where its source is not there, or is not what its code was compiled from.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from typing import Any

__all__ = ["rewritten"]

_LEFT = (
    ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Try, ast.TryStar, ast.While,
    ast.With, ast.Delete, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
    ast.Lambda, ast.Match, ast.AsyncFor, ast.Global, ast.Nonlocal,
)  # fmt: skip
"""What a loop must not hold: one step then says what all do."""
_KNOWN: dict[int, tuple[types.CodeType, types.CodeType | None]] = {}
_MOST = 256
"""What was rewritten already, by the code that it was, which is kept so that its number is nobody else's."""


def rewritten(function: types.FunctionType) -> types.CodeType | None:
    """The function's code with its loops rewritten; None where there are none, or that cannot be done."""
    code = function.__code__
    known = _KNOWN.get(id(code))
    if known is None or known[0] is not code:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        known = _KNOWN[id(code)] = code, _rewritten(function, code)
    return known[1]


def _rewritten(function: types.FunctionType, code: types.CodeType) -> types.CodeType | None:
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    node = tree.body[0]
    if len(tree.body) != 1 or type(node) is not ast.FunctionDef or node.name != code.co_name:
        return None
    held = list(ast.walk(node))
    if not any(type(n) in (ast.For, ast.ListComp, ast.GeneratorExp) for n in held):
        return None
    if any(type(n) in (ast.Global, ast.Nonlocal) for n in held):
        return None
    node.decorator_list = []
    imported = sorted(_imported(function))
    if not _same(_compiled(node, code, imported), code):
        return None
    made = _compiled(_Loops().visit(node), code, imported)
    if made is None or set(made.co_freevars) != set(code.co_freevars):
        return None
    return made


def _imported(function: types.FunctionType) -> set[str]:
    """The global names that its module imported, as far as can be told: Python compiles `np.sum(x)` in
    another way where `np` was.
    """
    found = set()
    pending = [function.__code__]
    while pending:
        code = pending.pop()
        pending += [c for c in code.co_consts if type(c) is types.CodeType]
        for name in code.co_names:
            value = function.__globals__.get(name)
            own = getattr(value, "__module__", function.__module__) == function.__module__
            if type(value) is types.ModuleType or not own:
                found.add(name)
    return found


def _compiled(node: ast.FunctionDef, like: types.CodeType, imported: list[str]) -> types.CodeType | None:
    """The code of a function within one that binds the names from around it."""
    names = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(n) for n in like.co_freevars],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    outer = ast.FunctionDef("__gc_around__", names, [node], [])
    if hasattr(outer, "type_params"):
        outer.type_params = []
    module = ast.Module([*(ast.Import([ast.alias("sys", name)]) for name in imported), outer], [])
    ast.fix_missing_locations(module)
    ast.increment_lineno(module, like.co_firstlineno - node.lineno)
    try:
        whole = compile(module, like.co_filename, "exec", flags=like.co_flags & _FUTURE, dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    around = next(c for c in whole.co_consts if type(c) is types.CodeType)
    return next(
        (c for c in around.co_consts if type(c) is types.CodeType and c.co_name == like.co_name), None
    )


_FUTURE = 0x1000000  # from __future__ import annotations


def _same(a: types.CodeType | None, b: types.CodeType) -> bool:
    """Whether two codes do the same: the source is that of the function, and nobody's else."""
    if a is None:
        return False
    plain = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount",
             "co_kwonlyargcount", "co_posonlyargcount")  # fmt: skip
    if any(getattr(a, name) != getattr(b, name) for name in plain) or len(a.co_consts) != len(b.co_consts):
        return False
    return all(_same_constant(x, y) for x, y in zip(a.co_consts, b.co_consts, strict=True))


def _same_constant(x: Any, y: Any) -> bool:
    if type(x) is types.CodeType and type(y) is types.CodeType:
        return _same(x, y)
    return type(x) is type(y) and repr(x) == repr(y)


class _Loops(ast.NodeTransformer):
    """Rewrites loops and comprehensions."""

    def __init__(self) -> None:
        self.count = 0

    def visit_For(self, node: ast.For) -> Any:
        allowed = not node.orelse and not any(
            isinstance(n, _LEFT) for part in node.body for n in ast.walk(part)
        )
        targets = _names(node.target)
        self.generic_visit(node)
        if not allowed or targets is None:
            return node
        stored = sorted({n for part in node.body for n in _stored(part)} - set(targets))
        self.count += 1
        loop = f"__gc_{self.count}"
        text = [
            f"{loop} = __gc_loop__(0, {tuple(stored)!r}, {tuple(targets)!r})",
            f"for __gc_x in {loop}: pass",
        ]
        text += [f"if {loop}.symbolic: pass"]
        first, again, after = ast.parse("\n".join(text)).body
        assert isinstance(first, ast.Assign) and isinstance(again, ast.For) and isinstance(after, ast.If)
        assert isinstance(first.value, ast.Call)
        first.value.args[0] = node.iter
        again.target = node.target
        begin = [f"{loop}.enter(__gc_locals__())"]
        begin += [f"if {loop}.changes({n!r}): {n} = {loop}.value({n!r})" for n in stored]
        end = ast.parse(f"{loop}.leave(__gc_locals__())").body
        again.body = [*ast.parse("\n".join(begin)).body, *node.body, *end]
        after.body = ast.parse("\n".join(f"{n} = {loop}.result({n!r})" for n in [*stored, *targets])).body
        for made in (first, after, *again.body[: len(begin)], *end):
            for inner in ast.walk(made):
                if inner is not node.iter:
                    ast.copy_location(inner, node)
        return [first, ast.copy_location(again, node), after]

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        return self._mapped(node, listed=True)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self._mapped(node, listed=False)

    def _mapped(self, node: ast.ListComp | ast.GeneratorExp, *, listed: bool) -> Any:
        (first, *others) = node.generators
        inner = [n for part in (node.elt, first.iter) for n in ast.walk(part)]
        allowed = not others and not first.ifs and not first.is_async
        allowed &= not any(isinstance(n, (*_LEFT, ast.NamedExpr)) for n in inner)
        targets = _names(first.target)
        self.generic_visit(node)
        if not allowed or targets is None:
            return node
        single = type(first.target) is ast.Name
        made = ast.parse(
            f"__gc_map__(lambda {', '.join(targets)}: 0, 0, {listed}, {single}, __gc_locals__())"
        )
        call: Any = made.body[0].value  # type: ignore[attr-defined]
        for part in ast.walk(call):
            ast.copy_location(part, node)
        call.args[0].body, call.args[1] = node.elt, first.iter
        return call


def _names(target: ast.expr) -> list[str] | None:
    """The names that a loop binds, where it binds names alone."""
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    names = [p.id for p in parts if type(p) is ast.Name]
    return names if len(names) == len(parts) and len(set(names)) == len(names) else None


def _stored(node: ast.AST) -> set[str]:
    """The names that a statement binds, comprehensions aside."""
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
        return {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
    found = {node.id} if isinstance(node, ast.Name) and type(node.ctx) is ast.Store else set()
    for child in ast.iter_child_nodes(node):
        found |= _stored(child)
    return {n for n in found if not n.startswith("__gc_")}
