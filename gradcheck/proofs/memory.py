"""What the claims of one formula share: its derivatives on every branch."""

from __future__ import annotations

from typing import Any

from gradcheck.errors import user_code
from gradcheck.formulas.declaration import Declaration
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.indexed.algebra.indices.digits import NeedsSplit, refined
from gradcheck.proofs.indexed.algebra.polynomials import Polynomial
from gradcheck.proofs.truth import Truth

__all__ = ["LIMIT", "Memory"]

LIMIT = 20_000
"""Products of terms that a formula's derivatives, or one claim on one branch, may cost."""


_MOST_SPLITS = 6


class Memory:
    """The truths of one formula. A refusal is remembered like a success."""

    def __init__(self, formula: Declaration, *, limit: int = LIMIT) -> None:
        self.formula = formula
        self.limit = limit
        self._truths: dict[Any, Truth | Exception] = {}
        self._splits: dict[Any, dict[Polynomial, tuple[Polynomial, ...]]] = {}
        self.latest: dict[Any, tuple[Any, Any]] = {}  # branch -> the claim tried last, and what came out

    def truth(self, branch: Branch, *, expand: bool = False) -> Truth:
        """The formula on a branch. Raises whatever its forward raises on symbols."""
        while True:
            splits = self._splits.get(branch.key, {})
            key = (branch.key, expand, tuple(sorted(splits.items())))
            if key not in self._truths:
                try:
                    with user_code:
                        self._truths[key] = Truth(
                            self.formula, branch, expand=expand, limit=self.limit, splits=splits
                        )
                except Exception as error:
                    self._truths[key] = error
            found = self._truths[key]
            if isinstance(found, NeedsSplit) and self.split(branch, found):
                continue
            if isinstance(found, Exception):
                raise found
            return found

    def split(self, branch: Branch, needed: NeedsSplit) -> bool:
        """Split an axis on a branch from now on; False where it is split in another way, or many are."""
        splits = refined(self._splits.get(branch.key, {}), needed)
        if splits is None or len(splits) > _MOST_SPLITS:
            return False
        self._splits[branch.key] = splits
        return True

    def whole(self, branch: Branch) -> None:
        """Forget the splits of a branch, which another claim may not need."""
        self._splits.pop(branch.key, None)
