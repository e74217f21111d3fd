"""Macros that a TeX file defines, expanded before anything is read. Nothing else of TeX is carried out."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Macros"]

MOST = 2000
"""Expansions in one formula: more is a macro that never ends."""
LONGEST = 20000

_COMMAND = re.compile(
    r"\\(?:re)?(?:new|provide)command\*?\s*\{?\s*\\(?P<name>[A-Za-z]+)\s*\}?\s*(?:\[(?P<count>\d)\])?\s*(?:\[(?P<default>[^\]]*)\])?\s*\{"
)
_DEF = re.compile(r"\\def\s*\\(?P<name>[A-Za-z]+)\s*(?P<parameters>(?:#\d)*)\s*\{")
_OPERATOR = re.compile(r"\\DeclareMathOperator\*?\s*\{?\s*\\(?P<name>[A-Za-z]+)\s*\}?\s*\{(?P<text>[^{}]*)\}")
_USE = re.compile(r"\\([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class _Macro:
    body: str
    count: int
    default: str | None = None


class Macros:
    r"""The macros of one text, `\\newcommand`, `\\def` and `\\DeclareMathOperator`."""

    def __init__(self, text: str) -> None:
        self.known: dict[str, _Macro] = {}
        self.spans: list[tuple[int, int]] = []
        for pattern in (_COMMAND, _DEF):
            for match in pattern.finditer(text):
                end = _closing(text, match.end() - 1)
                if end is None:
                    continue
                count = int(match["count"] or 0) if pattern is _COMMAND else match["parameters"].count("#")
                default = match["default"] if pattern is _COMMAND else None
                self.known[match["name"]] = _Macro(text[match.end() : end], count, default)
                self.spans.append((match.start(), end + 1))
        for match in _OPERATOR.finditer(text):
            self.known[match["name"]] = _Macro(rf"\operatorname{{{match['text']}}}", 0)
            self.spans.append(match.span())

    def expand(self, text: str) -> str:
        """A formula without the file's macros. Raises `ValueError` where they do not come to an end."""
        if not self.known:
            return text
        done = 0
        position = 0
        while True:
            match = _USE.search(text, position)
            if match is None:
                return text
            macro = self.known.get(match[1])
            if macro is None:
                position = match.end()
                continue
            done += 1
            if done > MOST or len(text) > LONGEST:
                raise ValueError(f"the macro \\{match[1]} expands without end")
            arguments, end = self._arguments(text, match.end(), macro)
            body = macro.body
            for k, argument in enumerate(arguments, 1):
                body = body.replace(f"#{k}", argument)
            space = " " if body[-1:].isalpha() and text[end : end + 1].isalpha() else ""
            text = text[: match.start()] + body + space + text[end:]
            position = match.start()

    def _arguments(self, text: str, position: int, macro: _Macro) -> tuple[list[str], int]:
        found: list[str] = []
        if macro.default is not None:
            match = re.compile(r"\s*\[([^\]]*)\]").match(text, position)
            found.append(match[1] if match else macro.default)
            position = match.end() if match else position
        while len(found) < macro.count:
            while position < len(text) and text[position].isspace():
                position += 1
            if position >= len(text):
                raise ValueError("a macro has too few arguments")
            if text[position] == "{":
                end = _closing(text, position)
                if end is None:
                    raise ValueError("a brace is opened and never closed")
                found.append(text[position + 1 : end])
                position = end + 1
            else:
                match = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL).match(text, position)
                assert match is not None
                found.append(match[0])
                position = match.end()
        return found, position


def _closing(text: str, position: int) -> int | None:
    depth = 0
    for k in range(position, min(len(text), position + LONGEST)):
        if text[k] == "\\":
            continue
        if k and text[k - 1] == "\\" and text[k] in "{}":
            continue
        depth += {"{": 1, "}": -1}.get(text[k], 0)
        if not depth:
            return k
    return None
