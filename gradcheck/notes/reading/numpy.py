"""An expression in NumPy's spelling, as it was understood."""

from __future__ import annotations

from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared, Value, same_shape
from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Bars,
    BigSum,
    Cases,
    Derivative,
    Differential,
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
from gradcheck.notes.reading.reader import Reader
from gradcheck.notes.statements.context import key_of, letter_of
from gradcheck.notes.statements.letters import PLAIN

__all__ = ["in_numpy", "meaning"]

SUM, PRODUCT, SIGNED, POWER, WHOLE = range(5)
"""How tightly an expression holds together; what holds less tightly than its place is put in brackets."""

FUNCTIONS = {
    "tr": "np.trace", "det": "np.linalg.det", "abs": "np.abs", "sign": "np.sign", "sqrt": "np.sqrt",
    "max": "np.max", "min": "np.min", "diag": "np.diag", "exp": "np.exp", "log": "np.log", "tanh": "np.tanh",
    "sin": "np.sin", "cos": "np.cos", "tan": "np.tan", "sinh": "np.sinh", "cosh": "np.cosh",
    "arctan": "np.arctan", "arcsin": "np.arcsin", "arccos": "np.arccos",
}  # fmt: skip
SIGNS = {"=": "==", "\\neq": "!=", "\\leq": "<=", "\\geq": ">="}


def meaning(node: Node, reader: Reader) -> Value | None:
    """What an expression is read as; None where it is not. The reader is left as it was."""
    kept = reader.letters, reader.free, set(reader.used), dict(reader.assumed)
    reader.letters, reader.free = dict(reader.letters), dict(reader.free)
    try:
        return reader.value(node)
    except (NotRead, Mismatch, Slip, Undeclared, NotDifferentiable):
        return None
    finally:
        reader.letters, reader.free, reader.used, reader.assumed = kept


def in_numpy(node: Node, reader: Reader) -> str:
    """The expression; what NumPy has no spelling for stays LaTeX between backticks."""
    return _code(node, reader)[0]


def _at(node: Node, reader: Reader, place: int) -> str:
    text, tight = _code(node, reader)
    return text if tight >= place else f"({text})"


def _code(node: Node, reader: Reader) -> tuple[str, int]:
    match node:
        case Literal(_, text):
            return text, WHOLE
        case Name():
            return _symbol(node, reader)
        case Group(body, ()):
            return _code(body, reader)
        case Group(body, sub):
            return f"{_at(body, reader, WHOLE)}[{_places(sub, reader)}]", WHOLE
        case Addition(terms):
            return _sum(terms, reader)
        case Multiplication(factors):
            return _product(factors, reader)
        case Quotient(above, below):
            return f"{_at(above, reader, PRODUCT)} / {_at(below, reader, SIGNED)}", PRODUCT
        case Raised():
            return _raised(node, reader)
        case Apply(function, arguments, _):
            inside = ", ".join(in_numpy(a, reader) for a in arguments)
            if function.base == "\\langle":
                return f"np.sum({' * '.join(_at(a, reader, PRODUCT) for a in arguments)})", WHOLE
            if function.base in {"max", "min"} and len(arguments) > 1:
                return f"np.{function.base}imum({inside})", WHOLE
            if function.base == "logdet":
                return f"np.log(np.linalg.det({inside}))", WHOLE
            known = FUNCTIONS.get(function.base) if function.word and not function.primes else None
            return f"{known or identifier(function, reader)}({inside})", WHOLE
        case BigSum():
            return _big(node, reader), WHOLE
        case Norm(body, kind):
            return f"np.linalg.norm({in_numpy(body, reader)}{', 1' if kind == '1' else ''})", WHOLE
        case Bars(body):
            value = meaning(body, reader)
            matrix = value is not None and value.matrix
            return f"{'np.linalg.det' if matrix else 'np.abs'}({in_numpy(body, reader)})", WHOLE
        case Root(body):
            return f"np.sqrt({in_numpy(body, reader)})", WHOLE
        case _:
            return _rare(node, reader)


def _rare(node: Node, reader: Reader) -> tuple[str, int]:
    match node:
        case Derivative(body, by, _, _):
            order = "" if len(by) == 1 else str(len(by))
            variables = " ".join(f"d{_at(b, reader, WHOLE)}" for b in by)
            of = in_numpy(body, reader)
            return f"d{order}{of if isinstance(body, Name) else f'({of})'}/{variables}", SIGNED
        case Nabla(body, by, order, _):
            mark = f"[{in_numpy(by, reader)}]" if by is not None else ""
            return f"{'grad' if order == 1 else 'hessian'}{mark}({in_numpy(body, reader)})", WHOLE
        case Differential(of):
            return f"d{_at(of, reader, WHOLE)}", WHOLE
        case Relation(left, sign, right):
            return f"{in_numpy(left, reader)} {SIGNS.get(sign, sign)} {in_numpy(right, reader)}", -1
        case Indicator(condition):
            return f"({in_numpy(condition, reader)})", WHOLE
        case Matrix(rows):
            inside = ", ".join(f"[{', '.join(in_numpy(c, reader) for c in row)}]" for row in rows)
            return f"np.array([{inside}])", WHOLE
        case Vectorised(items):
            return f"np.array([{', '.join(in_numpy(i, reader) for i in items)}])", WHOLE
        case Cases(rows) if all(c is not None for _, c in rows[:-1]):
            text = in_numpy(rows[-1][0], reader)
            for value, where in reversed(rows[:-1]):
                assert where is not None
                text = f"np.where({in_numpy(where, reader)}, {in_numpy(value, reader)}, {text})"
            return text, WHOLE
        case _:
            return f"`{latex(node)}`", WHOLE


def _sum(terms: tuple[tuple[int, Node], ...], reader: Reader) -> tuple[str, int]:
    text = ""
    for k, (sign, term) in enumerate(terms):
        text += ("-" if not k else " - ") if sign < 0 else " + " if k else ""
        text += _at(term, reader, PRODUCT if sign < 0 or k else SUM)
    return text, SIGNED if len(terms) == 1 and not isinstance(terms[0][1], Multiplication) else SUM


def _product(factors: tuple[tuple[str, Node], ...], reader: Reader) -> tuple[str, int]:
    """Factors with `*` or `@`; those between two signs of a product by entries belong together."""
    runs: list[list[tuple[str, Node]]] = [[]]
    for sign, node in factors:
        if sign in {"\\odot", "\\circ"} and runs[-1]:
            runs.append([])
        runs[-1].append((sign, node))
    texts = [_run(run, reader) for run in runs]
    if len(runs) == 1:
        return texts[0], PRODUCT
    return " * ".join(f"({t})" if len(r) > 1 else t for r, t in zip(runs, texts, strict=True)), PRODUCT


def _run(factors: list[tuple[str, Node]], reader: Reader) -> str:
    text, last, scalar = "", None, True
    for k, (sign, node) in enumerate(factors):
        value = meaning(node, reader)
        quotient = isinstance(node, Quotient) and len(factors) > 1
        inner = _at(node, reader, SIGNED if k or quotient else PRODUCT)
        if k:
            number = scalar or (value is not None and value.scalar)
            alike = last is not None and value is not None and last.vector and same_shape(last, value)
            entries = alike and (sign in {"*", "\\times"} or reader.options.elementwise)
            if alike and sign in {"\\cdot", "."} and k == 1:
                text += ".T"
            text += (" * " if number or entries else " @ ") + inner
        else:
            text = inner
        scalar = scalar and value is not None and value.scalar
        last = value if last is None or last.scalar else last
    return text


def _raised(node: Raised, reader: Reader) -> tuple[str, int]:
    value = meaning(node.base, reader)
    text = _at(node.base, reader, WHOLE)
    if node.inverse and value is not None and value.scalar:
        text = f"{text} ** -1"
    elif node.inverse:
        text = f"np.linalg.inv({in_numpy(node.base, reader)})"
    if node.prime and value is not None and value.scalar:
        return f"{text}'", WHOLE
    if node.transposed:
        text = f"{text}.T"
    if node.exponent is None:
        return text, POWER if "**" in text else WHOLE
    return _power(text, node.exponent, value, reader)


def _power(text: str, exponent: Node, value: Value | None, reader: Reader) -> tuple[str, int]:
    if letter_of(exponent) == "t" and value is not None and not value.scalar and reader.transposes(exponent):
        return f"{text}.T", WHOLE
    if value is not None and value.matrix and isinstance(exponent, Literal) and exponent.value == 2:
        return f"{text} @ {text}", PRODUCT
    return f"{text} ** {_at(exponent, reader, POWER)}", POWER


def _big(node: BigSum, reader: Reader) -> str:
    name = "sum" if node.kind == "sum" else "prod"
    letters = "".join(f"_{in_numpy(x, reader)}" for x in (node.index, *node.more) if x is not None)
    body = in_numpy(node.body, reader)
    if node.condition is not None:
        body += f" for {in_numpy(node.condition, reader)}"
    return f"{name}{letters}({body})"


def _places(sub: tuple[Node, ...], reader: Reader) -> str:
    return ", ".join(in_numpy(s, reader) for s in sub)


def _symbol(name: Name, reader: Reader) -> tuple[str, int]:
    known = reader.context.declared(key_of(name)) is not None or reader.context.is_defined(key_of(name))
    if name.base == "e" and name.sup and not name.sub and not known:
        return f"np.exp({in_numpy(name.sup[0], reader)})", WHOLE
    if name.base == "\\delta" and len(name.sub) == 2 and not known:
        a, b = (in_numpy(s, reader) for s in name.sub)
        return f"({a} == {b})", WHOLE
    text = identifier(name, reader)
    if name.sup and reader.superscript(name, name.sup[0]) == "power":
        plain = Name(name.base, name.sub, accent=name.accent, text=name.text)
        return _power(text, name.sup[0], meaning(plain, reader), reader)
    return text, WHOLE


def identifier(name: Name, reader: Reader) -> str:
    """A symbol as a variable, with its layer, its example and its indices in brackets; without a power."""
    text = name.base.replace("\\mathcal", "").replace("\\", "").replace("{", "").replace("}", "")
    if name.accent:
        text += "_plain" if name.accent == PLAIN else f"_{name.accent}"
    if name.text and name.text != "(i)":
        text += "_" + name.text.replace("\\", "")
    kind = reader.superscript(name, name.sup[0]) if name.sup else ""
    if kind == "symbol":
        text += "_squared"
    if kind == "layer":
        text += f"[{in_numpy(name.sup[0], reader)}]"
    places = [*(name.sup if kind == "index" else ()), *name.sub]
    if places:
        text += f"[{_places(tuple(places), reader)}]"
    return text + "'" * name.primes
