"""Nodes written back as LaTeX, for corrections: in the note's own symbols."""

from __future__ import annotations

from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Bars,
    BigSum,
    Cases,
    Derivative,
    Differential,
    Dots,
    Group,
    Indicator,
    Literal,
    Matrix,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
    Relation,
    Root,
    Vectorised,
)

__all__ = ["latex"]

_WORDS = {
    "log", "exp", "tanh", "sin", "cos", "max", "min", "det", "sinh", "cosh", "tan", "cot", "sec", "csc",
    "coth",     "arctan", "arcsin", "arccos",
}  # fmt: skip


def latex(node: Node) -> str:
    """The node as LaTeX; reading it again gives the same node."""
    match node:
        case Literal(_, text):
            return text
        case Name():
            return _name(node)
        case Addition(terms):
            return _sum_of(terms)
        case Multiplication(factors):
            return _product_of(factors)
        case Quotient(above, below):
            return rf"\frac{{{latex(above)}}}{{{latex(below)}}}"
        case Raised(base, exponent, transposed, inverse):
            inner = latex(base)
            if isinstance(base, Name) and base.sup:
                inner = f"{{{inner}}}"
            elif not isinstance(base, Name | Group | Norm | Bars | Literal | Apply | Matrix):
                inner = _braced(base)
            if transposed and inverse:
                return inner + r"^{-\top}"
            if transposed:
                return inner + r"^\top"
            if inverse:
                return inner + "^{-1}"
            return f"{inner}^{{{latex(exponent)}}}" if exponent is not None else inner
        case Group(Apply() as body, sub) if sub:
            return f"{latex(body)}_{{{_indices(sub)}}}"
        case Group(body, sub):
            text = rf"\left({latex(body)}\right)"
            return text + (f"_{{{_indices(sub)}}}" if sub else "")
        case Apply(Name(base="\\langle"), arguments, _):
            return rf"\langle {', '.join(latex(a) for a in arguments)} \rangle"
        case Apply(function, arguments, _):
            name = latex(function)
            return rf"{name}\left({', '.join(latex(a) for a in arguments)}\right)"
        case BigSum():
            return _sum(node)
        case Norm(body, kind):
            return rf"\|{latex(body)}\|" + (f"_{kind}" if kind else "")
        case Bars(body):
            return f"|{latex(body)}|"
        case Derivative():
            return _derivative(node)
        case Nabla(body, by, order, _):
            lower = f"_{{{latex(by)}}}" if by is not None else ""
            upper = f"^{order}" if order > 1 else ""
            return rf"\nabla{lower}{upper} {latex(body)}"
        case Matrix(rows):
            lines = r" \\ ".join(" & ".join(latex(c) for c in row) for row in rows)
            return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"
        case Vectorised(items):
            return rf"\left[{', '.join(latex(i) for i in items)}\right]"
        case Cases(rows):
            lines = r" \\ ".join(
                latex(value) + (f" & {latex(condition)}" if condition is not None else r" & \text{otherwise}")
                for value, condition in rows
            )
            return rf"\begin{{cases}} {lines} \end{{cases}}"
        case Relation(left, sign, right):
            return f"{latex(left)} {sign} {latex(right)}"
        case Indicator(condition):
            return rf"\mathbb{{1}}\left({latex(condition)}\right)"
        case Root(body):
            return rf"\sqrt{{{latex(body)}}}"
        case Differential(of):
            return f"d{latex(of)}"
        case Dots():
            return r"\cdots"


def _sum_of(terms: tuple[tuple[int, Node], ...]) -> str:
    text = ""
    for k, (sign, term) in enumerate(terms):
        mark = "-" if sign < 0 else "" if k == 0 else "+"
        text += f" {mark} " if k else mark
        text += _braced(term) if isinstance(term, Addition) else latex(term)
    return text


def _product_of(factors: tuple[tuple[str, Node], ...]) -> str:
    parts: list[str] = []
    for k, (sign, factor) in enumerate(factors):
        last = k == len(factors) - 1
        closed = isinstance(factor, Addition) or (_greedy(factor) and not last)
        inner = _braced(factor) if closed else latex(factor)
        parts.append(f"{sign} {inner}" if sign and k else inner)
    return " ".join(parts)


def _derivative(node: Derivative) -> str:
    d = "d" if node.total else r"\partial"
    order = f"^{len(node.by)}" if len(node.by) > 1 else ""
    below = " ".join(f"{d} {latex(b)}" for b in node.by)
    if isinstance(node.body, Name | Apply):
        return rf"\frac{{{d}{order} {latex(node.body)}}}{{{below}}}"
    inner = latex(node.body) if isinstance(node.body, Group) else _braced(node.body)
    return rf"\frac{{{d}{order}}}{{{below}}} {inner}"


def _greedy(node: Node) -> bool:
    return isinstance(node, BigSum) or (
        isinstance(node, Derivative) and not isinstance(node.body, Name | Apply)
    )


def _braced(node: Node) -> str:
    return rf"\left({latex(node)}\right)"


def _name(name: Name) -> str:
    base = name.base
    if base == "\\ones":
        base = r"\mathbf{1}"
    elif base == "\\zeros":
        base = r"\mathbf{0}"
    elif name.word or (len(base) > 1 and not base.startswith("\\")):
        base = f"\\{base}" if base in _WORDS else rf"\operatorname{{{base}}}"
    if name.accent and name.accent != "mathit":
        base = rf"\{name.accent}{{{base}}}"
    base += "'" * name.primes
    if name.text == "(i)":
        rest = f"_{{{_indices(name.sub[1:])}}}" if len(name.sub) > 1 else ""
        base += f"{rest}^{{({latex(name.sub[0])})}}"
    elif name.text == "|":
        base += f"_{{{' | '.join(map(latex, name.sub))}}}"
    elif name.text:
        mark = name.text if len(name.text) <= 2 or name.text.startswith("\\") else rf"\text{{{name.text}}}"
        base += f"_{{{mark}}}" if len(mark) > 1 else f"_{mark}"
    elif name.sub:
        base += f"_{{{_indices(name.sub)}}}"
    if name.sup:
        inner = latex(name.sup[0])
        opener, closer = {"(": ("(", ")"), "[": ("[", "]")}.get(name.bracket, ("", ""))
        base += f"^{{{opener}{inner}{closer}}}"
    return base


def _indices(sub: tuple[Node, ...]) -> str:
    long = any(isinstance(s, Addition) for s in sub)
    return (", " if long and len(sub) > 1 else " ").join(latex(s) for s in sub)


def _sum(node: BigSum) -> str:
    low = ""
    if node.index is not None:
        low = latex(node.index)
        if node.low is not None:
            low += f" = {latex(node.low)}"
        elif isinstance(node.condition, Relation):
            low = latex(node.condition)
        for more in node.more:
            low += f", {latex(more)}"
    text = (
        (r"\prod" if node.kind == "prod" else r"\sum")
        + (f"_{{{low}}}" if low else "")
        + (f"^{{{latex(node.high)}}}" if node.high is not None else "")
    )
    return f"{text} {_braced(node.body) if isinstance(node.body, Addition) else latex(node.body)}"
