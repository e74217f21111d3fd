"""What is taken of symbols that a note does not declare, and who is not accused on that ground."""

import pytest

from gradcheck.notes.files import check_text


def verdicts(text):
    return [r.verdict for r in check_text(text, "note.md", ".md").claims]


def test_vectors_and_matrices_are_known_by_how_they_are_written():
    text = "$$\\nabla_x a^T x = a$$\n\n$$\\nabla_x x^T A x = (A + A^T) x$$\n\n$$\\nabla_x x^T A x = A x$$\n"
    assert verdicts(text) == ["right", "right", "wrong"]


def test_guesses_that_differ_decide_nothing():
    """With numbers it is right, with a matrix W a transpose is missing."""
    text = "$$z = W x$$\n\n$$\\frac{\\partial J}{\\partial x} = W \\frac{\\partial J}{\\partial z}$$\n"
    assert verdicts(text)[-1] != "right"


@pytest.mark.parametrize(
    "text",
    [
        "$X \\in \\mathbb{R}^{n \\times d}$, $y \\in \\mathbb{R}^m$\n\n$$w = (X^T X)^{-1} X^T y$$\n",
        "$y \\in \\mathbb{R}^n$\n\n$$s = y_i - b_1(x_i)$$\n",
        "$$L = \\log(1 + e^{-m})$$\n\nor else\n\n$$L = \\max(0, 1 - m)$$\n",
    ],
)
def test_a_definition_is_not_accused_of_what_the_text_says(text):
    assert "wrong" not in verdicts(text)


def test_a_definition_is_accused_of_what_was_declared():
    text = "<!-- gradcheck\nW: n m\nx: m\n-->\n\n$$z = x W$$\n\n$$\\frac{\\partial J}{\\partial z} = 1$$\n"
    assert verdicts(text)[0] == "wrong"


def test_a_sum_that_is_one_says_so_of_its_symbol():
    text = (
        "$$p_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$$\n\n$$L = -\\sum_i y_i \\log p_i$$\n\n"
        "%s\n\n$$\\frac{\\partial L}{\\partial z_i} = p_i - y_i$$\n"
    )
    assert verdicts(text % "with $\\sum_i y_i = 1$")[-1] == "right"
    assert verdicts(text % "")[-1] == "right-if"
