"""Symbols: which array one means, and with which indices."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.arrays.algebra import multiply, sliding, total
from gradcheck.notes.arrays.terms import (
    ONE,
    ZERO,
    Delta,
    Dim,
    Entry,
    Function,
    Index,
    Number,
    Place,
    Term,
    fresh,
)
from gradcheck.notes.arrays.values import (
    Slip,
    Undeclared,
    Value,
)
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Group,
    Literal,
    Name,
    Node,
)
from gradcheck.notes.reading.options import Info
from gradcheck.notes.reading.sizes import Sizes
from gradcheck.notes.statements.context import LAYERS, key_of, letter_of

__all__ = ["Symbols"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


def _size(text: str) -> str:
    """The letter of a size, whatever its layer: n of `n_l`, `n_{l-1}` and `n@3`."""
    return text.replace("{", "").split("@")[0].split("_")[0].strip()


class Symbols(Sizes):
    """Symbols: which array one means, and with which indices."""

    def place(self, node: Node) -> Place:
        letter = letter_of(node)
        if letter is not None:
            return self.letter(letter)
        if isinstance(node, Literal) and node.value.denominator == 1 and node.value >= 1:
            return int(node.value) - 1
        if isinstance(node, Group):
            return self.place(node.body)
        if isinstance(node, Literal) and node.value == 0:
            raise NotRead("an index is 0, and indices count from 1")
        raise NotRead("an index is more than a letter or a number")

    def array(self, name: Name) -> tuple[str, list[Node], Node | None]:
        """Which array a symbol means, the indices that it is written with, and an exponent."""
        key, subs, exponent = key_of(name), list(name.sub), None
        weights = any(k == key and c - {0} for (_, k), c in self.context.used.items())
        if key == "\\pi" and not subs and weights and not self.context.is_defined(key):
            return "\\mathrm{\\pi}", [], name.sup[0] if name.sup else None  # 3.14 beside weights \pi_k
        known = self.context
        suffix = ""
        if name.sup:
            sup = name.sup[0]
            kind = self.superscript(name, sup)
            if kind == "symbol":
                key = f"{key}^2"
            elif kind == "layer":
                suffix = f"@{self.static_value(sup)}"
            elif kind == "index":
                subs.insert(0, sup)
                declared = known.declared(key)
                if name.bracket and not known.is_defined(key) and (declared is None or declared.each):
                    key += "^{(i)}"  # the examples' x, beside the x of a function h(x)
            else:
                exponent = sup
        elif key in known.layered and not name.text and self.layer_free(key):
            if name.sub and len(self.context.letters(name)) and self.beside_layers:
                raise Slip(f"{key} has a layer everywhere else, and none here", self.layer_hint(key, name))
            raise NotRead(f"{key} has a layer everywhere else, and none here")
        if not suffix and key in known.stepped and subs:
            stepped = [s for s in subs if self.is_static(s) or (isinstance(s, Literal) and len(subs) == 1)]
            if stepped:
                suffix = f"@{self.static_value(stepped[0])}"
                subs.remove(stepped[0])
        if subs and key in known.doubled and not name.sup:
            return f"{key}_{{i}}", subs, exponent
        together = "".join(letter_of(s) or "?" for s in subs)
        if len(subs) > 1 and (
            known.declared(f"{key}_{{{together}}}") or known.is_defined(f"{key}_{{{together}}}")
        ):
            key, subs = f"{key}_{{{together}}}", []
        if len(subs) == 1 and isinstance(subs[0], Literal) and self.is_label_number(name, key, subs[0].text):
            key, subs = f"{key}_{{{subs[0].text}}}", []
        return key + suffix, subs, exponent

    def sizes_are_declared(self, *dims: Dim) -> bool:
        """Whether a comment declares with both sizes; the text gives a letter anew from page to page."""
        said = {_size(s) for d in self.context.declarations.shapes if not d.prose for s in d.sizes}
        roots = [d.root() for d in dims]
        counts = [r.number for r in roots if r.number is not None]
        if len(counts) == 2 and abs(counts[0] - counts[1]) == 1:
            return False  # a sum from 0 beside one from 1: a slip of counting, and of nothing else
        return all(root.name is None or _size(root.name) in said for root in roots)

    beside_layers = False
    """Whether the statement at hand writes layers at its other symbols."""

    def is_label_number(self, name: Name, key: str, digit: str) -> bool:
        """Whether the number below the line tells symbols apart, as in W_1 and W_2, and counts no entry."""
        known = self.context
        literal = f"{key}_{{{digit}}}"
        if known.is_defined(literal) or known.declared(literal):
            return True
        declared = known.declared(key)
        return (
            declared is not None
            and len(declared.sizes) == 2
            and len(digit) == 1
            and not known.is_defined(key)
        )

    def layer_hint(self, key: str, name: Name) -> str | None:
        return None

    def layer_free(self, key: str) -> bool:
        own = [d for d in self.context.declarations_of(key) if not d.name.sup]
        return not own and not any(not d.name.sup for d in self.context.definition(key, self.scope))

    def superscript(self, name: Name, sup: Node) -> str:
        key = key_of(name)
        known = self.context
        letters = known.letters(sup)
        if isinstance(sup, Literal) and not name.bracket and key in known.squared and sup.value == 2:
            return "symbol"
        for letter in letters:
            if letter in known.declarations.superscripts:
                return known.declarations.superscripts[letter]
        if name.bracket == "[":
            return "layer"
        if name.bracket == "(":
            if isinstance(sup, Literal) and key in known.examples and key not in known.layered:
                return "index"
            if isinstance(sup, Literal) or letters & (LAYERS | known.steps):
                return "layer"
            return "index" if letter_of(sup) is not None else "power"
        if letters & LAYERS and (letters <= self.static.keys()):
            return "layer"
        if isinstance(sup, Literal) and key in known.layered:
            return "layer"
        if letters & self.static.keys() and key in known.layered:
            return "layer"
        return "power"

    def named(self, name: Name) -> Value:
        constant = self.constant(name)
        if constant is not None:
            return constant
        if name.primes:
            return self.primed(name)
        if (
            name.base == "\\delta"
            and len(name.sub) <= 1
            and not self.context.is_defined(key_of(name))
            and not name.text
            and "\\delta" not in dict(self.options.ranks)
        ):
            return self.error_signal(name)
        array, subs, exponent = self.array(name)
        value = self.entries(name, array, subs)
        if exponent is None:
            return value
        if letter_of(exponent) == "t" and not value.scalar and self.transposes(exponent):
            return value.transposed()
        return self.raised(value, self.value(exponent), exponent)

    def error_signal(self, name: Name) -> Value:
        r"""An undeclared \\delta: the loss's derivative by the pre-activation."""
        key = self.context.preactivation()
        if key is None:
            raise Undeclared("\\delta")
        loss = self.default_loss()
        self.assume(f"\\delta is the derivative of {loss} by {key}")
        by = self.operand(replace(name, base=key, accent=""))
        body = Entry(loss, ())
        self.reach(body, by.array)
        value = by.value.with_body(self.graph.derivative(body, by.array, by.places))
        declared = self.context.declared("\\delta")
        row = declared is not None and declared.row
        if value.vector and row and value.column is None:
            return value.transposed()
        return value

    def constant(self, name: Name) -> Value | None:
        base, known = name.base, self.context
        if base == "\\delta" and len(name.sub) == 2 and not (name.sup or name.accent or name.text):
            two = known.declared(key_of(name))
            if (two is None or len(two.sizes) != 2) and not any(
                len(d.name.sub) == 2 for d in known.definition(key_of(name), self.scope)
            ):
                return self.kronecker(name)
        declared = known.declared(key_of(name)) is not None or known.is_defined(key_of(name))
        if declared or name.accent:
            return None
        if base == "\\ones":
            return Value(fresh(Dim(), "r"), None, ONE)
        if base == "\\zeros":
            return Value(None, None, ZERO, listed=True)
        if base == "I" and len(name.sub) <= 1 and not name.sup and self.is_size_mark(name):
            letter = letter_of(name.sub[0]) if name.sub else None
            row = fresh(Dim() if letter is None else self.dim(letter), "r")
            column = fresh(row.dim, "c")
            return Value(row, column, Delta(row, column))
        if base == "e" and name.sup and not name.sub:
            inner = self.value(name.sup[0])
            if not inner.scalar and not self.entrywise:
                self.assume("the exponential of a vector is taken entry by entry")
            return inner.with_body(Function("exp", inner.body))
        return None

    def is_size_mark(self, name: Name) -> bool:
        """I, or I_n with n a size."""
        letter = letter_of(name.sub[0]) if name.sub else ""
        if letter is None:
            return False
        return not letter or (letter not in self.letters and letter not in self.free)

    def kronecker(self, name: Name) -> Value:
        a, b = (self.place(s) for s in name.sub)
        if isinstance(a, Index) and isinstance(b, Index):
            a.dim.unify(b.dim)
        return Value(None, None, Delta(a, b) if a != b else ONE)

    def primed(self, name: Name) -> Value:
        plain = replace(name, primes=0)
        array, subs, _ = self.array(plain)
        info = self.info(plain, array, len(subs))
        if name.primes == 1 and len(info.dims) - info.family == 2 and not subs:
            return self.named(plain).transposed()
        raise NotRead(f"what the prime of {key_of(name)} means is not clear")

    def entries(self, name: Name, array: str, subs: list[Node]) -> Value:
        count = len(subs)
        info, array, subs = self.fitted(name, array, subs)
        label: list[tuple[Index, Term]] = []
        places: list[Place] = []
        for sub in subs:
            if isinstance(sub, Name) and (sub.sub or (letter_of(sub) and self.is_label(sub))):
                k, hot = self.labelled(sub)
                label.append((k, hot))
                places.append(k)
            elif isinstance(sub, Addition):
                k = fresh(Dim(), "p")
                label.append((k, self.slid(k, sub)))
                places.append(k)
            else:
                places.append(self.place(sub))
        for dim, place in zip(info.dims, places, strict=False):
            if isinstance(place, Index) and not place.dim.unify(dim):
                letter = place.name.split("#")[0]
                text = f"the index {letter} of {key_of(name)} runs to {dim}, elsewhere to {place.dim}"
                raise Slip(text) if self.sizes_are_declared(dim, place.dim) else NotRead(text)
        own = len(info.dims) - len(places)
        if len(places) not in {len(info.dims), info.family}:
            raise NotRead(f"{key_of(name)} has {len(info.dims)} indices, here it has {count}")
        rest = [fresh(d, "rc"[k] if k < 2 else "k") for k, d in enumerate(info.dims[len(places) :])]
        body: Term = Entry(array, (*places, *rest))
        for k, hot in label:
            body = total(k, multiply((hot, body)))
        if own == 0:
            return Value(None, None, body)
        if own == 1:
            return Value(None, rest[0], body) if info.row else Value(rest[0], None, body)
        if own == 2:
            return Value(rest[0], rest[1], body)
        raise NotRead(f"{key_of(name)} has {own} axes")

    def slid(self, at: Index, node: Addition) -> Term:
        """x_{i+k}: the place is the sum of other places."""
        steps: list[tuple[Place, int]] = []
        number = 0
        for sign, term in node.terms:
            if isinstance(term, Literal) and term.value.denominator == 1:
                number += sign * int(term.value)
            else:
                steps.append((self.place(term), sign))
        # places count from 0; where the note counts from 1, so does every index in the sum
        base = 0 if self.context.from_zero else 1
        return sliding(at, steps, number + base * (sum(n for _, n in steps) - 1))

    def fitted(self, name: Name, array: str, subs: list[Node]) -> tuple[Info, str, list[Node]]:
        """The array's axes; entries may be written with the small letter of their matrix."""
        swapped = self.other_case(name, array, subs)
        if swapped is not None:
            name, array = swapped
        info = self.info(name, array, len(subs))
        digits = [s for s in subs if isinstance(s, Literal)]
        if (
            len(subs) == 1
            and len(digits) == 1
            and len(info.dims) == 2
            and len(digits[0].text) == 2
            and info.family == 0
        ):
            subs = [Literal(Fraction(c), c) for c in digits[0].text]
        if info.implied and not subs:
            subs = [Name(x) for x in info.implied]
        elif info.family and not subs and info.family == len(info.dims):
            info = Info(info.dims, 0, info.row)
        return info, array, subs

    def other_case(self, name: Name, array: str, subs: list[Node]) -> tuple[Name, str] | None:
        """w_{ij} for the entries of W, x_i for the rows of X, where w and x are nothing else."""
        if array in self.infos or len(name.base) != 1 or name.accent or name.text or not name.base.islower():
            return None
        known = self.context
        if (
            known.is_defined(key_of(name))
            or self.declared_for(name, array) is not None
            or len(subs) not in {1, 2}
        ):
            return None
        other = replace(name, base=name.base.upper(), primes=0)
        declared = known.declared(key_of(other))
        if (declared is None or len(declared.sizes) != 2 or declared.name.sub) and not (
            known.is_defined(key_of(other)) and len(subs) == 2
        ):
            return None
        upper, _, _ = self.array(other)
        if len(subs) == 2:
            return other, upper
        info = self.info(other, upper)
        if known.counts(key_of(name)) - {1}:
            return None
        self.alias_rows(array, upper, info, 1)
        return name, array

    def is_label(self, name: Name) -> bool:
        declared = self.context.declared(key_of(name))
        return declared is not None and declared.values == "label"

    def labelled(self, name: Name) -> tuple[Index, Term]:
        """An index that is a label, as in p_{y_i}: a sum against the one-hot row of the label."""
        if not self.is_label(name):
            raise NotRead("an index has an index of its own, and is not declared as a label")
        array = f"{key_of(name)}.hot"
        if array not in self.graph.arrays:
            family = tuple(self.family_dim(key_of(name), k) for k in range(len(name.sub)))
            dims = (*family, Dim())
            self.graph.given(array, dims, "one-hot")
            self.infos[array] = Info(dims, len(family))
        dims = self.infos[array].dims
        places = [self.place(s) for s in name.sub]
        for dim, place in zip(dims, places, strict=False):
            if isinstance(place, Index):
                place.dim.unify(dim)
        k = fresh(dims[-1], "k")
        return k, Entry(array, (*places, k))

    def family_dim(self, key: str, axis: int) -> Dim:
        return self.dims.setdefault(f"{key}#{axis}", Dim())
