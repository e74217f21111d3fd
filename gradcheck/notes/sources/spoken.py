"""What the words beside a formula say of its symbol: that a matrix is symmetric."""

from __future__ import annotations

import re

__all__ = ["in_one_case", "spoken"]

_SYMBOL = re.compile(
    r"(?P<name>[A-Z]|\\(?:Sigma|Lambda|Omega|Gamma|Phi|Theta|Psi))(?:\s*\\in\b.*)?", re.DOTALL
)
_FILLER = r"(?:(?:is|are|be|a|an|real|any|and|constant|positive|definite|invertible|square)[\s,]+)*"
_AFTER = re.compile(rf"(?:\$|\\\))?[,\s]*{_FILLER}symmetric\b")
_BEFORE = re.compile(
    r"(?P<led>\S+)\s+symmetric[\s,]+(?:(?:positive|definite|matrix|and)[\s,]+)*(?:\$|\\\()?$"
)
_CASE = re.compile(
    r"\b(?:if|when|whenever|unless|for|case|suppose|non|not)[\s-]+(?:\$|\\\()?$", re.IGNORECASE
)
_CASES = {"if", "when", "whenever", "unless", "for", "not", "of"}


def spoken(text: str, start: int, end: int) -> str | None:
    r"""A remark such as `P = P^\top` where the text says so for good; "if P is symmetric" is a case."""
    symbol = _SYMBOL.fullmatch(text[start:end].strip())
    if symbol is None:
        return None
    before = text[max(0, start - 60) : start]
    led = _BEFORE.search(before)
    after = _AFTER.match(text, end) is not None and _CASE.search(before) is None
    if after or (led is not None and led["led"].lower().strip("(,.") not in _CASES):
        return rf"{symbol['name']} = {symbol['name']}^\top"
    return None


_ONE_CASE = re.compile(r"(?:\$|\\\))?[,\s]*if\s+(?:\$|\\\()[^$]*?(?:<|>|\\leq?\b|\\geq?\b|\\neq?\b)")


def in_one_case(text: str, end: int) -> bool:
    r"""Whether the text goes on with a case, as in "$g(x) = x$ if $x > 0$"."""
    return _ONE_CASE.match(text, end) is not None
