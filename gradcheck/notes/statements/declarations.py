r"""What a note declares of its symbols: the lines of a `gradcheck` comment, and `x \\in \\mathbb{R}^n`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from gradcheck.notes.grammar.lexer import NotRead, tokens
from gradcheck.notes.grammar.normalising import FUNCTIONS, normalise
from gradcheck.notes.grammar.parser import parse
from gradcheck.notes.grammar.syntax import Name, Node

__all__ = ["Declarations", "Declared", "membership", "read_declarations", "symbols_of"]


@dataclass(frozen=True, slots=True)
class Declared:
    """One symbol's shape: the texts of its sizes, whether a vector is a row, what it holds."""

    name: Name
    sizes: tuple[str, ...]
    row: bool = False
    values: str = "normal"
    scope: int = 0  # the section that declares it
    unsaid: bool = False  # only values were declared, no shape
    each: bool = False  # of each example, as x^{(i)}
    prose: bool = False  # x \\in R^n in the text, not in a comment


@dataclass(slots=True)
class Declarations:
    shapes: list[Declared] = field(default_factory=list)
    elementwise: dict[str, int] = field(default_factory=dict)  # function, and the section that declares it
    derivatives: list[tuple[str, bool]] = field(default_factory=list)  # formula text, row
    words: set[str] = field(default_factory=set)
    superscripts: dict[str, str] = field(default_factory=dict)
    subscripts: dict[str, str] = field(default_factory=dict)
    vectors: str | None = None
    layout: str | None = None
    einstein: bool = False
    scalars: bool = False  # every symbol that is not declared is a number
    problems: list[tuple[int, str]] = field(default_factory=list)  # line inside the comment, message


VALUES = {
    "one-hot": "one-hot", "onehot": "one-hot", "one_hot": "one-hot", "positive": "positive",
    "pos": "positive",
    "symmetric": "symmetric", "sym": "symmetric", "spd": "spd", "integer": "integer", "int": "integer",
    "label": "label", "labels": "label", "simplex": "simplex", "unit": "unit", "diag": "diagonal",
    "diagonal": "diagonal", "probability": "unit",
}  # fmt: skip


def read_declarations(text: str, into: Declarations, scope: int = 0) -> None:
    """Add the declarations of one comment. What is not understood is put down in ``problems``."""
    known = len(into.shapes)
    functions = set(into.elementwise)
    _read(text, into)
    into.shapes[known:] = [replace(d, scope=scope) for d in into.shapes[known:]]
    into.elementwise |= {f: scope for f in into.elementwise if f not in functions}


def _read(text: str, into: Declarations) -> None:
    for number, line in enumerate(text.split("\n")):
        for part in _parts(line):
            try:
                _one(part, into)
            except (NotRead, IndexError, ValueError) as error:
                into.problems.append(
                    (number, f"the declaration {part!r} is not understood: {error}; it is skipped")
                )


def _parts(line: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for char in line:
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(char, 0)
        if char == ";" and depth <= 0:
            parts.append(current)
            current = ""
        else:
            current += char
    parts.append(current)
    return [p.strip() for p in parts if p.strip()]


def _one(part: str, into: Declarations) -> None:
    lowered = part.lower()
    if lowered in {"einstein", "einstein summation", "einstein convention"}:
        into.einstein = True
        return
    if lowered in {"scalars", "all scalars"} or lowered.startswith("all scalars"):
        into.scalars = True
        return
    if ":" not in part and "=" not in part and "\\in" not in part:
        raise NotRead("expected 'name: sizes', as in 'W: n m'")
    if "\\in" in part and ":" not in part:
        into.shapes.append(membership(part))
        return
    left, _, right = part.partition(":")
    left, right = left.strip(), right.strip()
    head, *rest = left.split()
    if head == "superscript" and rest:
        kind = right.lower().rstrip("s")
        if kind not in {"layer", "power", "index"}:
            raise NotRead("a superscript is a layer, a power or an index")
        for letter in re.split(r"[,\s]+", " ".join(rest)):
            into.superscripts[letter.strip("()[]{}$")] = kind
        return
    if head == "subscript" and rest:
        for letter in re.split(r"[,\s]+", " ".join(rest)):
            into.subscripts[letter.strip("()[]{}$")] = right.lower()
        return
    if left in {"names", "name"}:
        into.words |= {w for w in re.split(r"[,\s]+", right) if w}
        return
    if left in {"vectors", "vector"}:
        if right.rstrip("s") not in {"row", "column"}:
            raise NotRead("vectors are rows or columns")
        into.vectors = right.rstrip("s") + "s"
        return
    if left == "layout":
        if right not in {"numerator", "denominator", "gradient"}:
            raise NotRead("a layout is numerator, denominator or gradient")
        into.layout = right
        return
    if left in {"layers", "layer"}:
        for letter in re.split(r"[,\s]+", right):
            into.superscripts[letter] = "layer"
        return
    if "=" in left or (not right and "=" in part):
        formula = left if "=" in left else part
        into.derivatives.append((_as_tex(formula), right.lower().startswith("row")))
        return
    names = [n.strip() for n in _commas(left)]
    bare = re.sub(r"\([^()]*\)", " ", right).replace("$", " ")
    note = " ".join(re.findall(r"\(([^()]*)\)", right)).lower()
    if bare.strip().lower() in {"elementwise", "element-wise", "entrywise"}:
        for name in names:
            into.elementwise.setdefault(_name(name, into).base, -1)
        return
    for name in names:
        into.shapes.append(_declared(_name(name, into), bare, note))


def _commas(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for char in text:
        depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(char, 0)
        if char == "," and depth <= 0:
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current]


def _declared(name: Name, text: str, note: str) -> Declared:
    items = [i for i in re.split(r"[,\s]+|\\times|×", text.strip()) if i]
    row, values, sizes, unsized = False, "normal", list[str](), 0
    said = False
    for item in items:
        lowered = item.lower()
        if lowered in {"row", "rows"}:
            row = said = True
        elif lowered in {"column", "col", "vector", "matrix"}:
            said = True
            unsized = 2 if lowered == "matrix" else 1
        elif lowered in {"scalar", "scalars", "number"}:
            said = True
        elif lowered in VALUES:
            values = VALUES[lowered]
        elif item == "1" and len(items) == 1:
            said = True
        elif re.fullmatch(r"[\w\\^{}()+\-]+", item):
            sizes.append(item)
        else:
            raise NotRead(f"{item!r} is no size")
    for word, kind in (("sums to 1", "simplex"), ("one-hot", "one-hot"), ("symmetric", "symmetric")):
        if word in note:
            values = kind
    if len(sizes) == 2 and sizes[1] == "1":
        sizes = sizes[:1]
    elif len(sizes) == 2 and sizes[0] == "1":
        sizes, row = sizes[1:], True
    if not sizes and (row or unsized):
        sizes = [f"size_{k}" for k in range(2 if unsized == 2 else 1)]
    unsaid = not sizes and not said and values not in {"integer", "label"}
    return Declared(name, tuple(sizes), row, values, unsaid=unsaid and values != "normal")


def symbols_of(text: str) -> list[str]:
    """The symbols of a list such as `x, y` or `W_{1,2}, b`."""
    return [part.strip() for part in _commas(text) if part.strip()]


def membership(text: str) -> Declared:
    r"""`W \\in \\mathbb{R}^{h \\times d}` as a declaration."""
    text = text.strip().strip("$")
    match = re.fullmatch(
        r"(?P<name>.+?)\s*\\in\s*(?:\\mathbb\s*\{?\s*R\s*\}?|\\R|\\Re)\s*(?:\^\s*(?:\{(?P<sizes>.*)\}|(?P<size>\w)))?",
        text,
        re.DOTALL,
    )
    if match is None:
        raise NotRead("expected a symbol in \\mathbb{R}^{n \\times m}")
    sizes = match["sizes"] or match["size"] or ""
    plain = re.sub(r"\\(?:text|mathrm|rm|textrm)\s*\{(\w+)\}", r"\1", sizes)
    parts = [p.strip() for p in re.split(r"\\times|×|,|\\cdot", plain) if p.strip()]
    parts = [re.sub(r"[\s]", "", p) for p in parts]
    if any(not re.fullmatch(r"[\w\\^{}()\[\]+\-]+", p) for p in parts):
        raise NotRead(f"the sizes {sizes!r} are not understood")
    row = False
    if len(parts) == 2 and parts[1] == "1":
        parts = parts[:1]
    elif len(parts) == 2 and parts[0] == "1":
        parts, row = parts[1:], True
    elif parts == ["1"]:
        parts = []
    if len(parts) > 2:
        raise NotRead("an array of more than two axes is not read")
    return Declared(_name(match["name"], Declarations()), tuple(parts), row)


def _name(text: str, into: Declarations) -> Name:
    node = node_of(text.strip().strip("$"), frozenset(into.words))
    if not isinstance(node, Name):
        raise NotRead(f"{text!r} is no symbol")
    return node


def node_of(text: str, words: frozenset[str] = frozenset()) -> Node:
    """A symbol or a size, written in TeX or with plain letters (`in_j`, `delta`)."""
    plain = text
    if re.fullmatch(r"[A-Za-z]{2,}", text) and text not in words:
        plain = "\\" + text if text.lower() in _GREEK_WORDS else f"\\mathrm{{{text}}}"
        if text in FUNCTIONS:
            plain = f"\\mathrm{{{text}}}"
    return parse(
        normalise(tokens(plain), words), frozenset(), frozenset({text}) if text in FUNCTIONS else frozenset()
    )


_GREEK_WORDS = {
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "varphi",
    "chi",
    "psi",
    "omega",
}


def _as_tex(formula: str) -> str:
    """`delta = dJ/dz` as a formula."""
    left, _, right = formula.partition("=")
    left = left.strip()
    if left.lower() in _GREEK_WORDS:
        left = "\\" + left
    right = right.strip()
    match = re.fullmatch(r"d\s*(?P<above>[^/]+)/\s*d\s*(?P<below>.+)", right)
    if match:
        right = rf"\frac{{\partial {match['above']}}}{{\partial {match['below']}}}"
    return f"{left} = {right}"
