"""What a worker does: the claims of one formula, from their names to their records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import msgspec

from gradcheck.formulas.claim import Claim
from gradcheck.records.types import Record
from gradcheck.running.checker import Checker, Environment, RunOptions
from gradcheck.running.registry import select
from gradcheck.running.workers.travel import SentFile, at_home

__all__ = ["Work", "check_group", "decoded", "environment"]


@dataclass(frozen=True)
class Work:
    """What is the same for all tasks of a run: the words that select claims, their files, the options."""

    words: tuple[str, ...]
    files: tuple[SentFile, ...]
    options: RunOptions


def check_group(work: Work, uids: tuple[str, ...]) -> bytes:
    """The records of some claims of one formula, as JSON. Nothing else travels back."""
    with at_home(work.files):
        claims, checker = _prepared(work)
        return msgspec.json.encode([record for uid in uids for record in checker.check(claims[uid])])


def decoded(records: bytes) -> list[Record]:
    """The records that `check_group` sent."""
    return msgspec.json.decode(records, type=list[Record])


def environment(work: Work) -> Environment:
    """What this process checks with. Raises `UsageError` for the backends that were asked for."""
    return Checker(work.options).environment()


@lru_cache(maxsize=4)
def _prepared(work: Work) -> tuple[dict[str, Claim], Checker]:
    return {claim.uid: claim for claim in select(work.words).claims}, Checker(work.options)
