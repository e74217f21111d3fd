"""What the right explanation of every wrong twin is, as a set of kinds.

Derived from each twin's `mistake` word and from its code, and written down before the tool was run.
Where one mistake can truly be told in several ways (a mask that is left out is also a local derivative
taken for 1), each of these kinds is in the set. A kind that only repeats how the failure showed (raises,
another shape, not finite) is in a set only where nothing simpler can be said.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ALSO_TRUE", "NOT_DIAGNOSED", "added_to", "expected_of_twin", "expected_of_wrong"]

CONSTANT_FACTOR = ("factor", "size-factor")

TWIN_WORDS: dict[str, tuple[str, ...]] = {
    "branch-on-equal-sizes": ("condition",),
    "delta-ignored": ("delta-ignored",),
    "derivative-missing": ("derivative-missing",),
    "derivative-point": ("derivative-point",),
    "factor": CONSTANT_FACTOR,
    "index": ("index",),
    "missing-sum": ("missing-sum",),
    "shape": ("shape",),
    "sign": ("sign",),
    "swapped": ("swapped",),
    "tail": ("tail",),
    "transposed": ("transposed",),
    "wrong-axis": ("wrong-axis",),
}
"""What the words of `tests/catalogue/twin.py` mean as kinds; `other` always needs its own entry."""

NOT_DIAGNOSED = {
    "D09/wx.vjp: gradient of x forgotten",
    "D15/sigmoid.vjp: delta changed in place",
}
"""Their verdict is `error`, not `fail`: there is nothing to compare."""

# told in more ways than one, or by another word than the twin's own
EXTRA_FACTOR = ("derivative-missing", "derivative-wrong", "extra-term", "other-value")
NOT_DIFFERENTIATED = ("derivative-missing", "derivative-wrong")
TAKEN_FOR_ONES = ("derivative-missing", "other-value")
OTHER_VALUE = ("swapped", "other-value")
POINT = ("derivative-point", "derivative-wrong", "other-value")
ONE_PLACE = ("index", "missing-sum")
MASK = ("mask", "condition", "derivative-missing", "derivative-wrong")
SHAPE = ("shape", "wrong-axis")
TRUE_CLASS = ("missing-sum", "missing-term", "condition", "mask", "extra-term")
NOT_SQUASHED = ("derivative-point", "derivative-missing", "derivative-wrong", "other-value", "missing-term")

TWINS: dict[str, tuple[str, ...]] = {
    "D01/weighted_squares.layout-x.printed: weights lost": TAKEN_FOR_ONES,
    "D01/weighted_squares.layout-c.printed: summed": SHAPE,
    "D02/mapped_squares_square.layout-x.printed: x down the rows": ("wrong-axis", "transposed", "index"),
    "D02/mapped_squares_square.layout-x.printed: square not differentiated": NOT_DIFFERENTIATED,
    "D02/mapped_squares.layout-x: x down the rows": ("wrong-axis", "transposed", "index"),
    "D02/mapped_squares.layout-x: inner derivative lost": NOT_DIFFERENTIATED,
    "D03/bilinear.layout-A.printed: left vector lost": TAKEN_FOR_ONES,
    "D03/bilinear.layout-A.printed: matrix left in": EXTRA_FACTOR,
    "D03/bilinear_squares.layout-A.printed: square not differentiated": NOT_DIFFERENTIATED,
    "D03/bilinear_squares.layout-A.printed: vectors swapped": OTHER_VALUE,
    "D04/ax_column.entry-dJ_dA[i,j].printed: every place": ONE_PLACE,
    "D05/ax_column.entry-dz_dA[i,j].printed: every place": ("index", "entry"),
    "D05/ax.entry-dz_dA[i,j].printed: matrix entry left in": EXTRA_FACTOR,
    "D06/ax_column.entry-dJ_dA[i,j]: indices swapped": ("index", "swapped", "transposed"),
    "D06/ax_column.entry-dJ_dA[i,j]: sum of delta": ONE_PLACE,
    "D06/ax.entry-dJ_dA[i,j]: indices swapped": ("index", "swapped", "transposed"),
    "D06/ax.entry-dJ_dA[i,j]: matrix for x": OTHER_VALUE,
    "D07/ax_column.vjp: entry by entry": ("shape", "transposed", "does-not-conform"),
    "D07/ax.vjp: delta summed": ("missing-sum", "wrong-axis"),
    "D08/wx_column.jacobian-x.printed: by W in place of x": (*OTHER_VALUE, "derivative-wrong"),
    "D08/wx_column.jacobian-x.printed: summed over the output": (*SHAPE, "missing-sum"),
    "D08/wx.jacobian-x.printed: times x": EXTRA_FACTOR,
    "D09/wx.vjp: outer reshaped": ("transposed", "index"),
    "D10/identity_column.jacobian-x.printed: ones everywhere": ("index", "entry"),
    "D10/identity_column.jacobian-x.printed: x on the diagonal": EXTRA_FACTOR,
    "D11/xw.jacobian-x.printed: times x": EXTRA_FACTOR,
    "D11/xw.jacobian-x.printed: reshaped for transposed": ("transposed", "index"),
    "D12/xw_row.vjp.printed: x lost": TAKEN_FOR_ONES,
    "D12/xw_batch.vjp.printed: sums before product": ("missing-sum", "wrong-axis"),
    "D12/xw_batch.vjp.printed: odd example lost": ("tail", "condition", "missing-sum"),
    "D12/xw_batch.vjp.printed: eight examples": ("tail", "missing-sum"),
    "D14/hidden_layer.forward: bias lost": ("missing-term",),
    "D14/hidden_layer.forward: last term lost": ("missing-sum", "missing-term", "tail", "index"),
    "D17/layer_column.forward: last term lost": ("missing-sum", "missing-term", "tail", "index"),
    "D18/layer.entry-dz[j]_dw[j,k].printed: the weight itself": OTHER_VALUE,
    "D18/layer.entry-dJ_dw[j,k].printed: indices swapped": ("index", "swapped", "transposed"),
    "D18/layer.entry-dJ_dw[j,k].printed: all of delta": ONE_PLACE,
    "D18/layer.entry-dJ_dw[j,k].printed: weight for activation": OTHER_VALUE,
    "D19/layer.entry-dz[j]_db[j].printed: zero": ("derivative-missing", "missing-term"),
    "D19/layer.entry-dz[j]_db[j].printed: the bias itself": EXTRA_FACTOR,
    "D19/layer.entry-dJ_db[j].printed: all of delta": ONE_PLACE,
    "D19/layer.entry-dJ_db[j].printed: times the bias": EXTRA_FACTOR,
    "D20/recursion_relu.vjp: slope in the wrong place": (*POINT, "mask", "condition"),
    "D20/recursion_relu.vjp: slope missing": MASK,
    "D15/sigmoid.entry-da[i]_dz[i]: slope of z": POINT,
    "D15/sigmoid.vjp: slope of z": POINT,
    "D15/sigmoid.vjp: slope missing": NOT_DIFFERENTIATED,
    "D15/sigmoid.vjp: single precision": ("float32",),
    "D15/relu.entry-da[i]_dz[i]: always one": MASK,
    "D15/relu.entry-da[i]_dz[i]: the value itself": NOT_DIFFERENTIATED,
    "D15/relu.entry-da[i]_dz[i]: other side": ("sign", "mask"),
    "D15/relu.entry-da[i]_dz[i]: leaky": (*MASK, "constant"),
    "D15/relu.vjp: mask of delta": (*POINT, "mask"),
    "D15/relu.vjp: both masks": ("mask", "extra-term", "condition"),
    "D15/relu.vjp: the value for the slope": NOT_DIFFERENTIATED,
    "D15/relu.vjp: threshold of one": (*POINT, "mask", "condition", "constant"),
    "D15/tanh.entry-da[i]_dz[i]: slope of z": POINT,
    "D15/tanh.entry-da[i]_dz[i]: not squared": ("derivative-wrong",),
    "D15/tanh.vjp: slope of z": POINT,
    "D15/tanh.vjp: sigmoid slope": ("derivative-wrong",),
    "D15/tanh.vjp: two for a square": ("factor", "derivative-wrong", "operation"),
    "D16/mse.forward: absolute error": ("operation",),
    "D16/mse.vjp: summed": SHAPE,
    "D16/logistic_cross_entropy.forward: labels swapped": OTHER_VALUE,
    "D16/logistic_cross_entropy.forward: second term lost": ("missing-term", "missing-sum"),
    "D16/logistic_cross_entropy.forward: two exponents": ("factor", "constant"),
    "D16/logistic_cross_entropy.vjp: not squashed": NOT_SQUASHED,
    "D16/logistic_cross_entropy.vjp: slope kept": ("extra-term",),
    "D16/logistic_cross_entropy_batch.vjp: rounded to a label": (*POINT, "operation"),
    "D16/logistic_cross_entropy_batch.vjp: averaged away": SHAPE,
    "D16/softmax_cross_entropy.forward: normaliser lost": ("missing-term",),
    "D16/softmax_cross_entropy.forward: logistic of each": ("unexplained", "operation"),
    "D16/softmax_cross_entropy.vjp: target lost": ("missing-term",),
    "D16/softmax_cross_entropy.vjp: diagonal of the jacobian": TRUE_CLASS,
    "D16/softmax_cross_entropy.vjp: logistic of each": ("derivative-wrong", "other-value", "operation"),
    "D16/softmax_cross_entropy.vjp: logits for probabilities": NOT_SQUASHED,
    "D16/softmax_cross_entropy_rows.vjp: only the true class": TRUE_CLASS,
    "D20/recursion_sigmoid.vjp: value for slope": POINT,
    "D20/recursion_relu.vjp: value for slope": POINT,
    "D20/recursion_tanh.vjp: value for slope": POINT,
    "D22/example_picture.entry-dJ_dW2[1,1].printed: slope of layer 2": (*POINT, "index"),
    "D22/example_any_sizes.entry-dJ_dW2[1,1].printed: slope of layer 2": (*POINT, "index"),
    "D22/example_picture.entry-dJ_dW2[1,1].printed: other numbering": ("index", *OTHER_VALUE),
    "D22/example_any_sizes.entry-dJ_dW2[1,1].printed: other numbering": ("index", *OTHER_VALUE),
    "D22/example_picture.entry-dJ_dW2[1,1].printed: last weight forgotten": TAKEN_FOR_ONES,
    "D22/example_any_sizes.entry-dJ_dW2[1,1].printed: last weight forgotten": TAKEN_FOR_ONES,
}

ENDINGS: dict[str, tuple[str, ...]] = {
    # twins that several claims share; the label ends with these words
    ".forward.printed: second activation lost": ("missing-term",),
    ".forward.printed: output activated": ("extra-term",),
    ".forward.printed: bias outside the activation": ("swapped", "missing-term", "extra-term"),
    ".forward.printed: biases swapped": OTHER_VALUE,
    ".forward.printed: second bias lost": ("missing-term",),
    ": z for a in dW": OTHER_VALUE,
    ": matrix product for the entries": ("shape", "operation"),
    ".update.printed: rate ignored": ("rate", "factor"),
    ".update.printed: divided by the rate": ("rate", "factor"),
    ".update.printed: the step alone": ("missing-term",),
    ".update.printed: sign of the gradient only": ("operation", "derivative-wrong", "extra-term"),
    ".update.printed: last layer first": ("other-value",),
    ".update.printed: bias stays": ("missing-term",),
    "mse.vjp: cost taken for half the square": CONSTANT_FACTOR,
    "softmax.vjp: cost taken for half the square": NOT_SQUASHED,
    "logistic.vjp: cost taken for half the square": NOT_SQUASHED,
    ".vjp: output activated": ("extra-term",),
    ".vjp: slope twice": ("derivative-point", "extra-term"),
    ".vjp: slope at delta": ("derivative-point", "mask", "other-value"),
    ".vjp: stopped before x": ("derivative-missing", "missing-term", "other-value"),
    "relu_softmax.vjp: slope missing": MASK,
    "relu_mse.vjp: slope missing": MASK,
    "relu_softmax.vjp: bias before the slope": MASK,
    "relu_mse.vjp: bias before the slope": MASK,
}

WRONG_WORDS: dict[str, tuple[str, ...]] = {
    "transposed": ("transposed",),
    "sign": ("sign",),
    "factor 2": CONSTANT_FACTOR,
    "n or 1/n": CONSTANT_FACTOR,
    "missing sum": ("missing-sum",),
    "wrong axis": ("wrong-axis",),
    "delta ignored": ("delta-ignored",),
    "f' wrong or missing": ("derivative-missing", "derivative-wrong", "derivative-point"),
    "arguments swapped": OTHER_VALUE,
    "stale variable": ("other-value",),
    "missing term": ("missing-term",),
    "missing mean term": ("missing-term",),
    "missing variance term": ("missing-term",),
    "index": ("index",),
    "eps added": ("constant", "rounded", "extra-term"),
    "eps forgotten": ("constant", "missing-term"),
    "small factor": ("factor",),
    "one entry": ("entry",),
    "float32": ("float32",),
    "rounded constant": ("constant",),
    "tail of a block": ("tail",),
    "some sizes only": ("condition",),
    "equal sizes": ("condition",),
    "not finite at some shapes": ("condition",),
    "large arguments only": ("condition", "mask"),
    "ties and kinks": ("condition", "mask"),
    "zeros only": ("condition", "mask", "extra-term"),
}

FACTOR_LEFT_OUT = ("missing-term", "derivative-missing")

WRONGS: dict[str, tuple[str, ...]] = {
    "softmax: diagonal only": ("missing-term", "missing-sum"),
    "log_softmax: not normalised": (*FACTOR_LEFT_OUT, "other-value"),
    "softmax_with_temperature: temperature forgotten": FACTOR_LEFT_OUT,
    "softmax_with_temperature: temperature not squared": (*FACTOR_LEFT_OUT, "factor", "constant"),
    "cross_entropy_of_labels: label of the first row": ("index", "other-value"),
    "mean_squared_error: swapped": ("swapped", "sign"),
    "huber: not clipped": MASK,
    "huber: slope one outside": (*MASK, "factor", "constant"),
    "hinge: margin forgotten": ("mask", "missing-term", "condition", "constant"),
    "hinge: label forgotten": FACTOR_LEFT_OUT,
    "binary_cross_entropy: denominator forgotten": FACTOR_LEFT_OUT,
    "triplet: margin forgotten": ("mask", "missing-term", "condition", "constant"),
    "sigmoid: one factor forgotten": (*FACTOR_LEFT_OUT, "derivative-wrong"),
    "tanh: slope of z": POINT,
    "swish: product rule": (*FACTOR_LEFT_OUT, "derivative-wrong"),
    "gelu: inner derivative": (*FACTOR_LEFT_OUT, "derivative-wrong"),
    "gelu: three of the cube": ("factor", "derivative-wrong"),
    "leaky_relu: sides swapped": ("swapped", "mask", "derivative-wrong"),
    "elu: minus one kept": ("derivative-missing", "derivative-wrong", "extra-term", "condition"),
    "tanh_layer: bias forgotten inside": ("derivative-point", "other-value", "missing-term"),
    "two_layers: mask forgotten": MASK,
    "scale_and_shift: second output ignored": ("delta-ignored", "missing-term"),
    "scale_and_shift: exp forgotten": FACTOR_LEFT_OUT,
    "quadratic_form: as if symmetric": ("transposed", "missing-term", "other-value"),
    "quadratic_form: as if symmetric and transposed": ("transposed", "missing-term", "other-value"),
    "log_determinant: not inverted": (*FACTOR_LEFT_OUT, "derivative-wrong", "other-value"),
    "log_determinant: upper triangle": ("index", "entry", "mask"),
    "determinant: determinant forgotten": FACTOR_LEFT_OUT,
    "inverse: as for a number": ("transposed", "index", "swapped", "derivative-wrong"),
    "norm: root forgotten": FACTOR_LEFT_OUT,
    "norm: squared norm": ("factor", "extra-term", "derivative-wrong", "operation", "constant"),
    "squared_distances: Y from X": ("other-value", "wrong-axis"),
    "outer_product: factor forgotten": (*FACTOR_LEFT_OUT, "other-value"),
    "gram: as if symmetric": ("transposed", "missing-term", "other-value"),
    "layer_norm: gamma forgotten": FACTOR_LEFT_OUT,
    "l2_normalise: square for cube": (*FACTOR_LEFT_OUT, "constant"),
    "unit_rows: always the last row": ("other-value", "index"),
    "variance: mean forgotten": ("missing-term", "other-value"),
    "attention: scale forgotten": (*FACTOR_LEFT_OUT, *CONSTANT_FACTOR),
    "attention: softmax as a product": (*FACTOR_LEFT_OUT, "derivative-wrong"),
    "attention: weights without scale": ("other-value", "constant", "missing-term", "size-factor"),
    "attention: root of the keys": ("index", *CONSTANT_FACTOR),
    "causal_attention: mask forgotten": ("mask", "missing-term"),
    "causal_attention: mask off by one": ("mask", "index"),
    "causal_attention_by_rows: overwritten": ("missing-sum", "operation"),
    "conv1d: overwritten": ("missing-sum", "operation"),
    "conv2d: border lost": ("index", "entry", "tail"),
    "max_pool: always the first": ("index", "mask"),
    "max_pool: minimum": ("index", "operation", "mask"),
    "average_pool: tiled for repeated": ("index", "operation"),
    "product: whole product": ("missing-term", "extra-term", "derivative-wrong"),
    "polynomial: power off by one": ("index", "extra-term", "constant"),
    "polynomial: factor": (*FACTOR_LEFT_OUT, "derivative-wrong"),
    "moving_average: start as the rest": ("index", "entry", "extra-term", "factor"),
    "rnn: state of the step": ("other-value", "index"),
    "gru_step: reset gate forgotten": (*FACTOR_LEFT_OUT, "other-value"),
    "gru_step: gates in another order": (*OTHER_VALUE, "index"),
    "lstm_step: old cell for new": ("other-value", "derivative-point"),
    "differences: one side": ("sign", "missing-term", "missing-sum"),
    "differences: assigned": ("missing-sum", "operation", "index"),
    "affine: sum over nine rows or more": ("tail", "condition", "size-factor"),
    "conv1d: unrolled by four": ("tail", "missing-sum", "condition", "missing-term"),
    "polynomial: unrolled by two": ("tail", "missing-sum", "condition", "missing-term"),
    "affine: c right for a single row only": ("missing-sum", "condition"),
    "kullback_leibler: small probabilities clipped": ("condition", "mask", "extra-term", "operation"),
    "binary_cross_entropy: probabilities clipped": ("condition", "mask", "extra-term", "operation"),
    "hard_tanh: limit of one point one": ("mask", "condition", "constant"),
    "norm: eps in the denominator": ("constant", "rounded", "extra-term"),
    "embedding: last write wins": ("missing-sum", "condition", "operation", "index"),
    "gru_step: h rounded to 7 digits": ("rounded",),
    "gelu: constant in float32": ("constant", "float32"),
    "gaussian_log_density: pi rounded": ("constant", *CONSTANT_FACTOR),
    "leaky_relu: slope rounded": ("constant", "condition"),
    "huber: threshold rounded": ("constant", "mask", "condition"),
    "attention: root rounded": ("constant", "rounded"),
}


ALSO_TRUE: dict[str, tuple[tuple[str, ...], str]] = {
    "conv1d: unrolled by four": (
        ("mask",),
        "the unrolled part is right for four weights only; with == in place of >= the others take the loop",
    ),
    "D02/mapped_squares.layout-x: down the rows when square": (
        ("transposed",),
        "the line of the branch for equal sizes takes the column x where the other has the row x.T",
    ),
    "D04/ax_column.entry-dJ_dA[i,j].printed: every place": (
        ("wrong-axis",),
        "the table is delta_i x_j, so summed over axis 0 it is sum(delta) x_j, which is what the code gives",
    ),
    "D06/ax_column.entry-dJ_dA[i,j]: sum of delta": (
        ("wrong-axis",),
        "the table is delta_i x_j, so summed over axis 0 it is sum(delta) x_j, which is what the code gives",
    ),
    "D18/layer.entry-dJ_dw[j,k].printed: all of delta": (
        ("wrong-axis",),
        "the table is delta_j a_k, so summed over axis 0 it is sum(delta) a_k, which is what the code gives",
    ),
    "D19/layer.entry-dJ_db[j].printed: all of delta": (
        ("wrong-axis",),
        "the table is delta_j, so summed over its axis it is sum(delta), which is what the code gives",
    ),
    "D05/ax_column.entry-dz_dA[i,j].printed: every place": (
        ("wrong-axis",),
        "the table is [k = i] x_j, and the sum of [k = i] over i is 1 in every place k",
    ),
    "D10/identity_column.jacobian-x.printed: ones everywhere": (
        ("wrong-axis",),
        "the derivative is the unit matrix, whose sum over either axis is 1 in every column",
    ),
    "D16/logistic_cross_entropy.forward: second term lost": (
        ("extra-term",),
        "for labels 0 and 1 the kept term is y times the whole cost: 0 at y = 0, all of it at y = 1",
    ),
    "D16/logistic_cross_entropy_batch.vjp: rounded to a label": (
        ("missing-term",),
        "[s > 0] - y is the derivative of max(s, 0) - s y, the forward without log1p(exp(-|s|))",
    ),
    "gaussian_log_density: pi rounded": (
        ("extra-term",),
        "the code has the factor 3.14159 / np.pi, which is not 1, and is right without it",
    ),
    "relu: other slope above twenty": (
        ("extra-term",),
        "the code has the factor where(|z| > 20, 1.001, 1), and is right without it",
    ),
    "elu: exponential cut at nine": (
        ("extra-term",),
        "the code subtracts (z < -9) exp(min(z, 0)), and is right without that term",
    ),
    "sigmoid: argument clipped at fifteen": (
        ("extra-term",),
        "the code clips z at -15 and 15, and is right without these bounds",
    ),
    "layer_norm: unbiased": (
        ("derivative-wrong",),
        "the code divides that term by n - 1, not by n; the others are the gradient without the root's part",
    ),
    "affine: sum over nine rows or more": (
        ("operation",),
        "for nine rows or more the code is mean * (n - 1); the sum is mean * n",
    ),
    "D23/chain2_relu_softmax.vjp: delta taken for ones": (
        ("other-value",),
        "the code hands on np.ones_like(delta) where delta belongs, and is right with delta",
    ),
    "stable_sigmoid: not at length four": (
        ("extra-term",),
        "the line of the branch for other lengths is g * factor, and g is right there too",
    ),
    "leaky_relu: slope rounded": (
        ("factor",),
        "0.0100001 is 0.01 times 1.00001, on the side of the where that is 0.01 z",
    ),
}
"""Kinds that the tool gave and nobody had thought of, for a twin of either corpus, each with the reason why
the sentence that was printed is true of the code. Nothing is here for being plausible.
"""


def added_to(label: str) -> frozenset[str]:
    """The kinds that were added for a twin once the tool had given them."""
    return frozenset(ALSO_TRUE[label][0]) if label in ALSO_TRUE else frozenset()


def expected_of_twin(label: str, mistake: str) -> frozenset[str]:
    """The kinds that are right for a twin of the catalogue. Raises KeyError where nothing is said."""
    return _found(label, mistake, TWINS, TWIN_WORDS, ENDINGS.items())


def expected_of_wrong(label: str, mistake: str) -> frozenset[str]:
    """The kinds that are right for a wrong backward pass of the trust corpus."""
    return _found(label, mistake, WRONGS, WRONG_WORDS, ())


def _found(
    label: str,
    mistake: str,
    own: dict[str, tuple[str, ...]],
    words: dict[str, tuple[str, ...]],
    endings: Iterable[tuple[str, tuple[str, ...]]],
) -> frozenset[str]:
    return _written_down(label, mistake, own, words, endings) | added_to(label)


def _written_down(
    label: str,
    mistake: str,
    own: dict[str, tuple[str, ...]],
    words: dict[str, tuple[str, ...]],
    endings: Iterable[tuple[str, tuple[str, ...]]],
) -> frozenset[str]:
    if label in own:
        return frozenset(own[label])
    for ending, kinds in endings:
        if label.endswith(ending):
            return frozenset(kinds)
    return frozenset(words[mistake])
