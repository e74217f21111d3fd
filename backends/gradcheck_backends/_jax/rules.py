"""The table of JAX primitives in ball arithmetic, and what all its rules share.

A rule computes one primitive on object arrays of balls (floating values) and on plain arrays (integers,
booleans). Its meaning is that of `jax.lax`. The tables are filled by `_rules_elementwise`,
`_rules_structure` and `_rules_linalg`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from gradcheck.arithmetic import zero_dimensional

__all__ = ["RULES", "Rule", "as_array", "registering", "rule"]

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}
"""Primitive name -> function of (domain, params, *values) giving one value or a list of them."""


def as_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, arb):
        return zero_dimensional(value)
    return np.asarray(value)


def registering(table: dict[str, Rule]) -> Callable[..., Callable[[Rule], Rule]]:
    """The decorator that puts a rule into a table under the names of its primitives."""

    def rule(*names: str) -> Callable[[Rule], Rule]:
        def register(function: Rule) -> Rule:
            table.update(dict.fromkeys(names, function))
            return function

        return register

    return rule


rule = registering(RULES)
