"""`-k EXPR`: parts of names joined by `and`, `or`, `not` and parentheses, as pytest reads them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.suggestions import did_you_mean

__all__ = ["chosen", "matching"]

_Test = Callable[[str], bool]
_TOKEN = re.compile(r"[()]|[^\s()]+")
_WORDS = frozenset({"and", "or", "not", "(", ")"})


def chosen(claims: Sequence[Claim], expression: str, words: Sequence[str] = ()) -> tuple[Claim, ...]:
    """The claims whose names fit the expression, of those that ``words`` chose. Raises `UsageError` where
    there is none.
    """
    test = matching(expression)
    found = tuple(claim for claim in claims if test(claim.uid))
    if not found:
        names = dict.fromkeys(name for claim in claims for name in (claim.formula.name, claim.uid))
        asked = [token for token in _TOKEN.findall(expression) if token not in _WORDS]
        hint = did_you_mean(asked[0], names) if len(asked) == 1 else ""
        listing = shlex.join(["gradcheck", "list", *words])
        raise UsageError(
            f"-k: none of the {len(claims)} claims fits {expression!r}.{hint} `{listing}` shows them."
        )
    return found


def matching(expression: str) -> _Test:
    """Whether a name fits the expression; upper and lower case are the same. Raises `UsageError`."""
    reader = _Reader(expression, tuple(_TOKEN.finditer(expression)))
    test = reader.either()
    if reader.token is not None:
        raise reader.refused("`and`, `or` or the end")
    return test


@dataclass
class _Reader:
    """Reads from left to right; each method reads one level of the grammar and leaves what follows."""

    text: str
    tokens: tuple[re.Match[str], ...]
    place: int = 0

    @property
    def token(self) -> str | None:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else None

    def either(self) -> _Test:
        tests = [self.both()]
        while self._take("or"):
            tests.append(self.both())
        return lambda name: any(test(name) for test in tests)

    def both(self) -> _Test:
        tests = [self.one()]
        while self._take("and"):
            tests.append(self.one())
        return lambda name: all(test(name) for test in tests)

    def one(self) -> _Test:
        if self._take("not"):
            test = self.one()
            return lambda name: not test(name)
        if self._take("("):
            test = self.either()
            if not self._take(")"):
                raise self.refused("`)`")
            return test
        part = self.token
        if part is None or part in _WORDS:
            raise self.refused("a part of a name, `not` or `(`")
        self.place += 1
        return lambda name: part.lower() in name.lower()

    def _take(self, word: str) -> bool:
        if self.token != word:
            return False
        self.place += 1
        return True

    def refused(self, wanted: str) -> UsageError:
        if self.token is None:
            return UsageError(f"-k {self.text!r}: expected {wanted} at the end.")
        column = self.tokens[self.place].start() + 1
        return UsageError(f"-k {self.text!r}: expected {wanted} at column {column}, got {self.token!r}.")
