"""Random branches in front of wrong code: a condition on sizes or values, true somewhere."""

import random

_SIZES = ["n", "len(x)", "x.shape[0]", "x.size", "int(n)", "n.real", "math.prod(x.shape)", "np.size(x)"]
_VALUES = ["x[0]", "x.sum()", "d[0]", "np.max(x)", "(x * x).mean()", "np.abs(x).sum()", "x @ d", "d.min()"]
_TURNED = [
    "{s} + {k}", "{s} * {k}", "{k} * {s} - 1", "{s} - {k}", "{s} ** 2", "{s} % {k}", "{s} // {k}",
    "{s} & {k}", "{s} ^ {k}", "{s} >> 1", "-{s}", "abs({s} - {k})", "divmod({s}, {k})[1]", "max({s}, {k})",
    "min({s}, {k})", "math.gcd({s}, {k})", "float({s})", "str({s})", "hash({s})", "len(str({s}))",
    "round({s} / {k})", "({s}, {k})", "np.sqrt({s})", "math.isqrt({s})", "Fraction({s}, {k})", "{s} / {k}",
    "f'{{{s}}}'", "id({s})", "{s} | 1", "np.int64({s})", "np.floor({s} / {k})", "type({s})",
    "{s}.bit_length()", "range({s})[-1]",
]  # fmt: skip
_COMPARED = [
    "{a} == {b}", "{a} != {b}", "{a} > {b}", "{a} >= {b}", "not {a} < {b}", "{a} in ({b}, {c})",
    "{a} in {{{b}, {c}}}", "{{{b}: 1}}.get({a})", "[{b}, {c}].count({a})", "{b} < {a} < {c}",
    "bool({a} - {b})", "operator.eq({a}, {b})", "{b} == {a}", "np.equal({a}, {b})", "np.greater({a}, {b})",
    "({a}) is None",
]  # fmt: skip
_CAUGHT = ["", " Exception", " BaseException", " (TypeError, AttributeError, ValueError)"]


def _condition(rng):
    source, turned, compared = rng.choice(_SIZES), rng.choice(_TURNED), rng.choice(_COMPARED)
    k = rng.randint(2, 60)
    a = turned.format(s=source, k=k) if rng.random() < 0.75 else source
    b, c = sorted(rng.sample(range(2, 90), 2))
    return compared.format(a=a, b=b, c=c)


def _about_values(rng):
    value, bound = rng.choice(_VALUES), rng.choice(["1e3", "-1e3", "7.5", "0.0", "1e-3", "np.inf", "n"])
    form = rng.choice(
        [
            "{v} > {b}",
            "{v} == {b}",
            "float({v}) < {b}",
            "{v} <= {b}",
            "not ({v} < {b})",
            "np.isclose({v}, {b})",
        ]
    )
    return form.format(v=value, b=bound)


def _where(rng):
    value = rng.choice(["x", "d", "x * x", "np.exp(x)", "x - x[0]", "np.tanh(x)", "x + d"])
    form = rng.choice(
        ["{v} > {b}", "{v} == {b}", "np.abs({v}) < {b}", "np.isinf({v})", "({v} > {b}) & (x < 9)"]
    )
    return form.format(v=value, b=rng.choice(["50.0", "1e3", "-40.0", "0.999", "1e-9", "x.mean() + 99"]))


def row(seed):
    """A row as in `attacks_on_sizes`: the factor is 1 on one side of the condition, and 2 on the other."""
    rng = random.Random(seed)
    kind = rng.random()
    if kind < 0.2:
        return f"np.where({_where(rng)}, 2.0, 1.0)"
    condition = _about_values(rng) if kind < 0.35 else _condition(rng)
    if rng.random() < 0.3:
        condition = f"{_condition(rng)} {rng.choice(['and', 'or'])} {condition}"
    sides = ("2.0", "1.0") if rng.random() < 0.7 else ("1.0", "2.0")
    form = rng.randrange(4)
    if form == 0:
        return f"{sides[0]} if {condition} else {sides[1]}"
    if form == 1:
        return f"\nif {condition}:\n    return {sides[0]}\nreturn {sides[1]}"
    caught = rng.choice(_CAUGHT)
    asked = f"return {sides[0]} if {condition} else {sides[1]}"
    if form == 2:
        return f"\ntry:\n    {asked}\nexcept{caught}:\n    return 1.0"
    return f"\nwith contextlib.suppress(Exception):\n    {asked}\nreturn 1.0"
