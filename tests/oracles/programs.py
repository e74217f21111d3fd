"""Answers of programs to the committed vectors: right ones, and twins with one mistake each."""

import json

import numpy as np

from gradcheck.oracles.lookup import find_formula
from gradcheck.oracles.vectors.files import every_test, read_vectors
from gradcheck.records.arrays import decode, encode
from tests.oracles.conftest import COMMITTED


def right_program(name):
    """The formula's own right vjp, as a function of delta and the inputs by name."""
    candidate = find_formula(name).backwards[0].candidate
    names = find_formula(name).shapes.arguments

    def program(delta, **inputs):
        with np.errstate(over="ignore"):
            result = candidate(delta, *(inputs[n] for n in names))
        parts = result if isinstance(result, tuple) else (result,)
        return {n: g for n, g in zip(names, parts, strict=True) if g is not None}

    return program


def answer(test, program, dtype):
    inputs = {n: number(decode(r), dtype) for n, r in test.inputs.items()}
    gradients = program(number(decode(test.delta), dtype), **inputs)
    return {n: None if g is None else as_array(np.asarray(g, dtype)) for n, g in gradients.items()}


def number(array, dtype):
    """As a program has it: floats in its dtype, a scalar as a scalar."""
    array = array.astype(dtype) if array.dtype.kind == "f" else array
    return array if array.ndim else array[()]


def as_array(array):
    record = encode(array)
    return {"dtype": record.dtype, "shape": record.shape, "b64": record.b64}


def answers_file(folder, name, program=None, dtype="<f8", **changes):
    """A file of a program's answers to the committed vectors of a formula; returns both paths."""
    program = program or right_program(name)
    vectors = COMMITTED / f"{name}.json"
    answers = {
        str(t.tc_id): {"gradients": answer(t, program, dtype)}
        for t in every_test(read_vectors(vectors))
        if t.result != "invalid"
    }
    text = {
        "formula": name,
        "implementation": {"name": "demo", "language": "C", "version": "1.0"},
        "answers": answers,
        **changes,
    }
    path = folder / f"{name}.answers.json"
    path.write_text(json.dumps(text))
    return vectors, path
