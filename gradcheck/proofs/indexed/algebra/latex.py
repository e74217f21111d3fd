"""Expressions in print: LaTeX, and one line of plain text.

Long inner expressions get a name of their own, and its definition stands apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from gradcheck.proofs.indexed.algebra.constants import meant
from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.indices.codes import BOUND, FREE, is_bound, is_constant
from gradcheck.proofs.indexed.algebra.interning import slot_codes
from gradcheck.proofs.indexed.algebra.polynomials import words
from gradcheck.proofs.indexed.algebra.space import DELTA, Factor, Head, Number, Space, Term

__all__ = ["Printer", "plain_text"]

_LETTERS = "ijklrstuvabcdefgho"
_LONGEST = 48
"""Letters of an inner expression that is printed where it stands."""


class Printer:
    """Prints expressions of one space. ``names`` are fixed names of indices; ``definitions`` collects
    `name = expression` for the inner expressions that got one.
    """

    def __init__(self, space: Space, names: Mapping[int, str] | None = None, *, latex: bool = True) -> None:
        self.space = space
        self.latex = latex
        self.names = dict(names or {})
        self.definitions: dict[str, str] = {}
        self._let: dict[int, str] = {}
        sizes = {n for s in space.size_list if type(s) is not int for m, _ in s.polynomial for n in m}
        taken = sizes | {h.name for h in space.heads if h.kind == "variable"}
        self._letters = [c for c in _LETTERS if c not in taken] + [f"i{k}" for k in range(1, 40)]

    def expression(self, expression: Expr, used: frozenset[str] = frozenset()) -> str:
        """A sum of terms. ``used`` are names of indices that mean something around it."""
        if not expression.terms:
            return "0"
        used = used | {self.index(c) for c in expression.free}
        parts = [self._term(t, c, used) for t, c in sorted(expression.terms.items(), key=_order)]
        text = " ".join(parts)
        return text[2:] if text.startswith("+ ") else "-" + text[2:]

    def index(self, code: int) -> str:
        """The name of an index, given to it here where it has none."""
        if is_constant(code):
            return str(code)
        if code in self.space.digits:
            return f"({', '.join(map(self.index, self.space.digits[code]))})"
        if code not in self.names:
            kind, position = self.space.code_names[code - FREE]
            taken = set(self.names.values())
            kind = kind.split(" of ")[-1]
            letters = {"target": "pqrstu", "slot": "ijklrs", "out": "ijkl"}.get(kind, "")
            free = [c for c in letters if c not in taken] + [c for c in self._letters if c not in taken]
            self.names[code] = free[0] if letters or kind != "axis" else free[position % len(free)]
        return self.names[code]

    def _term(self, term: Term, coefficient: Number, used: frozenset[str]) -> str:
        factors, bounds = term
        free = [c for c in self._letters if c not in used and c not in self.names.values()]
        own = {BOUND + k: free[k] for k in range(len(bounds))}
        inside = used | set(own.values())
        above, below = [], []
        for one in sorted(factors, key=self._rank):
            head = self.space.heads[one[0]]
            if one[2] < 0 and head.kind != "exp":
                below.append(self._factor((one[0], one[1], -one[2]), own, inside))
            else:
                above.append(self._factor(one, own, inside))
        sums = "".join(self._sum(own[BOUND + k], size) for k, size in enumerate(bounds))
        sign = "-" if coefficient < 0 else "+"
        number: Number = -coefficient if coefficient < 0 else coefficient
        plain_number = "" if number == 1 and above else self._number(number)
        if isinstance(number, Fraction) and (below or not self.latex) and not _is_float(number):
            plain_number = "" if number.numerator == 1 and above else str(number.numerator)
            below.insert(0, str(number.denominator))
        space = r"\, " if self.latex else " "
        top = space.join([*([plain_number] if plain_number else []), *above]) or "1"
        if not below:
            return f"{sign} {sums}{top}"
        if self.latex:
            return f"{sign} {sums}\\frac{{{top}}}{{{space.join(below)}}}"
        bottom = " ".join(below)
        return f"{sign} {sums}{top} / {bottom if len(below) == 1 else f'({bottom})'}"

    def _rank(self, one: Factor) -> tuple[int, int]:
        order = {"root": 0, "size": 1, "delta": 2, "variable": 4, "step": 3}
        return (order.get(self.space.heads[one[0]].kind, 5), one[0])

    def _sum(self, letter: str, size: int) -> str:
        if self.latex:
            return f"\\sum_{{{letter}=1}}^{{{self._size(size)}}} "
        return f"sum_{letter} "

    def _size(self, number: int) -> str:
        size = self.space.size_list[number]
        text = str(size) if type(size) is int else words(size.polynomial)
        return text.replace("*", r"\,") if self.latex else text

    def _number(self, number: Number) -> str:
        if isinstance(number, Fraction):
            if _is_float(number):
                return repr(float(number))
            if self.latex:
                return f"\\tfrac{{{number.numerator}}}{{{number.denominator}}}"
        return str(number)

    def _factor(self, one: Factor, own: Mapping[int, str], used: frozenset[str]) -> str:
        number, codes, power = one
        head = self.space.heads[number]
        indices = [own[c] if is_bound(c) else self.index(c) for c in codes]
        if head.kind == "exp":
            inner = self._inner(head, indices, used)
            scale = "" if power == 1 else ("-" if power == -1 else self._number(power))
            wrapped = f"({inner})" if scale and re.search(r" [+-] ", inner) else inner
            return f"e^{{{scale}{wrapped}}}" if self.latex else f"exp({scale} {wrapped})".replace("( ", "(")
        base = self._base(head, indices, used)
        if power == 1:
            return base
        if power == Fraction(1, 2):
            return f"\\sqrt{{{_bare(base)}}}" if self.latex else f"sqrt({_bare(base)})"
        raised = self._number(power) if not isinstance(power, Fraction) else str(power)
        if base.startswith("\\left[") or "^" in base or ("_" not in base and len(base) > 2):
            base = base if base.startswith(("\\left(", "(")) else f"({base})"
        return f"{base}^{{{raised}}}" if self.latex else f"{base}^{raised}"

    def _base(self, head: Head, indices: list[str], used: frozenset[str]) -> str:
        if head.number == DELTA:
            joined = "".join(indices) if all(len(i) == 1 for i in indices) else ", ".join(indices)
            return f"\\delta_{{{joined}}}" if self.latex else f"[{indices[0]} = {indices[1]}]"
        if head.kind in ("size", "root", "pi"):
            return r"\pi" if self.latex and head.kind == "pi" else head.name
        if head.kind == "variable":
            return self.indexed(_greek(head.name) if self.latex else head.name, indices)
        if head.kind == "argmax":
            return self.indexed(r"\operatorname{argmax}" if self.latex else "argmax", indices)
        if head.argument is None:
            return self._relation(head, indices)
        if head.kind == "max":
            return self._maximum(head, indices, used)
        if head.over:
            return self._of_matrix(head, indices, used)
        inner = self._inner(head, indices, used)
        if head.kind == "power":
            return f"\\left({inner}\\right)" if self.latex else f"({inner})"
        if head.kind == "step":
            return f"\\left[{inner} > 0\\right]" if self.latex else f"[{inner} > 0]"
        if head.kind == "equals":
            return f"\\left[{inner} = 0\\right]" if self.latex else f"[{inner} = 0]"
        name = head.name or head.kind
        name = f"\\{name}" if self.latex and name in _OPERATORS else name
        name += "'" * head.order
        return f"{name}\\left({inner}\\right)" if self.latex else f"{name}({inner})"

    def _relation(self, head: Head, indices: list[str]) -> str:
        offset = words(head.offset) if head.offset else ""
        beyond = "" if not offset else f" {offset}" if offset.startswith("-") else f" + {offset}"
        last = self._size(head.slots[-1]) if head.slots else ""
        say: dict[str, Callable[..., str]] = {
            "place": lambda i, j: f"{j} = {i}{beyond}",
            "turn": lambda i, j: f"{j} = {i}{beyond} mod {last}",
            "mirror": lambda i, j: f"{i} + {j} = {last} - 1",
            "add": lambda i, j, k: f"{k} = {i} + {j}",
            "order": lambda i, j: f"{i} <= {j}",
            "position": lambda i: i,
            "undefined": lambda: "undefined",
            "label": lambda *at: f"{at[-1]} = {self.indexed(head.name, list(at[:-1]))}",
        }
        text = say[head.kind](*indices)
        if self.latex:
            text = text.replace("<=", r"\le").replace(" mod ", r" \bmod ").replace("*", r"\,")
        if head.kind in ("position", "undefined"):
            return text
        return f"\\left[{text}\\right]" if self.latex else f"[{text}]"

    def _of_matrix(self, head: Head, indices: list[str], used: frozenset[str]) -> str:
        """An inverse or a determinant, with the letters of the matrix's rows and columns."""
        free = [c for c in self._letters if c not in used and c not in self.names.values()]
        over = dict(zip(head.over, free, strict=False))
        inner = self._inner(head, indices, used | set(over.values()), over)
        letters = ", ".join(over.values())
        own = indices[-2:] if head.kind == "inverse" else []
        if self.latex:
            name = f"\\operatorname{{{head.kind}}}_{{{letters}}}\\left({inner}\\right)"
            return f"{name}_{{{', '.join(own)}}}" if own else name
        return self.indexed(f"{head.kind}_{letters}({inner})", own)

    def _maximum(self, head: Head, indices: list[str], used: frozenset[str]) -> str:
        free = [c for c in self._letters if c not in used and c not in self.names.values()]
        over = dict(zip(head.over, free, strict=False))
        inner = self._inner(head, indices, used | set(over.values()), over)
        letters = ", ".join(over.values())
        return f"\\max_{{{letters}}} {inner}" if self.latex else f"max_{letters}({inner})"

    def _inner(
        self, head: Head, indices: list[str], used: frozenset[str], over: Mapping[int, str] | None = None
    ) -> str:
        """The inner expression, or its name where it is long."""
        assert head.argument is not None
        before = self.names
        slots = slot_codes(self.space, head)
        if head.number not in self._let:
            self.names = before | dict(zip(slots, indices, strict=True)) | dict(over or {})
            text = self.expression(head.argument, used)
            self.names = before
            if len(text) <= _LONGEST:
                return text
            name = f"u_{len(self._let) + 1}" if not self.latex else f"u^{{({len(self._let) + 1})}}"
            self._let[head.number] = name
            letters = [c for c in "ijklrstu" if c not in set((over or {}).values())][: len(slots)]
            self.names = before | dict(zip(slots, letters, strict=False)) | dict(over or {})
            self.definitions[self.indexed(name, letters)] = self.expression(head.argument)
            self.names = before
        return self.indexed(self._let[head.number], indices)

    def indexed(self, name: str, indices: list[str]) -> str:
        """A name with its indices."""
        if not indices:
            return name
        if self.latex:
            joined = "".join(indices) if all(len(i) == 1 for i in indices) else ", ".join(indices)
            return f"{name}_{{{joined}}}" if "_" not in name else f"{{{name}}}_{{{joined}}}"
        return f"{name}[{', '.join(indices)}]"


def plain_text(expression: Expr) -> str:
    """One line of text."""
    printer = Printer(expression.space, latex=False)
    text = printer.expression(expression)
    where = "; ".join(f"{name} = {inner}" for name, inner in printer.definitions.items())
    return f"{text} where {where}" if where else text


def _order(item: tuple[Term, Number]) -> tuple[object, ...]:
    (factors, bounds), coefficient = item
    return (coefficient < 0, len(bounds), factors)


def _is_float(number: Fraction) -> bool:
    """A float from the code, and not a fraction that a person would write."""
    return number.denominator > 1000 and meant(float(number)) == number


def _bare(text: str) -> str:
    for left, right in (("\\left(", "\\right)"), ("(", ")")):
        if text.startswith(left) and text.endswith(right) and text.count(left) == 1:
            return text[len(left) : -len(right)]
    return text


_OPERATORS = {"log", "sin", "cos", "arctan", "arcsin"}
_GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "lambda", "mu", "sigma", "rho"}


def _greek(name: str) -> str:
    """`delta` and `gamma` as letters, `W1` with its number above, other words upright."""
    found = re.fullmatch(r"([A-Za-z]+)(\d*)", name)
    if found is None:
        return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"
    word, digits = found.groups()
    if word in _GREEK:
        word = "\\bar{\\delta}" if word == "delta" else "\\" + word
    elif len(word) > 1:
        word = rf"\mathrm{{{word}}}"
    return f"{word}^{{({digits})}}" if digits else word
