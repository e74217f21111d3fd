"""Watching the comparisons that NumPy code makes in float64: where each stands, and which way it went.

A watched array is an ndarray, so the code takes the way that it takes for any array. Every comparison of
values keeps its *margin*, the number that is above zero where the comparison is true (`a - b` of `a > b`):
it says how far the other side is away. `&`, `|`, `~`, `any` and `all` of comparisons have margins too.
"""

from gradcheck.arithmetic.watched.running import run_watched, watchable
from gradcheck.arithmetic.watched.watch import Extent, Site, Watch

__all__ = ["Extent", "Site", "Watch", "run_watched", "watchable"]
