"""Results and refusals are remembered; what they were worked out from is let go."""

import gc
import weakref

import pytest

from gradcheck.arithmetic import Memo
from gradcheck.errors import NoAnswer, Undecided, Unsupported


class Asked:
    """Counts how often it is computed; gives or raises what it has."""

    def __init__(self, outcome):
        self.outcome, self.times = outcome, 0

    def __call__(self):
        self.times += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize("outcome", [3, None, [], {}])
def test_a_result_is_worked_out_once(outcome):
    """One that counts as false too."""
    memo, asked = Memo(), Asked(outcome)
    assert [memo.get("a", asked), memo.get("a", asked)] == [outcome, outcome]
    assert asked.times == 1
    memo.get("b", asked)
    assert asked.times == 2


@pytest.mark.parametrize("kind", [Unsupported, NoAnswer, Undecided])
def test_a_refusal_is_raised_each_time_anew(kind):
    """Of the same kind, with the same words, and never the same object: that would collect frames."""
    memo, asked, raised = Memo(), Asked(kind("np.sort of balls")), []
    for _ in range(3):
        with pytest.raises(kind, match=r"np\.sort of balls") as error:
            memo.get("a", asked)
        assert type(error.value) is kind
        raised.append(error.value)
    assert asked.times == 1
    assert len({id(e) for e in [asked.outcome, *raised]}) == 4


def test_another_exception_passes_unless_it_is_told_what_it_means():
    """What passes is tried again."""
    asked = Asked(ZeroDivisionError("x"))
    memo = Memo()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            memo.get("a", asked)
    assert asked.times == 2
    memo = Memo(failed=lambda error: Unsupported(f"it failed: {error}"))
    for _ in range(2):
        with pytest.raises(Unsupported, match="it failed: x"):
            memo.get("a", asked)
    assert asked.times == 3


def test_only_so_many_are_kept_the_last_used():
    memo, asked = Memo(most=2), Asked(1)
    for key in "abac":  # "b" goes
        memo.get(key, asked)
    assert asked.times == 3
    memo.get("a", asked)
    assert asked.times == 3
    memo.get("b", asked)
    assert asked.times == 4


class Thing:
    pass


def test_what_a_key_is_made_of_is_kept_alive():
    """Else another object would get its id, and its result; the twin is not kept."""
    memo, thing, twin = Memo(), Thing(), Thing()
    memo.get(id(thing), lambda: 1, alive=thing)
    memo.get(id(twin), lambda: 1)
    seen = weakref.ref(thing), weakref.ref(twin)
    del thing, twin
    assert [ref() is None for ref in seen] == [False, True]


@pytest.mark.parametrize("told", [False, True])
def test_what_a_refusal_passed_is_freed_without_a_search(told):
    """The frames of the code that refused, and of who asked."""
    memo = Memo(failed=lambda error: Unsupported(str(error)))

    def refusing():
        thing = Thing()
        seen.append(weakref.ref(thing))
        raise (ValueError if told else Unsupported)("no")

    seen = []
    gc.disable()
    try:
        for _ in range(2):
            with pytest.raises(Unsupported, match="no"):
                memo.get("a", refusing)
        assert [ref() for ref in seen] == [None]
    finally:
        gc.enable()
