"""Parts of an array that hold everything wrong."""

import numpy as np

from gradcheck import Formula
from gradcheck.checking.claim_check import check_claim
from gradcheck.diagnosis.explaining.where.regions import regions
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session


def mask(shape, *places):
    found = np.zeros(shape, dtype=bool)
    for place in places:
        found[place] = True
    return found


def best(*masks):
    return regions(list(masks))[0].text


def test_the_smallest_part_is_named():
    """Rows, tails, the diagonal, one entry."""
    assert best(mask((12,), slice(8, None)), mask((10,), slice(8, None))) == "entries from index 8 on"
    assert best(mask((3, 4), (1,)), mask((5, 2), (1,))) == "entries with index 1 along axis 0"
    assert best(*(mask((n, n), np.diag_indices(n)) for n in (3, 5))) == "entries on the diagonal"
    corner = best(mask((3, 4), (-1, -1)), mask((2, 6), (-1, -1)))
    assert corner == "the last entries along axis 0 and last entries along axis 1"


def test_a_part_of_which_the_rest_is_zero_is_not_named():
    """A factor on a gradient of which most is zero is a factor; the twin has right entries outside."""
    formula = Formula(lambda z: np.sum(np.maximum(z, 0) ** 2, axis=0), {"z": "n 3"})

    def said(backward):
        formula.claims.clear()
        formula.vjp(backward)
        points = generate(formula, max_examples=12, seed=0)
        row = check_claim(formula.claims[0], session=Session(formula, choose(None)), points=points).row
        return {d.kind for d in row.diagnosis}

    assert said(lambda d, z: d * np.maximum(z, 0)) == {"factor"}
    first = np.arange(3) == 0
    assert said(lambda d, z: d * np.maximum(z, 0) * np.where(first, 1.0, 2.0)) == {"entry"}
