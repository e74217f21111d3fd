"""TeX mathematics as tokens with their place; Unicode signs become the commands that they stand for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

__all__ = ["NotRead", "Token", "tokens"]

LONGEST = 4000
"""Tokens of one formula; a longer one is not a formula that a person wrote by hand."""


class NotRead(Exception):
    """A formula that is not understood for certain; the message says what of it."""


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: letter, number, command, sign, open, close, sub, sup, amp, newline, space, text."""

    kind: str
    text: str
    start: int
    end: int
    bold: bool = False

    def __repr__(self) -> str:
        return self.text


_SIGNS = {
    "∂": "\\partial", "∇": "\\nabla", "∑": "\\sum", "∏": "\\prod", "Σ": "\\Sigma", "⊙": "\\odot",
    "∘": "\\circ", "·": "\\cdot", "⋅": "\\cdot", "×": "\\times", "∗": "*", "≠": "\\neq", "≤": "\\leq",
    "≥": "\\geq", "∈": "\\in", "ℝ": "\\R", "→": "\\to", "⇒": "\\Rightarrow", "≡": "\\equiv",
    "≈": "\\approx", "√": "\\sqrt", "∞": "\\infty", "‖": "\\|", "∥": "\\|", "ℓ": "\\ell", "ℒ": "\\mathcalL",
    "−": "-", "–": "-", "′": "'", "⊤": "\\top", "…": "\\ldots", "≔": "\\coloneqq", "∴": "\\therefore",
    "∵": "\\because", "¬": "\\neg", "±": "\\pm", "，": ",", "；": ";", "（": "(", "）": ")",
    "ϵ": "\\epsilon", "ε": "\\varepsilon", "ϕ": "\\phi", "φ": "\\varphi", "𝟙": "\\mathbbm1",
}  # fmt: skip

_GREEK = (
    "alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Phi Psi Omega"
)
_GREEK_LETTERS = {
    unicodedata.lookup(
        f"GREEK {'CAPITAL' if name[0].isupper() else 'SMALL'} LETTER "
        f"{'LAMDA' if name.lower() == 'lambda' else name.upper()}"
    ): "\\" + name
    for name in _GREEK.split()
}

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)) | {"ᵀ": "T", "⁻": "-", "ˡ": "l"}
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙₘₜ", "0123456789ijknmt", strict=True))

_PATTERN = re.compile(
    r"(?P<comment>(?:(?<!\\)|(?<=\\\\))%[^\n]*)|(?P<dots>\.{3,}|\.\.…)|(?P<newline>\\\\(?:\s*\[[^\]\n]{0,20}\])?|\\newline(?![A-Za-z])|\\cr(?![A-Za-z]))"
    r"|(?P<command>\\(?:[A-Za-z]+\*?|.))|(?P<space>[ \t\r\n~\u00a0\u3000\u2009\u200b]+)"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<letter>[A-Za-z])|(?P<open>\{)|(?P<close>\})|(?P<sub>_)|(?P<sup>\^)"
    r"|(?P<amp>&)|(?P<sign>.)",
    re.DOTALL,
)

_SPACING = {
    "\\,", "\\;", "\\:", "\\!", "\\ ", "\\>", "\\left", "\\right", "\\big", "\\Big", "\\bigg", "\\Bigg",
    "\\bigl", "\\bigr", "\\Bigl", "\\Bigr", "\\biggl", "\\biggr", "\\Biggl", "\\Biggr", "\\middle",
    "\\space", "\\enspace", "\\thickspace", "\\negthinspace",
    "\\displaystyle", "\\textstyle", "\\scriptstyle", "\\limits", "\\nolimits", "\\nonumber", "\\notag",
    "\\thinspace", "\\medspace", "\\hfill", "\\/", "\\centering", "\\small", "\\footnotesize",
    "\\scriptsize", "\\tiny", "\\Large", "\\large", "\\normalsize",
    "\\strut", "\\allowbreak", "\\noindent", "\\big|",
    "\\blacksquare", "\\square", "\\Box", "\\qed", "\\qedhere",  # the end of a proof
}  # fmt: skip
_WITH_ARGUMENT = {"\\color", "\\tag", "\\label", "\\hspace", "\\vspace", "\\tag*", "\\hspace*", "\\phantom"}
_SAME = {
    "\\lbrace": "\\{", "\\rbrace": "\\}", "\\lbrack": "[", "\\rbrack": "]", "\\Vert": "\\|", "\\lVert": "\\|",
    "\\rVert": "\\|", "\\lvert": "|", "\\rvert": "|", "\\vert": "|", "\\dfrac": "\\frac", "\\tfrac": "\\frac",
    "\\cfrac": "\\frac", "\\part": "\\partial", "\\ne": "\\neq", "\\le": "\\leq", "\\ge": "\\geq",
    "\\hadamard": "\\odot", "\\intercal": "\\top", "\\ast": "*", "\\*": "*",
    "\\prime": "'", "\\colon": ":", "\\triangledown": "\\nabla", "\\bigtriangledown": "\\nabla", "\\lt": "<",
    "\\gt": ">", "\\mathds": "\\mathbb", "\\mathbbm": "\\mathbb", "\\widehat": "\\hat",
    "\\widetilde": "\\tilde",
    "\\overline": "\\bar", "\\implies": "\\Rightarrow", "\\Longrightarrow": "\\Rightarrow",
    "\\iff": "\\Rightarrow",
    "\\Leftrightarrow": "\\Rightarrow", "\\dots": "\\ldots", "\\cdots": "\\ldots", "\\vdots": "\\ldots",
    "\\ddots": "\\ldots", "\\dotsc": "\\ldots", "\\dotsb": "\\ldots", "\\mbox": "\\text",
    "\\textrm": "\\text", "\\textnormal": "\\text", "\\textit": "\\text", "\\textbf": "\\text",
    "\\slash": "/",
    "\\operatorname*": "\\operatorname", "\\triangleq": "\\coloneqq", "\\doteq": "\\coloneqq",
    "\\bm": "\\boldsymbol", "\\pmb": "\\boldsymbol", "\\mathbfit": "\\boldsymbol", "\\bold": "\\mathbf",
    "\\textsf": "\\text", "\\circledast": "\\circledast", "\\otimes": "\\otimes", "\\lambda": "\\lambda",
}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """The tokens of a formula. Spacing, sizes, colours and tags are left out; places stay true.

    Raises `NotRead` for what no formula holds: too many tokens, control characters.
    """
    found: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind, content, start, end = str(match.lastgroup), match.group(), match.start(), match.end()
        if kind == "comment":
            continue
        if kind == "space":
            continue
        if kind == "dots":
            kind, content = "command", "\\ldots"
        if kind == "sign":
            found.extend(_sign(content, start, end))
            continue
        if content == "\\_":  # Markdown's way to write _
            kind, content = "sub", "_"
        if kind == "command":
            content = _SAME.get(content, content)
            if not content.startswith("\\"):
                kind = "sign"
            elif content in _SPACING:
                continue
        found.append(Token(kind, content, start, end))
        if len(found) > LONGEST:
            raise NotRead(f"it has more than {LONGEST} tokens")
    return _without_arguments(_norms(_joined(found)))


def _norms(found: list[Token]) -> list[Token]:
    """||x|| as a norm, where all bars between the same braces stand in pairs; |a||b| has single ones."""
    levels: dict[int, list[int]] = {}
    groups, opened = [0], 0
    for k, token in enumerate(found):
        if token.kind == "open":
            opened += 1
            groups.append(opened)
        elif token.kind == "close" and len(groups) > 1:
            groups.pop()
        elif token.text == "|":
            levels.setdefault(groups[-1], []).append(k)
    joined: set[int] = set()
    for at in levels.values():
        pairs = list(zip(at[::2], at[1::2], strict=False))
        if len(at) % 4 == 0 and all(b == a + 1 and found[a].end == found[b].start for a, b in pairs):
            joined |= {a for a, _ in pairs}
    return [
        replace(t, text="\\|", kind="command", end=found[k + 1].end) if k in joined else t
        for k, t in enumerate(found)
        if k - 1 not in joined
    ]


_COMPARED = {("=", "="): "=", ("=", ":"): "=", (">", "="): "\\geq", ("<", "="): "\\leq", ("!", "="): "\\neq"}


def _joined(found: list[Token]) -> list[Token]:
    """Signs of two characters: ==, >=, <=, != as programs write them, and =: before a name."""
    out: list[Token] = []
    for token in found:
        last = out[-1] if out else None
        joined = last is not None and last.end == token.start
        sign = _COMPARED.get((last.text, token.text)) if last is not None and joined else None
        if last is not None and sign is not None:
            kind = "command" if sign.startswith("\\") else "sign"
            out[-1] = Token(kind, sign, last.start, token.end)
        else:
            out.append(token)
    return out


def _sign(content: str, start: int, end: int) -> list[Token]:
    if content in _SUPERSCRIPTS:
        inner = _SUPERSCRIPTS[content]
        kind = "number" if inner.isdigit() else "letter" if inner.isalpha() else "sign"
        marks = [("sup", "^"), ("open", "{"), (kind, inner), ("close", "}")]
        return [Token(k, t, start, end) for k, t in marks]
    if content in _SUBSCRIPTS:
        inner = _SUBSCRIPTS[content]
        marks = [
            ("sub", "_"),
            ("open", "{"),
            ("number" if inner.isdigit() else "letter", inner),
            ("close", "}"),
        ]
        return [Token(k, t, start, end) for k, t in marks]
    mapped = _SIGNS.get(content) or _GREEK_LETTERS.get(content)
    if mapped is None:
        plain = unicodedata.normalize("NFKC", content)
        if len(plain) == 1 and plain != content and plain.isascii() and plain.isalpha():
            return [Token("letter", plain, start, end)]
        if content.isalpha():
            return [Token("text", content, start, end)]
        if unicodedata.category(content) in {"Cc", "Cs", "Co", "Cn"}:
            raise NotRead(f"it holds the control character U+{ord(content):04X}")
        return [Token("sign", content, start, end)]
    return [Token("command" if mapped.startswith("\\") else "sign", mapped, start, end)]


def _without_arguments(found: list[Token]) -> list[Token]:
    """Commands that only dress a formula, taken out with what they take."""
    kept: list[Token] = []
    position = 0
    while position < len(found):
        token = found[position]
        if token.text in _WITH_ARGUMENT and token.kind == "command":
            after = _after_group(found, position + 1)
            if token.text.startswith("\\hspace") and _is_wide(found[position + 1 : after]):
                kept.append(Token("command", "\\quad", token.start, found[after - 1].end))
            position = after
            continue
        if token.text == "\\textcolor":
            position = _after_group(found, position + 1)
            continue
        if (
            token.text in {"\\boxed", "\\fbox", "\\bbox", "\\underline", "\\cancel"}
            and token.kind == "command"
        ):
            if token.text == "\\cancel":
                raise NotRead("a part of it is crossed out")
            if position + 1 < len(found) and found[position + 1].kind == "open":
                end = matching(found, position + 1)
                found = [*found[: position + 1], *found[position + 2 : end], *found[end + 1 :]]
            position += 1
            continue
        kept.append(token)
        position += 1
    return kept


_EM = {"em": 1.0, "in": 7.2, "cm": 2.8, "mm": 0.28, "pt": 0.1, "ex": 0.43, "px": 0.06, "pc": 1.2}
WIDE = 1.0
"""The space, in widths of an M, from which on it parts two formulas, as a \\quad does."""


def _is_wide(argument: list[Token]) -> bool:
    text = "".join(t.text for t in argument if t.kind not in {"open", "close"})
    match = re.fullmatch(r"(\d*\.?\d+)([a-z]{2})", text)
    return match is not None and float(match[1]) * _EM.get(match[2], 0.0) >= WIDE


def _after_group(found: list[Token], position: int) -> int:
    if position < len(found) and found[position].text == "[":
        while position < len(found) and found[position].text != "]":
            position += 1
        position += 1
    if position >= len(found) or found[position].kind != "open":
        return position + 1
    depth = 0
    while position < len(found):
        depth += {"open": 1, "close": -1}.get(found[position].kind, 0)
        position += 1
        if not depth:
            return position
    raise NotRead("a brace is opened and never closed")


def matching(found: list[Token], position: int) -> int:
    """The position of the brace that closes the one at ``position``."""
    depth = 0
    for k in range(position, len(found)):
        depth += {"open": 1, "close": -1}.get(found[k].kind, 0)
        if not depth:
            return k
    raise NotRead("a brace is opened and never closed")
