"""Formulas are found where they stand, and nothing else is."""

import json

from gradcheck.notes.sources.macros import Macros
from gradcheck.notes.sources.markdown import read_markdown
from gradcheck.notes.sources.notebook import read_notebook
from gradcheck.notes.sources.tex import read_tex

MARKDOWN = r"""# One

Let $a = b$ and \(c = d\).

$$
e = f
$$

\[ g = h \]

```math
i = j
```

```python
k = "$l = m$"
```

`$n = o$` and \$5 = $6.

\begin{align}
p &= q
\end{align}

| f | g |
|---|---|
| $r = s$ | x |

<!-- $t = u$ -->
"""


def found(source):
    return [(f.text.replace("\n", " "), f.line, f.column) for f in source.formulas]


def test_markdown_gives_every_formula_with_line_and_column():
    assert found(read_markdown(MARKDOWN)) == [
        ("a = b", 3, 6),
        ("c = d", 3, 19),
        ("e = f", 6, 1),
        ("g = h", 9, 4),
        ("i = j", 12, 1),
        (r"\begin{align} p &= q \end{align}", 21, 1),
        ("r = s", 27, 4),
    ]


def test_a_heading_begins_a_section_and_comments_belong_to_theirs():
    source = read_markdown("$a = b$\n\n# X\n<!-- gradcheck\nW: n m\n-->\n$c = d$\n\n1. $e = f$\n2. $g = h$\n")
    assert [f.scope for f in source.formulas] == [0, 1, 2, 3]
    assert [(c.text.strip(), c.line, c.scope) for c in source.comments] == [("W: n m", 4, 1)]


def test_the_formula_after_an_ignore_comment_is_marked():
    source = read_markdown("<!-- gradcheck: ignore next -->\n$$a = b$$\n$$c = d$$\n")
    assert [f.ignored for f in source.formulas] == [True, False]


def test_tex_leaves_out_comments_verbatim_and_the_preamble():
    lines = [
        r"\newcommand{\W}{\mathbf{W}} $x = y$",
        r"\begin{document} % $a = b$",
        r"% gradcheck: W: n m; x: m",
        r"\section{A} $z = \W x$",
        r"\begin{verbatim} $c = d$ \end{verbatim}",
        r"\begin{equation} e = f \end{equation}",
        r"\end{document}",
    ]
    source = read_tex("\n".join(lines))
    assert [(f.text, f.line) for f in source.formulas] == [
        (r"z = \W x", 4),
        (r"\begin{equation} e = f \end{equation}", 6),
    ]
    assert [c.text.strip() for c in source.comments] == ["W: n m; x: m"]


def test_macros_with_arguments_and_defaults_are_expanded():
    macros = Macros(
        r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \def\tr{\operatorname{tr}}"
        r"\newcommand{\n}[1][m]{#1} \DeclareMathOperator{\sgn}{sign}"
    )
    assert macros.expand(r"\pd{L}{W} = \n + \n[k] + \sgn x") == (
        r"\frac{\partial L}{\partial W} = m + k + \operatorname{sign} x"
    )


def test_a_notebook_gives_the_lines_of_its_file():
    cells = [
        {"cell_type": "code", "source": ["x = '$a = b$'\n"]},
        {"cell_type": "markdown", "source": ["Text\n", "$$\n", "z = x\n", "$$"]},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    (formula,) = read_notebook(text, "note.ipynb").formulas
    assert formula.text == "z = x"
    assert "z = x" in text.split("\n")[formula.line - 1]
