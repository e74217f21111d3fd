"""D21: gradient descent, on two small networks trained with the hand-written backward pass."""

from __future__ import annotations

from gradcheck.catalogue.activations import SIGMOID, TANH
from gradcheck.catalogue.costs import MSE_ROWS, SOFTMAX_ROWS
from gradcheck.catalogue.passes import rows_backward_pass, rows_forward_pass, rows_tapped_pass
from gradcheck.catalogue.readings import ROWS
from gradcheck.formulas.decorating import formula
from gradcheck.formulas.kinds import Descent
from gradcheck.formulas.values import one_hot

__all__ = ["classification", "regression"]

SECTION = "Gradient descent"
LATEX = r"w := w - \epsilon\frac{\partial C}{\partial w},\quad b := b - \epsilon\frac{\partial C}{\partial b}"
SHAPES = {"W1": "n0 n1", "b1": "n1", "W2": "n1 n2", "x": "k n0", "y": "k n2"}
NOTE = "The notes' w and b are all the network's weights and biases; x and y are data and stay. " + ROWS


@formula(shapes=SHAPES, id="D21", section=SECTION, latex=LATEX, note=NOTE)
def regression(W1, b1, W2, x, y):
    _, s = rows_forward_pass([W1, b1, W2], x, TANH.f)
    return MSE_ROWS.value(s, y)


@regression.intermediates
def regression_layers(tap, W1, b1, W2, x, y):
    return MSE_ROWS.value(rows_tapped_pass(tap, [W1, b1, W2], x, TANH.f), y)


@regression.update(
    title="Gradient descent on a network with tanh and the mean squared error",
    note=NOTE,
    printed=True,
    descent=Descent(sizes={"n0": 3, "n1": 4, "n2": 2, "k": 6}),
)
def regression_step(rate, W1, b1, W2, x, y):
    activations, s = rows_forward_pass([W1, b1, W2], x, TANH.f)
    by_s, _ = MSE_ROWS.vjp(1.0, s, y)
    (by_W1, by_b1, by_W2), _ = rows_backward_pass(by_s, [W1, b1, W2], activations, TANH.slope)
    return W1 - rate * by_W1, b1 - rate * by_b1, W2 - rate * by_W2, None, None


@formula(shapes=SHAPES, values={"y": one_hot}, id="D21", section=SECTION, latex=LATEX, note=NOTE)
def classification(W1, b1, W2, x, y):
    _, s = rows_forward_pass([W1, b1, W2], x, SIGMOID.f)
    return SOFTMAX_ROWS.value(s, y)


@classification.intermediates
def classification_layers(tap, W1, b1, W2, x, y):
    return SOFTMAX_ROWS.value(rows_tapped_pass(tap, [W1, b1, W2], x, SIGMOID.f), y)


@classification.update(
    title="Gradient descent on a network with sigmoid and softmax cross-entropy",
    note=NOTE,
    printed=True,
    descent=Descent(sizes={"n0": 3, "n1": 4, "n2": 3, "k": 6}),
)
def classification_step(rate, W1, b1, W2, x, y):
    activations, s = rows_forward_pass([W1, b1, W2], x, SIGMOID.f)
    by_s, _ = SOFTMAX_ROWS.vjp(1.0, s, y)
    (by_W1, by_b1, by_W2), _ = rows_backward_pass(by_s, [W1, b1, W2], activations, SIGMOID.slope)
    return W1 - rate * by_W1, b1 - rate * by_b1, W2 - rate * by_W2, None, None
