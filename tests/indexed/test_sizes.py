"""Sizes as numbers that are not known, and the questions that code asks about them."""

import numpy as np
import pytest

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed import Questions, make_size


@pytest.fixture
def n(symbols):
    return symbols.size("n")


@pytest.fixture
def m(symbols):
    return symbols.size("m")


def test_they_compute_like_integers(n, m):
    """Polynomials; what is known is an int again."""
    assert str(n + 1) == "n + 1"
    assert str(2 * n * m - 3) == "2*m*n - 3"
    assert str((n + 1) * (n - 1)) == "n*n - 1"
    assert n - n == 0
    assert isinstance(n - n + 4, int)
    assert (n + m) - m == n
    assert str(-n) == "- n"
    assert n**2 == n * n
    assert (2 * n * m) // 2 == n * m
    assert (2 * n * m) // n == 2 * m
    assert (2 * n) % 2 == 0
    assert sum([n, m]) == m + n


def test_what_is_certain_is_no_question(symbols, n, m):
    """It holds for all names from 1 up."""
    assert n > 0
    assert n + 1 > n
    assert n + 1 != 1
    assert n != 0
    assert n
    assert not n < 1
    assert n * m >= m * 1 - m + 1
    assert symbols.space.questions.asked == {}


@pytest.mark.parametrize(
    ("ask", "answer", "words"),
    [
        (lambda n, m: n == m, False, "n != m"),
        (lambda n, m: n == 1, False, "n != 1"),
        (lambda n, m: n > 1, True, "1 < n"),
        (lambda n, m: n < 8, False, "n >= 8"),
        (lambda n, m: n <= 8, False, "8 < n"),
        (lambda n, m: n >= 2, True, "n >= 2"),
        (lambda n, m: n < m, False, "n >= m"),
        (lambda n, m: n == 2 * m, False, "n != 2*m"),
        (lambda n, m: n != 3, True, "n != 3"),
        (lambda n, m: bool(n - 1), True, "n - 1 != 0"),
    ],
)
def test_what_is_not_is_answered_in_general_and_written_down(symbols, n, m, ask, answer, words):
    """As for large sizes that differ."""
    assert ask(n, m) is answer
    ((question, given),) = symbols.space.questions.asked.items()
    assert question.words(given) == words


def test_an_answer_can_be_given(n, symbols):
    """On another branch the same question has the other answer."""
    assert not n < 8
    (question,) = symbols.space.questions.asked
    symbols.space.questions = Questions(given={question: True})
    assert n < 8


def test_equal_questions_are_one(symbols, n, m):
    """n = m is m = n."""
    assert n != m
    assert m != n
    assert n - m != 0
    assert len(symbols.space.questions.asked) == 1


def test_a_loop_that_a_size_ends_is_cut(n):
    """It would ask for ever."""
    k = 1
    with pytest.raises(Unsupported, match="more than 40 questions"):
        while k < n:
            k += 1


@pytest.mark.parametrize(
    "use",
    [
        range,
        lambda n: [1.0] * n,
        int,
        float,
        lambda n: [1, 2][n],
        lambda n: n // 2,
        lambda n: 7 // n,
        lambda n: n % 3,
        lambda n: n < "a",
    ],
)
def test_a_plain_number_cannot_be_made_of_them(symbols, n, use):
    """And the refusal is kept."""
    with pytest.raises(Unsupported):
        use(n)
    assert symbols.space.refusals


def test_mixed_with_floats_they_are_scalars(symbols, n):
    """Exactly: a half of n, a root of it, one over it."""
    values = {
        "half": (n / 2, 1.5), "scaled": (0.5 * n, 1.5), "over": (1 / n, 1 / 3), "root": (np.sqrt(n), 3**0.5),
        "power": (n**-0.5, 3**-0.5), "raised": (0.5**n, 0.125), "difference": (1.5 - n, -1.5),
    }  # fmt: skip
    for made, right in values.values():
        np.testing.assert_allclose(symbols.value(made, {"n": 3}, {}), right)


def test_two_sizes_are_never_mixed_up(symbols):
    """Equality of sizes is that of polynomials."""
    assert make_size(symbols.space, {("n",): 1, (): 0}) == symbols.size("n")
    assert symbols.size("n") + 1 == 1 + symbols.size("n")
    with pytest.raises(Unsupported, match="as a key"):
        hash(symbols.size("n"))
