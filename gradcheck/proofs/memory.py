"""What the claims of one formula share: its derivatives on every branch."""

from __future__ import annotations

from typing import Any

from gradcheck.errors import user_code
from gradcheck.formulas.declaration import Declaration
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.truth import Truth

__all__ = ["LIMIT", "Memory"]

LIMIT = 20_000
"""Products of terms that a formula's derivatives, or one claim on one branch, may cost."""


class Memory:
    """The truths of one formula. A refusal is remembered like a success."""

    def __init__(self, formula: Declaration, *, limit: int = LIMIT) -> None:
        self.formula = formula
        self.limit = limit
        self._truths: dict[Any, Truth | Exception] = {}
        self.latest: dict[Any, tuple[Any, Any]] = {}  # branch -> the claim tried last, and what came out

    def truth(self, branch: Branch, *, expand: bool = False) -> Truth:
        """The formula on a branch. Raises whatever its forward raises on symbols."""
        key = (branch.key, expand)
        if key not in self._truths:
            try:
                with user_code:
                    self._truths[key] = Truth(self.formula, branch, expand=expand, limit=self.limit)
            except Exception as error:
                self._truths[key] = error
        found = self._truths[key]
        if isinstance(found, Exception):
            raise found
        return found
