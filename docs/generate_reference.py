"""Writes the pages of `reference/`: every public name, from its docstring.

    python docs/generate_reference.py

A page says where a docstring goes; Sphinx puts it there, with the parameters, their types and links
(`conf.py`). So a page changes where a name comes or goes, and not with every word of a docstring.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parent / "reference"
MODULES = {
    "gradcheck": "What one imports for a check.",
    "gradcheck.adapters": "Backward passes in other forms, made into what `gradcheck.verify` takes.",
    "gradcheck.strategies": "Hypothesis strategies for shapes, arrays and points, for tests of your own.",
    "gradcheck.backend": "What a backend is made of, for those who write one.",
    "gradcheck.errors": "Every exception that gradcheck raises on purpose.",
}
GROUPS = {
    "Checking": ("api", "running", "records"),
    "Declaring formulas and claims": ("formulas.decorating", "formulas.claim", "formulas.kinds"),
    "Values": ("formulas.values",),
    "Spaces": ("formulas.spaces",),
    "Adapters": ("adapters",),
    "Chains of layers": ("chains",),
    "Right gradients": ("oracles",),
    "Errors": ("errors",),
    "Other": ("",),
}
"""Headings of the first page, with the modules whose names stand beneath each."""


def public() -> dict[str, Any]:
    """Every public name with what it stands for; modules and the version are no entries of their own."""
    found = {}
    for module in MODULES:
        home = importlib.import_module(module)
        for name in home.__all__:
            value = getattr(home, name)
            if not isinstance(value, ModuleType | str):
                found[f"{module}.{name}"] = value
    return found


def pages() -> dict[Path, str]:
    """Every page with its text."""
    names = public()
    made = {}
    for module, what in MODULES.items():
        mine = {full: value for full, value in names.items() if full.rpartition(".")[0] == module}
        made[FOLDER / f"{module.rpartition('.')[2]}.md"] = _page(module, what, mine, set(names))
    return made


def page_of(full: str) -> str:
    """The file of the built site on which a name stands."""
    return f"reference/{full.rpartition('.')[0].rpartition('.')[2]}.html"


def _page(module: str, what: str, mine: dict[str, Any], known: set[str]) -> str:
    parts = ["<!-- Made by docs/generate_reference.py; do not edit. -->", f"# {module}", what]
    if module != "gradcheck":
        parts.append(f"```{{eval-rst}}\n.. automodule:: {module}\n```")
    told = [f"- [`{full}`](#{_documented(full, known)}): {_summary(v, full)}" for full, v in mine.items()]
    parts.append("\n".join(told))
    for title, members in _groups(module, mine).items():
        if title:
            parts.append(f"## {title}")
        parts.extend(_entry(full, mine[full], known) for full in members)
    return "\n\n".join(parts) + "\n"


def _groups(module: str, mine: dict[str, Any]) -> dict[str, list[str]]:
    if module != "gradcheck":
        return {"": list(mine)}
    groups: dict[str, list[str]] = {title: [] for title in GROUPS}
    for full, value in mine.items():
        home = _home(value, full).removeprefix("gradcheck.")
        title = next(t for t, parts in GROUPS.items() if any(home.startswith(part) for part in parts))
        groups[title].append(full)
    return {title: members for title, members in groups.items() if members}


def _home(value: Any, full: str) -> str:
    own = getattr(value, "__module__", None)
    return own if own and callable(value) else type(value).__module__


def _entry(full: str, value: Any, known: set[str]) -> str:
    """The directive that brings the docstring; a name that is another's of the first page refers to it."""
    first = _documented(full, known)
    if first != full:
        return f"`{full}` is the same as [`{first}`](#{first})."
    if isinstance(value, type):
        kind = "autoexception" if issubclass(value, BaseException) else "autoclass"
        options = ["members", "undoc-members"] if issubclass(value, enum.Enum) else ["members"]
        lines = "".join(f"   :{option}:\n" for option in options)
        return f"```{{eval-rst}}\n.. {kind}:: {full}\n{lines}```"
    if isinstance(value, Callable) and hasattr(value, "__name__"):
        return f"```{{eval-rst}}\n.. autofunction:: {full}\n```"
    text, (module, _, name) = _summary(value, full), full.rpartition(".")
    return f"```{{eval-rst}}\n.. py:data:: {name}\n   :module: {module}\n\n   {text}\n```"


def _documented(full: str, known: set[str]) -> str:
    """Where a name is told at length: one that `gradcheck` has too, there."""
    first = f"gradcheck.{full.rpartition('.')[2]}"
    return first if first in known else full


def _summary(value: Any, full: str) -> str:
    """The first sentence of a docstring; that of a constant stands below it in its module."""
    text = inspect.getdoc(value) if hasattr(value, "__name__") else _below(value, full.rpartition(".")[2])
    first = " ".join((text or "").split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z`])", first)[0].rstrip(":").replace("``", "`")


def _below(value: Any, name: str) -> str:
    home = importlib.import_module(type(value).__module__)
    body = ast.parse(inspect.getsource(home)).body
    for one, after in pairwise(body):
        names = [t.id for t in getattr(one, "targets", []) if isinstance(t, ast.Name)]
        if name in names and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return str(after.value.value)
    return ""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for file, text in pages().items():
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
