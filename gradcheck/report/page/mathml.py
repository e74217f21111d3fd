r"""LaTeX as MathML that is safe to put into a page.

latex2mathml knows the notation but trusts its input: `\href` and `\style` become attributes, and its own
serialiser leaves markup in texts as it is. So only its tree is used, and a new tree is written from it,
of known elements with known attributes. What it does not understand it prints as text with a backslash;
such a formula, like one that it refuses, is not shown as mathematics at all: the caller shows the source.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape
from xml.etree import ElementTree as ET

from gradcheck.report.text import clean

__all__ = ["mathml"]

_MOST_LETTERS = 3000
_DEEPEST = 60
"""More nesting than any formula needs, and far from what a recursive reader can take."""

# Definitions can grow without bound, and the others reach out of the formula.
_REFUSED = re.compile(
    r"\\(?:(?:re)?newcommand|def|let|gdef|edef|xdef|newenvironment|DeclareMathOperator|require|href|url|style"
    r"|class|cssId|unicode|includegraphics|input)(?![A-Za-z])"
)
_ENVIRONMENT = re.compile(r"\\begin\s*\{([^}]*)\}")
_ENVIRONMENTS = {
    *("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "cases", "array"),
    "split",
}
_WRAPPED = re.compile(
    r"\s*(?:\$\$(?P<a>.*)\$\$|\$(?P<b>[^$]*)\$|\\\[(?P<c>.*)\\\]|\\\((?P<d>.*)\\\))\s*", re.DOTALL
)

_LENGTH = re.compile(r"-?\d{0,3}(?:\.\d{1,4})?(?:em|ex|px|pt|mu|%)|0")
_SHORT = re.compile(r"[A-Za-z0-9 .%-]{1,40}")
_ATTRIBUTES = {
    "display": re.compile("block|inline"),
    "mathvariant": re.compile("normal"),
    "stretchy": re.compile("true|false"),
    "fence": re.compile("true|false"),
    "separator": re.compile("true|false"),
    "movablelimits": re.compile("true|false"),
    "accent": re.compile("true|false"),
    "accentunder": re.compile("true|false"),
    "displaystyle": re.compile("true|false"),
    "scriptlevel": re.compile("[+-]?[0-3]"),
    "form": re.compile("prefix|infix|postfix"),
    "columnalign": re.compile("(?:left|center|right)(?: (?:left|center|right)){0,40}"),
    "rowlines": _SHORT,
    "columnlines": _SHORT,
    "linethickness": _LENGTH,
    "minsize": _LENGTH,
    "maxsize": _LENGTH,
    "lspace": _LENGTH,
    "rspace": _LENGTH,
    "width": _LENGTH,
    "height": _LENGTH,
    "depth": _LENGTH,
    "voffset": _LENGTH,
    "notation": re.compile("[a-z ]{1,60}"),
}
_TOKENS = {"mi", "mn", "mo", "mtext", "ms"}
_LAYOUT = {
    *("math", "mrow", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom", "menclose", "mspace"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"),
    *("mtable", "mtr", "mtd"),
}


@lru_cache(maxsize=4096)
def mathml(latex: str, *, alternative: bool = True) -> str | None:
    """The formula as one `<math display="block">` element, or None where it cannot be shown as such.

    Texts and attributes are escaped; every element and attribute is on a list of known ones. The source
    goes along as the ``alternative`` text, unless that is not wanted.
    """
    source = clean(latex).strip()
    if match := _WRAPPED.fullmatch(source):
        source = next(part for part in match.groups() if part is not None).strip()
    if not source or len(source) > _MOST_LETTERS or _REFUSED.search(source) or _depth(source) > _DEEPEST:
        return None
    # The same layout under a name that the converter knows.
    source = re.sub(r"\\(begin|end)\{(?:aligned|eqnarray\*?|align\*?)\}", r"\\\1{split}", source)
    source = re.sub(r"\\(begin|end)\{(?:gathered|gather\*?)\}", r"\\\1{matrix}", source)
    if not set(_ENVIRONMENT.findall(source)) <= _ENVIRONMENTS:
        return None
    try:
        # Imported here: a JUnit file needs no mathematics.
        from latex2mathml.converter import Converter

        tree = _known(Converter(display="block").convert_to_element(source))
    except Exception:  # a converter of many regular expressions meets what people write
        return None
    if alternative:
        tree.set("alttext", clean(latex).strip())
    return ET.tostring(tree, encoding="unicode")


class _Unknown(Exception):
    """Something that is not on the lists."""


def _known(element: ET.Element) -> ET.Element:
    """A copy that holds nothing but what is known. Raises `_Unknown`."""
    tag = element.tag
    if tag not in _TOKENS and tag not in _LAYOUT:
        raise _Unknown(tag)
    if "linebreak" in element.attrib:  # browsers ignore it
        raise _Unknown("a line break outside of rows")
    copy = ET.Element(tag)
    for name, value in element.attrib.items():
        if (pattern := _ATTRIBUTES.get(name)) is not None and pattern.fullmatch(value):
            copy.set(name, value)
    # The converter writes characters as references and relies on not being escaped.
    text = clean(unescape(element.text or ""))
    if tag in _TOKENS:
        if "\\" in text or (text == "&" and tag == "mi"):
            raise _Unknown(text)
        if len(element):
            raise _Unknown(f"an element in {tag}")
        copy.text = _styled(text, element.get("mathvariant"))
    elif text.strip():
        raise _Unknown(text)
    for child in element:
        if (child.tail or "").strip():
            raise _Unknown(child.tail)
        copy.append(_known(child))
    # A row of one thing is that thing; half of all elements are such rows.
    return copy[0] if tag == "mrow" and len(copy) == 1 else copy


def _styled(text: str, variant: str | None) -> str:
    """A letter in the style that MathML once had an attribute for, which browsers no longer read."""
    if not variant or variant == "normal" or len(text) != 1:
        return text
    match = re.fullmatch(r"(?:LATIN|GREEK) (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(text, ""))
    if match is None:
        return text
    style = variant.upper().replace("-", " ")
    try:
        return unicodedata.lookup(f"MATHEMATICAL {style} {match[1]} {match[2]}")
    except KeyError:
        return text


def _depth(source: str) -> int:
    """How deep braces, environments and delimiters are nested, at the most."""
    depth = deepest = 0
    for match in re.finditer(r"\\[{}]|\\(?:begin|left)(?![A-Za-z])|\\(?:end|right)(?![A-Za-z])|[{}]", source):
        word = match[0]
        if word in {"{", r"\begin", r"\left"}:
            depth += 1
            deepest = max(deepest, depth)
        elif word in {"}", r"\end", r"\right"}:
            depth -= 1
    return deepest
