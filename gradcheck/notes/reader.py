"""Formulas given a meaning: `syntax` nodes to values, under one set of conventions.

Nothing is guessed in silence: a choice that had to be made is put down in ``used``, an assumption in
``assumed``, and what is not certain raises `NotRead`.
"""

from __future__ import annotations

from contextlib import contextmanager
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from gradcheck.notes.context import ACTIVATIONS, LAYERS, LOSSES, Context, Definition, key_of, letter_of, nodes
from gradcheck.notes.declarations import Declared, node_of
from gradcheck.notes.graph import Graph, NotDifferentiable, unused
from gradcheck.notes.lexer import NotRead, tokens
from gradcheck.notes.normalising import FUNCTIONS, normalise
from gradcheck.notes.parser import parse
from gradcheck.notes.syntax import (
    Addition,
    Apply,
    Bars,
    BigSum,
    Cases,
    Derivative,
    Differential,
    Dots,
    Group,
    Indicator,
    Literal,
    Matrix,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
    Relation,
    Root,
    Vectorised,
)
from gradcheck.notes.terms import (
    ONE,
    ZERO,
    Delta,
    Det,
    Dim,
    Entry,
    Function,
    Index,
    Inverse,
    Largest,
    Number,
    Place,
    Positive,
    Size,
    Term,
    add,
    fresh,
    multiply,
    names,
    negative,
    power,
    substitute,
    total,
)
from gradcheck.notes.values import (
    Mismatch,
    Slip,
    Undeclared,
    Value,
    compatible,
    hadamard,
    matrix_product,
    plus,
    same_shape,
    scaled,
    unify,
)

__all__ = ["Info", "Options", "Reader"]


@dataclass(frozen=True, slots=True)
class Options:
    """One way to read what a note leaves open."""

    layout: str = "numerator"  # numerator, denominator, gradient
    matrix: str = "own"  # own, transposed
    elementwise: bool = False  # two vectors side by side are multiplied entry by entry
    dot: bool = False  # so are two with a \cdot between them
    partial: bool = False  # other named quantities are held fixed
    sigmoid: bool = False  # \sigma is the logistic function
    rows: bool = False  # vectors are rows
    turned: bool = False  # a gradient written with \nabla is the transpose of its usual shape
    alias: tuple[tuple[str, str], ...] = ()  # sizes under a second name


@dataclass(frozen=True, slots=True)
class Info:
    """An array's axes: the first ``family`` of them tell members of a family apart."""

    dims: tuple[Dim, ...]
    family: int = 0
    row: bool = False
    implied: tuple[str, ...] = ()  # indices that the note leaves out


@dataclass(slots=True)
class Operand:
    """What a derivative is taken by."""

    array: str
    places: tuple[Place, ...]
    value: Value


LARGEST = 30
"""Sizes that are written as numbers, beyond which a formula is not tried."""
MOST_INDICES = 6
"""Indices that an expression may have at once."""

_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


@dataclass
class Reader:
    context: Context
    options: Options
    scope: int = 0
    graph: Graph = field(default_factory=Graph)
    infos: dict[str, Info] = field(default_factory=dict)
    dims: dict[str, Dim] = field(default_factory=dict)
    letters: dict[str, Index] = field(default_factory=dict)
    free: dict[str, Index] = field(default_factory=dict)
    static: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    assumed: dict[str, None] = field(default_factory=dict)
    making: list[str] = field(default_factory=list)
    entrywise: int = 0
    broken: dict[str, Exception] = field(default_factory=dict)
    uses: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # the choices that an array's definition depends on
    extra_sinks: dict[str, None] = field(default_factory=dict)
    only_sinks: tuple[str, ...] | None = None  # what the loss is read as a function of, where that is enough
    asked: dict[str, None] = field(default_factory=dict)  # by what the loss was differentiated
    curved: bool = False  # second derivatives of the loss are asked for
    grown: bool = False  # the loss was found to depend on more, so that what was read before is stale
    deep: int = 0

    def __post_init__(self) -> None:
        if self.context.now != self.scope:
            self.context = self.context.at(self.scope)
        if not self.static:
            self.static = dict(self.context.static)

    def choose(self, name: str) -> object:
        self.used.add(name)
        return getattr(self.options, name)

    def assume(self, text: str) -> None:
        self.assumed[text] = None

    # -- sizes and indices

    def dim(self, text: str) -> Dim:
        """The size that a text names; `n_l` of a layer, `N_{out}`, `3`."""
        text = text.strip().strip("$").strip()
        text = dict(self.options.alias).get(text, text)
        if text.isdigit():
            if int(text) > LARGEST:
                raise NotRead(f"a size of {text} is more than is tried")
            return self.dims.setdefault(text, Dim(number=int(text)))
        return self.dims.setdefault(self.dim_name(text), Dim(self.dim_name(text)))

    def dim_name(self, text: str) -> str:
        node = node_of(text)
        if isinstance(node, Name):
            layer = node.sub[0] if len(node.sub) == 1 else node.sup[0] if len(node.sup) == 1 else None
            if layer is not None and self.context.letters(layer) & self.static.keys():
                return f"{key_of(node)}@{self.static_value(layer)}"
            return text.replace("{", "").replace("}", "").replace(" ", "")
        return text.replace(" ", "")

    def static_value(self, node: Node) -> int:
        match node:
            case Literal(value) if value.denominator == 1:
                return int(value)
            case Name() if (letter := letter_of(node)) in self.static and letter is not None:
                return self.static[letter]
            case Addition(terms):
                return sum(sign * self.static_value(t) for sign, t in terms)
            case Group(body):
                return self.static_value(body)
        raise NotRead("an index that is shifted is not clear")

    def is_static(self, node: Node) -> bool:
        letters = self.context.letters(node)
        return bool(letters) and letters <= self.static.keys()

    def letter(self, name: str) -> Index:
        index = self.letters.get(name)
        if index is None:
            self.counted()
            index = self.letters[name] = self.free[name] = fresh(Dim(), name)
        return index

    @contextmanager
    def bound(self, letter: str, index: Index) -> Iterator[None]:
        if letter in self.letters:
            raise Slip(
                f"the index {letter} is bound by a sum although it already stands for something outside of it"
            )
        self.counted()
        self.letters[letter] = index
        try:
            yield
        finally:
            del self.letters[letter]

    def counted(self) -> None:
        if len(self.letters) >= MOST_INDICES:
            raise NotRead(f"it has more than {MOST_INDICES} indices at once")

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A definition is read with indices of its own."""
        kept = self.letters, self.free, self.entrywise
        self.letters, self.free, self.entrywise = {}, {}, 0
        try:
            yield
        finally:
            self.letters, self.free, self.entrywise = kept

    # -- symbols

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
        together = "".join(letter_of(s) or "?" for s in subs)
        if len(subs) > 1 and (
            known.declared(f"{key}_{{{together}}}") or known.is_defined(f"{key}_{{{together}}}")
        ):
            key, subs = f"{key}_{{{together}}}", []
        if len(subs) == 1 and isinstance(subs[0], Literal) and self.is_label_number(name, key, subs[0].text):
            key, subs = f"{key}_{{{subs[0].text}}}", []
        return key + suffix, subs, exponent

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
            if isinstance(sup, Literal) or letters & LAYERS:
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
        """An undeclared \\delta: the loss's derivative by the pre-activation."""
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
        declared = known.declared(key_of(name)) is not None or known.is_defined(key_of(name))
        if declared or name.accent:
            return None
        if base == "\\ones":
            return Value(fresh(Dim(), "r"), None, ONE)
        if base == "\\zeros":
            return Value(None, None, ZERO, listed=True)
        if base == "I" and not name.sub and not name.sup:
            row = fresh(Dim(), "r")
            column = fresh(row.dim, "c")
            return Value(row, column, Delta(row, column))
        if base == "e" and name.sup and not name.sub:
            inner = self.value(name.sup[0])
            if not inner.scalar and not self.entrywise:
                self.assume("the exponential of a vector is taken entry by entry")
            return inner.with_body(Function("exp", inner.body))
        if base == "\\delta" and len(name.sub) == 2 and not name.sup:
            a, b = (self.place(s) for s in name.sub)
            if isinstance(a, Index) and isinstance(b, Index):
                a.dim.unify(b.dim)
            return Value(None, None, Delta(a, b) if a != b else ONE)
        return None

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
            else:
                places.append(self.place(sub))
        for dim, place in zip(info.dims, places, strict=False):
            if isinstance(place, Index) and not place.dim.unify(dim):
                raise Slip(
                    f"the index {place.name.split('#')[0]} of {key_of(name)} runs to {dim}, elsewhere to {place.dim}"
                )
        own = len(info.dims) - len(places)
        if len(places) not in {len(info.dims), info.family}:
            raise NotRead(f"{key_of(name)} has {len(info.dims)} indices, here it has {count}")
        rest = [fresh(d, "rc"[k]) for k, d in enumerate(info.dims[len(places) :])]
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

    # -- arrays

    def info(self, name: Name, array: str, written: int = 0) -> Info:
        """The axes of an array; it is defined, declared, or known by its use. Raises `Undeclared`."""
        if array in self.infos:
            self.used |= self.uses.get(array, frozenset())
            return self.infos[array]
        if array in self.broken and not self.elsewhere(array):
            raise self.unusable(array, self.broken[array])
        if len(self.making) > 40:
            raise NotRead("its definitions are nested too deeply")
        if array in self.making:
            raise NotRead(f"{key_of(name)} is defined by itself")
        definition = self.definition_of(name, array)
        if definition is not None and array not in self.broken:
            try:
                return self.make(array, *definition)
            except NotRead:
                if not self.elsewhere(array):
                    raise
        if array in self.broken:
            self.assume(f"{array} is not defined in this section, and read as an undefined loss")
            self.context.losses.add(array)
        if array in self.context.losses:
            return self.loss(array)
        return self.declare(name, array, written)

    def elsewhere(self, array: str) -> bool:
        """Whether a loss is defined in another section only, whose symbols mean something else here."""
        found = self.context.definition(array, self.scope)
        return array in LOSSES and all(d.scope != self.scope for d in found)

    def unusable(self, array: str, error: Exception) -> NotRead:
        text = f"the definition of {array.split('@')[0]} cannot be used: {error}"
        return NotRead(str(error) if str(error).startswith("the definition of") else text)

    def definition_of(self, name: Name, array: str) -> tuple[Definition, dict[str, int]] | None:
        key = array.split("@")[0]
        number = int(array.split("@")[1]) if "@" in array else None
        found = None
        for definition in self.context.definition(key, self.scope):
            statics = self.solve(definition, number)
            if statics is not None:
                found = definition, statics
        return found

    def solve(self, definition: Definition, number: int | None) -> dict[str, int] | None:
        """The values of the letters of a general definition at layer or step ``number``."""
        pattern: Node | None = None
        if definition.name.sup and self.superscript(definition.name, definition.name.sup[0]) == "layer":
            pattern = definition.name.sup[0]
        elif definition.key in self.context.stepped:
            pattern = next(
                (s for s in definition.name.sub if self.is_static(s) or isinstance(s, Literal)), None
            )
        if pattern is None or number is None:
            return dict(self.static) if pattern is None and number is None else None
        if isinstance(pattern, Literal):
            return dict(self.static) if int(pattern.value) == number else None
        letters = self.context.letters(pattern)
        if len(letters) != 1:
            return None
        letter = letters.pop()
        if letter.isupper() and len(letter) == 1:
            return dict(self.static) if self.static[letter] == number else None
        at_zero = self.with_static({letter: 0}, pattern)
        value = number - at_zero
        if value < self.first(definition):
            return None
        return {**self.static, letter: value}

    def first(self, definition: Definition) -> int:
        """The first layer or step that a general definition makes: what comes before is given."""
        lowest = 0
        for inner in nodes(definition.body):
            if isinstance(inner, Name):
                for mark in (*inner.sub, *inner.sup):
                    if isinstance(mark, Addition):
                        lowest = max(
                            lowest, *(-s * int(t.value) for s, t in mark.terms if isinstance(t, Literal)), 0
                        )
        return 1 + (1 if lowest and definition.name.sup else 0)

    def with_static(self, values: dict[str, int], node: Node) -> int:
        kept = self.static
        self.static = {**kept, **values}
        try:
            return self.static_value(node)
        finally:
            self.static = kept

    def make(self, array: str, definition: Definition, statics: dict[str, int]) -> Info:
        self.making.append(array)
        kept = self.static
        self.static = statics
        before, self.used = self.used, set()
        try:
            with self.apart():
                info = self.computed(array, definition)
        except (Mismatch, Slip, NotRead, Undeclared, NotDifferentiable) as error:
            self.broken[array] = error
            raise self.unusable(array, error) from error
        finally:
            self.static = kept
            self.making.pop()
            self.uses[array] = frozenset(self.used)
            self.used |= before
        return info

    def computed(self, array: str, definition: Definition) -> Info:
        name = definition.name
        subs: list[Node] = [
            s
            for s in name.sub
            if not (definition.key in self.context.stepped and (self.is_static(s) or isinstance(s, Literal)))
        ]
        if definition.name.sup and self.superscript(name, name.sup[0]) == "index":
            subs.insert(0, name.sup[0])
        if definition.parameters and not subs:
            inner = [s for p in definition.parameters if isinstance(p, Name) for s in p.sub]
            if inner and all(isinstance(p, Name) and p.sub for p in definition.parameters):
                subs = inner  # sigma(A_i) = ...: a function of the whole array, its entry i
        given = [self.letter(letter) for s in subs if (letter := letter_of(s)) is not None]
        if len(given) != len(subs):
            raise NotRead("an index on the left of a definition is no letter")
        before = set(self.free)
        value = self.right_side(definition.body, before)
        new = [x for x in self.free if x not in before]
        implied: tuple[str, ...] = ()
        if new:
            if given or value.open or not self.examples(definition.body, new):
                raise Slip(self.stray(new, before))
            implied = tuple(new)
            given = [self.free[x] for x in new]
            self.assume(f"{key_of(name)} stands for {key_of(name)}_{''.join(new)}")
        declared = self.declared_for(name, array)
        rank = len(declared.sizes) if declared is not None and not declared.unsaid else None
        if implied and rank == 0:
            rank = None
        dims = (*(i.dim for i in given), *(i.dim for i in value.open))
        if definition.derived and value.vector:
            said = declared is not None and not declared.unsaid and bool(declared.sizes)
            turned = definition.row or (said and declared is not None and declared.row)
            if (turned and value.column is None) or (said and not turned and value.row is None):
                value = value.transposed()
        row = value.column is not None and value.row is None
        family = len(given) if value.open else 0
        if (
            declared is not None
            and declared.name.sub
            and not (set(map(letter_of, declared.name.sub)) <= self.static.keys())
        ):
            family = len([s for s in declared.name.sub if letter_of(s)])
            rank = None if rank is None else rank + family
        if rank is not None and rank != len(dims):
            raise Mismatch(
                f"{key_of(name)} is declared with {rank} axes, and its definition gives {value.words()}"
            )
        if declared is not None and rank is not None:
            sizes = self.declared_sizes(declared, array)
            for size, dim in zip(sizes, dims[len(dims) - len(sizes) :], strict=True):
                if not dim.unify(size):
                    raise Mismatch(
                        f"{key_of(name)} is declared with the size {size}, and its definition gives {dim}"
                    )
            if len(sizes) == 1:
                wanted = declared.row or (self.options.rows and not value.open)
                if value.vector and declared.row and not row:
                    raise Mismatch(f"{key_of(name)} is declared as a row, and its definition gives a column")
                row = wanted if not value.open else row
        info = Info(dims, family, row, implied)
        self.infos[array] = info
        self.graph.computed(array, (*given, *value.open), value.body)
        return info

    def examples(self, body: Node, letters: list[str]) -> bool:
        """Whether the letters only count examples of quantities that are declared as numbers."""
        for node in nodes(body):
            if isinstance(node, Name) and any(letter_of(s) in letters for s in (*node.sub, *node.sup)):
                declared = self.context.declared(key_of(node))
                if declared is None or declared.sizes or declared.unsaid:
                    return False
        return True

    def right_side(self, body: Node, left: set[str]) -> Value:
        return self.value(body)

    def stray(self, new: list[str], known: set[str]) -> str:
        other = f"; the left side has {', '.join(sorted(known))}" if known else ""
        return f"the index {new[0]} is free on the right side only{other}"

    def declared_for(self, name: Name, array: str) -> Declared | None:
        """The declaration that holds for an array: its own, else that of its plain symbol."""
        context = self.context
        for key in dict.fromkeys((array.split("@")[0], key_of(name))):
            own = [
                d
                for d in context.declarations_of(key.removesuffix("^2"))
                if key.endswith("^2") == bool(d.name.sup and key.removesuffix("^2") in context.squared)
            ]
            layered = [d for d in own if "@" in array and self.matches(d.name, array)]
            if layered:
                return layered[-1]
            plain = [d for d in own if not d.name.sup or key.endswith("^2")]
            if plain:
                return plain[-1]
        bare = Name(name.base)
        own = context.declarations_of(key_of(bare))
        if (name.accent or name.text) and own:
            return next((d for d in own if not d.name.sup), own[-1])
        # entries declared under another mark: W^{(1)} for W^{(2)} is not the same symbol
        return None

    def matches(self, pattern: Name, array: str) -> bool:
        number = int(array.split("@")[1])
        marks = [*pattern.sup, *(s for s in pattern.sub if self.is_static(s) or isinstance(s, Literal))]
        if not marks:
            return False
        mark = marks[0]
        if isinstance(mark, Literal):
            return int(mark.value) == number
        return bool(self.context.letters(mark) & self.static.keys())

    def declare(self, name: Name, array: str, written: int) -> Info:
        context = self.context
        declared = self.declared_for(name, array)
        if declared is None or declared.unsaid:
            return self.by_use(name, array, written, declared.values if declared else "normal")
        sizes = self.declared_sizes(declared, array)
        letters = [
            s
            for s in declared.name.sub
            if letter_of(s) and not (key_of(name) in context.stepped and self.is_static(s))
        ]
        extra = len(letters)
        if not extra and written == len(sizes) + 1 and written not in {1} | set():
            raise NotRead(f"{key_of(name)} has {len(sizes)} indices, here it has {written}")
        if not extra and not sizes and written:
            extra = written  # M_k for a number M: a family of numbers
        if not extra and len(sizes) == 2 and written == 1:
            if context.counts(key_of(name)) - {1}:
                raise NotRead(f"what one index of the matrix {key_of(name)} means is not clear")
            extra = 1  # M_k for a matrix M: a family of matrices
        tied = self.tied(name, declared.sizes, extra)
        if tied is not None:
            return self.alias_rows(array, *tied)
        family = tuple(self.family_dim(array, k) for k in range(extra))
        dims = (*family, *sizes)
        info = Info(dims, extra, declared.row or (self.options.rows and len(sizes) == 1))
        if len(sizes) == 1 and not declared.row:
            self.used.add("rows")
        self.infos[array] = info
        self.graph.given(array, dims, declared.values)
        return info

    def tied(self, name: Name, sizes: tuple[str, ...], extra: int) -> tuple[str, Info, int] | None:
        """x_i with X declared too: row (or column) i of X."""
        upper = name.base.upper()
        declared = self.context.declared(upper)
        if extra != 1 or upper == name.base or declared is None or len(declared.sizes) != 2 or name.accent:
            return None
        info = self.info(Name(upper), upper)
        axes = [k for k, s in enumerate(declared.sizes) if s == sizes[0]] if len(sizes) == 1 else []
        if len(axes) != 1:
            raise NotRead(f"how {name.base} and {upper} belong together is not clear")
        return upper, info, axes[0]

    def alias_rows(self, array: str, matrix: str, info: Info, axis: int) -> Info:
        member, entry = fresh(info.dims[1 - axis], "i"), fresh(info.dims[axis], "r")
        places = (member, entry) if axis == 1 else (entry, member)
        self.graph.computed(array, (member, entry), Entry(matrix, places))
        self.infos[array] = Info((member.dim, entry.dim), 1)
        side = "row" if axis == 1 else "column"
        self.assume(f"{array}_i is {side} i of {matrix}, as a column")
        return self.infos[array]

    def declared_sizes(self, declared: Declared, array: str) -> tuple[Dim, ...]:
        kept, self.static = self.static, self.pattern_statics(declared.name, array)
        try:
            return tuple(Dim() if s.startswith("size_") else self.dim(s) for s in declared.sizes)
        finally:
            self.static = kept

    def pattern_statics(self, pattern: Name, array: str) -> dict[str, int]:
        if "@" not in array:
            return self.static
        number = int(array.split("@")[1])
        marks = [*pattern.sup, *(s for s in pattern.sub if self.is_static(s))]
        for mark in marks:
            letters = self.context.letters(mark) & self.static.keys()
            if len(letters) == 1:
                letter = letters.pop()
                return {**self.static, letter: number - self.with_static({letter: 0}, mark)}
        return self.static

    def by_use(self, name: Name, array: str, written: int, values: str) -> Info:
        """A symbol that is not declared: entries x_i, W_{ij}; a number by convention."""
        key = key_of(name)
        counts = self.context.counts(key)
        if not written and key in self.context.numbers and "@" not in array:
            rank = 0
            self.assume(f"{key} is a number")
        elif self.context.declarations.scalars or (not written and key in _NUMBERS and not name.bold):
            rank = written
            if not self.context.declarations.scalars:
                self.assume(f"{key} is a number")
        elif not written and len(counts - {0}) == 1:
            (rank,) = counts - {0}
        elif written and counts - {0} == {written}:
            rank = written
        else:
            raise Undeclared(key)
        dims = tuple(self.family_dim(array, k) for k in range(rank))
        self.infos[array] = Info(dims)
        self.graph.given(array, dims, "positive" if key in _POSITIVE else values)
        return self.infos[array]

    # -- undefined losses and functions

    def loss(self, array: str) -> Info:
        """An undefined loss: a function with a derivative of everything that nothing else reads."""
        self.infos[array] = Info(())
        self.graph.computed(array, (), ZERO)
        before, self.used = self.used, set()
        terms: list[Term] = []
        for sink in self.sinks():
            terms.append(self.some_function(f"{array}.{sink}", [self.whole(sink)], curved=self.curved))
        self.graph.computed(array, (), add(terms))
        self.uses[array] = frozenset(self.used)
        self.used |= before
        return self.infos[array]

    def whole(self, array: str) -> Value:
        dims = self.graph.arrays[array].dims
        places = tuple(fresh(d) for d in dims)
        body: Term = Entry(array, places)
        return Value(None, None, body) if not places else _Spread(places, body)  # type: ignore[return-value]

    def sinks(self) -> list[str]:
        """What an undefined loss is a function of."""
        if self.only_sinks is not None:
            for array in self.only_sinks:
                self.info(Name(array.split("@")[0]), array)
            return list(self.only_sinks)
        self.define_all()
        for array in self.extra_sinks:
            self.info(Name(array.split("@")[0]), array)
        free = [n for n in unused(self.graph.arrays) if not self.is_loss_like(n)]
        extra = [s for s in self.extra_sinks if s not in free]
        others = [*free, *extra]
        return [*free, *(s for s in extra if not any(s in self.graph.reads(o) for o in others if o != s))]

    def is_loss_like(self, array: str) -> bool:
        base = array.split("@")[0]
        return base in self.context.losses or any(
            d.derived for d in self.context.definitions if d.key == base
        )

    def define_all(self) -> None:
        """Bring every definition of the scope into the graph; a broken one is passed over."""
        scopes = {d.scope for d in self.context.definitions if d.scope <= self.scope and not d.derived}
        here = max(scopes) if scopes else None
        wanted = [
            d
            for d in self.context.definitions
            if not d.derived and (d.scope == self.scope or self.scope not in scopes and d.scope == here)
        ]
        for definition in wanted or [d for d in self.context.definitions if not d.derived]:
            if definition.key in self.context.losses:
                continue
            try:
                for array, name in self.instances(definition):
                    if array not in self.infos and array not in self.making:
                        self.info(name, array)
            except (Mismatch, Slip, NotRead, Undeclared, NotDifferentiable):
                continue

    def instances(self, definition: Definition) -> Iterator[tuple[str, Name]]:
        name = definition.name
        array, _, _ = self.array(name)
        if "@" not in array:
            yield array, name
            return
        marks = [m for m in (*name.sup, *name.sub) if self.is_static(m)]
        if not marks:
            yield array, name
            return
        key = array.split("@")[0]
        top = max(self.static.values())
        yield f"{key}@{top}", name
        if definition.key in self.context.stepped:
            for number in range(top - 1, 0, -1):
                yield f"{key}@{number}", name

    def some_function(self, label: str, arguments: list[Value], *, curved: bool = True) -> Term:
        """A function of all entries of its arguments with a derivative of its own everywhere.

        At one point a linear function has every first derivative; where the function is used at several
        points, or differentiated twice, it is curved.
        """
        terms: list[Term] = []
        for k, argument in enumerate(arguments):
            places = argument.open
            dims = tuple(p.dim for p in places)
            first, second = f"{label}.a{k}", f"{label}.b{k}"
            for coefficient in (first, second) if curved else (first,):
                known = self.graph.arrays.get(coefficient)
                if known is None:
                    self.graph.given(coefficient, dims)
                else:
                    for a, b in zip(known.dims, dims, strict=True):
                        a.unify(b)
            x = argument.body
            body = multiply((Entry(first, places), x))
            if curved:
                half = Number(Fraction(1, 2))
                body = add((body, multiply((half, Entry(second, places), power(x, _TWO)))))
            for place in places:
                body = total(place, body)
            terms.append(body)
        return add(terms)

    def some_activation(self, key: str, order: int, x: Term) -> Term:
        """An undefined function of one number, or its derivative: a cubic whose coefficients may be any.

        At one point the value and the first three derivatives of a function are independent, and those
        of a cubic take every value.
        """
        coefficients: list[Term] = []
        for k in range(4):
            array = f"{key}.c{k}"
            if array not in self.graph.arrays:
                self.graph.given(array, ())
                self.infos[array] = Info(())
            coefficients.append(Entry(array, ()))
        if order > 3:
            raise NotRead("a fourth derivative of an undefined function is not read")
        terms: list[Term] = []
        factorial = 1
        for power_of, coefficient in enumerate(coefficients[order:]):
            factorial *= max(power_of, 1)
            terms.append(
                multiply((Number(Fraction(1, factorial)), coefficient, power(x, Number(Fraction(power_of)))))
            )
        return add(terms)

    # -- expressions

    def value(self, node: Node) -> Value:
        self.deep += 1
        if self.deep > 200:
            raise NotRead("it is nested too deeply")
        try:
            return self._value(node)
        finally:
            self.deep -= 1

    def _value(self, node: Node) -> Value:
        match node:
            case Literal(value):
                return Value(None, None, Number(value))
            case Name():
                return self.size(node) or self.named(node)
            case Group(body, sub):
                if sub:
                    return self.indexed(body, sub)
                return self.value(body)
            case Addition(terms):
                return self.addition(terms)
            case Multiplication(factors):
                return self.product(factors)
            case Quotient(above, below):
                return self.quotient(self.value(above), self.value(below))
            case Raised():
                return self.raising(node)
            case Root(body):
                inner = self.value(body)
                return inner.with_body(Function("sqrt", inner.body))
            case Norm(body, kind):
                return self.norm(self.value(body), kind)
            case Bars(body):
                inner = self.value(body)
                if inner.matrix:
                    return Value(None, None, self.determinant(inner))
                if not inner.scalar:
                    raise NotRead("what bars around a vector mean is not clear")
                return inner.with_body(Function("abs", inner.body))
            case Apply():
                return self.applied(node)
            case BigSum():
                return self.sum(node)
            case Derivative():
                return self.derivative(node)
            case Nabla():
                return self.nabla(node)
            case Differential(of):
                return self.shorthand(of)
            case Indicator(condition):
                return self.condition(condition)
            case Relation():
                return self.condition(node)
            case Matrix(rows):
                return self.matrix(rows)
            case Vectorised(items):
                column = self.matrix(tuple((i,) for i in items))
                return replace(column, listed=True)
            case Cases(rows):
                return self.cases(rows)
            case Dots():
                raise NotRead("dots stand for something that is not written out")
        raise NotRead("a part of it is not known")

    def size(self, node: Name) -> Value | None:
        """A size used as a number, as in 1/m."""
        letter = letter_of(node)
        if letter is None and not (node.text or node.sub):
            return None
        if letter is not None and letter in self.static and letter not in self.context.used_as_symbol:
            if letter in self.letters:
                return None
            return Value(None, None, Number(Fraction(self.static[letter])))
        key = key_of(node)
        if self.context.declared(key) is not None and self.context.declared(key).values != "integer":  # type: ignore[union-attr]
            return None
        if self.context.is_defined(key) or node.primes or node.sup:
            return None
        text = letter or key.replace("{", "").replace("}", "")
        if node.sub:
            text += "_" + "".join(letter_of(s) or getattr(s, "text", "?") for s in node.sub)
        text = dict(self.options.alias).get(text, text)
        if text in self.context.sizes:
            return Value(None, None, Size(self.dim(text)))
        return None

    def indexed(self, body: Node, sub: tuple[Node, ...]) -> Value:
        inner = self.value(body)
        places = [self.place(s) for s in sub]
        if len(places) != len(inner.open):
            raise NotRead(f"{inner.words()} is written with {len(places)} indices")
        for place, index in zip(places, inner.open, strict=True):
            if isinstance(place, Index):
                place.dim.unify(index.dim)
        return Value(None, None, substitute(inner.body, dict(zip(inner.open, places, strict=True))))

    def addition(self, terms: tuple[tuple[int, Node], ...]) -> Value:
        values: list[Value] = []
        waiting: list[tuple[int, int, Node, Undeclared]] = []
        for k, (sign, term) in enumerate(terms):
            try:
                value = self.value(term)
            except Undeclared as error:
                waiting.append((k, sign, term, error))
                values.append(Value(None, None, ZERO))
                continue
            values.append(value if sign > 0 else value.with_body(negative(value.body)))
        for k, sign, term, error in waiting:
            others = [v for j, v in enumerate(values) if all(j != w[0] for w in waiting)]
            if not others or not isinstance(term, Name) or not self.making:
                raise error
            value = self.like(term, plus(others) if len(others) > 1 else others[0], error)
            values[k] = value if sign > 0 else value.with_body(negative(value.body))
        return self.plus(values)

    def plus(self, values: list[Value]) -> Value:
        shaped = [v for v in values if not v.scalar]
        if shaped and len(shaped) < len(values):
            numbers = [v for v in values if v.scalar]
            if any(not isinstance(v.body, Number) for v in numbers) and not self.entrywise:
                raise Mismatch(f"a sum of a number and {shaped[0].words()} does not conform")
            first = shaped[0]
            values = [v if not v.scalar else first.with_body(v.body) for v in values]
        return plus(values)

    def like(self, name: Name, other: Value, error: Undeclared) -> Value:
        """A symbol of which only a sum tells the shape, as the bias in W x + b."""
        array, subs, exponent = self.array(name)
        if subs or exponent is not None:
            raise error
        dims = tuple(i.dim for i in other.open)
        self.infos[array] = Info(dims, 0, other.row is None)
        self.graph.given(array, dims, "positive" if array in _POSITIVE else "normal")
        self.assume(f"{key_of(name)} is {other.words()}")
        return Value(other.row, other.column, Entry(array, other.open))

    # -- products

    def product(self, factors: tuple[tuple[str, Node], ...]) -> Value:
        groups: list[list[tuple[str, Node]]] = [[]]
        for sign, node in factors:
            if sign in {"\\odot", "\\circ"}:
                groups.append([("", node)])
            else:
                groups[-1].append((sign, node))
        result = self.chain(groups[0])
        for group in groups[1:]:
            result = hadamard(result, self.chain(group))
        return result

    def chain(self, factors: list[tuple[str, Node]]) -> Value:
        values = [(sign, self.value(node)) for sign, node in self.called(factors)]
        if len(values) == 1:
            return values[0][1]
        try:
            return self.folded(values)
        except Mismatch:
            if len(values) < 3:
                raise
        result = values[-1][1]
        for (_, value), (sign, _) in zip(reversed(values[:-1]), reversed(values[1:]), strict=False):
            result = self.times(sign, value, result)
        return result

    def called(self, factors: list[tuple[str, Node]]) -> list[tuple[str, Node]]:
        """`1(x > 0)`: a number before a condition is an indicator."""
        out: list[tuple[str, Node]] = []
        for sign, node in factors:
            condition = isinstance(node, Group) and isinstance(node.body, Relation)
            if condition and out and isinstance(out[-1][1], Literal) and out[-1][1].value == 1 and not sign:
                out[-1] = (out[-1][0], Indicator(node.body))  # type: ignore[union-attr]
            else:
                out.append((sign, node))
        return out

    def folded(self, values: list[tuple[str, Value]]) -> Value:
        result = values[0][1]
        for sign, value in values[1:]:
            result = self.times(sign, result, value)
        return result

    def times(self, sign: str, a: Value, b: Value) -> Value:
        if a.scalar or b.scalar:
            return scaled(a, b)
        if sign == "*" and same_shape(a, b):
            return hadamard(a, b)
        if a.vector and b.vector and same_shape(a, b):
            if self.entrywise or (sign == "\\times"):
                return hadamard(a, b)
            if sign in {"\\cdot", "."}:
                if self.choose("dot"):
                    return hadamard(a, b)
                return (
                    matrix_product(a.transposed(), b)
                    if a.column is None
                    else matrix_product(a, b.transposed())
                )
            if self.choose("elementwise"):
                return hadamard(a, b)
            raise Mismatch(f"a product of {a.words()} and {b.words()} does not conform")
        try:
            return matrix_product(a, b)
        except Mismatch:
            if same_shape(a, b) and sign in {"\\cdot", "\\times", ""}:
                if sign == "\\times":
                    return hadamard(a, b)
                if self.choose("elementwise"):
                    return hadamard(a, b)
            raise

    def quotient(self, above: Value, below: Value) -> Value:
        if below.scalar:
            return above.with_body(multiply((above.body, power(below.body, _MINUS))))
        inverse = below.with_body(power(below.body, _MINUS))
        if above.scalar:
            if not self.entrywise:
                self.assume("a division by a vector is taken entry by entry")
            return inverse.with_body(multiply((above.body, inverse.body)))
        if not same_shape(above, below):
            raise Mismatch(f"a quotient of {above.words()} and {below.words()} does not conform")
        self.assume("a division of vectors is taken entry by entry")
        return hadamard(above, inverse)

    def raising(self, node: Raised) -> Value:
        base = node.base
        if node.exponent is not None and isinstance(base, Norm):
            inner = self.value(base.body)
            squared = isinstance(node.exponent, Literal) and node.exponent.value == 2
            if squared and base.kind in {"", "2", "F"}:
                return self.squares(inner, base.kind)
        if node.exponent is not None and letter_of(node.exponent) == "t" and self.transposes(node.exponent):
            inner = self.value(base)
            if not inner.scalar:
                return inner.transposed()
        entry = self.entry_of(node)
        if entry is not None:
            return entry
        inner = self.value(base)
        if node.inverse:
            inner = self.inverse(inner)
        if node.transposed:
            inner = inner.transposed()
        if node.exponent is not None:
            inner = self.raised(inner, self.value(node.exponent), node.exponent)
        return inner

    def entry_of(self, node: Raised) -> Value | None:
        """X^{-1}_{ij} and X^T_{ij}: entries of the inverse and of the transpose."""
        base = node.base
        if (
            not isinstance(base, Name)
            or len(base.sub) != 2
            or base.primes
            or not (node.inverse or node.transposed)
        ):
            return None
        try:
            whole = self.named(replace(base, sub=()))
        except (Undeclared, NotRead):
            return None
        if not whole.matrix:
            return None
        if node.inverse:
            whole = self.inverse(whole)
        if node.transposed:
            whole = whole.transposed()
        assert whole.row is not None and whole.column is not None
        i, j = (self.place(s) for s in base.sub)
        for place, index in ((i, whole.row), (j, whole.column)):
            if isinstance(place, Index):
                place.dim.unify(index.dim)
        return Value(None, None, substitute(whole.body, {whole.row: i, whole.column: j}))

    def transposes(self, exponent: Node) -> bool:
        """A small t as an exponent: a transpose, where t is no symbol of the note."""
        return "t" not in self.static and self.context.declared("t") is None and "t" not in self.letters

    def raised(self, base: Value, exponent: Value, node: Node) -> Value:
        if letter_of(node) == "t" and not base.scalar and self.transposes(node):
            return base.transposed()
        if not exponent.scalar:
            raise Mismatch("an exponent is no number")
        if base.scalar or self.entrywise:
            return base.with_body(power(base.body, exponent.body))
        if base.matrix and isinstance(exponent.body, Number) and exponent.body.value.denominator == 1:
            times = int(exponent.body.value)
            if times == 0:
                row = fresh(base.row.dim, "r") if base.row else None
                assert row is not None
                column = fresh(row.dim, "c")
                return Value(row, column, Delta(row, column))
            if 1 <= times <= 6:
                result = base
                for _ in range(times - 1):
                    result = matrix_product(result, base)
                return result
        if base.vector:
            self.assume("a power of a vector is taken entry by entry")
            return base.with_body(power(base.body, exponent.body))
        raise NotRead(f"a power of {base.words()} is not read")

    def inverse(self, value: Value) -> Value:
        if value.scalar:
            return value.with_body(power(value.body, _MINUS))
        if not value.matrix or not compatible(value.row, value.column):
            raise Mismatch(f"the inverse of {value.words()} does not exist")
        assert value.row is not None and value.column is not None
        value.row.dim.unify(value.column.dim)
        i, j = fresh(value.row.dim, "r"), fresh(value.row.dim, "c")
        return Value(i, j, Inverse(value.row, value.column, value.body, i, j))

    def determinant(self, value: Value) -> Term:
        if not value.matrix or not compatible(value.row, value.column):
            raise Mismatch(f"the determinant of {value.words()} does not exist")
        assert value.row is not None and value.column is not None
        value.row.dim.unify(value.column.dim)
        return Det(value.row, value.column, value.body)

    def squares(self, value: Value, kind: str) -> Value:
        if value.matrix and kind in {"2", ""}:
            self.assume("the norm of a matrix is the root of its squared entries")
        body = power(value.body, _TWO)
        for index in value.open:
            body = total(index, body)
        return Value(None, None, body)

    def norm(self, value: Value, kind: str) -> Value:
        if kind == "1":
            body: Term = Function("abs", value.body)
            for index in value.open:
                body = total(index, body)
            return Value(None, None, body)
        return Value(None, None, Function("sqrt", self.squares(value, kind).body))

    def matrix(self, rows: tuple[tuple[Node, ...], ...]) -> Value:
        if len({len(r) for r in rows}) != 1:
            raise NotRead("a matrix that is written out has rows of different lengths")
        height, width = len(rows), len(rows[0])
        row = fresh(self.dim(str(height)), "r") if height > 1 else None
        column = fresh(self.dim(str(width)), "c") if width > 1 else None
        terms: list[Term] = []
        for i, cells in enumerate(rows):
            for j, cell in enumerate(cells):
                value = self.value(cell)
                if not value.scalar:
                    raise NotRead("a matrix that is written out holds more than numbers")
                where: list[Term] = []
                if row is not None:
                    where.append(Delta(row, i))
                if column is not None:
                    where.append(Delta(column, j))
                terms.append(multiply((*where, value.body)))
        return Value(row, column, add(terms))

    # -- sums, conditions

    def sum(self, node: BigSum) -> Value:
        if node.index is None:
            return self.bare_sum(node.body)
        letter = letter_of(node.index)
        if letter is None:
            raise NotRead("the index of a sum is more than a letter")
        if (
            letter in self.static
            or (node.low is not None and self.is_static(node.low))
            or (node.high is not None and self.is_static(node.high))
        ):
            return self.unrolled(node, letter)
        letters = [letter, *(x for m in node.more if (x := letter_of(m)))]
        if len(letters) != 1 + len(node.more):
            raise NotRead("the index of a sum is more than a letter")
        dim = self.range(node)
        index = fresh(dim, letter)
        with self.bound(letter, index):
            if len(letters) == 1:
                return self.summed(node, index)
            rest = replace(node, index=node.more[0], more=node.more[1:], low=None, condition=None)
            inner = self.sum(rest)
            return inner.with_body(total(index, inner.body))

    def summed(self, node: BigSum, index: Index) -> Value:
        inner = self.value(node.body)
        body = inner.body
        if node.condition is not None:
            body = multiply((self.condition(node.condition).body, body))
        return inner.with_body(total(index, body))

    def range(self, node: BigSum) -> Dim:
        low, high = node.low, node.high
        if low is not None and not (isinstance(low, Literal) and low.value == 1):
            raise NotRead("a sum that does not begin at 1 is not read")
        if high is None:
            return Dim()
        if isinstance(high, Literal):
            return self.dim(high.text)
        if isinstance(high, Name):
            key = key_of(high).replace("{", "").replace("}", "")
            for sub in high.sub:
                key += (
                    "_" + "".join(sorted(self.context.letters(sub)))
                    if not isinstance(sub, Literal)
                    else f"_{sub.text}"
                )
            return self.dim(key)
        raise NotRead("the upper limit of a sum is not clear")

    def unrolled(self, node: BigSum, letter: str) -> Value:
        low = self.static_value(node.low) if node.low is not None else 1
        if node.high is not None:
            high = self.static_value(node.high)
        elif letter.upper() in self.static:
            high = self.static[letter.upper()]
        else:
            raise NotRead("a sum over steps has no upper limit")
        if node.condition is not None or node.more:
            raise NotRead("a sum over steps with a condition is not read")
        if high - low > 12:
            raise NotRead("a sum over steps is too long")
        kept = self.static
        values: list[Value] = []
        try:
            for number in range(low, high + 1):
                self.static = {**kept, letter: number}
                values.append(self.value(node.body))
        finally:
            self.static = kept
        if not values:
            return Value(None, None, ZERO)
        return plus(values)

    def bare_sum(self, body: Node) -> Value:
        """A sum without an index runs over the one index that its body leaves open, or over all entries."""
        before = set(self.letters)
        self.entrywise += 1
        try:
            inner = self.value(body)
        finally:
            self.entrywise -= 1
        new = [x for x in self.letters if x not in before]
        if len(new) > 1 or (new and inner.open):
            raise NotRead("over which index a sum runs is not clear")
        result = inner.body
        if not new and not inner.open:
            raise NotRead("over which index a sum runs is not clear")
        for letter in new:
            index = self.letters.pop(letter)
            self.guess_range(index)
            self.free.pop(letter, None)
            result = total(index, result)
        for index in inner.open:
            result = total(index, result)
        return Value(None, None, result)

    def guess_range(self, index: Index) -> None:
        """A sum without limits beside a 1/n, where n is the only size that the note counts with."""
        counts = [s for s in self.context.sizes if s in {"n", "N", "m", "M"}]
        if not index.dim.known and len(counts) == 1 and not dict(self.options.alias):
            index.dim.unify(self.dim(counts[0]))

    def condition(self, node: Node) -> Value:
        """1 where a condition holds, else 0."""
        if not isinstance(node, Relation):
            raise NotRead("a condition is not clear")
        if node.sign in {"=", "\\neq"}:
            term = self.same_index(node.left, node.right)
            return Value(None, None, term if node.sign == "=" else add((ONE, negative(term))))
        left, right = self.value(node.left), self.value(node.right)
        if node.sign in {"<", "\\leq"}:
            left, right = right, left
        difference = self.plus([left, right.with_body(negative(right.body))])
        return difference.with_body(Positive(difference.body))

    def same_index(self, left: Node, right: Node) -> Term:
        for a, b in ((left, right), (right, left)):
            if isinstance(a, Name) and self.is_label(a):
                k, hot = self.labelled(a)
                place = self.place(b)
                if isinstance(place, Index):
                    place.dim.unify(k.dim)
                return substitute(hot, {k: place})
        places = []
        for node in (left, right):
            letter = letter_of(node)
            if letter is None or (self.context.declared(letter) is not None):
                raise NotRead("an equality of values as a condition is not read")
            places.append(self.place(node))
        a, b = places
        if isinstance(a, Index) and isinstance(b, Index):
            a.dim.unify(b.dim)
        return ONE if a == b else Delta(a, b)

    def cases(self, rows: tuple[tuple[Node, Node | None], ...]) -> Value:
        masks: list[Term] = []
        values: list[Value] = []
        for k, (node, condition) in enumerate(rows):
            if condition is None:
                if k != len(rows) - 1:
                    raise NotRead("a case has no condition")
                masks.append(add((ONE, *(negative(m) for m in masks))))
            else:
                mask = self.condition(condition)
                if not mask.scalar:
                    raise NotRead("a case of a vector is not read")
                masks.append(mask.body)
            values.append(self.value(node))
        return self.plus([v.with_body(multiply((m, v.body))) for m, v in zip(masks, values, strict=True)])

    # -- functions

    def applied(self, node: Apply) -> Value:
        name, base = node.function, node.function.base
        key = key_of(name)
        defined = [d for d in self.context.definition(key, self.scope) if d.parameters]
        if defined:
            return self.macro(defined[-1], node)
        if name.word and base in FUNCTIONS.values() and not self.context.is_defined(key):
            return self.known(base, node)
        if key in self.context.losses and not name.primes:
            return self.named(replace(name, primes=0))
        if self.context.is_defined(key):
            return self.value_of_function(name, node)
        if base == "\\sigma" and self.choose("sigmoid"):
            self.assume("\\sigma is the sigmoid")
            return self.elementwise("sigmoid", name.primes, self.one(node))
        return self.undefined(name, node)

    def value_of_function(self, name: Name, node: Apply) -> Value:
        """`J(W)` where J is defined without its argument."""
        if name.primes:
            raise NotRead(f"the derivative {key_of(name)}' is not clear")
        for argument in node.arguments:
            if not isinstance(argument, Name):
                raise NotRead(f"whether {key_of(name)} is multiplied or applied is not clear")
        return self.named(name)

    def one(self, node: Apply) -> Value:
        if len(node.arguments) != 1:
            raise NotRead(f"{key_of(node.function)} has {len(node.arguments)} arguments")
        return self.value(node.arguments[0])

    def elementwise(self, function: str, order: int, x: Value) -> Value:
        if order == 0:
            return x.with_body(Function(function, x.body))
        array = "slot."
        graph = Graph()
        graph.given(array, ())
        term: Term = Function(function, Entry(array, ()))
        for _ in range(order):
            term = graph.derivative(term, array, ())
        return x.with_body(_put(term, array, x.body))

    def known(self, base: str, node: Apply) -> Value:
        order = node.function.primes
        if base == "max" and len(node.arguments) == 2:
            first, second = (self.value(a) for a in node.arguments)
            if isinstance(second.body, Number) and second.body.value == 0:
                first, second = second, first
            if isinstance(first.body, Number) and first.body.value == 0:
                return second.with_body(Function("relu", second.body))
            raise NotRead("a maximum of two other things than 0 and a value is not read")
        x = self.one(node)
        if base in {"max", "min"}:
            if base == "min" or x.matrix or x.scalar:
                raise NotRead(f"{base} of {x.words()} is not read")
            return Value(None, None, Largest(x.open[0], x.body))
        if base == "tr":
            if x.scalar:
                return x
            if not x.matrix or not compatible(x.row, x.column):
                raise Mismatch(f"the trace of {x.words()} does not exist")
            assert x.row is not None and x.column is not None
            x.row.dim.unify(x.column.dim)
            k = fresh(x.row.dim)
            return Value(None, None, total(k, x.at(k, k)))
        if base == "det":
            return Value(None, None, self.determinant(x))
        if base == "logdet":
            return Value(None, None, Function("logabs", self.determinant(x)))
        if base == "diag":
            if not x.vector:
                raise NotRead(f"diag of {x.words()} is not read")
            (index,) = x.open
            other = fresh(index.dim, "c")
            return Value(index, other, multiply((Delta(index, other), x.body)))
        if base == "softmax":
            return self.softmax(x, order)
        if base == "log" and isinstance(x.body, Det | Function) and x.scalar:
            inner = x.body.argument if isinstance(x.body, Function) and x.body.name == "abs" else x.body
            if inner is not x.body or isinstance(x.body, Det):
                return x.with_body(Function("logabs", inner))
        if base not in {"exp", "log", "tanh", "sigmoid", "sqrt", "sin", "cos", "abs", "relu", "sign"}:
            raise NotRead(f"the function {base} is not known")
        return self.elementwise(base, order, x)

    def softmax(self, x: Value, order: int) -> Value:
        if not x.vector or order:
            raise NotRead(f"the softmax of {x.words()} is not read")
        (index,) = x.open
        k = fresh(index.dim)
        normaliser = total(k, Function("exp", substitute(x.body, {index: k})))
        return x.with_body(multiply((Function("exp", x.body), power(normaliser, _MINUS))))

    def macro(self, definition: Definition, node: Apply) -> Value:
        """A function that the note defines: at its own arguments the defined value, elsewhere put in."""
        name = node.function
        parameters = definition.parameters
        if len(parameters) != len(node.arguments):
            raise NotRead(f"{key_of(name)} is defined with {len(parameters)} arguments")
        same = all(_same(a, b) for a, b in zip(parameters, node.arguments, strict=True))
        array = definition.key
        if not name.primes and same and not any(isinstance(p, Name) and p.sub for p in parameters):
            return self.named(replace(name, primes=0))
        if not all(isinstance(p, Name) for p in parameters) or len(parameters) != 1:
            raise NotRead(f"{key_of(name)} at other arguments than its own is not read")
        parameter, argument = parameters[0], node.arguments[0]
        assert isinstance(parameter, Name)
        if parameter.sub:
            if name.primes or not isinstance(argument, Name) or argument.base != parameter.base:
                raise NotRead(f"{key_of(name)} at another argument is not read")
            info = self.info(replace(name, primes=0), array)
            places = [self.place(s) for s in argument.sub]
            if len(places) != len(info.dims):
                raise Slip(f"{key_of(name)} has {len(info.dims)} indices, here it has {len(places)}")
            for dim, place in zip(info.dims, places, strict=True):
                if isinstance(place, Index):
                    place.dim.unify(dim)
            return Value(None, None, Entry(array, tuple(places)))
        info = self.info(replace(name, primes=0), array)
        inner_array, _, _ = self.array(parameter)
        if info.dims or self.infos.get(inner_array, Info(())).dims:
            if name.primes or not same:
                raise NotRead(f"{key_of(name)} at another argument is not read")
        x = self.value(argument)
        term = self.graph.entry(array, ())
        for _ in range(name.primes):
            term = self.graph.derivative(term, inner_array, ())
        return x.with_body(_put(term, inner_array, x.body))

    def undefined(self, name: Name, node: Apply) -> Value:
        key = key_of(name)
        array = key
        if name.sup:
            array, subs, exponent = self.array(replace(name, primes=0))
            if subs or exponent is not None:
                raise NotRead(f"the superscript of {key} is not clear")
        if name.sub:
            raise NotRead(f"the index of the function {key} is not clear")
        elementwise = key in self.context.declarations.elementwise
        others = sorted(f for f, s in self.context.declarations.elementwise.items() if s <= self.scope)
        if not elementwise and others and name.base in ACTIVATIONS - self.context.defining:
            shown = others[0]
            raise Slip(f"{key} is not declared; the activation of this note is {shown}", shown)
        if (elementwise or name.base in ACTIVATIONS or name.primes) and len(node.arguments) == 1:
            x = self.value(node.arguments[0])
            if not x.scalar and not elementwise:
                self.assume(f"{key} works entry by entry")
            return x.with_body(self.some_activation(array, name.primes, x.body))
        if name.base not in LOSSES | {"l", "D"}:
            raise NotRead(f"the function {key} is neither declared nor defined")
        arguments: list[Value] = []
        for argument in node.arguments:
            try:
                arguments.append(self.value(argument))
            except Undeclared:
                continue
        if name.primes or not arguments:
            raise NotRead(f"the derivative of {key} is not clear")
        return Value(None, None, self.some_function(array, arguments))

    # -- derivatives

    def operand(self, node: Node) -> Operand:
        if isinstance(node, Raised) and node.transposed and not node.inverse and node.exponent is None:
            raise NotRead("a derivative by a transpose is not read")
        if isinstance(node, Group):
            return self.operand(node.body)
        if not isinstance(node, Name):
            raise NotRead("a derivative by something that is no symbol is not read")
        array, subs, exponent = self.array(self.last_layer(node))
        if exponent is not None:
            raise NotRead("a derivative by a power is not read")
        value = self.entries(node, array, subs)
        if not isinstance(value.body, Entry):
            raise NotRead("a derivative by a constant is not read")
        return Operand(value.body.name, value.body.places, value)

    def last_layer(self, name: Name) -> Name:
        """a in \\nabla_a C: of the last layer."""
        key = key_of(name)
        if name.sup or key not in self.context.layered or not self.layer_free(key) or "L" not in self.static:
            return name
        self.assume(f"{key} without a layer is that of the last one")
        return replace(name, sup=(Name("L"),))

    def derivative(self, node: Derivative) -> Value:
        if len(node.by) == 2:
            inner = self.derivative(Derivative(node.body, node.by[1:], node.total))
            if not inner.scalar:
                raise NotRead("a second derivative by vectors is not read")
            self.curved = True
            return self.differentiated(inner, self.operand(node.by[0]), partial=False)
        body = self.value(node.body)
        return self.differentiated(body, self.operand(node.by[0]), partial=not node.total, of=node.body)

    def differentiated(self, body: Value, by: Operand, *, partial: bool, of: Node | None = None) -> Value:
        self.reach(body.body, by.array)
        own = self.graph.arrays[by.array]
        if own.body is not None and isinstance(body.body, Entry) and body.body.name == by.array:
            term = self.graph.derivative(body.body, by.array, by.places)
        else:
            fixed = self.held(body.body, by.array, partial=partial)
            term = self.graph.derivative(self.spread(body.body, by.array, fixed), by.array, by.places, fixed)
        return self.laid_out(body, by.value, term)

    def spread(self, term: Term, by: str, fixed: frozenset[str]) -> Term:
        return self.graph.entry(term.name, term.places) if fixed and isinstance(term, Entry) else term

    def held(self, term: Term, by: str, *, partial: bool) -> frozenset[str]:
        """Named quantities that a partial derivative holds fixed, where it is read so."""
        if not partial or not isinstance(term, Entry) or term.name.split("@")[0] in self.context.losses:
            return frozenset()
        body = self.graph.arrays[term.name].body
        if body is None:
            return frozenset()
        others = {
            n
            for n in names(body)
            if n != by and self.graph.arrays[n].body is not None and by in self.graph.reads(n)
        }
        if not others or by not in names(body):
            return frozenset()
        if not self.choose("partial"):
            return frozenset()
        self.assume(f"{', '.join(sorted(others))} held fixed")
        return frozenset(others)

    def reach(self, term: Term, by: str) -> None:
        """An undefined loss depends on whatever a note differentiates it by."""
        for name in names(term):
            if name in self.context.losses:
                self.asked[by] = None
            if name in self.context.losses and name in self.graph.arrays and by not in self.graph.reads(name):
                if by in self.graph.reads(name) or name in self.graph.reads(by):
                    continue
                if by not in self.extra_sinks:
                    self.extra_sinks[by] = None
                    self.grown = True

    def laid_out(self, body: Value, by: Value, term: Term) -> Value:
        if by.scalar:
            if body.scalar:
                return Value(None, None, term)
            if body.matrix:
                value = body.with_body(term)
                return value.transposed() if self.choose("matrix") == "transposed" else value
            value = body.with_body(term)
            return value.transposed() if self.choose("layout") == "denominator" else value
        if body.scalar:
            if by.matrix:
                value = by.with_body(term)
                return value.transposed() if self.choose("matrix") == "transposed" else value
            if by.row is not None and self.choose("layout") == "numerator":
                return Value(None, by.row, term)
            return by.with_body(term)
        if body.vector and by.vector:
            (i,), (p,) = body.open, by.open
            if i == p:
                raise NotRead("a derivative of a vector by itself is not clear")
            if self.choose("layout") == "denominator":
                return Value(p, i, term)
            return Value(i, p, term)
        count = len(body.open) + len(by.open)
        raise NotRead(
            f"a derivative with {count} indices has no matrix form; write its entries, or the derivative of a scalar"
        )

    def nabla(self, node: Nabla) -> Value:
        body = self.value(node.body)
        by = self.nabla_by(node)
        if isinstance(by, list):
            if node.order != 1 or not body.scalar:
                raise NotRead("this gradient is not read")
            terms = []
            index = fresh(self.dim(str(len(by))), "r")
            for k, operand in enumerate(by):
                self.reach(body.body, operand.array)
                slope = self.graph.derivative(body.body, operand.array, operand.places)
                terms.append(multiply((Delta(index, k), slope)))
            return Value(index, None, add(terms), listed=True)
        self.reach(body.body, by.array)
        term = self.graph.derivative(body.body, by.array, by.places)
        if body.scalar and node.order == 1:
            # a gradient has the shape of what it is taken by; a row only under the other layout
            value = by.value.with_body(term)
            return value.transposed() if by.value.vector and self.choose("turned") else value
        if body.vector and node.order == 1:
            return self.laid_out(body, by.value, term)
        if body.scalar and node.order == 2 and by.value.vector:
            (p,) = by.value.open
            q = fresh(p.dim, "c")
            places = tuple(q if x == p else x for x in by.places)
            return Value(p, q, self.graph.derivative(term, by.array, places))
        raise NotRead("this gradient is not read")

    def nabla_by(self, node: Nabla) -> Operand | list[Operand]:
        if node.by is not None:
            return self.operand(node.by)
        parameters: tuple[Node, ...] = ()
        body = node.body
        if isinstance(body, Apply):
            parameters = body.arguments
        elif isinstance(body, Name):
            for definition in self.context.definition(key_of(body), self.scope):
                parameters = definition.parameters
        if len(parameters) == 1:
            return self.operand(parameters[0])
        if parameters:
            return [self.operand(p) for p in parameters]
        if isinstance(body, Name):
            key = key_of(body)
            leaves = self.graph.leaves(Entry(key, ())) if key in self.graph.arrays else []
            for parameter in ("w", "\\theta", "\\beta", "x"):
                if parameter in leaves:
                    self.assume(f"the gradient is taken by {parameter}")
                    return self.operand(Name(parameter))
        raise NotRead("by what a gradient is taken is not said")

    def shorthand(self, of: Node) -> Value:
        """dX: the loss's derivative by X, in X's own shape."""
        by = self.operand(of)
        loss = self.default_loss()
        self.assume(f"d before a symbol is the derivative of {loss} by it")
        body = Entry(loss, ())
        self.reach(body, by.array)
        return by.value.with_body(self.graph.derivative(body, by.array, by.places))

    def default_loss(self) -> str:
        for definition in self.context.definitions:
            if definition.key in LOSSES:
                array, _, _ = self.array(definition.name)
                if not self.info(definition.name, array).dims:
                    return array
        key = next(iter(sorted(self.context.losses)), "J")
        self.context.losses.add(key)
        if key not in self.infos:
            self.loss(key)
        return key


class _Spread(Value):
    """All entries of an array of any number of axes."""

    __slots__ = ("places",)

    def __init__(self, places: tuple[Index, ...], body: Term) -> None:
        object.__setattr__(self, "places", places)
        super().__init__(None, None, body)

    @property
    def open(self) -> tuple[Index, ...]:
        return self.places


_NUMBERS = {
    "\\epsilon", "\\varepsilon", "\\lambda", "\\eta", "\\alpha", "\\gamma", "\\beta", "\\mu", "\\Delta", "\\tau", "\\rho",
}  # fmt: skip
_POSITIVE = {"\\epsilon", "\\varepsilon"}


def _put(term: Term, array: str, x: Term) -> Term:
    """A term with the number ``array`` replaced."""
    graph = Graph()
    graph.computed(array, (), x)
    return inline(graph, term, {array})


def inline(graph: Graph, term: Term, which: set[str]) -> Term:
    """A term with entries of the arrays in ``which`` replaced by what defines them, once."""
    from gradcheck.notes.terms import Power, Product, Sum, Total

    def go(t: Term) -> Term:
        match t:
            case Entry(name, places) if name in which:
                return graph.entry(name, places)
            case Sum(parts):
                return add(go(p) for p in parts)
            case Product(parts):
                return multiply(go(p) for p in parts)
            case Power(base, exponent):
                return power(go(base), go(exponent))
            case Function(name, argument):
                return Function(name, go(argument))
            case Positive(argument):
                return Positive(go(argument))
            case Total(index, body):
                new = fresh(index.dim, index.name)
                return total(new, go(substitute(body, {index: new})))
            case Largest(index, body):
                new = fresh(index.dim, index.name)
                return Largest(new, go(substitute(body, {index: new})))
            case Inverse(row, column, body, i, j):
                a, b = fresh(row.dim), fresh(column.dim)
                return Inverse(a, b, go(substitute(body, {row: a, column: b})), i, j)
            case Det(row, column, body):
                a, b = fresh(row.dim), fresh(column.dim)
                return Det(a, b, go(substitute(body, {row: a, column: b})))
            case _:
                return t

    return go(term)


def _same(a: Node, b: Node) -> bool:
    """Whether two nodes are written alike, wherever they stand."""
    return _placeless(a) == _placeless(b)


def _placeless(node: object) -> object:
    if isinstance(node, tuple):
        return tuple(_placeless(n) for n in node)
    if hasattr(node, "__dataclass_fields__"):
        parts = [
            (f, _placeless(getattr(node, f))) for f in node.__dataclass_fields__ if f not in {"at", "bold"}
        ]
        return type(node).__name__, tuple(parts)
    return node


def read(text: str, context: Context) -> Node:
    """One expression of the note as a node."""
    words = frozenset(context.declarations.words)
    return parse(normalise(tokens(text), words), context.applied, context.symbols)
