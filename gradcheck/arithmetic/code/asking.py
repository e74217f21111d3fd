"""Code that hands on what it asks: each comparison, each call and each exception, to a function of ours.

What is compared without arrays, and without a branch, is in nobody's sight: `1 + (bin(len(x))[2:] == s)`,
`table.get(len(x), 2)`. The file of a function is compiled once more, with calls around what it asks.
"""

from __future__ import annotations

import ast
import linecache
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

__all__ = ["ASKED", "Question", "asking"]

ASKED = "__gradcheck_asked__"
"""The global name under which the code finds what it calls, with a `Question` as a tuple and what is asked: a
value; both sides of a comparison or a product; dict, key and default of a `get`; an iterator and a default;
whether a try has ended.
"""

Kind = Literal["truth", "comparison", "joined", "get", "next", "exception", "end"]


@dataclass(frozen=True)
class Question:
    """Something that code asks. ``text`` is it as it stands there, or what it is called. ``operator`` is of
    the `ast` module, or the method of a dict. ``of_settings``: of what a call is given, which may be the
    same each time.
    """

    file: str
    line: int
    text: str
    kind: Kind
    operator: str = ""
    of_settings: bool = False

    @property
    def source(self) -> str:
        """The line that it stands on."""
        return linecache.getline(self.file, self.line).strip()


def asking(code: types.CodeType) -> types.CodeType:
    """The code of a function that calls `ASKED`; the code itself where its file holds another."""
    text = "".join(linecache.getlines(code.co_filename))
    return _compiled(text, code.co_filename).get(code, code)


@lru_cache(maxsize=64)
def _compiled(text: str, file: str) -> dict[types.CodeType, types.CodeType]:
    try:
        module = ast.parse(text)
        plain = compile(module, file, "exec", dont_inherit=True)
        changed = _Asking(file, text, _changing(module)).visit(module)
        with_calls = compile(ast.fix_missing_locations(changed), file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    pairs = list(zip(_codes(plain), _codes(with_calls), strict=False))
    same = all(a.co_name == b.co_name and a.co_firstlineno == b.co_firstlineno for a, b in pairs)
    return dict(pairs) if same else {}


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


_ABOUT_SETTINGS = frozenset(
    ["isinstance", "issubclass", "hasattr", "callable", "iscomplexobj", "isrealobj", "isscalar", "issubdtype"]
)
_NOT_OF_VALUES = frozenset(["ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "NameError"])
"""Exceptions that tell what is installed, or of what type something is."""

_OF_DICTS = ("get", "setdefault", "pop")

_OF_ARRAYS = ("shape", "size", "nbytes", "T")

_JOINING = ast.Mult | ast.BitAnd | ast.BitOr


def _changing(module: ast.Module) -> set[str] | None:
    """The attributes that functions assign after an object was made, as a counter is; None: it may be any."""
    names = {getattr(n, "attr", None) or getattr(n, "id", "") for n in ast.walk(module)}
    if names & {"setattr", "__setattr__", "__dict__", "vars"}:
        return None
    functions = (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef) and n.name != "__init__")
    inside = (n for f in functions for n in ast.walk(f) if isinstance(n, ast.Attribute | ast.Subscript))
    found: set[str] = set()
    for target in (n for n in inside if isinstance(n.ctx, ast.Store)):
        found |= {n.attr for n in ast.walk(target) if isinstance(n, ast.Attribute)}
    return found


class _Asking(ast.NodeTransformer):
    def __init__(self, file: str, text: str, changing: set[str] | None) -> None:
        self.file, self.lines = file, text.splitlines()
        self.changing = changing
        self.assigned: list[set[str]] = [set()]  # local names that are no parameters, by function

    def visit_FunctionDef(self, node: Any) -> Any:
        inside = node.body if isinstance(node.body, list) else [node.body]
        stored = {n.id for part in inside for n in ast.walk(part) if isinstance(n, ast.Name) and _stores(n)}
        self.assigned.append(self.assigned[-1] | stored)
        self.generic_visit(node)
        self.assigned.pop()
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_If(self, node: ast.If) -> Any:
        """What a guard that raises asks is no question: on its other side there is nothing to be judged."""
        if not any(block and isinstance(block[-1], ast.Raise) for block in (node.body, node.orelse)):
            return self.generic_visit(node)
        test, node.test = node.test, ast.Constant(True)
        self.generic_visit(node)
        node.test = test
        return node

    def visit_Assert(self, node: ast.Assert) -> Any:
        """A guard, too."""
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        operator = type(node.ops[0]).__name__ if len(node.ops) == 1 else ""
        of_settings = all(map(self._is_given, (node.left, *node.comparators)))
        asked = self._question(node, "comparison" if operator else "truth", operator, of_settings)
        self.generic_visit(node)
        return _call(asked, node, *((node.left, node.comparators[0]) if operator else (node,)))

    def visit_Call(self, node: ast.Call) -> Any:
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
        asked = self._question(node, "truth")
        has_default = len(node.args) == 2 and not node.keywords
        key_is_given = bool(node.args) and isinstance(node.args[0], ast.Constant)
        asked_get = self._question(node, "get", str(name))
        asked_next = self._question(node, "next")
        may_be_empty = has_default and _may_be_empty(node.args[0])
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and name in _OF_DICTS and has_default and not key_is_given:
            return _call(asked_get, node, node.func.value, *node.args)
        if name == "next" and may_be_empty:
            return _call(asked_next, node, *node.args)
        return node if name in (*_ABOUT_SETTINGS, "super", "locals") else _call(asked, node, node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """Truth values that are multiplied or joined: both happened, but did they together?"""
        joins = isinstance(node.op, _JOINING) and any(map(_is_truth, (node.left, node.right)))
        asked = self._question(node, "joined", type(node.op).__name__)
        self.generic_visit(node)
        return _call(asked, node, node.left, node.right) if joins else node

    def visit_With(self, node: ast.With) -> Any:
        """`with suppress(KeyError):` is a try of its own."""
        call = node.items[0].context_expr
        name = getattr(call, "func", None)
        if len(node.items) > 1 or "suppress" not in (getattr(name, "attr", ""), getattr(name, "id", "")):
            return self.generic_visit(node)
        assert isinstance(call, ast.Call)
        caught = ast.copy_location(ast.Tuple(call.args, ast.Load()), call)
        handler = ast.copy_location(ast.ExceptHandler(caught, None, [ast.Pass()]), node)
        return self.visit_Try(ast.copy_location(ast.Try(node.body, [handler], [], []), node))

    def visit_Try(self, node: ast.Try) -> Any:
        """Whether a try comes to its end, and to each of its handlers."""
        handlers = [h for h in node.handlers if not _names(h.type) & _NOT_OF_VALUES and not _raises(h)]
        if not handlers:
            return self.generic_visit(node)
        begun: list[ast.stmt] = []
        questions = [(h, self._question(h, "exception")) for h in handlers]
        end = self._question(node.body[0], "end")
        self.generic_visit(node)
        for handler, asked in questions:
            begun.append(_statement(asked, handler, False))
            handler.body.insert(0, _statement(asked, handler, True))
        begun.append(_statement(end, node, False))
        node.body = [_Ending(end).visit(s) for s in node.body]
        node.body.append(_statement(end, node, True))
        return [*begun, node]

    def _question(self, node: Any, kind: Kind, operator: str = "", of_settings: bool = False) -> ast.Constant:
        whole = self.lines[node.lineno - 1] if node.lineno <= len(self.lines) else ""
        on_a_line = node.lineno == node.end_lineno
        text = whole.encode()[node.col_offset : node.end_col_offset].decode(errors="replace")
        called = {"exception": "its exception", "end": "to go on without an exception"}.get(kind)
        if called is None:
            called = f"`{text}`" if on_a_line and text.strip() != whole.strip() else "its condition"
        question = (self.file, node.lineno, called, kind, operator, of_settings)
        return ast.copy_location(ast.Constant(question), node)  # type: ignore[arg-type]

    def _is_given(self, node: ast.AST) -> bool:
        """Whether an expression is of constants, parameters, names that others than the function assign, and
        what objects hold from their making on.
        """
        match node:
            case ast.Name():
                return node.id not in self.assigned[-1]
            case ast.Call():
                return getattr(node.func, "id", "") == "type" and all(map(self._is_given, node.args))
            case ast.Attribute(ast.Name("np" | "numpy")):
                return True
            case ast.Attribute(attr="ndim" | "dtype" | "kind" | "byteorder" | "isnative" | "str"):
                return self._is_given(node.value)
            case ast.Attribute(ast.Name()):
                kept = self.changing is not None and node.attr not in self.changing
                return kept and node.attr not in _OF_ARRAYS and self._is_given(node.value)
            case ast.Constant() | ast.Subscript() | ast.BinOp() | ast.UnaryOp() | ast.Tuple():
                parts = (c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr))
                return all(map(self._is_given, parts))
        return False


class _Ending(ast.NodeTransformer):
    """Marks the ways out of the body of a try that are no exception."""

    def __init__(self, question: ast.Constant) -> None:
        self.question = question

    def visit_Return(self, node: ast.Return) -> Any:
        node.value = _call(self.question, node, node.value or ast.Constant(None), ast.Constant(True))
        return node

    def visit_Break(self, node: ast.Break | ast.Continue) -> Any:
        return [_statement(self.question, node, True), node]

    visit_Continue = visit_Break

    def visit_FunctionDef(self, node: Any) -> Any:
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = visit_FunctionDef


def _call(question: ast.Constant, at: ast.AST, *args: ast.expr) -> ast.Call:
    name = ast.copy_location(ast.Name(ASKED, ast.Load()), at)
    return ast.copy_location(ast.Call(name, [question, *args], []), at)


def _statement(question: ast.Constant, at: ast.AST, happened: bool) -> ast.stmt:
    return ast.copy_location(ast.Expr(_call(question, at, ast.Constant(None), ast.Constant(happened))), at)


def _may_be_empty(iterator: ast.expr) -> bool:
    """Whether an iterator leaves something out, and so perhaps all."""
    if isinstance(iterator, ast.GeneratorExp):
        return any(part.ifs for part in iterator.generators)
    return isinstance(iterator, ast.Call) and getattr(iterator.func, "id", "") == "filter"


def _is_truth(node: ast.expr) -> bool:
    """Whether an expression can be told to be a truth value, or an array of them."""
    match node:
        case ast.Compare() | ast.BoolOp():
            return True
        case ast.UnaryOp():
            return isinstance(node.op, ast.Not) or (
                isinstance(node.op, ast.Invert) and _is_truth(node.operand)
            )
        case ast.BinOp():
            return isinstance(node.op, _JOINING) and _is_truth(node.left) and _is_truth(node.right)
        case ast.Call():
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            return name in ("all", "any", "bool", "isclose", "allclose", "array_equal")
    return False


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _names(caught: ast.expr | None) -> set[str]:
    """The last parts of the names of the exceptions that a handler catches."""
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return {str(getattr(k, "attr", None) or getattr(k, "id", "")) for k in kinds}


def _raises(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends with an exception: what it would return needs no check."""
    return isinstance(handler.body[-1], ast.Raise)
