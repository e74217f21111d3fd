"""The fixture `gradcheck`: `verify` and `assert_correct`, recorded under the name of the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.errors import UsageError
from gradcheck.pytest_plugin.sending import send_result

if TYPE_CHECKING:
    from gradcheck.running.result import Result

__all__ = ["Checks"]

_MARKED = ("seed", "max_examples", "backends")


class Checks:
    """What a test gets as `gradcheck`.

    Seed, number of points and backends are those of the call, else those of the marker
    `@pytest.mark.gradcheck(...)`, else those of the command line.
    """

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def verify(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any] | None = None,
        shapes: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Result:
        """`gradcheck.verify`; the result is recorded for `--gradcheck-report`."""
        from gradcheck.api import verify

        result = verify(forward, backward, shapes, **{**self._defaults(), **options})
        self.record(result)
        return result

    def assert_correct(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any] | None = None,
        shapes: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Result:
        """`gradcheck.assert_correct`; the result is recorded whatever it is."""
        from gradcheck.running.result import failure, warn_of_absent_keys

        __tracebackhide__ = True
        result = self.verify(forward, backward, shapes, **options)
        if not result.passed:
            raise failure(result)
        warn_of_absent_keys(result)
        return result

    def record(self, result: Result) -> None:
        """Record a result of `gradcheck.verify` that was had without this fixture."""
        send_result(self._item, result)

    def _defaults(self) -> dict[str, Any]:
        config = self._item.config
        chosen = {
            "seed": config.getoption("gradcheck_seed"),
            "max_examples": config.getoption("gradcheck_max_examples"),
            "backends": config.getoption("gradcheck_backend"),
        }
        for marker in reversed(list(self._item.iter_markers("gradcheck"))):
            strange = [*map(repr, marker.args), *(n for n in marker.kwargs if n not in _MARKED)]
            if strange:
                raise UsageError(
                    f"@pytest.mark.gradcheck takes the keywords {', '.join(_MARKED)}, not {strange[0]}."
                )
            chosen |= marker.kwargs
        return chosen
