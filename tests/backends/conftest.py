"""A backend asked directly: one problem, one answer, compared in balls."""

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, enclose, midpoints, precision, radii, wrap
from gradcheck.backend import Problem


def problem_of(function, *arrays):
    """The problem of a function at these arrays; integer arrays are not differentiated."""
    args = tuple(np.array(a) for a in arrays)
    with np.errstate(all="ignore"):
        result = function(*(a.copy() if a.ndim else a.dtype.type(a) for a in args))
    parts = result if isinstance(result, tuple | list) else [result]
    return Problem(
        function,
        tuple(f"a{i}" for i in range(len(args))),
        args,
        tuple(i for i, a in enumerate(args) if a.dtype.kind == "f"),
        tuple(np.shape(p) for p in parts),
    )


@pytest.fixture(scope="session")
def problem():
    """`problem(function, *arrays)`."""
    return problem_of


@pytest.fixture(scope="session")
def gradients():
    """`gradients(backend, function, *arrays, delta=...)`: midpoints and radii of every gradient."""

    def ask(backend, function, *arrays, delta=None, bits=200):
        problem = problem_of(function, *arrays)
        deltas = (
            [np.asarray(d, dtype=float) for d in delta]
            if delta
            else [np.ones(s) for s in problem.output_shapes]
        )
        with precision(bits):
            answers = backend.derive(problem).vjp(problem.example, deltas)
        return {i: (midpoints(a.values), radii(a.values)) for i, a in answers.items()}

    return ask


@pytest.fixture(scope="session")
def exactly():
    """`exactly(function, *arrays)`: a function's result in balls, flattened per output."""

    def run(function, *arrays, bits=250):
        with precision(bits):
            args = [
                wrap(enclose(np.asarray(a)), BALLS) if np.asarray(a).dtype.kind == "f" else a for a in arrays
            ]
            result = function(*args)
            parts = result if isinstance(result, tuple) else (result,)
            return [None if p is None else p.data for p in parts]

    return run
