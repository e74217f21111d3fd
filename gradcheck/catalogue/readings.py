"""How the derivation's vectors are read, in the words that the report shows.

The derivation's vectors are columns and its local gradient of a column is a row. Code has three
habits beside that, and a formula that is right in one may not even conform in another. So each claim
that depends on the reading has one formula per reading.
"""

from __future__ import annotations

__all__ = ["COLUMN", "FLAT", "ROW", "ROWS"]

COLUMN = (
    "Vectors are columns (m, 1). The candidate gets delta as a column, like z; the notes' delta is its row."
)
FLAT = "Vectors are flat arrays (m,), for which transposing does nothing."
ROW = "Vectors are rows (1, m), and so is delta."
ROWS = "A batch: every row is one example, and delta has a row for each."
