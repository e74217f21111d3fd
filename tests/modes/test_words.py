"""What is said of mistakes in other modes than a backward pass: true, and in words of the mode."""

import pytest

import gradcheck
from tests.modes import corpus_complex_models, corpus_jvp_labels, corpus_second_order_models  # noqa: F401
from tests.modes.corpus_complex import CASES as COMPLEX
from tests.modes.corpus_jvp import CASES as JVP
from tests.modes.corpus_second_order import CASES as SECOND

FEW = {"max_examples": 8, "backends": ["finite_difference"]}


def of_jvp(name, twin):
    forward, shapes, options, _, wrong = JVP[name]
    return gradcheck.verify(forward, shapes=shapes, jvp=wrong[twin], **FEW, **options)


def of_second_order(name, twin):
    keyword, forward, shapes, options, _, wrong = SECOND[name]
    return gradcheck.verify(forward, shapes=shapes, **{keyword: wrong[twin]}, **FEW, **options)


def of_complex(name, twin):
    forward, shapes, arguments, _, _, wrong = COMPLEX[name]
    values = dict.fromkeys(arguments.split(), gradcheck.complex_normal)
    return gradcheck.verify(forward, wrong[twin], shapes=shapes, values=values, **FEW)


@pytest.mark.parametrize(
    ("found", "said", "not_said"),
    [
        # delta is used; the cotangents of what the backward returns are not
        (
            lambda: of_second_order("linear by double_backward", 1),
            "grads are not used: the gradient is the same for other grads",
            "delta is not",
        ),
        # v, with what the code later stores its result in, is no `np.zeros_like(P)`
        (lambda: of_second_order("spring by hvp", 2), "no simple explanation", "zeros_like"),
        # entries that were made equal have a tie, and no derivative by which a sum could be told
        (lambda: of_jvp("pooled", 1), "no simple explanation", "is summed"),
        (lambda: of_jvp("normalised", 2), "`np.sqrt(...)` in `np.linalg.norm(x", ""),
        (lambda: of_jvp("masked_mean", 1), "on the way through", "way back"),
        (lambda: of_jvp("ridge", 1), "a part of what comes through `X.T @ X`", "comes back"),
        (lambda: of_complex("beam pattern", 0), "should be given the conjugate of operand 2", "`...`"),
    ],
)
def test_what_is_said(found, said, not_said):
    text = "; ".join(d.text for d in found().diagnosis)
    assert said in text
    assert not not_said or not_said not in text
