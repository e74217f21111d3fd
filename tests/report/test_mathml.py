"""LaTeX becomes mathematics that is safe, or stays what it is."""

import time
from xml.etree import ElementTree as ET

import pytest

from gradcheck.report.page.mathml import mathml
from gradcheck.running.registry import catalogue

ALLOWED_TAGS = {
    *("math", "mrow", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom", "menclose", "mspace"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd"),
    *("mi", "mn", "mo", "mtext", "ms"),
}


def words(latex):
    return "".join(ET.fromstring(mathml(latex)).itertext())


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{\partial J}{\partial W} = \delta^T x", "∂J∂W=δTx"),
        (r"$$\sum_{k=1}^m w_{jk}^l$$", "∑k=1mwjkl"),
        (r"\(a\)", "a"),
        (r"\[ a \]", "a"),
        (r"$a$", "a"),
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", "a=bc=d"),
        (r"\begin{gathered}a\\b\end{gathered}", "ab"),
        (r"\begin{bmatrix}a & b\\c & d\end{bmatrix}", "[abcd]"),
        (r"f'(z) = \begin{cases}1 & z > 0\\ 0 & z < 0\end{cases}", "f′(z)={1z>00z<0"),
        (r"\boldsymbol{\sigma}", "𝝈"),
        (r"\mathrm{softmax}(x)", "softmax(x)"),
    ],
)
def test_formulas_are_mathematics(latex, text):
    assert words(latex) == text


def test_rows_of_an_aligned_formula_are_rows():
    rows = ET.fromstring(mathml(r"\begin{aligned}a&=b\\c&=d\end{aligned}")).findall(".//mtr")

    assert ["".join(row.itertext()) for row in rows] == ["a=b", "c=d"]


def test_the_source_goes_along():
    assert ET.fromstring(mathml(r" a < b ")).get("alttext") == "a < b"


@pytest.mark.parametrize(
    "latex",
    [
        "",
        " ",
        "x^{",
        r"\left( x",
        r"\unheard x",
        r"\quadp",
        "a & b",
        r"\begin{unheard}x\end{unheard}",
        r"a \\ b",
        r"\newcommand{\a}{xx}\a",
        r"\def\a{x}\a",
        r"\href{javascript:alert(1)}{x}",
        r"\style{color:red}{x}",
        r"\class{a}{x}",
        r"\unicode{60}",
        "{" * 100 + "}" * 100,
        "x" * 5000,
    ],
)
def test_what_is_not_understood_is_refused(latex):
    assert mathml(latex) is None


HOSTILE = [
    r"\text{<svg/onload=alert(1)>}",
    r"\text{</math><script>alert(1)</script>}",
    r"\text{&lt;img src=x onerror=alert(1)&gt;}",
    r"\text{&#60;img src=x&#62;}",
    r"\mathrm{<b>}",
    r"\operatorname{<img src=x onerror=alert(1)>}",
    r"\color{red;background:url(//evil)}{x}",
    r"\color{javascript:alert(1)}{x}",
    r"\tag{<script>} x",
    "<script>alert(1)</script>",
    "\x00\x1b[31m\u202e x",
    r"\begin{array}{<script>}x\end{array}",
    r"\rule{1em}{<b>}",
    r"\hspace{1em;x:y}",
]


@pytest.mark.parametrize("latex", HOSTILE)
def test_hostile_formulas_become_text_or_nothing(latex):
    made = mathml(latex)
    if made is None:
        return
    root = ET.fromstring(made)
    for element in root.iter():
        assert element.tag in ALLOWED_TAGS
        for name, value in element.attrib.items():
            assert name not in {"href", "style", "class", "id", "src"}
            assert not name.startswith("on")
            if name != "alttext":
                assert not set(value) & set("<>&:;()\"'")
        if element.tag not in {"mi", "mn", "mo", "mtext", "ms"}:
            assert not (element.text or "").strip()


def test_some_hostile_formulas_are_shown_as_the_text_they_are():
    assert words(r"\text{<svg/onload=alert(1)>}") == "<svg/onload=alert(1)>"
    assert "&lt;svg" in mathml(r"\text{<svg/onload=alert(1)>}")


@pytest.mark.parametrize(
    "latex",
    [
        "x^" * 1400,
        r"\frac" * 500,
        r"\left(" * 400,
        r"\sqrt" * 500,
        "'" * 2900,
        r"\\" * 1400,
        "&" * 2900,
        r"\over" * 500,
        r"\mathbf" * 400 + "x",
        "{x}^{" * 55 + "}" * 55,
        r"\frac{1}{" * 55 + "1" + "}" * 55,
        r"\begin{matrix}" * 150,
        r"\substack{" * 50,
        r"\overset{a}" * 250,
    ],
)
def test_no_formula_takes_long(latex):
    started = time.perf_counter()

    mathml.__wrapped__(latex)

    assert time.perf_counter() - started < 2.0


def test_the_catalogue_is_mathematics():
    """A formula with a typing error (`\\quadp`) is shown as its source; there must not be more of them."""
    formulas = {claim.latex for formula in catalogue() for claim in formula.claims if claim.latex}

    assert len(formulas) > 30
    assert sum(mathml(latex) is None for latex in formulas) <= 1
