"""The flags of test vectors: which mistake a test shows, or which special case it holds."""

from __future__ import annotations

from gradcheck.oracles.vectors.records import Note

__all__ = ["NOTES"]

NOTES: dict[str, Note] = {
    flag: Note(bug_type=bug_type, description=description)
    for flag, bug_type, description in [
        # special cases of right gradients, with the mistake that each is there to show
        ("DistinctSizes", "transposed", "All sizes differ, so that no two axes can be taken for each other."),
        (
            "SquareSizes",
            "transposed",
            "All sizes are equal: a missing transpose conforms here, and is wrong.",
        ),
        (
            "SizeOne",
            "missing-sum",
            "Some sizes are 1: a sum or a broadcast over such an axis changes nothing.",
        ),
        ("FullPrecision", "float32", "The inputs use all bits of float64: arithmetic in float32 shows."),
        ("Zeros", "mask", "Some inputs are zero."),
        ("NegativeZero", "mask", "Some inputs are -0.0, which is the same number as 0.0."),
        ("Ties", "mask", "Some inputs are equal to others."),
        (
            "LargeMagnitudes",
            "not-finite",
            "Inputs of about 10, or in the hundreds: what overflows or loses digits shows.",
        ),
        ("SmallMagnitudes", "rounded", "Inputs near 1e-4: an absolute tolerance would let everything pass."),
        ("Saturation", "rounded", "Some gradients are smaller than others by many orders of magnitude."),
        ("OneHot", "other-value", "An input holds a single one along its last axis, and zeros elsewhere."),
        ("Integers", "index", "An input holds integers (labels, indices) and has no gradient."),
        ("DeltaNotOne", "delta-ignored", "The output is a scalar and delta is not 1."),
        ("Kink", "mask", "No derivative exists here: several gradients are right by convention."),
        # mistakes in wrong gradients
        ("MissingTranspose", "transposed", "The gradient is transposed; the shape is the same."),
        ("TransposedShape", "shape", "The gradient is transposed, and has another shape than the argument."),
        ("BroadcastShape", "shape", "The gradient is summed over an axis: another shape, which broadcasts."),
        ("WrongSign", "sign", "The gradient has the wrong sign."),
        ("ConstantFactor", "factor", "The gradient is twice the right one."),
        ("SlightFactor", "factor", "The gradient is off by one part in 1,024."),
        ("SizeFactor", "size-factor", "The gradient is multiplied by a size: a sum where a mean belongs."),
        ("MissingSum", "missing-sum", "The gradient counts only the last row (example) of the output."),
        ("DeltaIgnored", "delta-ignored", "The gradient is that for delta = ones."),
        ("SlopeMissing", "derivative-missing", "The local derivative of a function is left out."),
        ("SwappedGradients", "swapped", "The gradient is that of another argument of the same shape."),
        ("RolledRows", "index", "The right entries, shifted by one along the first axis."),
        ("LastEntryMissing", "tail", "The last entry is zero."),
        ("SinglePrecision", "float32", "The right gradient, rounded to float32."),
        ("UsualMistake", "operation", "What a mistake that is usual for the layer gives."),
        ("NotFinite", "not-finite", "One entry is NaN: `not (error > tolerance)` would accept it."),
    ]
}
"""Flag -> what it means; a file holds those that its tests use."""
