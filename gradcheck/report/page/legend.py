"""What every number of the page means: the page's own legend, and what the documentation shows."""

from __future__ import annotations

__all__ = ["LEGEND"]

LEGEND = {
    "points": "concrete arguments at which the claim was judged: one shape, with a value for every "
    "argument and for delta",
    "shapes": "different sizes among the points; those with all sizes distinct show a transposed axis",
    "relative difference": "how far the hand-written value is from the right one, as a part of S; the "
    "largest that was seen. 0 means that the two enclosures overlap",
    "limit": "up to which relative difference two values count as the same: what the resolution of the "
    "arithmetic, or rounding, can leave. It is derived, never set",
    "S": "the summed magnitude of the terms that make an entry, so that an entry that is truly zero has a "
    "scale too",
    "agreed": "points at which two sources gave the same, of those at which both gave something",
    "answered": "points at which a backend had an answer, of all points of the claim; why it had none at the "
    "others, or was not asked there, stands beneath",
    "kinks": "points at which there is no derivative, where no convention is accused",
    "distinct sizes": "points among the answered ones with all sizes different",
    "outvoted": "points at which this backend differed from the hand-written code and from two others",
    "fits at": "points at which the diagnosis explains the wrong value, of the wrong points that it was "
    "tried at, which need not be all",
    "exact to": "how far the value is from what the diagnosis predicts, as a part of S",
    "digits lost": "decimal digits that the code loses against correct rounding, of about 16 in float64 "
    "and 7 in float32; no part of the verdict",
    "ulp": "an error in units in the last place of the right value",
    "step curve": "the error of the central difference by its step h, as a part of the scale beneath it",
    "proved, certified, agreed": "how strong the evidence for a pass is: for all sizes and values; in ball "
    "arithmetic at the points tried; in floating point within a derived bound there",
    "seed": "where the drawing of points starts: the same seed gives the same run",
    "time": "what this claim or backend took, imports not counted",
}
