"""Parts of a run for CI matrices: `--shard 2/4` is the second of four, joined by `gradcheck merge`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim

__all__ = ["parse_shard", "shard_of"]


def parse_shard(text: str) -> tuple[int, int]:
    """`2/4` as the part and the number of parts. Raises `UsageError`."""
    match = re.fullmatch(r"(\d{1,5})/(\d{1,5})", text)
    part, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= count:
        raise UsageError(f"--shard: expected a part such as 2/4, from 1/4 to 4/4, got {text!r}.")
    return part, count


def shard_of(claims: Sequence[Claim], text: str) -> tuple[Claim, ...]:
    """The claims of one part: every n-th formula, so that each part gets some of every section.

    The claims of a formula stay together, because they share what the backends derive. A part may be empty.
    """
    part, count = parse_shard(text)
    groups = [tuple(group) for _, group in groupby(claims, key=lambda c: id(c.formula))]
    return tuple(claim for group in groups[part - 1 :: count] for claim in group)
