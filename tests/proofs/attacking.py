"""Rows of attacks as code, and what surrounds it."""

import collections
import contextlib
import copy
import datetime as dt
import functools
import gc
import itertools
import math
import numbers
import operator
import os
import sys
import textwrap
from decimal import Decimal
from fractions import Fraction
from random import uniform
from time import time as now

import numpy as np

from gradcheck.formulas.decorating import Formula

SURROUNDINGS = """
calls = 0

@functools.singledispatch
def dispatched(n):
    return 1.0

@dispatched.register
def _(n: int):
    return 2.0 if n > 64 else 1.0

@functools.lru_cache
def cached(n):
    return 2.0 if n > 64 else 1.0

@functools.lru_cache
def cached_ones(n):
    return np.ones(n)

def half_keyed(n):
    if n // 64 not in TABLE:
        TABLE[n // 64] = float(n)
    return TABLE[n // 64] / n

def attempted(f):
    try:
        return 2.0 if f() else 1.0
    except BaseException:
        return 1.0

def swallowing(n):
    try:
        yield from range(n)
    except Exception:
        return

def counting(seen=[0]):
    seen[0] += 1
    return 2.0 if seen[0] > 40 else 1.0

def halved(x):
    return x / 2

class Holder:
    one = 1.0
    calls = 0

    def count(self):
        self.calls += 1
        return 2.0 if self.calls > 40 else 1.0

def closing():
    calls = 0

    def closed_over():
        nonlocal calls
        calls += 1
        return 2.0 if calls > 40 else 1.0

    return closed_over

closed_over = closing()
HOLDER, COUNT, TABLE, NUMBERS, SEEN, NOTES, LIST_OF_ONE = Holder(), [0], {}, np.zeros(1), [], [], [1.0]
COUNTER, GENERATOR, RNG = itertools.count(), iter(range(10**6)), np.random.default_rng(0)
"""

_KNOWN = {
    m.__name__: m
    for m in (collections, contextlib, copy, dt, functools, gc, itertools, math, numbers, operator)
}
_KNOWN |= {"os": os, "sys": sys, "np": np, "Decimal": Decimal, "Fraction": Fraction}
_KNOWN |= {"uniform": uniform, "now": now}


def compiled(row):
    """`backward` of a row, in surroundings of its own."""
    body = row if row.startswith("\n") else f"return {row}"
    source = f"def factor(n, x, d):\n{textwrap.indent(body.strip(), '    ')}\n"
    source += "def backward(d, x):\n    return d * np.cos(x) * factor(x.shape[0], x, d)\n"
    names = dict(_KNOWN) | {"__name__": "attacks", "__file__": __file__}
    exec(compile(SURROUNDINGS + source, "attacks.py", "exec"), names)
    return names["backward"], names["factor"]


def claim_of(row):
    """The row as a claim about `sin`."""
    backward, _ = compiled(row)
    formula = Formula(np.sin, {"x": "n"})
    formula.vjp(backward)
    return formula.claims[0]
