"""Drawing from Hypothesis outside of a test: so many examples, from a seed, whatever the user's profile.

Drawing works inside a user's own `@given` too, and a strategy that cannot be drawn from is a
`UsageError` that says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.values import Filler

__all__ = ["PER_ARRAY", "each", "filler"]

PER_ARRAY = 3
"""Examples drawn for one array; the last is taken, because the first is always the simplest (zeros)."""


def each(count: int, seed: int, strategy: Any, receive: Callable[[Any], None], who: str) -> None:
    """Call ``receive`` with up to ``count`` examples of a strategy.

    Raises `UsageError`, beginning with ``who``, where nothing can be drawn.
    """
    import hypothesis
    from hypothesis import HealthCheck, Phase, Verbosity
    from hypothesis.errors import Unsatisfiable

    def collect() -> None:
        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            backend="hypothesis",
        )
        @hypothesis.given(strategy)
        def draw(drawn: Any) -> None:
            receive(drawn)

        draw()

    try:
        with warnings.catch_warnings(), user_code:
            warnings.simplefilter("ignore")
            if hypothesis.currently_in_test_context():
                # Hypothesis refuses a @given inside a @given; a thread has a context of its own
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(collect).result()
            else:
                collect()
    except UsageError:
        raise
    except Unsatisfiable:
        raise UsageError(
            f"{who}: the strategy draws nothing usable. Is a filter never true? Bounds do the same and "
            "always draw, as in hypothesis.strategies.floats(0, 1)."
        ) from None
    except Exception as error:
        text = str(error).strip().splitlines()
        if "complex" in str(error):
            raise UsageError(
                f"{who}: a Hypothesis strategy of complex numbers is not available, because both parts are "
                "of one draw. Give a function (shape, rng) -> array, such as gradcheck.complex_normal."
            ) from error
        raise UsageError(
            f"{who}: expected a Hypothesis strategy of single numbers, such as floats(-5, 5); drawing from "
            f"it raises {type(error).__name__}: {text[0].rstrip('.') if text else ''}."
        ) from error


def filler(strategy: Any, who: str) -> Filler:
    """A function `(shape, rng) -> array` whose entries a strategy draws. Like `each` in what it raises."""

    def fill(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        from hypothesis.extra import numpy as hnp

        found: list[NDArray[np.float64]] = []
        arrays = hnp.arrays(np.float64, shape, elements=strategy)
        each(PER_ARRAY, int(rng.integers(2**31)), arrays, found.append, who)
        return found[-1]

    return fill
