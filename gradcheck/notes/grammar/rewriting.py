r"""Ways of writing that mean what others mean: {\partial a}/{\partial b}, p(x \mid y), \underset{n}{X}."""

from __future__ import annotations

from gradcheck.notes.grammar.lexer import Token, matching

__all__ = ["rewritten"]

_DENSITIES = {"p", "P", "q", "Q", "f", "L", "l", "N", "\\ell", "\\pi", "\\mathcal{L}", "\\mathcal{N}"}
"""Before brackets in which a bar stands for "given"."""


def rewritten(found: list[Token]) -> list[Token]:
    """The same formula in the spelling that the grammar knows."""
    return _given(_slashed(_captioned(_without_nothing(_indicators(_spelt_out(found))))))


_SHORT = {
    "\\pdv": "\\partial", "\\pderivative": "\\partial", "\\partialderivative": "\\partial",
    "\\dv": "d", "\\derivative": "d",
}  # fmt: skip
"""Derivatives of the package physics, and their sign."""


def _spelt_out(found: list[Token]) -> list[Token]:
    r"""\pdv{f}{x}, \pdv{x}, \pdv[2]{f}{x} and \pdv{f}{x}{y} as fractions."""
    kept = list(found)
    for k in range(len(kept) - 1, -1, -1):
        sign = _SHORT.get(kept[k].text) if kept[k].kind == "command" else None
        if sign is None:
            continue
        order: list[Token] = []
        at = k + 1
        if at + 2 < len(kept) and kept[at].text == "[" and kept[at + 2].text == "]":
            order, at = [kept[at + 1]], at + 3
        groups: list[list[Token]] = []
        while at < len(kept) and kept[at].kind == "open" and len(groups) < (2 if sign == "d" or order else 3):
            end = matching(kept, at)
            groups.append(kept[at + 1 : end])
            at = end + 1
        if groups:
            last = kept[at - 1]
            kept[k:at] = [*_as_fraction(kept[k], sign, order, groups)[:-1], last]
    return kept


def _indicators(found: list[Token]) -> list[Token]:
    """I(z > 0) as an indicator."""
    kept = list(found)
    for k, token in enumerate(found[:-1]):
        if token.text != "I" or found[k + 1].text != "(":
            continue
        inside = [t.text for t in found[k + 2 : k + 42]]
        inside = inside[: inside.index(")")] if ")" in inside else []
        if {">", "<", "\\geq", "\\leq", "=", "\\neq"} & {*inside}:
            kept[k] = Token("command", "\\indicator", token.start, token.end)
    return kept


def _as_fraction(at: Token, sign: str, order: list[Token], groups: list[list[Token]]) -> list[Token]:
    def token(kind: str, text: str) -> Token:
        return Token(kind, text, at.start, at.end)

    def braced(inner: list[Token]) -> list[Token]:
        return [token("open", "{"), *inner, token("close", "}")]

    by = groups[1:] or groups
    own = [token("letter" if sign == "d" else "command", sign)]
    above = groups[0] if len(groups) > 1 else []
    power = order or ([token("number", "2")] if len(by) == 2 else [])
    raised = [token("sup", "^"), *braced(power)] if power else []
    below = [t for x in by for t in (*own, *x)] + ([token("sup", "^"), *braced(order)] if order else [])
    return [token("command", "\\frac"), *braced([*own, *raised, *above]), *braced(below)]


def _without_nothing(found: list[Token]) -> list[Token]:
    """Without empty braces, which authors put before a mark that stands to the left."""
    kept: list[Token] = []
    k = 0
    while k < len(found):
        empty = found[k].kind == "open" and k + 1 < len(found) and found[k + 1].kind == "close"
        takes = kept and (kept[-1].kind in {"sub", "sup", "command"})
        follows = k + 2 < len(found) and found[k + 2].kind in {"sub", "sup", "open"}
        if empty and not takes and not follows and kept:
            k += 2
            continue
        kept.append(found[k])
        k += 1
    return kept


def _captioned(found: list[Token]) -> list[Token]:
    r"""\underset{n \times m}{X} without its caption; below a sum it is the index."""
    kept = list(found)
    for k in range(len(kept) - 1, -1, -1):
        if kept[k].text != "\\underset" or k + 1 >= len(kept) or kept[k + 1].kind != "open":
            continue
        end = matching(kept, k + 1)
        if end + 1 >= len(kept) or kept[end + 1].kind != "open":
            continue
        last = matching(kept, end + 1)
        inner, caption = kept[end + 2 : last], kept[k + 1 : end + 1]
        if [t.text for t in inner] in (["\\sum"], ["\\prod"]):
            mark = Token("sub", "_", kept[k].start, kept[k].end)
            kept[k : last + 1] = [*inner, mark, *caption]
        elif any(t.text in {"\\times", "\\text"} for t in caption):
            kept[k : last + 1] = kept[end + 1 : last + 1]
    return kept


def _slashed(found: list[Token]) -> list[Token]:
    r"""{\partial a}/{\partial b} as a fraction."""
    kept: list[Token] = []
    k = 0
    while k < len(found):
        if _opens_a_differential(found, k) and not (kept and _takes(kept[-1])):
            end = matching(found, k)
            if end + 1 < len(found) and found[end + 1].text == "/" and _opens_a_differential(found, end + 2):
                last = matching(found, end + 2)
                kept.append(Token("command", "\\frac", found[k].start, found[k].start))
                kept += [*found[k : end + 1], *found[end + 2 : last + 1]]
                k = last + 1
                continue
        kept.append(found[k])
        k += 1
    return kept


def _takes(token: Token) -> bool:
    """Whether braces after a token are its argument."""
    return token.kind in {"sub", "sup", "close"} or token.text in {"\\frac", "\\sqrt", "\\underbrace"}


def _opens_a_differential(found: list[Token], k: int) -> bool:
    return k + 1 < len(found) and found[k].kind == "open" and found[k + 1].text == "\\partial"


def _given(found: list[Token]) -> list[Token]:
    r"""p(x \mid \mu) as a function of both."""
    kept = list(found)
    for k, token in enumerate(found):
        if token.text != "(" or not k or not _is_a_density(found, k - 1):
            continue
        depth = 0
        bars: list[int] = []
        for j in range(k + 1, len(found)):
            one = found[j]
            if one.text == ")" and not depth:
                if len(bars) == 1 and bars[0] > k + 1 and bars[0] < j - 1:
                    at = found[bars[0]]
                    kept[bars[0]] = Token("sign", ",", at.start, at.end)
                break
            depth += {"(": 1, ")": -1}.get(one.text, 0) + {"open": 1, "close": -1}.get(one.kind, 0)
            if not depth and one.text in {"|", "\\mid"}:
                bars.append(j)
    return kept


def _is_a_density(found: list[Token], k: int) -> bool:
    """Whether the token before brackets is the name of a density, with what stands below it."""
    if found[k].text in _DENSITIES:
        return True
    if found[k].kind == "close":  # p_{\theta}, \mathcal{N}
        depth = 0
        for j in range(k, -1, -1):
            depth += {"close": 1, "open": -1}.get(found[j].kind, 0)
            if not depth:
                sub = j > 1 and found[j - 1].kind == "sub" and found[j - 2].text in _DENSITIES
                script = found[j - 1].text == "\\mathcal" and found[j + 1].text in {"L", "N"}
                return sub or script
        return False
    return k > 1 and found[k - 1].kind == "sub" and found[k - 2].text in _DENSITIES
