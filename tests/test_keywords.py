"""`-k EXPR`: pytest's own reading is the reference."""

import itertools

import pytest
from _pytest.mark.expression import Expression

from gradcheck.errors import UsageError
from gradcheck.running.keywords import chosen, matching
from gradcheck.running.registry import catalogue

NAMES = ("D09/wx.vjp", "D09/wx.vjp.printed", "relu", "notable", "D15/relu.entry-da[i]_dz[i]", "android.vjp")
EXPRESSIONS = (
    *("wx", "WX", "not wx", "wx and printed", "wx or relu", "not wx and not relu", "not (wx or relu)"),
    *("wx and (printed or relu)", "wx and printed or relu", "not not wx", "(wx)", "((wx) and (not relu))"),
    *("android", "notable", "da[i]", "or_", "D09/wx"),
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_it_chooses_what_pytest_chooses(expression):
    test, theirs = matching(expression), Expression.compile(expression)

    for name in NAMES:
        expected = theirs.evaluate(lambda part, name=name, **_: part.lower() in name.lower())
        assert test(name) == expected, name


def test_the_expressions_tell_the_names_apart():
    """Else the reference would say little: no two names are chosen by the same expressions."""
    found = {name: tuple(matching(e)(name) for e in EXPRESSIONS) for name in NAMES}

    assert all(found[a] != found[b] for a, b in itertools.combinations(NAMES, 2))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "expected a part of a name, `not` or `(` at the end"),
        ("wx and", "expected a part of a name, `not` or `(` at the end"),
        ("(wx", "expected `)` at the end"),
        ("wx)", "expected `and`, `or` or the end at column 3, got ')'"),
        ("wx relu", "expected `and`, `or` or the end at column 4, got 'relu'"),
        ("or wx", "expected a part of a name, `not` or `(` at column 1, got 'or'"),
        ("not", "expected a part of a name"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(expression, words):
    with pytest.raises(UsageError) as error:
        matching(expression)
    assert words in str(error.value)
    if expression:
        with pytest.raises(SyntaxError):
            Expression.compile(expression)


def test_claims_are_chosen_in_their_order_and_nothing_chosen_is_refused():
    claims = [claim for formula in catalogue() for claim in formula.claims]

    assert [c.uid for c in chosen(claims, "relu and D15")] == ["D15/relu.entry-da[i]_dz[i]", "D15/relu.vjp"]
    with pytest.raises(UsageError, match=r"none of the 79 claims fits 'sigmiod'. Did you mean 'sigmoid'?"):
        chosen(claims, "sigmiod")
    with pytest.raises(UsageError, match=r"`gradcheck list 'my file.py'` shows them."):
        chosen(claims, "sigmiod", ["my file.py"])
