"""The parts of a result that a person looks at in a notebook, or computes with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.records import accuracy, types
from gradcheck.records.arrays import decode

__all__ = ["Counterexample", "Proof", "Ulp", "complex_joined"]


def complex_joined(
    record: types.Counterexample, records: Mapping[str, types.ArrayRecord]
) -> dict[str, NDArray[Any]]:
    """Arrays by name, the real and imaginary parts of complex ones together."""
    arrays = {name: decode(array) for name, array in records.items()}
    found: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        whole, _, part = name.rpartition(".")
        if whole in record.complex and part == "real":
            found[whole] = np.asarray(array + 1j * arrays[f"{whole}.imag"])
        elif whole not in record.complex or part != "imag":
            found[name] = array
    return found


class Counterexample(types.Counterexample, frozen=True):
    """The smallest point at which a claim was refuted: the record, and its arrays."""

    @classmethod
    def of(cls, record: types.Counterexample) -> Counterexample:
        """The record with what people want of it."""
        return cls(**{name: getattr(record, name) for name in record.__struct_fields__})

    @property
    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The exact value of every argument by its name (nested ones as `params["W1"]`) and of "delta"
        (of several outputs "delta[0]", ...); scalars are 0-d.
        """
        return complex_joined(self, {**self.inputs, **self.deltas})

    def _repr_html_(self) -> str:
        from gradcheck.report.formats.notebook import counterexample_page

        return counterexample_page(self)


class Ulp(accuracy.Ulp, frozen=True):
    """The error of one gradient in low precision; its parts are attributes, and keys as in a dict."""

    @classmethod
    def of(cls, record: accuracy.Ulp) -> Ulp:
        """The record with what people want of it."""
        return cls(**{name: getattr(record, name) for name in record.__struct_fields__})

    @property
    def size(self) -> dict[str, int]:
        """The sizes at which the error is worst."""
        return self.sizes

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(name)
        return getattr(self, name)

    def keys(self) -> tuple[str, ...]:
        """What there is to look up."""
        return ("worst", "typical", "where", "size", "spread")


class Proof(types.Proof, frozen=True):
    """What is known for all sizes and all values: the record, typeset in a notebook."""

    @classmethod
    def of(cls, record: types.Proof) -> Proof:
        """The record with what people want of it."""
        return cls(**{name: getattr(record, name) for name in record.__struct_fields__})

    def _repr_html_(self) -> str:
        from gradcheck.report.formats.notebook import proof_page

        return proof_page(self)
