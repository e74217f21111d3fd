"""Arguments that are dicts, lists, tuples, named tuples or dataclasses of arrays.

The engine knows arrays alone: the arguments of a formula are the *leaves*, each named by the Python
expression that reaches it (`params["W1"]`, `layers[0].b`), and only the user's own functions see them
nested. `Nesting` holds the forms and goes both ways.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.errors import FormFault, UsageError
from gradcheck.formulas.complex_numbers.parts import ComplexParts
from gradcheck.formulas.suggestions import did_you_mean, short

__all__ = ["Nesting", "Part", "parts_of", "remade", "unfolded"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a container: its key, how Python reaches it (`["W1"]`, `[0]`, `.b`), and what it is."""

    key: Any
    access: str
    value: Any


def parts_of(container: Any) -> list[Part] | None:
    """The parts of a dict, dataclass, named tuple, list or tuple; None for anything else."""
    if isinstance(container, Mapping):
        return [Part(k, f"[{_written(k)}]", v) for k, v in container.items()]
    if dataclasses.is_dataclass(container) and not isinstance(container, type):
        names = [f.name for f in dataclasses.fields(container)]
    elif isinstance(container, tuple) and hasattr(container, "_fields"):
        names = list(container._fields)
    elif isinstance(container, list | tuple):
        return [Part(i, f"[{i}]", v) for i, v in enumerate(container)]
    else:
        return None
    return [Part(n, f".{n}", getattr(container, n)) for n in names]


def unfolded(name: str, value: Any, is_leaf: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    """The leaves in an argument, each with its name."""
    parts = None if is_leaf(value) else parts_of(value)
    if parts is None:
        yield name, value
        return
    if not parts:
        raise UsageError(f"{name} is an empty {type(value).__name__}: it holds no arrays. Leave it out.")
    for part in parts:
        yield from unfolded(name + part.access, part.value, is_leaf)


@dataclass(frozen=True, slots=True)
class Nesting:
    """The forms of a function's own arguments, in order, each with the numbers of its leaves in their places
    (a plain array is the number itself).
    """

    forms: Mapping[str, Any]

    @classmethod
    def of(cls, arguments: Mapping[str, Any], is_leaf: Callable[[Any], bool]) -> Nesting:
        """The forms of declared or given arguments. Raises `UsageError` for an empty container."""
        count = iter(range(sum(1 for n, v in arguments.items() for _ in unfolded(n, v, is_leaf))))

        def numbered(value: Any) -> Any:
            parts = None if is_leaf(value) else parts_of(value)
            return next(count) if parts is None else remade(value, [numbered(p.value) for p in parts])

        return cls({name: numbered(value) for name, value in arguments.items()})

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of the function's own arguments."""
        return tuple(self.forms)

    @property
    def is_flat(self) -> bool:
        """Whether every argument is an array."""
        return all(isinstance(form, int) for form in self.forms.values())

    def leaves_of(self, arguments: Sequence[str]) -> list[str]:
        """The names of the leaves of some arguments."""
        return [leaf for name in arguments for leaf in _names(self.forms[name], name)]

    @property
    def complex_leaves(self) -> tuple[str, ...]:
        """The names of the complex arrays, each of which is two leaves."""
        found = (unfolded(n, f, lambda v: isinstance(v, int | ComplexParts)) for n, f in self.forms.items())
        return tuple(name for each in found for name, form in each if isinstance(form, ComplexParts))

    def arranged(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The function's own arguments, made of leaves; a complex one still in parts."""
        return tuple(_filled(form, leaves) for form in self.forms.values())

    def called_with(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The function's own arguments as it is called with them."""
        return tuple(_filled(form, leaves, ComplexParts.array) for form in self.forms.values())

    def leaves(
        self,
        arguments: Mapping[str, Any],
        what: str = "values",
        is_whole: Callable[[Any], bool] = callable,
    ) -> dict[str, Any]:
        """What is given for arguments (`{"params": {"W1": ...}}`), or for leaves by their own names, by leaf.

        One thing for a whole container holds for each of its leaves; what is not given is left out. ``what``
        is declared, in an error's words; what ``is_whole`` is one thing, whatever it is made of.
        """
        found: dict[str, Any] = {}
        for name, value in arguments.items():
            if name in self.forms and not isinstance(self.forms[name], int):
                found.update(_given(self.forms[name], name, value, what, is_whole))
            else:
                found[name] = value
        return found

    def placed(self, result: Any) -> Any:
        """A dict of gradients whose keys are those of exactly one container, as that argument's alone.

        The nearest one is taken, so that a key too many is named with it.
        """
        if not isinstance(result, Mapping) or any(k in self.forms for k in result):
            return result
        nested = {n: () if isinstance(f, ComplexParts) else _own(f) for n, f in self.forms.items()}
        common = {n: len({p.key for p in parts} & set(result)) for n, parts in nested.items()}
        most = max(common.values())
        having = [n for n in self.forms if common[n] == most]
        if most and len(having) > 1:
            raise FormFault(
                f"the keys {', '.join(map(str, result))} are those of {' and of '.join(having)}; return the "
                f"gradients by argument, as in {{{having[0]!r}: ...}}",
            )
        return {name: result if name == having[0] else None for name in self.forms} if most else result

    def near(self, result: Any) -> str:
        """Of a dict with the keys of no argument: which keys there are, and the one that is near."""
        if not isinstance(result, Mapping) or any(k in self.forms for k in result):
            return ""
        nested = {n: _own(f) for n, f in self.forms.items() if not isinstance(f, int | ComplexParts)}
        have = " and ".join(f"{name} has {_listed(parts)}" for name, parts in nested.items())
        keys = [str(p.key) for parts in nested.values() for p in parts]
        hints = (did_you_mean(str(key), keys) for key in result)
        return f". {have}.{next(filter(None, hints), '')}" if have else ""

    def flattened(
        self, given: Sequence[Any], what: str, *, conjugated: bool = False, absent: set[str] | None = None
    ) -> tuple[Any, ...]:
        """What was returned for the function's own arguments, by leaf; None for what is not there.

        ``what`` is one of them in words; complex ones are ``conjugated`` first. ``absent`` takes the names
        for which a container has no key. Raises `FormFault` for another nesting.
        """
        missing = set() if absent is None else absent
        named = zip(self.forms.items(), given, strict=True)
        return tuple(
            leaf
            for (name, form), value in named
            for leaf in _returned(form, name, value, what, conjugated, missing)
        )


def _written(key: Any) -> str:
    return f'"{key}"' if isinstance(key, str) else repr(key)


def remade(container: Any, parts: list[Any]) -> Any:
    """A container of the same type with other parts."""
    if isinstance(container, dict):
        made = copy.copy(container)
        made.update(zip(container, parts, strict=True))
        return made
    if isinstance(container, Mapping):
        return dict(zip(container, parts, strict=True))
    if isinstance(container, list):
        return parts
    if isinstance(container, tuple):
        make: Any = getattr(container, "_make", tuple)
        return make(parts)
    names = [f.name for f in dataclasses.fields(container)]
    return dataclasses.replace(container, **dict(zip(names, parts, strict=True)))


def _filled(form: Any, leaves: Sequence[Any], complex_of: Callable[[ComplexParts], Any] | None = None) -> Any:
    if isinstance(form, int):
        return leaves[form]
    made = remade(form, [_filled(p.value, leaves, complex_of) for p in _own(form)])
    return complex_of(made) if complex_of is not None and isinstance(made, ComplexParts) else made


def _own(form: Any) -> list[Part]:
    """The parts of a form; none of an array's."""
    return parts_of(form) or []


def _names(form: Any, name: str) -> list[str]:
    return [leaf for leaf, _ in unfolded(name, form, lambda value: isinstance(value, int))]


def _given(form: Any, name: str, value: Any, what: str, is_whole: Callable[[Any], bool]) -> dict[str, Any]:
    """By leaf, what is said of a container. Raises `UsageError` for parts that it does not have."""
    if isinstance(form, ComplexParts):
        return {name: value}  # told apart where values are read
    own = {p.key: p for p in _own(form)}
    given = parts_of(value) if own and not is_whole(value) else None
    if given is None:
        return dict.fromkeys(_names(form, name), value)
    found: dict[str, Any] = {}
    for part in given:
        if part.key not in own:
            raise UsageError(
                f"{what}: there is no {name}{part.access}; {name} has {_listed(own.values())}."
                f"{did_you_mean(part.key, map(str, own))}"
            )
        mine = own[part.key]
        found.update(_given(mine.value, name + mine.access, part.value, what, is_whole))
    return found


def _returned(
    form: Any, name: str, value: Any, what: str, conjugated: bool, absent: set[str]
) -> Iterator[Any]:
    """One entry for each leaf of a form, from what was returned for it."""
    if isinstance(form, int):
        if isinstance(value, dict):
            raise FormFault(f"expected an array as the {what} of {name}, got {short(value)}")
        yield value
        return
    if isinstance(form, ComplexParts):
        parts = ComplexParts.of(value, conjugated=conjugated)
        yield from (parts.real, parts.imag)
        return
    own = _own(form)
    if value is None:
        for part in own:
            yield from _returned(part.value, name + part.access, None, what, conjugated, absent)
        return
    found = parts_of(value)
    if found is None:
        raise FormFault(
            f"expected the {what}s of {name} nested as {name} is, with {_listed(own)}, got "
            f"{type(value).__name__}; use None where none is checked",
        )
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        if len(found) != len(own):
            raise FormFault(
                f"expected {len(own)} {what}s for {name}, got {len(found)}; use None where one is not checked"
            )
        given = {part.key: other.value for part, other in zip(own, found, strict=True)}
    else:
        given = {part.key: part.value for part in found}
    keys = [part.key for part in own]
    if unknown := [key for key in given if key not in keys]:
        raise FormFault(
            f"there is a {what} for {name}[{_written(unknown[0])}], but {name} has {_listed(own)}."
            f"{did_you_mean(unknown[0], map(str, keys))}",
        )
    for part in own:
        if part.key not in given:
            absent.add(name + part.access)
        yield from _returned(part.value, name + part.access, given.get(part.key), what, conjugated, absent)


def _listed(parts: Any) -> str:
    return ", ".join(str(p.key) for p in parts)
