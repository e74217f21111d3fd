"""What places and values are called, and that an operation has one place however often it ran."""

import numpy as np

from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import describe, operand, place_of


def halved(v):
    return 0.5 * v


def twice_over(v):
    w = halved(v)
    return w + halved(w)


def recorded(function, *names):
    run = Run()
    run.start(function, [run.argument(n, np.arange(1.0, 4.0)) for n in names])
    return run


def test_a_place_is_its_text_and_line():
    """And in a helper, the line that called it, unless all calls are meant."""
    run = recorded(twice_over, "x")
    first = next(c for c in run.calls if c.name == "multiply")
    assert place_of(first.key).startswith("`0.5 * v` (test_words.py:")
    assert ", called from test_words.py:" in place_of(first.key)
    assert "called from" not in place_of(first.key, everywhere=True)
    last = run.calls[-1]
    assert "called from" not in place_of(last.key)


def test_an_operand_is_called_as_it_is_written():
    """A name of an argument stands bare, a number too, and everything else in quotes."""
    run = recorded(lambda x, y: 2 * x - np.maximum(x + y, y), "x", "y")
    by_name = {c.name: c for c in run.calls}
    assert (operand(by_name["multiply"], 0), operand(by_name["multiply"], 1)) == ("2", "x")
    assert operand(by_name["maximum"], 0) == "`x + y`"
    assert operand(by_name["subtract"], 1) == "`np.maximum(x + y, y)`"


def test_a_value_from_a_helper_is_called_by_the_call():
    """Seen from the function that the sentence is about; from elsewhere by its own text."""
    run = recorded(twice_over, "x")
    total = run.calls[-1]
    assert describe(total.args[0], total.key) == "`halved(v)`"
    assert describe(total.args[1], total.key) == "`halved(w)`"
    assert describe(total.args[0]) == "`0.5 * v`"


def test_a_value_inside_a_helper_is_not_called_by_the_call():
    """The twin: what the helper goes on with is not what it returns."""

    def shifted(v):
        inner = v * 3
        return inner + 1

    run = recorded(lambda x: shifted(x) - x, "x")
    inner, last = run.calls[0].output, run.calls[-1]
    assert describe(inner, last.key) == "`v * 3` in `shifted(x)`"


def test_an_operation_has_one_place_however_often_it_ran():
    """The interpreter specialises `a[i]` once it is warm, and then reports another offset."""

    def first(a):
        return a[0] * a[1]

    keys = [[c.key for c in recorded(first, "a").calls] for _ in range(50)]
    assert all(k == keys[0] for k in keys)
    assert len(set(keys[0])) == 3
