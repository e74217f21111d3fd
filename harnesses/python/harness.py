"""gradcheck's protocol in Python, one file, nothing but the standard library.

    gradcheck external -- python3 harness.py            the right gradients
    gradcheck external -- python3 harness.py --wrong    the wrong twins: every one has a typical mistake

To check a backward pass of your own, write it below "The formulas" and name it in FORMULAS. It gets delta
and the inputs as lists (of lists), a scalar as a float, and returns one gradient per input, by name; one
that is not computed may be None. Copy the rest as it is.
"""

import base64
import json
import math
import os
import struct
import sys

WRONG = "--wrong" in sys.argv[1:]


def twin(right, wrong):
    return wrong if WRONG else right


# ---- The formulas ---------------------------------------------------------------------------------


def outer(u, v):
    return [[a * b for b in v] for a in u]


def times(M, v):
    return [sum(a * b for a, b in zip(row, v)) for row in M]


def transposed(M):
    return [list(column) for column in zip(*M)]


def identity(delta, x):
    return {"x": [-d for d in delta] if WRONG else delta}


def wx(delta, W, x):
    return {"W": twin(outer(delta, x), outer(x, delta)), "x": times(transposed(W), delta)}


def xw_batch(delta, x, W):
    dW = [times(transposed(delta), column) for column in transposed(x)]
    first = outer(x[0], delta[0])
    return {"x": [times(W, row) for row in delta], "W": twin(dW, first)}


def layer(delta, w, a, b):
    return {"w": outer(delta, a), "a": times(transposed(w), delta), "b": twin(delta, [1.0] * len(b))}


def sigmoid(delta, z):
    a = [1 / (1 + math.exp(-v)) if v > -700 else 0.0 for v in z]
    return {"z": [d * twin(v * (1 - v), 1) for d, v in zip(delta, a)]}


def relu(delta, z):
    return {"z": [d if twin(v > 0, v < 0) else 0.0 for d, v in zip(delta, z)]}


def tanh(delta, z):
    a = [math.tanh(v) for v in z]
    b = twin(a, [math.tanh(v) for v in a])
    return {"z": [d * (1 - v * v) for d, v in zip(delta, b)]}


def mse(delta, s, y):
    return {"s": [delta * 2 * (v - t) / twin(len(s), 1) for v, t in zip(s, y)], "y": None}


def softmax_cross_entropy(delta, s, y):
    powers = [math.exp(v - max(s)) for v in s]
    p = [v / sum(powers) for v in powers]
    return {"s": [delta * twin(v - t, t - v) for v, t in zip(p, y)], "y": None}


FORMULAS = {
    f.__name__: f for f in (identity, wx, xw_batch, layer, sigmoid, relu, tanh, mse, softmax_cross_entropy)
}

# ---- Arrays: base64 of little-endian numbers, row by row ---------------------------------------------


def decode(array):
    letter = {"<f8": "d", "<i8": "q"}[array["dtype"]]
    data = base64.b64decode(array["b64"], validate=True)
    numbers = iter(struct.unpack(f"<{len(data) // 8}{letter}", data))

    def nested(shape):
        return [nested(shape[1:]) for _ in range(shape[0])] if shape else next(numbers)

    return nested(array["shape"])


def encode(values, shape):
    numbers = [values]
    for _ in shape_of(values):
        numbers = [number for row in numbers for number in row]
    data = struct.pack(f"<{len(numbers)}d", *numbers)
    text = base64.b64encode(data).decode()
    return {"dtype": "<f8", "shape": shape_of(values) if numbers else shape, "b64": text}


def shape_of(values):
    if not isinstance(values, list):
        return []
    return [len(values), *(shape_of(values[0]) if values else [])]


# ---- The conversation --------------------------------------------------------------------------------


def run(case):
    inputs = {name: decode(array) for name, array in case["inputs"].items()}
    gradients = FORMULAS[case["formula"]](decode(case["delta"]), **inputs)
    return {
        name: None if values is None else encode(values, case["inputs"][name]["shape"])
        for name, values in gradients.items()
    }


def answer(message):
    if message["cmd"] == "start":
        implementation = {"name": "harness.py", "language": "Python"}
        capabilities = {"formulas": list(FORMULAS), "dtypes": ["<f8"]}
        return {"version": 1, "implementation": implementation, "capabilities": capabilities}
    if message["case"]["formula"] not in FORMULAS:
        return {"seq": message["seq"], "skipped": True, "message": "this program does not know the formula"}
    try:
        return {"seq": message["seq"], "gradients": run(message["case"])}
    except Exception as error:
        return {"seq": message["seq"], "errored": True, "message": f"{type(error).__name__}: {error}"}


def main():
    # What the code prints goes to standard error, so that it cannot get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        message = json.loads(line)
        if message["cmd"] == "stop":
            break
        print(json.dumps(answer(message), allow_nan=False), file=answers, flush=True)


if __name__ == "__main__":
    main()
