"""The circle of imports in `indexed` is the core that `algebra` documents, and no file more."""

import ast
from pathlib import Path

from gradcheck.proofs import indexed

FOLDER = Path(indexed.__file__).parent
NAME = "gradcheck.proofs.indexed"
CORE = {"expression", "products", "powers", "functions", "interning", "reduction", "signs"}


def imports(source):
    """What a source imports of `indexed`: within functions, and for types, too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(NAME):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith(NAME)}
    return found


def in_circles(graph):
    """The modules that reach themselves."""
    circles = set()
    for start in graph:
        seen, pending = set(), [start]
        while pending:
            new = graph[pending.pop()] & graph.keys() - seen
            seen |= new
            pending += new
        circles |= {start} & seen
    return circles


def modules():
    return {
        f"{NAME}.{'.'.join(p.relative_to(FOLDER).with_suffix('').parts)}": imports(p.read_text())
        for p in FOLDER.rglob("*.py")
        if p.name != "__init__.py"
    }


def test_the_only_circle_is_the_core_of_rewriting_rules():
    assert in_circles(modules()) == {f"{NAME}.algebra.{name}" for name in CORE}


def test_expressions_know_no_arrays():
    below = {m: found for m, found in modules().items() if m.startswith(f"{NAME}.algebra.")}
    assert not [m for m, found in below.items() if any(f.startswith(f"{NAME}.arrays") for f in found)]


def test_a_lazy_import_and_one_for_types_close_a_circle():
    """The wrong twins."""
    lazy = f"def f():\n    from {NAME}.b import g\n"
    typed = f"if TYPE_CHECKING:\n    from {NAME} import a\n"
    assert in_circles({f"{NAME}.a": imports(lazy), f"{NAME}.b": imports(typed)}) == {f"{NAME}.a", f"{NAME}.b"}


def test_the_folders_documentation_names_the_core():
    documented = (FOLDER / "algebra" / "__init__.py").read_text()
    assert all(f"`{name}`" in documented for name in CORE)
