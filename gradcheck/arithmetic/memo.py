"""What was worked out once, refusals too: code that an arithmetic cannot run is not run again to find out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gradcheck.errors import Unsupported

__all__ = ["Memo"]

T = TypeVar("T")


class Memo:
    """Results and refusals by key.

    ``failed`` turns any other exception into a refusal; without it they pass through and nothing is
    remembered. At most ``most`` are kept, those that were asked for last. A refusal is kept without its
    frames (`Unsupported.anew`): those hold what it is kept in.
    """

    def __init__(
        self, *, failed: Callable[[Exception], Unsupported] | None = None, most: int | None = None
    ) -> None:
        self._failed, self._most = failed, most
        self._found: dict[Any, tuple[Any, Any]] = {}

    def get(self, key: Any, compute: Callable[[], T], *, alive: object = None) -> T:
        """The result for a key, computed the first time. Raises `Unsupported` each time where it refused.

        ``alive`` is kept with it: the objects whose ids are part of the key, so that these stay theirs.
        """
        found = self._found.pop(key, None) or (self._tried(compute), alive)
        self._found[key] = found  # the last one now
        if self._most is not None and len(self._found) > self._most:
            del self._found[next(iter(self._found))]
        if isinstance(found[0], Unsupported):
            raise found[0].anew()
        result: T = found[0]
        return result

    def _tried(self, compute: Callable[[], Any]) -> Any:
        try:
            return compute()
        except Unsupported as error:
            return error.anew()
        except Exception as error:
            if self._failed is None:
                raise
            return self._failed(error)
