"""Cotangents that never come are asked about once for each shape; a fault is told every time."""

import numpy as np
import pytest

from gradcheck.adapters.undefined import Undefined
from gradcheck.errors import CandidateFault


def test_once_for_each_shape():
    asked, unused = [], Undefined("f")
    alone = lambda k: asked.append(k) or [np.ones(2)]
    for size in (2, 2, 3, 2):
        unused.check([np.ones(size)], [np.ones(size)] * 2, alone, lambda k: [np.ones(2)])
    assert asked == [0, 1, 0, 1]


def test_a_fault_is_told_at_every_call():
    unused = Undefined("f")
    for _ in range(2):
        with pytest.raises(CandidateFault, match="another gradient where no cotangent comes for output 1"):
            unused.check([np.ones(2)], [np.ones(2)] * 2, lambda k: [np.ones(2)], lambda k: [np.zeros(2)])
