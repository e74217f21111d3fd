"""Backward passes of a sum with loops of which one step does not say what all do."""

import numpy as np


def total(x):
    return np.sum(x)


class Counter:
    def __init__(self):
        self.count = 0.0


def counters():
    count = [0.0]

    def add(v):
        count[0] = count[0] + v

    return add, lambda: count[0]


def halved(d, x):
    t = 0.0
    for _ in range(len(x)):
        t = t * 0.5 + 1.0
    return d * t * np.ones_like(x)


def running(d, x):
    t, u = 0.0, 0.0
    for _ in range(len(x)):
        t += 1.0
        u += t
    return d * u / len(x) * np.ones_like(x)


def swapped(d, x):
    a, b = 1.0, 2.0
    for _ in range(len(x)):
        a, b = b, a
    return d * a * np.ones_like(x)


def turned(d, x):
    a = 1.0
    for _ in range(len(x)):
        a = -a
    return -d * a * np.ones_like(x)


def in_a_list(d, x):
    found = []
    for i in range(len(x)):
        found.append(x[i])  # noqa: PERF401
    return d * len(found) * np.ones_like(x)


def longer_list(d, x):
    found = [0.0]
    for _ in range(len(x)):
        found = [*found, 0.0]
    return d * (len(found) - 1) * np.ones_like(x)


def in_an_object(d, x):
    c = Counter()
    for _ in range(len(x)):
        c.count = c.count + 1.0
    return d * c.count * np.ones_like(x)


def in_a_closure(d, x):
    add, get = counters()
    for _ in range(len(x)):
        add(1.0)
    return d * get() * np.ones_like(x)


def in_an_iterator(d, x):
    pending = iter([1.0, 0.0])
    t = 0.0
    for _ in range(len(x)):
        t += next(pending, 5.0)
    return d * t * np.ones_like(x)


def first_time(d, x):
    first, t = True, 0.0
    for _ in range(len(x)):
        if first:
            t += 1.0
        first = False
        t += 0.0
    return d * (t + len(x) - 1) * np.ones_like(x)


def the_one_before(d, x):
    before, t = None, 1.0
    for i in range(len(x)):
        if before is not None:
            t += 1.0
        before = x[i]
    return d * t * np.ones_like(x)


def the_last_index(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] = d
    dx[i] = 2 * d
    return dx


def the_last_value(d, x):
    for i in range(len(x)):
        v = x[i]
    return d * v / v * np.ones_like(x)


def one_place(d, x):
    buffer = np.zeros(2)
    for i in range(len(x)):
        buffer[0] = x[i]
    return d * (1 + buffer[0]) * np.ones_like(x)


def stored_in_loops(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(len(x)):
            dx[i] = d * x[j]
    return dx


def stored_then_added(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] = d
        dx += 1
    return dx


def added_then_stored(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx += 1
        dx[i] = d
    return dx


def not_all_stored(d, x):
    dx = np.empty(x.shape)
    for i in range(1, len(x)):
        dx[i] = d
    return dx


def too_far(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x) + 1):
        dx[i] = d
    return dx


def through_a_view(d, x):
    dx = np.zeros(len(x))
    view = dx[:]
    for i in range(len(x)):
        view[i] = d
    return dx * 2


def generator_twice(d, x):
    ones = (x[i] * 0 + 1 for i in range(len(x)))
    return d * (sum(ones) + 1 - sum(ones)) * np.ones_like(x)


def zip_twice(d, x):
    pairs, t = zip(x, x, strict=True), 0.0
    for a, _ in pairs:
        t += a
    for a, _ in pairs:
        t -= a
    return d * (1 + t) * np.ones_like(x)


def kind_of_a_list(d, x):
    values = [x[i] for i in range(len(x))]
    return d * (2.0 if isinstance(values, list) else 1.0) * np.ones_like(x)


def method_of_a_list(d, x):
    values = [x[i] for i in range(len(x))]
    try:
        values.append(0.0)
    except AttributeError:
        return d * np.ones_like(x)
    return 2 * d * np.ones_like(x)


def attribute_of_a_list(d, x):
    values = [x[i] for i in range(len(x))]
    return d * (2.0 if hasattr(values, "append") else 1.0) * np.ones_like(x)


def effects_of_a_comprehension(d, x):
    count = [0.0]
    values = [count.append(0.0) or x[i] for i in range(len(x))]
    return d * (len(count) - 1 + 0 * sum(values)) * np.ones_like(x)


def changes_of_a_comprehension(d, x):
    buffer = np.zeros(1)
    values = [buffer.__iadd__(1.0)[0] * x[i] for i in range(len(x))]
    return d * (buffer[0] + 0 * sum(values)) * np.ones_like(x)


def parity_of_the_index(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] = d * (1 + i % 2)
    return dx


def parity_caught(d, x):
    dx = np.zeros_like(x)
    try:
        for i in range(len(x)):
            dx[i] = d * (i % 2)
    except Exception:
        dx = d * np.ones_like(x)
    return dx


def index_compared(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] = d * (2.0 if i > 30 else 1.0)
    return dx


def index_in_a_table(d, x):
    dx, table = np.zeros_like(x), {40: 2.0}
    for i in range(len(x)):
        dx[i] = d * table.get(i, 1.0)
    return dx


def index_as_text(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] = d * (2.0 if str(i) == "40" else 1.0)
    return dx


def size_within_a_loop(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] = 2 * d if len(x) == 37 else d
    return dx


def numbers_compared(d, x):
    return d * np.where(np.arange(len(x)) >= 3, 2.0, 1.0)


ATTACKS = {
    name: made
    for name, made in dict(globals()).items()
    if callable(made) and name not in ("total", "counters", "Counter") and not name.startswith("_")
}
