"""The house in numbers: who imports whom, lazy and typing imports counted.

`python tests/house.py` prints them.

A package's `__init__` is seen through: importing a name from it counts as importing the file that defines it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
FACE = "gradcheck"
"""The public face: lazy, and meant to know everything."""


@cache
def files() -> dict[str, Path]:
    """Every module of both packages, by its dotted name."""
    found = {}
    for top in (ROOT, ROOT / "backends"):
        for package in ("gradcheck", "gradcheck_backends"):
            for path in (top / package).rglob("*.py"):
                parts = path.relative_to(top).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(source: str, *, lazily: bool = True) -> Iterator[tuple[str, str | None]]:
    """What a source imports, as (module, name in it or None); without ``lazily`` only at its top level."""
    tree = ast.parse(source)
    for node in ast.walk(tree) if lazily else _at_import(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute in this project"
            yield from ((node.module or "", alias.name) for alias in node.names)


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not in functions, not for the type checker."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_import(child)


def resolved(module: str, name: str | None) -> Iterator[str]:
    """The files that an import reaches: the one that defines the name, and the package it is taken from."""
    if name is not None and f"{module}.{name}" in files():
        yield f"{module}.{name}"
        return
    if module not in files():
        return
    yield module
    if name is not None and files()[module].name == "__init__.py":
        for inner, inner_name in imports(files()[module].read_text(encoding="utf-8")):
            if inner_name == name and inner != module:
                yield from resolved(inner, inner_name)


@cache
def graph() -> Mapping[str, frozenset[str]]:
    """Every module with those that it imports, the public face left out."""
    return {
        module: frozenset(
            target
            for where, name in imports(path.read_text(encoding="utf-8"))
            for target in resolved(where, name)
            if target not in {module, FACE}
        )
        for module, path in files().items()
        if module != FACE
    }


def circles(arrows: Mapping[str, frozenset[str]]) -> list[frozenset[str]]:
    """Groups of modules that import each other, however far around (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[frozenset[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for target in arrows[module]:
            if target not in index:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], index[target])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                found.append(frozenset(group))

    for module in arrows:
        if module not in index:
            visit(module)
    return found


def depth(arrows: Mapping[str, frozenset[str]]) -> int:
    """The longest chain of imports, a circle counted as one floor."""
    home = {module: group for group in circles(arrows) for module in group}

    @cache
    def floors(module: str) -> int:
        group = home.get(module, frozenset([module]))
        below = {t for m in group for t in arrows[m]} - group
        return 1 + max((floors(t) for t in below), default=0)

    return max(map(floors, arrows))


def entries() -> list[str]:
    """What stands at the top of `gradcheck/`, caches and the typing marker left out."""
    return sorted(p.name for p in (ROOT / "gradcheck").iterdir() if p.name not in {"__pycache__", "py.typed"})


def main() -> None:
    found = circles(graph())
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files().values())
    print(f"{len(files())} files, {lines} lines, {len(entries())} entries in gradcheck/")  # noqa: T201
    print(f"the longest chain of imports has {depth(graph())} files")  # noqa: T201
    print(f"{len(found)} circles")  # noqa: T201
    for group in sorted(found, key=len):
        print(f"  {len(group)}: {', '.join(sorted(group))}")  # noqa: T201


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    main()
