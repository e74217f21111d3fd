"""Right backward passes with something changed at random, and what is tried against the prover's answer."""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
import random
import textwrap
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.judging.answers.backends import choose
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import Discarded, ForwardFault, make_point
from gradcheck.judging.session import Session
from gradcheck.proofs import Memory, prove
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.prover import attempt
from gradcheck.proofs.spot import violated

BINARY = [ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult]
COMPARISONS = [ast.Gt, ast.GtE, ast.Lt, ast.LtE]
CALLS = [
    "sum",
    "mean",
    "max",
    "min",
    "exp",
    "tanh",
    "log",
    "sqrt",
    "abs",
    "sign",
    "zeros_like",
    "ones_like",
    "squeeze",
]
CONDITIONS = [
    "{a}.shape[0] == {b}.shape[-1]",
    "{a}.shape[0] != {b}.shape[-1]",
    "{a}.shape[-1] == 1",
    "{a}.shape[0] > 2",
    "{a}.shape[0] < {b}.shape[0]",
    "len({a}) == len({b})",
    "{a}.ndim == {b}.ndim",
    "{a}.size > 1",
]


def arguments_of(tree):
    return [a.arg for a in tree.args.args]


def change_operator(node, rng, names):
    if isinstance(node, ast.BinOp):
        node.op = rng.choice(BINARY)()
        return node
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        node.ops[0] = rng.choice(COMPARISONS)()
        return node
    return None


def swap_operands(node, rng, names):
    if isinstance(node, ast.BinOp):
        node.left, node.right = node.right, node.left
        return node
    return None


def change_number(node, rng, names):
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        node.value = rng.choice([node.value + 1, node.value - 1, -node.value, 2 * node.value, 0.5])
        return node
    return None


def toggle_truth(node, rng, names):
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
        return node
    return None


def transpose(node, rng, names):
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        return ast.Attribute(node, "T", ast.Load())
    return None


def another_name(node, rng, names):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        node.id = rng.choice(names)
        return node
    return None


def another_function(node, rng, names):
    if isinstance(node, ast.Attribute) and node.attr in CALLS:
        node.attr = rng.choice(CALLS)
        return node
    return None


def negate(node, rng, names):
    return ast.UnaryOp(ast.USub(), node) if isinstance(node, ast.BinOp | ast.Call) else None


def drop(node, rng, names):
    """One side of an operation, the inside of a call."""
    if isinstance(node, ast.BinOp):
        return rng.choice([node.left, node.right])
    if isinstance(node, ast.Call) and len(node.args) == 1:
        return node.args[0]
    return None


def double(node, rng, names):
    return ast.BinOp(node, rng.choice(BINARY)(), copy.deepcopy(node)) if isinstance(node, ast.BinOp) else None


def by_cases(node, rng, names):
    """Another value where sizes or values say so."""
    if not isinstance(node, ast.BinOp | ast.Call):
        return None
    other = copy.deepcopy(node)
    if rng.random() < 0.7:
        other = ast.BinOp(other, ast.Mult(), ast.Constant(rng.choice([1, 2])))
    first, second = (rng.choice(names) for _ in range(2))
    if rng.random() < 0.5:
        test = ast.parse(rng.choice(CONDITIONS).format(a=first, b=second), mode="eval").body
        return ast.IfExp(test, node, other)
    call = ast.parse(f"np.where({first} {rng.choice(['>', '>=', '<'])} 0, 0, 0)", mode="eval").body
    call.args[1:] = [node, other]
    return call


def through_root(node, rng, names):
    """Something that undoes itself, but not for all values."""
    if not isinstance(node, ast.BinOp):
        return None
    text = rng.choice(
        ["np.sqrt(0 ** 2)", "np.exp(np.log(0))", "np.sqrt(0) ** 2", "0 * {a} / {a}", "np.sign(0) * np.abs(0)"]
    )
    tree = ast.parse(text.format(a=rng.choice(names)), mode="eval").body

    class Put(ast.NodeTransformer):
        def visit_Constant(self, one):
            return copy.deepcopy(node) if one.value == 0 else one

    return Put().visit(tree)


CHANGES = [
    change_operator, swap_operands, change_number, toggle_truth, transpose, another_name, another_function,
    negate, drop, double, by_cases, by_cases, through_root,
]  # fmt: skip


class OnePlace(ast.NodeTransformer):
    """Applies one change at the chosen one of the places where it can be made."""

    def __init__(self, change, rng, names, place):
        self.change, self.rng, self.names, self.place = change, rng, names, place
        self.seen = 0

    def visit(self, node):
        state = self.rng.getstate()
        changed = (
            self.change(copy.deepcopy(node), self.rng, self.names) if isinstance(node, ast.expr) else None
        )
        if changed is None:
            self.rng.setstate(state)
            return self.generic_visit(node)
        self.seen += 1
        return changed if self.seen - 1 == self.place else self.generic_visit(node)


def mutate(function, rng):
    """A changed copy of a module's function, as `(function, source)`; None where nothing could be changed."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    tree.decorator_list = []
    names = arguments_of(tree)
    for _ in range(rng.choice([1, 1, 1, 2])):
        change = rng.choice(CHANGES)
        count = OnePlace(change, random.Random(0), names, -1)
        count.visit(copy.deepcopy(tree))
        if not count.seen:
            return None
        tree = OnePlace(change, rng, names, rng.randrange(count.seen)).visit(tree)
    source = ast.unparse(ast.fix_missing_locations(tree))
    scope = dict(function.__globals__)
    name = f"<mutant {len(linecache.cache)} of {function.__name__}>"
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name  # loops need a source
    exec(compile(source, name, "exec"), scope)
    return scope[function.__name__], source


@dataclass
class Verdict:
    """What became of one mutant: ``contradiction`` says what a point has against a proof."""

    status: str
    contradiction: str | None = None


def tried(claim, memory, session, rng, points=6):
    """The prover's answer, and where it is a proof the answer of ball arithmetic at random shapes."""
    proof = prove(claim, memory, steps=False)
    if proof.status != "proved":
        return Verdict(proof.status)
    made = attempt(claim, memory, Branch())
    names = claim.formula.shapes.names
    for number in range(points):
        largest = 1 if number == 0 else (2 if number < 3 else 4)
        sizes = {n: rng.randint(1, largest) for n in names}
        if number == 1:
            sizes = dict.fromkeys(names, 2)
        if not claim.formula.allows(sizes):
            continue
        try:
            generator = np.random.default_rng(rng.randrange(2**32))
            point = make_point(claim.formula, sizes, generator, origin="plan" if number % 2 else "drawn")
        except (Discarded, ForwardFault):
            continue
        result = check_point(claim, point, session)
        if result.verdict in ("fail", "error") and not violated(made.truth, made.compared.conditions, point):
            return Verdict("proved", f"{result.verdict} at {sizes}: {result.fault or result.quantity}")
    return Verdict("proved")


def campaign(formulas, tries, seed, most=None):
    """Counts of the statuses over so many mutants, and the contradictions with their sources, of which
    ``most`` are enough.
    """
    rng = random.Random(seed)
    claims = [formula.claims[-1] for formula in formulas]
    memories = {c.formula.name: Memory(c.formula) for c in claims}
    sessions = {c.formula.name: Session(c.formula, choose(["finite_difference"])) for c in claims}
    counts, found = {}, []
    while sum(counts.values()) < tries and (most is None or len(found) < most):
        claim = rng.choice(claims)
        made = mutate(claim.candidate, rng)
        if made is None:
            continue
        candidate, source = made
        name = claim.formula.name
        try:
            mutant = replace(claim, candidate=candidate)
            verdict = tried(mutant, memories[name], sessions[name], rng)
        except Exception as error:  # the mutant breaks what the test itself does with it
            verdict = Verdict("proved", f"{type(error).__name__}: {error}")
        counts[verdict.status] = counts.get(verdict.status, 0) + 1
        if verdict.contradiction is not None:
            found.append(f"{source}\n{verdict.contradiction}")
    return counts, found
