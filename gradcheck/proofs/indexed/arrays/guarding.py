"""The border between code and its symbols: no exception crosses it that NumPy would not raise, unseen.

Code may catch whatever it likes. What was refused, or went wrong in our own arithmetic, is written down
in the space before it is raised, and nothing that was written down there is proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.space import Leak, Space

__all__ = ["alike", "guarded", "is_a", "leak", "refuse_all", "unavailable", "unknown"]

E = TypeVar("E", bound=Exception)


def alike(error: E) -> E:
    """An exception that NumPy or Python raises here as well, so that code may catch it and go on."""
    error.raised_alike = True  # type: ignore[attr-defined]
    return error


def is_a(value: object, *kinds: type) -> bool:
    """`isinstance` by the type that a value really has: symbols name the class of what they stand for."""
    return issubclass(type(value), kinds)


def guarded(space: Space, what: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The function's result; what it raises is written down, unless it is `alike`."""
    try:
        return function(*args, **kwargs)
    except Unsupported as error:
        space.refused(error)
        raise
    except Exception as error:
        if not getattr(error, "raised_alike", False):
            space.refused(Unsupported(f"{what} raises {type(error).__name__} on symbols: {error}"))
        raise


def leak(space: Space, what: str) -> None:
    """Write down that the code got to know what differs from size to size, and let it go on."""
    space.refused(Leak(what))


def unavailable(space: Space, what: str) -> Unsupported:
    """The refusal of what symbols cannot do."""
    return space.refused(Unsupported(f"{what} is not available on symbols for all shapes"))


def unknown(space: Space, what: str) -> Unsupported:
    """The refusal of a name whose meaning on symbols is not known."""
    text = f"{what}, which may tell symbols from numbers, or one run from another"
    return space.refused(Unsupported(text))


_OF_EVERY_CLASS = {
    "__class__", "__new__", "__init__", "__init_subclass__", "__subclasshook__", "__getattribute__",
    "__setattr__", "__delattr__", "__doc__", "__class_getitem__",
}  # fmt: skip


def refuse_all(cls: type, names: Iterable[str], *, data: frozenset[str] = frozenset()) -> None:
    """Let the class refuse every special method of these names that it does not define itself.

    The class has a method ``_refuse``. Names in ``data`` are attributes, which refuse to be read.
    """
    for name in names:
        if not (name.startswith("__") and name.endswith("__")) or name in _OF_EVERY_CLASS:
            continue
        if any(name in vars(base) for base in cls.__mro__ if base is not object):
            continue
        method = _refusing(name)
        setattr(cls, name, property(method) if name in data else method)


_ARRAY = "a float64 array made of it, or a buffer that it is stored into,"
_SAID = {"__array_struct__": _ARRAY, "__array_interface__": _ARRAY, "__buffer__": _ARRAY}


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(self: Any, *_: Any, **__: Any) -> Any:
        raise self._refuse(_SAID.get(name, name))

    return refuse
