"""How many bits numbers have, each number written once, with its reason."""

from __future__ import annotations

__all__ = [
    "BITS",
    "COARSE_STEP",
    "DOUBLE",
    "FINE_STEP",
    "KINK_BITS",
    "PRECISIONS",
    "SINGLE",
    "SLOPE_BITS",
]

DOUBLE = 53
"""Bits of a float64 significand. In balls of so many bits the radius is a running error bound of float64."""

SINGLE = 24
"""Bits of a float32 significand."""

BITS = 4 * DOUBLE
"""Bits of ball arithmetic where one evaluation has to do: four float64 significands, about 1e-63."""

PRECISIONS = (BITS, 2 * BITS, 4 * BITS, 8 * BITS)
"""Bits raised until the question is decided."""

SLOPE_BITS = 128
"""Bits that are tried first where slopes alone are compared: 45 more than the judge's resolution needs, and
the most that python-flint holds without memory of its own for every number. Entries may be so much smaller
than their terms that they need more."""

COARSE_STEP = 120
"""Differences take steps of 2^-120 of one unit: the truncation of a central one is then of the order 2^-240
of the scale."""

FINE_STEP = 140
"""The second step is 2^-140: its truncation is smaller by 2^-40, which shows what the first one leaves."""

KINK_BITS = 500
"""Bits of the forward where one-sided slopes are taken: 360 are left above the step, so it is not rounding
that the slopes differ by. Their truncation is of first order in the step."""
