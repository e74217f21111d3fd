"""One formula taken apart into the statements that it holds: rows, chains, what is joined by arrows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from gradcheck.notes.grammar.lexer import NotRead, Token

__all__ = ["Statement", "split"]

_EQUAL = {"=", "\\equiv", "\\coloneqq", ":="}
_OTHER = {
    "\\approx", "\\propto", "\\sim", "\\to", "\\leftarrow", "\\rightarrow", "\\gets", "\\mapsto", "\\simeq",
    "\\cong", "\\longrightarrow", "\\leftrightarrow", "\\in", "\\leq", "\\geq", "<", ">", "\\neq",
    "\\ll", "\\gg",
    "\\subset", "\\forall",
}  # fmt: skip
_ARROWS = {"\\to", "\\rightarrow", "\\longrightarrow"}
"""Between two equations they lead from one to the other."""
_JOINS = {"\\Rightarrow", "\\therefore", "\\because", "\\quad", "\\qquad", "\\Leftrightarrow", "\\land"}
_AND = {"and", "or", "where", "with", "và", "且", "y", "e", "und", "et", "then", "so", "hence", "thus", "и"}
_CONDITION = {"if", "for", "when", "assuming", "since", "iff", "for all", "as"}


@dataclass(slots=True)
class Statement:
    """``sides`` joined by equality ``signs``. ``relation`` is another sign that was found."""

    sides: list[list[Token]]
    signs: list[Token] = field(default_factory=list)
    conditions: list[list[Token]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    relation: Token | None = None
    continues: bool = False

    @property
    def start(self) -> int:
        places = [t.start for side in self.sides for t in side] + [t.start for t in self.signs]
        return min(places, default=0)

    @property
    def end(self) -> int:
        return max((t.end for side in self.sides for t in side), default=0)


def split(tokens: list[Token]) -> list[Statement]:
    """The statements of a formula, in order. A row that begins with an equality sign continues the last."""
    found: list[Statement] = []
    for row in _rows(tokens):
        for part in _parts(row):
            _statement(part, found)
    return [s for s in found if s.sides]


def _levels(tokens: list[Token]) -> list[int]:
    """How deep each token stands in braces, brackets and environments."""
    depth, levels = 0, []
    for token in tokens:
        if token.kind in {"close", "end"} or token.text in {")", "]", "\\}", "\\rangle"}:
            depth -= 1
        levels.append(depth)
        if token.kind in {"open", "begin"} or token.text in {"(", "[", "\\{", "\\langle"}:
            depth += 1
    return levels


def _rows(tokens: list[Token]) -> list[list[Token]]:
    rows: list[list[Token]] = [[]]
    inside = 0
    square = _balanced(tokens)
    numbers = _equation_numbers(tokens)
    for k, token in enumerate(tokens):
        if k in numbers:
            continue
        inside += {"begin": 1, "end": -1}.get(token.kind, 0)
        if square:
            inside += {"[": 1, "]": -1}.get(token.text, 0)
        if token.kind == "newline" and inside == 0:
            rows.append([])
        elif token.kind == "amp" and inside == 0:
            continue
        else:
            rows[-1].append(token)
    return [r for r in rows if r]


def _equation_numbers(tokens: list[Token]) -> set[int]:
    """Where a row ends with a column for its number, as in `& (4)`."""
    found: set[int] = set()
    for k, token in enumerate(tokens):
        column = tokens[k + 1 : k + 4]
        ends = k + 4 >= len(tokens) or tokens[k + 4].kind in {"newline", "end"}
        if token.kind == "amp" and [t.text for t in column][::2] == ["(", ")"] and column[1].kind == "number":
            found |= set(range(k + 1, k + 4)) if ends else set()
    return found


def _balanced(tokens: list[Token]) -> bool:
    """Whether square brackets are closed in order, so that a row ends between them only by mistake."""
    depth = 0
    for token in tokens:
        depth += {"[": 1, "]": -1}.get(token.text, 0)
        if depth < 0:
            return False
    return depth == 0


def _parts(row: list[Token]) -> list[list[Token]]:
    """A row at arrows, wide spaces, commas and words such as "and"."""
    parts: list[list[Token]] = [[]]
    levels = _levels(row)
    equal = [k for k, t in enumerate(row) if levels[k] == 0 and t.text in _EQUAL]
    begun = 0
    for k, (token, level) in enumerate(zip(row, levels, strict=True)):
        between = any(e > k for e in equal) and (any(begun <= e < k for e in equal) or k == begun)
        joined = level == 0 and (
            token.text in _JOINS
            or (between and (token.text in _ARROWS or _parts_formulas(token)))
            or token.text in {",", ";", "，"}
            or (token.kind in {"word", "remark"} and token.text.strip(" ,.:").lower() in _AND)
        )
        if joined:
            parts.append([])
            begun = k + 1
        else:
            parts[-1].append(token)
    return [p for p in parts if p]


def _parts_formulas(token: Token) -> bool:
    """Whether text between two equations parts them, and gives no condition."""
    words = token.text.strip(" ,.:").lower().split() if token.kind == "remark" else []
    return bool(words) and words[0] not in _CONDITION


def _statement(part: list[Token], found: list[Statement]) -> None:
    part, remarks, conditions = _trimmed(part)
    if not part:
        if found:
            found[-1].remarks += remarks
            found[-1].conditions += conditions
        return
    sides: list[list[Token]] = [[]]
    signs: list[Token] = []
    relation: Token | None = None
    skip = False
    levels = _levels(part)
    for k, (token, level) in enumerate(zip(part, levels, strict=True)):
        if skip:
            skip = False
            continue
        if level == 0 and token.text in _EQUAL and token.kind in {"sign", "command"}:
            sides.append([])
            signs.append(token)
        elif level == 0 and token.text == ":" and k + 1 < len(part) and part[k + 1].text == "=":
            sides.append([])
            signs.append(token)
            skip = True
        elif level == 0 and token.text in _OTHER:
            relation = relation or token
            sides[-1].append(token)
        else:
            sides[-1].append(token)
    if (
        relation is not None
        and not signs
        and found
        and found[-1].signs
        and relation.text in {"\\neq", "\\in", "\\forall", ">", "<"}
    ):
        found[-1].conditions.append(part)  # "i \neq j" after a comma
        found[-1].remarks += remarks
        return
    if signs and not sides[0]:
        if found and not found[-1].relation:
            found[-1].sides += sides[1:]
            found[-1].signs += signs
            found[-1].remarks += remarks
            found[-1].conditions += conditions
            return
        found.append(Statement(sides[1:], signs, conditions, remarks, relation, continues=True))
        return
    if not signs and relation is None and found and found[-1].signs and _is_range(part):
        found[-1].conditions.append(part)
        return
    if any(not s for s in sides):
        if len(sides) > 1 and not sides[-1]:
            sides = sides[:-1]
            signs = signs[:-1]
            found.append(Statement(sides, signs, conditions, [*remarks, "…"], relation))
            return
        raise NotRead("two equality signs follow each other")
    if found and not found[-1].signs and not found[-1].relation and signs:
        pass
    found.append(Statement(sides, signs, conditions, remarks, relation))


def _is_range(part: list[Token]) -> bool:
    return any(t.text == "\\ldots" for t in part)


def _trimmed(part: list[Token]) -> tuple[list[Token], list[str], list[list[Token]]]:
    """Remarks and full stops at the ends taken off; words that begin a condition, with what follows."""
    remarks: list[str] = []
    conditions: list[list[Token]] = []
    for k, (token, level) in enumerate(zip(part, _levels(part), strict=True)):
        words = level == 0 and token.kind in {"remark", "word"}
        if words and (token.text.strip(" ,.:").lower() in _CONDITION or _begins_a_condition(token.text)):
            alone = token.text.strip(" ,.:").lower() in _CONDITION
            conditions.append(part[k + 1 :] or [token] if alone else part[k:])
            part = part[:k]
            break
    while part and (part[-1].kind == "remark" or part[-1].text in {".", ",", ";", ":"}):
        if part[-1].kind == "remark":
            remarks.append(part[-1].text)
        part = part[:-1]
    while part and part[-1].text == ")" and any(t.kind in {"remark", "text"} for t in part):
        opener = _opener(part)
        if opener is None or not any(t.kind in {"remark", "text"} for t in part[opener:]):
            break
        remarks.append(" ".join(t.text for t in part[opener:]))
        part = part[:opener]
    part = part[_title(part) :]
    while part and (part[0].kind == "remark" or part[0].text in {".", ",", ";", ":"}):
        if part[0].kind == "remark":
            remarks.append(part[0].text)
        part = part[1:]
    return part, remarks, conditions


def _begins_a_condition(text: str) -> bool:
    """Whether words such as "for any constant" tell under what a formula holds."""
    words = text.strip(" ,.:").lower()
    spelt = words.replace(" ", "") if all(len(w) == 1 for w in words.split()) else words
    return any(spelt.startswith(w) and len(spelt) > len(w) + 2 for w in ("for", "when", "assuming"))


def _title(part: list[Token]) -> int:
    r"""How many tokens a word in brackets before a formula has, as in `(Mean) \mu = ...`."""
    if not part or part[0].text != "(":
        return 0
    end = next((k for k, t in enumerate(part) if t.text == ")"), 0)
    word = part[1:end]
    letters = len(word) > 3 and all(t.kind == "letter" and len(t.text) == 1 for t in word)
    joined = all(a.end == b.start for a, b in itertools.pairwise(word))
    follows = end + 1 < len(part) and part[end + 1].text not in {"=", "+", "-", "^", "_"}
    return end + 1 if letters and joined and follows else 0


def _opener(part: list[Token]) -> int | None:
    depth = 0
    for k in range(len(part) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(part[k].text, 0)
        if not depth:
            return k
    return None
