"""What a note says of its symbols, before any formula is given a meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace

from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Derivative,
    Dots,
    Literal,
    Multiplication,
    Nabla,
    Name,
    Node,
    Raised,
)
from gradcheck.notes.statements.declarations import Declarations, Declared

__all__ = [
    "Context", "Definition", "base_of", "bases", "is_number", "key_of", "letter_of", "nodes", "turned",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """``name`` stands for ``body``; ``parameters`` where it is written as a function of them."""

    name: Name
    body: Node
    parameters: tuple[Node, ...] = ()
    scope: int = 0
    row: bool = False
    derived: bool = False  # a name for a derivative
    squared: bool = False  # \\sigma^2 as one symbol
    rest: tuple[Node, ...] = ()  # what the note says that the body is equal to

    @property
    def key(self) -> str:
        return key_of(self.name) + ("^2" if self.squared else "")


def key_of(name: Name) -> str:
    """A symbol without its indices: accents and words below the line belong to it, bold does not."""
    base = f"\\{name.accent}{{{name.base}}}" if name.accent else name.base
    return f"{base}_{{{name.text}}}" if name.text else base


def base_of(key: str) -> str:
    """The letter of a symbol, without accents and marks."""
    inner = key.split("@", maxsplit=1)[0].split("_", maxsplit=1)[0]
    return inner[inner.index("{") + 1 :].rstrip("}") if "{" in inner[1:] and inner[0] == "\\" else inner


def bases(node: object) -> frozenset[str]:
    """The letters of all symbols of an expression."""
    return frozenset(n.base for n in nodes(node) if isinstance(n, Name))


def nodes(node: object) -> Iterator[Node]:
    """A node and every node inside it."""
    stack: list[object] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple | list):
            stack.extend(reversed(current))
        elif hasattr(current, "__dataclass_fields__"):
            yield current  # type: ignore[misc]
            stack.extend(getattr(current, f.name) for f in reversed(fields(current)))  # type: ignore[arg-type]


def letter_of(node: Node) -> str | None:
    """The letter of an index, or None where the node is no plain letter."""
    plain = isinstance(node, Name) and not (node.sub or node.sup or node.primes or node.accent or node.text)
    return node.base if plain and isinstance(node, Name) else None


def is_number(node: Node) -> bool:
    r"""Whether an expression holds numbers only: no symbol but e and \pi, no derivative."""
    functions = {id(n.function) for n in nodes(node) if isinstance(n, Apply) and n.function.word}
    letters = [
        n
        for n in nodes(node)
        if isinstance(n, Name) and n.base not in {"e", "\\pi"} and id(n) not in functions
    ]
    return not letters and not any(isinstance(n, Derivative | Nabla | Dots) for n in nodes(node))


def turned(sides: list[Node]) -> set[str]:
    """Symbols that are transposed or inverted, and so no losses and no sizes."""
    return {
        key_of(n.base)
        for n in nodes(tuple(sides))
        if isinstance(n, Raised) and (n.transposed or n.inverse) and isinstance(n.base, Name)
    }


LAYERS = {"l", "L", "\\ell"}
LOSSES = {
    "L", "J", "C", "E", "\\mathcal{L}", "\\ell", "\\mathcal{J}", "loss", "cost", "H", "\\mathcal{C}",
    "Loss", "Cost",
}  # fmt: skip
ACTIVATIONS = {"\\sigma", "\\phi", "\\varphi", "f", "g", "h", "\\psi", "\\rho", "act"}


@dataclass(slots=True)
class Context:
    declarations: Declarations
    definitions: list[Definition] = field(default_factory=list)
    static: dict[str, int] = field(default_factory=dict)
    layered: set[str] = field(default_factory=set)
    stepped: set[str] = field(default_factory=set)  # keys with an index that is shifted, as in h_{t-1}
    squared: set[str] = field(default_factory=set)  # keys k of which k^2 is a symbol of its own
    functions: set[str] = field(default_factory=set)
    losses: set[str] = field(default_factory=set)
    used: dict[tuple[int, str], set[int]] = field(default_factory=dict)
    """With how many indices each symbol is written in each section."""
    primed: set[str] = field(default_factory=set)
    used_as_symbol: set[str] = field(
        default_factory=set
    )  # letters that are symbols although they name a step
    numbers: set[str] = field(default_factory=set)  # undeclared symbols of formulas in numbers only
    defining: set[str] = field(default_factory=set)  # functions that definitions apply
    size_names: set[str] = field(default_factory=set)  # integers that are declared by themselves
    varied: bool = False  # \delta before a symbol is a differential
    twice: bool = False  # something is differentiated twice
    unread: set[str] = field(default_factory=set)  # functions whose definition is not read
    lost: dict[str, set[int]] = field(default_factory=dict)
    """Symbols of which a definition is not read, and in which sections."""
    opaque: dict[str, frozenset[str]] = field(default_factory=dict)
    """Symbols that are given because their definitions are not read, with the letters that stand in these."""
    aside: dict[int, Exception] = field(default_factory=dict)  # definitions that were set aside, and why
    doubled: set[str] = field(default_factory=set)  # losses L beside the L_i of each example
    factors: set[tuple[int, str]] = field(default_factory=set)  # multiplied in a section, never applied
    counted: set[str] = field(default_factory=set)  # letters that are nothing but the number of terms
    from_zero: bool = False  # indices count from 0
    sizes: set[str] = field(default_factory=set)
    examples: dict[str, set[int]] = field(default_factory=dict)
    """Symbols written with an example's number, x^{(i)}, and with how many indices beside it."""
    members: set[str] = field(default_factory=set)  # x of x_i, where each x_i is a vector
    bold: frozenset[str] = frozenset()  # letters that the note prints bold
    applied: frozenset[str] = frozenset()  # bases that are applied, not multiplied
    symbols: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()  # letters of superscripts such as (t) that are shifted: (t-1)

    now: int = 0  # the section that is read

    def at(self, scope: int) -> Context:
        """The same as it is seen in one section: what it declares itself comes before what others do."""
        return replace(self, now=scope, _index=None)

    def enter(self, scope: int) -> None:
        """Go on to a section, whose declarations hold from here."""
        if scope != self.now:
            self.now = scope
            self.forget()

    def declared(self, key: str) -> Declared | None:
        """The declaration of a symbol, the last one first."""
        found = self._by_key().get(key)
        return found[-1] if found else None

    def declarations_of(self, key: str) -> list[Declared]:
        return self._by_key().get(key, [])

    _index: dict[str, list[Declared]] | None = None

    def forget(self) -> None:
        """Declarations have changed."""
        self._index = None

    def _by_key(self) -> dict[str, list[Declared]]:
        if self._index is None:
            self._index = {}
            for d in self.declarations.shapes:
                self._index.setdefault(key_of(d.name), []).append(d)
            for key, found in list(self._index.items()):
                self._index[key] = self._nearest(found)
        return self._index

    def _nearest(self, found: list[Declared]) -> list[Declared]:
        """Declarations of one symbol: of this section, else of the nearest before it, else after it."""
        scopes = {d.scope for d in found}
        before = [s for s in scopes if s <= self.now]
        if not before:
            return []  # what a later section declares says nothing of this one
        nearest = max(before)
        own = [d for d in found if d.scope == nearest]
        # a symbol with a layer or an index of its own is another one
        marks = {(str(d.name.sup), str(d.name.sub)) for d in own}
        rest = [d for d in found if d.scope <= nearest and (str(d.name.sup), str(d.name.sub)) not in marks]
        return [*(d for d in rest if bool(d.name.sup) != any(o.name.sup for o in own)), *own]

    def definition(self, key: str, scope: int) -> list[Definition]:
        """Definitions of a symbol that hold in a scope: its own, else the nearest before, else after."""
        every = [d for d in self.definitions if d.key == key]
        here = [d for d in every if d.scope == scope]
        if here:
            return here
        declared = self.declared(key)
        before = [d for d in every if d.scope < scope]
        if (scope, key) in self.factors:
            before = [d for d in before if not d.parameters]
        if before:
            last = max(d.scope for d in before)
            if declared is not None and declared.scope > max(last, 0):
                return []  # a section that declares a symbol anew begins with it as given
            return [d for d in before if d.scope == last]
        if declared is not None:
            return []
        after = [d for d in every if d.scope > scope]
        if after:
            first = min(d.scope for d in after)
            return [d for d in after if d.scope == first]
        return []

    def may_rest_on(self, key: str, by: str) -> bool:
        """Whether a symbol whose definition is not read may depend on another; by letters, to be safe."""
        wanted, seen, stack = base_of(by), set[str](), list(self.opaque.get(key, ()))
        while stack:
            base = stack.pop()
            if base == wanted:
                return True
            if base in seen:
                continue
            seen.add(base)
            stack += [b for k, found in self.opaque.items() if base_of(k) == base for b in found]
            stack += [b for d in self.definitions if base_of(d.key) == base for b in bases(d.body)]
        return False

    def preactivation(self) -> str | None:
        """The quantity that goes into an activation, or the one that is computed by an affine map."""
        found: dict[str, None] = {}
        for d in self.definitions:
            body = d.body
            if not isinstance(body, Apply) or len(body.arguments) != 1 or d.key in LOSSES:
                continue
            argument = body.arguments[0]
            if isinstance(argument, Name) and self.is_defined(key_of(argument)):
                found[key_of(argument)] = None
        if not found:
            for d in self.definitions:
                if not d.derived and d.key not in LOSSES and d.key in {"z", "s", "u", "a", "y", "Z"}:
                    found[d.key] = None
        return next(iter(found)) if len(found) == 1 else None

    def is_defined(self, key: str) -> bool:
        return any(d.key == key for d in self.definitions)

    # -- what use tells

    def sizes_here(self) -> set[str]:
        """The sizes that this section's declarations use, or those of the nearest section before it."""
        scopes = [d.scope for d in self.declarations.shapes if d.scope <= self.now]
        nearest = max(scopes, default=0)
        found = {s for d in self.declarations.shapes if d.scope == nearest for s in d.sizes}
        return {s.replace("{", "").replace("}", "").replace(" ", "") for s in found}

    def counts(self, key: str) -> set[int]:
        """With how many indices a symbol is written in this section, else in the nearest that writes it."""
        if (self.now, key) in self.used:
            return self.used[self.now, key]
        scopes = [s for s, k in self.used if k == key]
        nearest = max((s for s in scopes if s < self.now), default=min(scopes, default=self.now))
        return self.used.get((nearest, key), set())

    def learn(self, sides: list[tuple[int, Node]]) -> None:
        """Layers, shifted indices, losses and functions, as the note's formulas use them, by section."""
        everything = [node for _, node in sides]
        self.factors = _factors(sides)
        self.steps = frozenset(
            letter
            for n in nodes(tuple(everything))
            if isinstance(n, Name) and n.bracket == "(" and isinstance(n.sup[0], Addition)
            for letter in self._step(n.sup[0]) or ()
        )
        for scope, node in sides:
            for inner in nodes(node):
                if isinstance(inner, Name):
                    counted = inner.bracket == "(" and letter_of(inner.sup[0]) not in {
                        None, *LAYERS, *self.steps,
                    }  # fmt: skip
                    if counted:
                        self.examples.setdefault(key_of(inner), set()).add(len(inner.sub))
                    self.used.setdefault((scope, key_of(inner)), set()).add(len(inner.sub) + counted)
        for d in self.declarations.shapes:
            if (
                d.name.sup
                and isinstance(d.name.sup[0], Literal)
                and d.name.sup[0].value == 2
                and not d.name.bracket
            ):
                self.squared.add(key_of(d.name))
            elif d.name.sup:
                self.layered.add(key_of(d.name))
        for letter, kind in self.declarations.superscripts.items():
            if kind == "layer":
                self.static.setdefault(letter, 4 if letter.isupper() else 2)
        shifted: set[str] = set()
        for node in everything:
            dotted = any(isinstance(n, Dots) for n in nodes(node))  # y_1 + ... + y_{i-1}: i counts no steps
            for inner in nodes(node):
                self._learn(inner, set() if dotted else shifted)
        self.losses -= (turned(everything) | self.functions) - LOSSES
        for definition in self.definitions:
            if self._is_layer(definition.name):
                self.layered.add(definition.key)
        for letter in shifted:
            self.static.setdefault(letter, 2)
            upper = letter.upper()
            if upper != letter and upper not in self._sizes():
                self.static.setdefault(upper, 4)
        for letter in ("l", "\\ell"):
            if letter in self.static:
                self.static.setdefault("L", 4)
        if shifted:
            for node in everything:
                for inner in nodes(node):
                    if isinstance(inner, Name) and any(self.letters(s) & shifted for s in inner.sub):
                        self.stepped.add(key_of(inner))

    def _sizes(self) -> set[str]:
        return {s for d in self.declarations.shapes for s in d.sizes}

    def _is_layer(self, name: Name) -> bool:
        return bool(name.sup) and (
            name.bracket == "["
            or bool(self.letters(name.sup[0]) & LAYERS)
            or (name.bracket == "(" and bool(self.letters(name.sup[0]) & self.steps))
            or (
                name.bracket == "(" and isinstance(name.sup[0], Literal) and key_of(name) not in self.examples
            )
            or bool(
                self.letters(name.sup[0])
                & {k for k, v in self.declarations.superscripts.items() if v == "layer"}
            )
        )

    def _step(self, node: Node) -> set[str] | None:
        """The letter of a layer or step: alone, or with a number added; empty for a number."""
        if isinstance(node, Literal):
            return set()
        parts = [t for _, t in node.terms] if isinstance(node, Addition) else [node]
        letters = {x for p in parts if (x := letter_of(p)) is not None}
        plain = all(isinstance(p, Literal) or letter_of(p) is not None for p in parts)
        return letters if plain and len(letters) == 1 else None

    def letters(self, node: Node) -> set[str]:
        return {n.base for n in nodes(node) if isinstance(n, Name)}

    def _learn(self, node: Node, shifted: set[str]) -> None:
        match node:
            case Name():
                key = key_of(node)
                if node.primes:
                    self.primed.add(key)
                if self._is_layer(node) and (step := self._step(node.sup[0])) is not None:
                    self.layered.add(key)
                    for letter in step:
                        self.static.setdefault(letter, 4 if letter.isupper() else 2)
                for sub in node.sub:
                    if isinstance(sub, Addition) and (step := self._step(sub)) is not None:
                        shifted |= step
            case Derivative(body, _, _, _) | Nabla(body, _, _, _):
                if isinstance(body, Name) and not body.sub and not body.sup:
                    key = key_of(body)
                    declared = self.declared(key)
                    if not self.is_defined(key) and (declared is None or not declared.sizes):
                        self.losses.add(key)
            case Apply(function, _):
                self.functions.add(key_of(function))
            case _:
                pass


def _factors(sides: list[tuple[int, Node]]) -> set[tuple[int, str]]:
    """Symbols that a section multiplies and never applies: an earlier function b(x) is another b."""
    found: set[tuple[int, str]] = set()
    applied: set[tuple[int, str]] = set()
    for scope, node in sides:
        for inner in nodes(node):
            if isinstance(inner, Apply):
                applied.add((scope, key_of(inner.function)))
            elif isinstance(inner, Multiplication):
                found |= {
                    (scope, key_of(f))
                    for _, f in inner.factors
                    if isinstance(f, Name) and f.base not in LOSSES
                }
    return found - applied
