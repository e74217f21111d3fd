"""Tokens made plain: bold and roman letters, words, environments. Nothing is guessed about symbols here."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from gradcheck.notes.grammar.lexer import NotRead, Token, matching
from gradcheck.notes.grammar.rewriting import rewritten

__all__ = ["FUNCTIONS", "normalise"]

FUNCTIONS = {
    "log": "log", "ln": "log", "exp": "exp", "tanh": "tanh", "sin": "sin", "cos": "cos", "sqrt": "sqrt",
    "sigmoid": "sigmoid", "softmax": "softmax", "relu": "relu", "ReLU": "relu", "max": "max", "min": "min",
    "tr": "tr", "Tr": "tr", "trace": "tr", "det": "det", "diag": "diag", "Diag": "diag", "sign": "sign",
    "sgn": "sign", "abs": "abs", "logistic": "sigmoid", "sech": "sech", "cosh": "cosh", "sinh": "sinh",
    "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "coth": "coth", "arctan": "arctan",
    "arcsin": "arcsin", "arccos": "arccos", "arsinh": "arsinh", "arcsinh": "arsinh", "arcosh": "arcosh",
    "arccosh": "arcosh", "artanh": "artanh", "arctanh": "artanh",
    "softplus": "softplus", "logdet": "logdet", "vec": "vec", "operatornametr": "tr",
}  # fmt: skip
"""Functions that have a name of their own, and what they are called here."""

_DRESS = {"\\mathbf", "\\boldsymbol", "\\vec", "\\bf", "\\mathit", "\\mathnormal", "\\underbrace",
"\\overbrace",
          "\\overset", "\\mathop", "\\mathrel", "\\bfseries", "\\it", "\\overrightarrow"}  # fmt: skip
GROUPING = "\\{{"
"""An opening brace that is seen in print: of an \\underbrace, or of bold letters."""
_BOLD = {"\\mathbf", "\\boldsymbol", "\\vec", "\\overrightarrow"}
_ROMAN = {"\\mathrm", "\\text", "\\operatorname", "\\rm", "\\mathsf", "\\mathtt", "\\texttt", "\\sf"}
_SCRIPT = {"\\mathcal", "\\mathscr", "\\mathfrak"}
_ENVIRONMENTS = {
    "aligned", "align", "align*", "split", "gather", "gather*", "gathered", "equation", "equation*",
    "eqnarray",
    "eqnarray*", "multline", "multline*", "displaymath", "math", "alignat", "alignat*", "alignedat",
    "flalign",
    "flalign*",
}  # fmt: skip


def normalise(found: list[Token], words: frozenset[str] = frozenset()) -> list[Token]:
    """Bold, vectors and braces around one symbol taken off, roman text joined to words."""
    found = rewritten(found)
    out: list[Token] = []
    k = 0
    while k < len(found):
        token = found[k]
        if token.text in {"\\begin", "\\end"} and token.kind == "command":
            k = _environment(found, k, out)
        elif token.text in _ROMAN and token.kind == "command":
            k = _roman(found, k, out)
        elif token.text in _SCRIPT and token.kind == "command":
            k = _script(found, k, out)
        elif token.text == "\\mathbb" and token.kind == "command":
            k = _blackboard(found, k, out)
        elif token.text in _DRESS and token.kind == "command":
            k = _dressed(found, k, out, words)
        elif token.kind == "letter":
            k = _letters(found, k, out, words)
        elif token.kind == "open" and _is_roman_group(found, k):
            end = matching(found, k)
            inner = "".join(t.text for t in found[k + 2 : end])
            out.append(Token("word", inner, token.start, found[end].end))
            k = end + 1
        else:
            if token.kind == "command" and token.text[1:] in FUNCTIONS and token.text != "\\sqrt":
                token = Token("word", token.text[1:], token.start, token.end)
            out.append(token)
            k += 1
    return out


def _is_roman_group(found: list[Token], k: int) -> bool:
    r"""{\\rm in}: everything after \\rm is one word."""
    if k + 1 < len(found) and found[k + 1].text in {"\\rm", "\\sf"}:
        end = matching(found, k)
        return end > k + 2 and all(t.kind == "letter" for t in found[k + 2 : end])
    return False


def _argument(found: list[Token], k: int) -> tuple[list[Token], int]:
    """The argument after position ``k`` and where it ends."""
    if k + 1 >= len(found):
        raise NotRead(f"{found[k].text} has nothing to apply to")
    if found[k + 1].kind != "open":
        return [found[k + 1]], k + 2
    end = matching(found, k + 1)
    return found[k + 2 : end], end + 1


def _environment(found: list[Token], k: int, out: list[Token]) -> int:
    inner, after = _argument(found, k)
    name = "".join(t.text for t in inner)
    token = found[k]
    end = found[after - 1].end
    if name in _ENVIRONMENTS:
        if (
            name.startswith("aligna")
            and after < len(found)
            and found[after].kind == "open"
            and token.text == "\\begin"
        ):
            return matching(found, after) + 1
        return after
    if token.text == "\\begin" and name == "array" and after < len(found) and found[after].kind == "open":
        after = matching(found, after) + 1
    out.append(Token(token.text[1:], name, token.start, end))
    return after


def _roman(found: list[Token], k: int, out: list[Token]) -> int:
    follows = found[k + 1].kind if k + 1 < len(found) else ""
    if found[k].text in {"\\rm", "\\sf"} and follows == "letter":
        return k + 1  # a switch: what follows stays as it is, in roman
    inner, after = _argument(found, k)
    start, end = found[k].start, found[after - 1].end
    if any(t.kind == "command" for t in inner) and found[k].text != "\\text":
        out.extend(normalise(inner))
        return after
    condition = _condition(inner) if found[k].text == "\\text" else None
    if condition is not None:
        out.extend(normalise(condition))
        return after
    joined = "".join(t.text for t in inner)
    if joined in {"argmax", "argmin"}:
        raise NotRead("where something is largest is not read")
    spaced = any(a.end != b.start for a, b in itertools.pairwise(inner))
    if not inner:
        return after
    if len(joined) == 1 and inner[0].kind in {"letter", "number"}:
        kind = "letter" if inner[0].kind == "letter" else "number"
        if joined == "1" and found[k].text != "\\text":
            out.append(Token("command", "\\ones", start, end))
        elif joined == "d" and after < len(found):  # an upright d belongs to what follows, as in \mathrm{d} X
            out.append(Token(kind, joined, start, found[after].start))
        else:
            out.append(Token(kind, joined, start, end))
    elif re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", joined) and not (spaced and found[k].text == "\\text"):
        out.append(Token("word", joined, start, end))
    else:
        text = " ".join(t.text for t in inner) if spaced else joined
        out.append(Token("remark", text, start, end))
    return after


def _condition(inner: list[Token]) -> list[Token] | None:
    r"""What stands in \text{if k = n} or \text{for $i \neq j$}: a word, and a relation of symbols."""
    tokens = [t for t in inner if t.text != "$"]
    runs: list[list[Token]] = []
    for token in tokens:
        joins = runs and token.kind == "letter" == runs[-1][-1].kind and runs[-1][-1].end == token.start
        if joins:
            runs[-1].append(token)
        else:
            runs.append([token])
    first = "".join(t.text for t in runs[0]) if runs else ""
    words = [Token("word", first, runs[0][0].start, runs[0][-1].end)] if first in _IF else []
    rest = runs[1:] if words else runs
    signs = [r for r in rest if r[0].text in {"=", "\\neq", "<", ">", "\\leq", "\\geq"}]
    if len(signs) != 1 or len(rest) < 3 or any(len(r) > 1 for r in rest):
        return None
    return [*words, *(t for r in rest for t in r)]


_IF = {"if", "for", "when", "where"}


def _script(found: list[Token], k: int, out: list[Token]) -> int:
    inner, after = _argument(found, k)
    if len(inner) != 1 or inner[0].kind != "letter":
        out.extend(normalise(inner))
        return after
    out.append(Token("letter", f"\\mathcal{{{inner[0].text}}}", found[k].start, found[after - 1].end))
    return after


def _blackboard(found: list[Token], k: int, out: list[Token]) -> int:
    inner, after = _argument(found, k)
    text = "".join(t.text for t in inner)
    if text == "R":
        name = "\\R"
    elif text in {"1", "I"}:
        name = "\\indicator"
    else:
        name = f"\\mathbb{{{text}}}"
    out.append(Token("command", name, found[k].start, found[after - 1].end))
    return after


def _dressed(found: list[Token], k: int, out: list[Token], words: frozenset[str]) -> int:
    command = found[k].text
    if command in {"\\bf", "\\it", "\\bfseries"}:
        return k + 1
    inner, after = _argument(found, k)
    if command == "\\overset":  # the sign below is what is meant
        inner, after = _argument(found, after - 1)
    plain = normalise(inner, words)
    if len(plain) == 1 and plain[0].text in {"1", "0"} and command in {"\\mathbf", "\\boldsymbol", "\\vec"}:
        name = "\\ones" if plain[0].text == "1" else "\\zeros"
        out.append(Token("command", name, found[k].start, found[after - 1].end))
        return after
    if command in {"\\underbrace", "\\overbrace"}:
        out.extend([Token("open", GROUPING, found[k].start, found[k].end), *plain])
        out.append(Token("close", "}", found[after - 1].start, found[after - 1].end))
        mark = "sub" if command == "\\underbrace" else "sup"
        if after < len(found) and found[after].kind == mark:  # its caption
            _, after = _argument(found, after)
        return after
    if command in _BOLD:
        plain = [replace(t, bold=t.kind in {"letter", "command"}) for t in plain]
    compound = any(t.text in {"+", "-"} for t in plain)
    if compound and after < len(found) and found[after].kind in {"sub", "sup"}:
        out.append(Token("open", GROUPING, found[k].start, found[k].end))
        out.extend(plain)
        out.append(Token("close", "}", found[after - 1].start, found[after - 1].end))
    else:
        out.extend(plain)
    return after


_CALLED = {"tr", "Tr", "det", "diag", "Diag", "max", "min", "sign", "sgn", "trace", "vec", "abs"}


def _goes_on(found: list[Token], k: int) -> bool:
    """Whether max or min follows."""
    return "".join(t.text for t in found[k : k + 3]) in {"max", "min"} or (
        k < len(found) and found[k].text in {"\\max", "\\min", "max", "min"}
    )


def _is_of_matrices(rest: str, found: list[Token], after: int) -> bool:
    """Whether capital letters follow, as in trABC or tr A: nobody multiplies t, r and A."""
    if rest:
        return rest.isupper()
    return after < len(found) and found[after].kind == "letter" and found[after].text.isupper()


def _letters(found: list[Token], k: int, out: list[Token], words: frozenset[str]) -> int:
    """A run of letters without gaps: a word that is known, else one letter."""
    end = k
    while (
        end < len(found)
        and found[end].kind == "letter"
        and (end == k or found[end - 1].end == found[end].start)
    ):
        end += 1
    run = "".join(t.text for t in found[k:end])
    if run in {"arg", "argmax", "argmin"} and (run != "arg" or _goes_on(found, end)):
        raise NotRead("where something is largest is not read")
    for length in range(len(run), 1, -1):
        piece = run[:length]
        after = k + length
        called = after < len(found) and found[after].text in {"(", "[", "\\{", "|", "\\|"}
        known = (
            piece in words
            or (piece in {"cost", "loss"} and called)
            or (piece in FUNCTIONS and (called if piece in _CALLED else called or length == len(run)))
            or (piece in {"tr", "Tr"} and _is_of_matrices(run[length:], found, after))
        )
        if known:
            out.append(Token("word", piece, found[k].start, found[after - 1].end))
            return after
    out.append(found[k])
    return k + 1
