"""Arrays of symbols, and their values at chosen sizes."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.proofs.indexed import IndexedArray, Space, axis_codes, make_size
from gradcheck.proofs.indexed.algebra.evaluation import FLOAT_RULES, Numbers
from gradcheck.proofs.indexed.algebra.expression import factor


class Symbols:
    """Named sizes, and arrays of unknown entries over them."""

    def __init__(self, **options):
        self.space = Space(**options)
        self.heads = {}

    def size(self, name):
        return make_size(self.space, {(name,): 1})

    def array(self, name, *shape, kind="f", **about):
        sizes = tuple(self.size(s) if isinstance(s, str) else s for s in shape)
        slots = tuple(self.space.size_number(s) for s in sizes)
        head = self.space.head(("variable", name), "variable", name, slots=slots, **about)
        self.heads[name] = head.number
        entry = factor(self.space, head.number, axis_codes(self.space, sizes))
        return IndexedArray(self.space, entry, sizes, kind, view=True)

    def codes(self, kind, array):
        space = self.space
        return tuple(
            0 if type(s) is int and s == 1 else space.code(kind, k, space.size_number(s))
            for k, s in enumerate(array.shape)
        )

    def value(self, array, sizes, values):
        """The array in float64."""
        numbers = Numbers(
            self.space,
            sizes,
            {self.heads[n]: np.asarray(v, dtype=float) for n, v in values.items()},
            FLOAT_RULES,
        )
        return numbers.at(array.entry, axis_codes(self.space, array.shape))


@pytest.fixture
def symbols():
    return Symbols()
