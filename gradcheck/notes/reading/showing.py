"""A formula as it was understood: in words, and as NumPy."""

from __future__ import annotations

from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared, Value
from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    BigSum,
    Derivative,
    Group,
    Literal,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
    Root,
)
from gradcheck.notes.reading.reader import Reader
from gradcheck.notes.statements.pieces import Piece

__all__ = ["in_numpy", "in_words"]

_ERRORS = (NotRead, Mismatch, Slip, Undeclared, NotDifferentiable)


def in_words(piece: Piece, reader: Reader) -> str:
    """What each side is: `left: a column (n x 1); right: ...`, then the right side as NumPy."""
    shapes = []
    for side in piece.sides:
        value = _value(side, reader)
        shapes.append(value.words() if value is not None else "not read")
    joined = shapes[0] if len(set(shapes)) == 1 else " = ".join(shapes)
    code = " = ".join(in_numpy(side, reader) for side in piece.sides)
    return f"{joined}; {code}"


def _value(node: Node, reader: Reader) -> Value | None:
    kept = reader.letters, reader.free
    reader.letters, reader.free = dict(reader.letters), dict(reader.free)
    try:
        return reader.value(node)
    except _ERRORS:
        return None
    finally:
        reader.letters, reader.free = kept


def in_numpy(node: Node, reader: Reader) -> str:
    """An expression in NumPy's spelling; what has none stays LaTeX between backticks."""
    match node:
        case Literal(_, text):
            return text
        case Name():
            return _identifier(node)
        case Group(body, _):
            return f"({in_numpy(body, reader)})"
        case Addition(terms):
            return _sum_of(terms, reader)
        case Multiplication(factors):
            return _product(factors, reader)
        case Quotient(above, below):
            return f"{_tight(above, reader)} / {_tight(below, reader)}"
        case Raised(base, exponent, transposed, inverse):
            inner = _tight(base, reader)
            if inverse:
                value = _value(base, reader)
                scalar = value is not None and value.scalar
                inner = f"{inner} ** -1" if scalar else f"np.linalg.inv({in_numpy(base, reader)})"
            if transposed:
                inner = f"{inner}.T"
            return f"{inner} ** {_tight(exponent, reader)}" if exponent is not None else inner
        case Apply(function, arguments, _):
            inside = ", ".join(in_numpy(a, reader) for a in arguments)
            name = _identifier(function)
            known = {"log", "exp", "tanh", "sin", "cos", "sqrt", "sign", "abs", "diag"}
            return f"np.{name}({inside})" if name in known else f"{name}({inside})"
        case BigSum():
            index = _identifier(node.index) if isinstance(node.index, Name) else "all"
            return f"sum_{index}({in_numpy(node.body, reader)})"
        case Norm(body, kind):
            return f"np.linalg.norm({in_numpy(body, reader)}{', 1' if kind == '1' else ''})"
        case Root(inside_root):
            return f"np.sqrt({in_numpy(inside_root, reader)})"
        case Derivative():
            variables = "".join(f"d{_tight(b, reader)}" for b in node.by)
            return f"d{_tight(node.body, reader)}/{variables}"
        case Nabla():
            mark = f"[{in_numpy(node.by, reader)}]" if node.by is not None else ""
            return f"grad{mark} {_tight(node.body, reader)}"
        case _:
            return f"`{latex(node)}`"


def _sum_of(terms: tuple[tuple[int, Node], ...], reader: Reader) -> str:
    text = ""
    for k, (sign, term) in enumerate(terms):
        text += ("-" if not k else " - ") if sign < 0 else " + " if k else ""
        text += in_numpy(term, reader)
    return text


def _tight(node: Node | None, reader: Reader) -> str:
    if node is None:
        return ""
    text = in_numpy(node, reader)
    return f"({text})" if isinstance(node, Addition | Multiplication | Quotient) else text


def _product(factors: tuple[tuple[str, Node], ...], reader: Reader) -> str:
    text = ""
    scalar_so_far = True
    for k, (sign, factor) in enumerate(factors):
        value = _value(factor, reader)
        scalar = value is not None and value.scalar
        inner = in_numpy(factor, reader)
        if isinstance(factor, Addition):
            inner = f"({inner})"
        if k:
            star = scalar or scalar_so_far or sign in {"\\odot", "\\circ"}
            text += (" * " if star else " @ ") + inner
        else:
            text = inner
        scalar_so_far = scalar_so_far and scalar
    return text


def _identifier(name: Name) -> str:
    text = name.base.replace("\\mathcal", "").replace("\\", "").replace("{", "").replace("}", "")
    if name.accent:
        text += f"_{name.accent}"
    if name.text:
        text += f"_{name.text}"
    if name.sup:
        text += f"_{latex(name.sup[0])}".replace(" ", "").replace("\\", "")
    if name.sub:
        text += "[" + ", ".join(latex(s).replace("\\", "") for s in name.sub) + "]"
    return text + "'" * name.primes
