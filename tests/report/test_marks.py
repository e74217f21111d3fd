"""Which lines are marked: what the wrong gradients have in common, and nothing that a right one needs."""

import textwrap

import msgspec
import pytest

from gradcheck.records.types import Compared, Diagnosis, Source
from gradcheck.report.brief import brief
from gradcheck.report.marks import marks, where
from gradcheck.report.page.overview import MOST, overview
from gradcheck.report.slices import slices
from tests.report import samples

NET = "def net(X, W1, b1, W2):\n    h = np.tanh(X @ W1 + b1)\n    return h @ W2\n"
ARGUMENTS = ["X", "W1", "b1", "W2"]
TEXT = "too small"

BACKWARD = """\
    def backward(delta, X, W1, b1, W2):
        h = np.tanh(X @ W1 + b1)
        dW2 = h.T @ delta
        dz = delta @ W2.T
        db1 = np.zeros(len(b1))
        for k in range(len(X)):
            db1 += dz[k]
        return dz @ W1.T, X.T @ dz, db1, dW2
"""

LOSS = """\
    def net(X, W1, b1, W2):
        h = X @ W1 + b1
        loss = np.sum(h @ W2)
        grads = {}
        grads["W2"] = h.T @ ones
        dh = ones @ W2.T
        dh[h <= 0] = 0
        grads["b1"] = dh
        grads["W1"] = X.T @ dh
        return loss, grads
"""


def source(text, line=1):
    return Source(file="nets/two.py", line=line, text=textwrap.dedent(text))


def failed(code, wrong, *, forward=NET, places=None, gap=0.5, texts=None, **changes):
    """A claim that fails in the gradients named, by the same mistake unless texts are given."""
    rows = [
        Compared(
            quantity=f"dJ/d{n}",
            verdict="fail" if n in wrong else "pass",
            strength=None,
            points=3,
            gap=gap if n in wrong else 0.0,
            bound=1e-25,
        )
        for n in ARGUMENTS
    ]
    found = [
        Diagnosis(
            quantity=f"dJ/d{n}", kind="x", text=(texts or {}).get(n, TEXT), place=(places or {}).get(n, "")
        )
        for n in wrong
    ]
    return samples.claim(
        "two.vjp", "fail", forward=source(forward, 1), candidate=source(code, 10), compared=rows,
        diagnosis=found, **changes,
    )  # fmt: skip


def lines(claim):
    """The marked lines' text, each with whether it is sure."""
    code = claim.candidate.text.split("\n")
    return [(code[m.line - 10].strip(), m.sure) for m in marks(claim)]


@pytest.mark.parametrize(
    ("code", "wrong", "marked"),
    [
        # one expression of the `return`
        (BACKWARD, ["X"], [("return dz @ W1.T, X.T @ dz, db1, dW2", True)]),
        (BACKWARD, ["W2"], [("dW2 = h.T @ delta", True)]),
        # what they have in common and dW2 has not; not the `return`, in which each has its own
        (BACKWARD, ["X", "W1", "b1"], [("dz = delta @ W2.T", True)]),
        # a loop: its lines come into question together
        (
            BACKWARD, ["b1"],
            [("db1 = np.zeros(len(b1))", False), ("for k in range(len(X)):", False), ("db1 += dz[k]", False)],
        ),
        # `loss, grads`, kept by name
        (LOSS, ["b1"], [('grads["b1"] = dh', True)]),
        (LOSS, ["W2"], [('grads["W2"] = h.T @ ones', True)]),
        (LOSS, ["W1", "b1"], [("dh = ones @ W2.T", False), ("dh[h <= 0] = 0", False)]),
    ],
)  # fmt: skip
def test_what_the_wrong_ones_share_is_marked(code, wrong, marked):
    forward = textwrap.dedent(LOSS) if code is LOSS else NET
    claim = failed(code, wrong, forward=forward)

    assert lines(claim) == marked
    told = [mark.text for mark in marks(claim)]
    assert told[0].endswith("wrong here" if len(marked) == 1 else "wrong in one of the marked lines")
    assert not any(told[1:])
    assert (where(claim) is not None) == (len(marked) == 1)


def test_a_line_that_the_diagnosis_knows_comes_first_and_alone():
    claim = failed(
        BACKWARD,
        ["b1"],
        places={"b1": "two.py:16"},
        texts={"b1": "in `dz[k]` (two.py:16), see `h` (two.py:2)"},
    )

    assert [(m.line, m.sure) for m in marks(claim)] == [(16, True), (2, False)]
    assert where(claim).line == 16


def test_two_mistakes_have_two_places():
    claim = failed(BACKWARD, ["X", "W2"], texts={"X": "one", "W2": "another"})

    assert [(m.line, m.text) for m in marks(claim)] == [
        (17, "dJ/dX goes wrong here"),
        (12, "dJ/dW2 goes wrong here"),
    ]
    assert where(claim) is None


def test_a_wrong_shape_is_made_by_the_last_statement():
    """The others were not judged then, and exculpate nothing."""
    claim = failed(BACKWARD, ["W2"], gap=None)
    alone = msgspec.structs.replace(claim, compared=[c for c in claim.compared if c.quantity == "dJ/dW2"])

    assert lines(alone) == [("dW2 = h.T @ delta", True)]


@pytest.mark.parametrize(
    "code",
    [
        "lambda delta, X, W1, b1, W2: (1, 2, 3, 4)",
        "class Net:\n    def backward(self, delta):\n        return 1, 2, 3, 4\n",
        "def b(delta, *a):\n    if a:\n        return 1, 2, 3, 4\n    return 0, 0, 0, 0\n",
        "def b(delta, X, W1, b1, W2):\n    return made(delta)[::-1]\n    +",
        "",
    ],
)
def test_code_that_cannot_be_read_has_no_marks(code):
    assert marks(failed(code, ["X"])) == []


def test_a_pass_has_no_marks():
    claim = failed(BACKWARD, ["X"])
    assert marks(msgspec.structs.replace(claim, verdict="pass")) == []


SOFTMAX = "def softmax(Z):\n    e = np.exp(Z)\n    return e / e.sum()\n"


@pytest.mark.parametrize(
    ("call", "marked"),
    [
        ("softmax(Z)", ["g = d * p * (1 - p)"]),  # what the forward gives is right
        ("softmax(d)", ["p = softmax(d)", "g = d * p * (1 - p)"]),  # of something else it may not be
        ("softmin(Z)", ["p = softmin(Z)", "g = d * p * (1 - p)"]),
    ],
)
def test_a_call_of_the_forward_is_not_to_blame(call, marked):
    code = f"def backward(d, Z):\n    p = {call}\n    g = d * p * (1 - p)\n    return g\n"
    claim = failed(code, ["Z"], forward=SOFTMAX)

    assert [line for line, _ in lines(msgspec.structs.replace(claim, compared=[]))] == marked


def test_a_slice_holds_what_a_name_is_made_by():
    found = slices(textwrap.dedent(BACKWARD), NET, ["dJ/dX", "dJ/db1"])

    assert {line for line, _ in found["dJ/dX"]} == {3, 7}
    assert {line for line, _ in found["dJ/db1"]} == {3, 4, 5, 6}


class TestOverview:
    def test_every_gradient_has_a_line_with_how_it_came_out(self):
        claim = failed(BACKWARD, ["b1"], unchecked=["dJ/dq"])

        made, left = overview([claim], {"two.vjp": "c-two"})

        assert left == 0
        assert [(m.argument, m.status.word, m.difference, m.limit) for m in made] == [
            ("dJ/dX", "pass", "0", "1e-25"),
            ("dJ/dW1", "pass", "0", "1e-25"),
            ("dJ/db1", "fail", "0.5", "1e-25"),
            ("dJ/dW2", "pass", "0", "1e-25"),
            ("dJ/dq", "not checked", "", ""),
        ]
        assert [m.first for m in made] == [True, False, False, False, False]

    def test_of_a_weak_claim_no_gradient_passes(self):
        weak = msgspec.structs.replace(failed(BACKWARD, []), verdict="weak", as_declared=False)

        made, _ = overview([weak], {"two.vjp": "c-two"})

        assert {m.status.word for m in made} == {"weak"}

    def test_it_ends_where_it_is_no_overview(self):
        made, left = overview([failed(BACKWARD, ["b1"])] * (MOST // 4 + 7), {"two.vjp": "c-two"})

        assert (len(made), left) == (MOST, 7)


COURSE = """\
    def loss(self, X, y=None, reg=0.0):
        W1, W2 = self.params["W1"], self.params["W2"]
        scores = X.dot(W1).dot(W2)
        if y is None:
            return scores
        loss = np.sum(scores) + reg * np.sum(W2 * W2)
        grads = {}
        grads["W2"] = X.dot(W1).T.dot(ones) + reg * W2
        grads["W1"] = X.T.dot(ones.dot(W2.T))
        return loss, grads
"""


def test_the_line_is_found_in_the_method_that_is_called():
    """A few lines of glue around a course's net, which returns its scores alone where there are no labels."""
    glue = "def fun(X, W1, W2):\n    net = Net(4)\n    return net.loss(X, y, reg=0.05)\n"
    helper = Source(file="nets/net.py", line=30, text=textwrap.dedent(COURSE))
    claim = failed(glue, ["W2"], forward=glue, helpers=[helper])
    claim = msgspec.structs.replace(claim, forward=claim.candidate)

    assert [(m.file, m.line, m.sure) for m in marks(claim)] == [("nets/net.py", 37, True)]
    assert marks(msgspec.structs.replace(claim, helpers=[])) == []


def test_the_terminal_says_where_to_look_unless_the_diagnosis_does():
    claim = failed(BACKWARD, ["W2"])
    named = failed(
        BACKWARD, ["W2"], texts={"W2": "in `h.T` (two.py:12), the sign"}, places={"W2": "two.py:12"}
    )

    assert "look at nets/two.py:12: dW2 = h.T @ delta" in brief(claim, 80)
    assert not any(line.startswith("look at") for line in brief(named, 80))
    assert not any(line.startswith("look at") for line in brief(failed(BACKWARD, ["b1"]), 80))
