"""No verdict, strength or branch hangs on the words of a message: all are reworded, and they stay."""

import numpy as np
import pytest

import gradcheck
from gradcheck import errors
from gradcheck.judging import reasons


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def in_place(d, x):
    d *= 2 * x
    return d


def counting():
    calls = []

    def backward(d, x):
        calls.append(1)
        return 2 * d * x + len(calls) * 1e-3

    return backward


def kept_in_list(d, x):
    return np.array([float(v) for v in 2 * d * x])


def raises_for_two(d, x):
    if len(x) == 2:
        raise RuntimeError("no")
    return 2 * d * x


def square(x):
    return x * x


CASES = {
    "right": (square, lambda d, x: 2 * d * x, {}),
    "wrong": (square, lambda d, x: d * x, {}),
    "in float64 only": (square, kept_in_list, {}),
    "writes": (square, in_place, {}),
    "not deterministic": (square, counting(), {}),
    "raises": (square, raises_for_two, {}),
    "wrong shape": (square, lambda d, x: np.sum(d * x), {}),
    "nan": (square, lambda d, x: np.where(x > 0, 2 * d * x, np.nan), {}),
    "nothing stated": (square, lambda d, x: None, {}),
    "saturated": (
        lambda x: np.sum(sigmoid(x)),
        lambda d, x: d * sigmoid(x) * (1 - sigmoid(x)),
        {"values": {"x": lambda shape, rng: rng.uniform(200, 300, shape)}},
    ),
    "kink": (lambda x: np.maximum(x, 0), lambda d, x: d * (x > 0), {}),
    "no convention": (lambda x: np.maximum(x, 0), lambda d, x: np.where(x == 0, 2.0, d * (x > 0)), {}),
    "large": (
        square,
        lambda d, x: 2 * d * x + 1e-3,
        {"values": {"x": np.linspace(-1, 1, 300_000)}, "max_examples": 1},
    ),
}


def outcomes():
    found = {}
    for name, (forward, backward, how) in CASES.items():
        result = gradcheck.verify(forward, backward, shapes={"x": "n"}, **{"max_examples": 8, **how})
        rows = [(b.backend, b.verdict, b.agreed, b.differed, b.kinks) for b in result.backends]
        battery = [(b.check, b.outcome) for b in result.battery]
        found[name] = result.verdict, result.strength, rows, battery
    return found


def reworded(monkeypatch):
    """Every exception of ours, and every reason for no answer, says the same."""

    def scrambled(original, place):
        def init(self, *args, **kwargs):
            original(self, *args[:place], "reworded", *args[place + 1 :], **kwargs)

        return init

    for kind, place in ((errors.Unsupported, 0), (errors.CandidateFault, 1)):
        monkeypatch.setattr(kind, "__init__", scrambled(kind.__init__, place))
    sentences = dict.fromkeys(reasons.ReasonKind, "reworded")
    monkeypatch.setattr(reasons, "_SENTENCES", sentences)
    monkeypatch.setattr(reasons.Fault, "__str__", lambda self: "reworded")


@pytest.fixture(scope="module")
def as_they_are():
    return outcomes()


def test_the_cases_have_every_kind_of_outcome(as_they_are):
    """Else the next test would say little."""
    assert {verdict for verdict, *_ in as_they_are.values()} >= {"pass", "fail", "error", "weak"}


def test_rewording_every_message_changes_nothing(monkeypatch, as_they_are):
    """Kinds decide, sentences are made where they are shown."""
    reworded(monkeypatch)
    assert outcomes() == as_they_are


def test_a_decision_by_words_would_be_noticed(monkeypatch, as_they_are):
    """The twin: were a fault told by its words, writing code would get another row."""
    from gradcheck.checking.battery import repetition

    def by_words(results, kind):
        words = {errors.FaultKind.WRITES: "in place"}.get(kind, "not deterministic")
        for result in results:
            if result.fault is not None and words in str(result.fault):
                return repetition.Finding("fail", 1, str(result.fault), result.point)
        return None

    monkeypatch.setattr(repetition, "_fault_or_pass", by_words)
    reworded(monkeypatch)
    assert outcomes() != as_they_are
