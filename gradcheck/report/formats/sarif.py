"""`report.sarif`: what did not come out, as tools for static analysis read it (SARIF 2.1.0, OASIS).

One run, one result for each claim that did not come out, none for the others.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from gradcheck.records.reading import Log
from gradcheck.records.types import ClaimRow
from gradcheck.report.diagnoses import lead
from gradcheck.report.marks import span
from gradcheck.report.narrative import status
from gradcheck.report.text import clip, one_line, within

__all__ = ["render"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_MOST = 4000  # letters of a message

_RULES = {
    "fail": "A hand-written derivative differs from the right one.",
    "error": "A hand-written derivative could not be checked.",
    "not refuted": "A formula that is declared wrong as printed was not refuted.",
    "weak": "A hand-written derivative passed, but what was tried could not have caught an error.",
    "inconclusive": "No source could say whether a hand-written derivative is right.",
}
_WARNINGS = {"weak", "inconclusive"}


def render(log: Log) -> str:
    """The log as SARIF."""
    wrong = [claim for claim in log.claims if not claim.as_declared]
    driver = {
        "name": "gradcheck",
        "version": one_line(log.header.gradcheck),
        "rules": [_rule(word) for word in _RULES],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(log)],
        "results": [_result(claim) for claim in wrong],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(word: str) -> dict[str, Any]:
    return {
        "id": word.replace(" ", "-"),
        "shortDescription": {"text": _RULES[word]},
        "defaultConfiguration": {"level": _level(word)},
    }


def _level(word: str) -> str:
    return "warning" if word in _WARNINGS else "error"


def _invocation(log: Log) -> dict[str, Any]:
    found: dict[str, Any] = {
        "executionSuccessful": log.complete,
        "commandLine": one_line(log.header.command),
        "exitCode": log.exit_code,
    }
    if log.problems:
        found["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": one_line(problem)}} for problem in log.problems
        ]
    return found


def _result(claim: ClaimRow) -> dict[str, Any]:
    word = status(claim).word
    at = span(claim)
    region = {"startLine": max(at.first, 1)}
    if at.last > at.first:
        region["endLine"] = at.last
    where = {"artifactLocation": {"uri": quote(within(one_line(at.file)))}, "region": region}
    name = one_line(claim.uid)
    return {
        "ruleId": word.replace(" ", "-"),
        "ruleIndex": list(_RULES).index(word),
        "level": _level(word),
        "message": {"text": clip(f"{name}: {lead(claim)}", _MOST)},
        "locations": [{"physicalLocation": where, "logicalLocations": [{"fullyQualifiedName": name}]}],
        "partialFingerprints": {"gradcheckClaim/v1": name},
    }
