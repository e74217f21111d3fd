r"""Marks below the line that tell symbols apart and count nothing, as in W_{hh}, w_1 and h_\\theta."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

from gradcheck.notes.grammar.syntax import (
    Apply,
    BigSum,
    Group,
    Literal,
    Multiplication,
    Name,
    Node,
    Raised,
    Root,
    rebuilt,
)
from gradcheck.notes.statements.context import key_of, letter_of, nodes
from gradcheck.notes.statements.letters import INDICES, marks

__all__ = ["labelled", "labels"]

PARAMETERS = {"\\theta", "\\phi", "\\psi", "\\omega", "\\Theta", "\\vartheta", "w", "W"}
"""Symbols that are no index below a function's name."""

Labels = Callable[[Name], str | None]


def labels(sides: list[Node], declared: set[str]) -> Labels:
    """What tells, of the symbols that a note does not declare, which marks are part of their name."""
    inner = {id(n) for n in marks(sides)}
    names = [n for n in nodes(tuple(sides)) if isinstance(n, Name)]
    symbols = [n for n in names if id(n) not in inner]
    bases = {n.base for n in symbols}
    counting = INDICES | {x for n in symbols if len(n.sub) == 1 and (x := letter_of(n.sub[0]))}
    bound = {x for n in nodes(tuple(sides)) if isinstance(n, BigSum) for x in _bound(n)}
    counting |= bound
    counting |= {x for n in nodes(tuple(sides)) if isinstance(n, Group) for s in n.sub if (x := letter_of(s))}
    counting -= PARAMETERS & bases
    states = _of_states(symbols, bases | {"y", "o"}) - bound
    counting -= states
    from_zero = any(isinstance(n, BigSum) and getattr(n.low, "text", "") == "0" for n in nodes(tuple(sides)))
    paired = _paired(sides) - {(k, x) for k, x in _paired(sides) if x in INDICES or x in bound}
    paired |= _parameters(sides, bases - INDICES - bound) | _gates(symbols, bases - bound)
    own_names = _names(sides, symbols) - bases - bound
    own_names |= states
    paired |= _widths(sides, bound)
    listed = _listed(sides)
    numbered: dict[str, bool] = {}
    for n in symbols:
        alone = len(n.sub) == 1 and isinstance(n.sub[0], Literal)
        numbered[key_of(n)] = numbered.get(key_of(n), True) and (alone or bool(n.text))

    def label(name: Name) -> str | None:
        if not name.sub or name.text or key_of(name) in declared or name.accent:
            return None
        letters = [letter_of(s) for s in name.sub]
        if len(name.sub) == 1:
            (mark,) = name.sub
            if isinstance(mark, Literal):
                zero = (mark.value == 0 and not from_zero) or (key_of(name), mark.text) in listed
                return mark.text if numbered.get(key_of(name)) or zero else None
            told = letters[0] in PARAMETERS & bases | own_names or (key_of(name), letters[0]) in paired
            return letters[0] if told else None
        own = len(letters) == 2 and all(x is not None and x in (bases | states) - counting for x in letters)
        return "".join(x for x in letters if x) if own else None

    return label


_STATES = {*"abcghorsuvxyz"}
"""Small letters of inputs, states and outputs; none of them is an index."""


def _of_states(symbols: list[Name], bases: set[str]) -> set[str]:
    r"""h and x where weights W_{hh} and W_{xh} lead from one symbol to another: b_h is then no entry."""
    found: set[str] = set()
    for n in symbols:
        letters = {letter_of(s) or "" for s in n.sub}
        if len(n.sub) == 2 and n.base.isupper() and letters <= bases & _STATES:
            found |= letters
    return found


def _widths(sides: list[Node], bound: set[str]) -> set[tuple[str, str]]:
    r"""d_k of 1 / \sqrt{d_k}: how wide the keys are."""
    roots = [n.body for n in nodes(tuple(sides)) if isinstance(n, Root)]
    found = {letter_of(n.sub[0]) for n in roots if isinstance(n, Name) and n.base == "d" and len(n.sub) == 1}
    return {("d", x) for x in ("k", "h", "q", "v") if x in found and (x not in bound or x == "k")}


def _listed(sides: list[Node]) -> set[tuple[str, str]]:
    r"""The variables of a function that are told apart by numbers, as in D(\mu_1, \mu_2): no entries."""
    arguments = [a for n in sides if isinstance(n, Apply) and not n.function.word for a in n.arguments]
    return {
        (key_of(a), a.sub[0].text)
        for a in arguments
        if isinstance(a, Name) and len(a.sub) == 1 and isinstance(a.sub[0], Literal)
    }


def _parameters(sides: list[Node], own: set[str]) -> set[tuple[str, str]]:
    """Functions f_a(x) with a symbol below that stands in the formulas as itself."""
    functions = [n.function for n in nodes(tuple(sides)) if isinstance(n, Apply)]
    found = {(key_of(f), x) for f in functions if len(f.sub) == 1 and (x := letter_of(f.sub[0]))}
    return {(key, x) for key, x in found if x in own}


COUNTS = {*"DHIJKLMNPT"}
"""Capital letters that are often the last place of a list."""


def _names(sides: list[Node], symbols: list[Name]) -> set[str]:
    r"""Capital letters that stand alone below symbols and nowhere else, as B in \mu_B: they count nothing."""
    alone = {x for n in symbols if len(n.sub) == 1 and (x := letter_of(n.sub[0]))}
    elsewhere = {x for n in symbols if len(n.sub) > 1 for s in n.sub for m in nodes(s) if (x := letter_of(m))}
    for n in nodes(tuple(sides)):
        if isinstance(n, BigSum):
            elsewhere |= {x for m in nodes((n.low, n.high, n.condition)) if (x := letter_of(m))}
        elif isinstance(n, Group):
            elsewhere |= {x for s in n.sub if (x := letter_of(s))}
    script = {x for x in alone if x.startswith("\\mathcal{")}
    return ({x for x in alone if len(x) == 1 and x.isupper()} - COUNTS | script) - elsewhere


def _gates(symbols: list[Name], own: set[str]) -> set[tuple[str, str]]:
    """W_f, W_i and W_o beside f, i and o: weights told apart by the symbols that they are for."""
    found: dict[str, set[str]] = {}
    for n in symbols:
        if len(n.sub) == 1 and (x := letter_of(n.sub[0])):
            found.setdefault(key_of(n), set()).add(x)
    gates = {k for k, letters in found.items() if len((letters & own) - INDICES) > 1}
    gates |= {k for k, letters in found.items() if k.isupper() and {"k", "v"} <= letters <= own & {*"kqov"}}
    return {(k, x) for k in gates for x in found[k] if x in own and x != "t"}


def _paired(sides: list[Node]) -> set[tuple[str, str]]:
    r"""Symbols and letters of products such as u_o^T v_c, of two vectors that are told apart by letters."""
    found: set[tuple[str, str]] = set()
    for n in nodes(tuple(sides)):
        for (_, a), (_, b) in itertools.pairwise(n.factors) if isinstance(n, Multiplication) else ():
            turned = a.base if isinstance(a, Raised) and a.transposed else None
            if isinstance(turned, Name) and isinstance(b, Name) and len(turned.sub) == len(b.sub) == 1:
                x, y = letter_of(turned.sub[0]), letter_of(b.sub[0])
                if x and y and x != y:
                    found |= {(key_of(turned), x), (key_of(b), y)}
    return found


def labelled(node: Node, label: Labels) -> Node:
    """A node with the marks that are part of a name put into it."""

    def change(part: Node) -> Node | None:
        text = label(part) if isinstance(part, Name) else None
        if text is None:
            return None
        assert isinstance(part, Name)
        sup = tuple(labelled(s, label) for s in part.sup)
        return replace(part, sub=(), sup=sup, text=text)

    return rebuilt(node, change)


def _bound(node: BigSum) -> set[str]:
    return {x for n in (node.index, *node.more) if n is not None and (x := letter_of(n))}
