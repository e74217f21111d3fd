"""The same formulas at other scales of their values, where a right derivative must not be accused."""

import gradcheck

SCALES = (1e-3, 1e3)
QUIET = ("pass", "weak")
"""Weak: saturated everywhere, so that nothing could have been caught."""


def values(shapes, options, scale):
    """What arguments of plain shapes may hold, all of it times ``scale``; what lives in a space stays."""
    given = dict(options.get("values", {}))
    still = options.get("spaces", {})
    for name, shape in shapes.items():
        if name in still or not isinstance(shape, str | int):
            continue
        draw = given.get(name, gradcheck.normal)
        if getattr(draw, "__name__", "").startswith("integers") or not callable(draw):
            continue
        given[name] = scaled(draw, scale)
    return given


def scaled(draw, scale):
    return lambda shape, rng: scale * draw(shape, rng)
