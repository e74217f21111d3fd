"""The record of a wrong twin, and a short way to write several for one claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MISTAKES = {
    "branch-on-equal-sizes": "takes another branch where two sizes are equal",
    "delta-ignored": "leaves out what comes back from behind",
    "derivative-missing": "leaves out a factor of the chain rule",
    "derivative-point": "takes f' in the wrong place",
    "factor": "is off by a constant, by n or by 1/n",
    "index": "uses the wrong entry",
    "missing-sum": "does not sum over an axis, or not over all of it",
    "other": "anything else",
    "shape": "has the wrong shape",
    "sign": "has the wrong sign",
    "swapped": "takes one argument for another",
    "tail": "is right up to some size only",
    "transposed": "stands the wrong way round",
    "wrong-axis": "works along the wrong axis",
}


@dataclass(frozen=True)
class Twin:
    """A wrong version of the candidate of the claim ``claim_uid``."""

    claim_uid: str
    name: str
    candidate: Callable[..., Any]
    mistake: str

    @property
    def label(self) -> str:
        return f"{self.claim_uid}: {self.name}"


def twins(claim_uid: str, **versions: tuple[str, Callable[..., Any]]) -> list[Twin]:
    """Twins of one claim: `what_went_wrong=(mistake, candidate)`."""
    return [
        Twin(claim_uid, name.replace("_", " "), candidate, mistake)
        for name, (mistake, candidate) in versions.items()
    ]
