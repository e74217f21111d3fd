r"""The layers that everyone means by z^l, a^l and w^l, where a note does not write them down."""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.notes.grammar.syntax import Derivative, Nabla, Name, Node
from gradcheck.notes.statements.context import LAYERS, LOSSES, key_of, nodes
from gradcheck.notes.statements.pieces import Piece

__all__ = ["loss_of", "spaces_of", "usual_layers"]

_ROLES = {"pre": ("z", "Z"), "post": ("a", "A", "h"), "weight": ("w", "W"), "bias": ("b", "B")}


def usual_layers(piece: Piece, defined: set[str], loss: str) -> list[str]:
    r"""z^l = w^l a^{l-1} + b^l, a^l = \sigma(z^l) and \delta^l as LaTeX, in the letters of a claim.

    Nothing where the claim has other symbols, no layers, or symbols that the note defines.
    """
    marks: set[int] = set()
    names: list[Name] = []
    for n in nodes(tuple(piece.sides)):
        if isinstance(n, Name) and id(n) not in marks:
            marks |= {id(m) for mark in (*n.sub, *n.sup) for m in nodes(mark)}
            names.append(n)
    letters = {n.base for n in names}
    functions = {n.base for n in names if n.primes}
    losses = {n.base for n in names if n.base in LOSSES and not n.sub}
    own = {x for role in _ROLES.values() for x in role} | functions | losses | {"\\delta"}
    layered = [n for n in names if n.sup and _is_layer(n)]
    role_letters = letters - functions - losses - {"\\delta"}
    if not layered or letters - own or len(functions) > 1 or len(losses) > 1 or role_letters & defined:
        return []
    if any(n.accent or n.text for n in names) or len({n.bracket for n in layered}) > 1:
        return []
    used = {k: next((x for x in role if x in letters), None) for k, role in _ROLES.items()}
    if sum(x is not None for x in used.values()) + ("\\delta" in letters) < 2:
        return []
    z, a, w, b = (used[k] or _ROLES[k][0] for k in _ROLES)
    f = next(iter(functions), "\\sigma")
    j = next(iter(losses), loss)
    entries = any(n.sub for n in names)
    return _texts(z, a, w, b, f, j, _mark(layered[0].bracket), entries=entries)


def _texts(
    z: str, a: str, w: str, b: str, f: str, j: str, at: Callable[[str], str], *, entries: bool
) -> list[str]:
    here, before = at("l"), at("l-1")
    if entries:
        return [
            f"{z}{here}_p = \\sum_q {w}{here}_{{pq}} {a}{before}_q + {b}{here}_p",
            f"{a}{here}_p = {f}({z}{here}_p)",
            f"\\delta{here}_p = \\frac{{\\partial {j}}}{{\\partial {z}{here}_p}}",
        ]
    return [
        f"{z}{here} = {w}{here} {a}{before} + {b}{here}",
        f"{a}{here} = {f}({z}{here})",
        f"\\delta{here} = \\frac{{\\partial {j}}}{{\\partial {z}{here}}}",
    ]


def spaces_of(texts: list[str]) -> list[str]:
    """The spaces of the symbols of layers that are written as whole arrays."""
    if not texts or "\\sum" in texts[0]:
        return []
    product, bias = texts[0].split(" = ")[1].split(" + ")
    weight, _ = product.split(" ")
    z, a = texts[0].split(" = ")[0], texts[1].split(" = ")[0]
    vectors = [f"{x} \\in \\mathbb{{R}}^{{n_l}}" for x in (z, a, bias)]
    return [f"{weight} \\in \\mathbb{{R}}^{{n_l \\times n_{{l-1}}}}", *vectors]


def _mark(bracket: str) -> Callable[[str], str]:
    left, right = {"[": ("[", "]"), "(": ("(", ")")}.get(bracket, ("", ""))
    return lambda layer: f"^{{{left}{layer}{right}}}"


def _is_layer(name: Name) -> bool:
    return any(isinstance(n, Name) and n.base in LAYERS for s in name.sup for n in nodes(s))


def loss_of(pieces: list[Piece]) -> str:
    """What a note calls its loss: what it differentiates most."""
    found: list[str] = []
    for piece in pieces:
        for n in nodes(tuple(piece.sides)):
            of: Node | None = n.body if isinstance(n, Derivative | Nabla) else None
            if isinstance(of, Name) and of.base in LOSSES:
                found.append(key_of(of))
    return max(found, key=found.count, default="C")
