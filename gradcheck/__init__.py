"""gradcheck: is the derivative that you wrote by hand right?

    result = gradcheck.verify(forward, backward, shapes={"W": "n m", "x": "m"})

Names are imported when they are first used, so that `import gradcheck` costs next to nothing and
loads neither JAX nor SymPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gradcheck._version import __version__

if TYPE_CHECKING:
    from gradcheck import adapters, strategies
    from gradcheck.adapters.activations import elementwise
    from gradcheck.adapters.caches import with_cache
    from gradcheck.adapters.layers import layer
    from gradcheck.adapters.losses import loss
    from gradcheck.adapters.values_with_gradients import value_and_grad
    from gradcheck.api import assert_correct, verify
    from gradcheck.chains.building import chain
    from gradcheck.chains.chain import Chain
    from gradcheck.chains.layers import Layer
    from gradcheck.chains.result import ChainResult
    from gradcheck.errors import GradientError, Unsupported, UsageError
    from gradcheck.formulas.claim import Claim
    from gradcheck.formulas.decorating import Formula, formula
    from gradcheck.formulas.kinds.update import Descent
    from gradcheck.formulas.spaces import lower_triangular, rotations, simplex, sphere, symmetric
    from gradcheck.formulas.values import (
        complex_normal,
        integers,
        normal,
        one_hot,
        positive,
        spd,
        unit_interval,
    )
    from gradcheck.oracles.reference import oracle
    from gradcheck.records.verdicts import Strength, Verdict
    from gradcheck.running.result import Result

__all__ = [
    "Chain",
    "ChainResult",
    "Claim",
    "Descent",
    "Formula",
    "GradientError",
    "Layer",
    "Result",
    "Strength",
    "Unsupported",
    "UsageError",
    "Verdict",
    "__version__",
    "adapters",
    "assert_correct",
    "chain",
    "complex_normal",
    "elementwise",
    "formula",
    "integers",
    "layer",
    "loss",
    "lower_triangular",
    "normal",
    "one_hot",
    "oracle",
    "positive",
    "rotations",
    "simplex",
    "spd",
    "sphere",
    "strategies",
    "symmetric",
    "unit_interval",
    "value_and_grad",
    "verify",
    "with_cache",
]

_HOMES = {
    "adapters.caches": ("with_cache",),
    "adapters.activations": ("elementwise",),
    "adapters.layers": ("layer",),
    "adapters.losses": ("loss",),
    "adapters.values_with_gradients": ("value_and_grad",),
    "api": ("assert_correct", "verify"),
    "running.result": ("Result",),
    "chains.building": ("chain",),
    "chains.chain": ("Chain",),
    "chains.layers": ("Layer",),
    "chains.result": ("ChainResult",),
    "formulas.claim": ("Claim",),
    "errors": ("GradientError", "Unsupported", "UsageError"),
    "formulas.decorating": ("Formula", "formula"),
    "formulas.kinds.update": ("Descent",),
    "oracles.reference": ("oracle",),
    "formulas.spaces": ("lower_triangular", "rotations", "simplex", "sphere", "symmetric"),
    "formulas.values": (
        *("complex_normal", "integers", "normal", "one_hot", "positive", "spd", "unit_interval"),
    ),
    "records.verdicts": ("Strength", "Verdict"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
_SUBMODULES = ("adapters", "strategies")


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"gradcheck.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"gradcheck.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
