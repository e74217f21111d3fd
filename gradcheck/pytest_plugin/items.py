"""The tests of a claim: one for the claim, one for each backend."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.errors import UsageError
from gradcheck.pytest_plugin.checking import Judged, judge
from gradcheck.pytest_plugin.outcomes import of_backend, of_claim
from gradcheck.pytest_plugin.sending import send

if TYPE_CHECKING:
    from gradcheck.formulas.claim import Claim

__all__ = ["ClaimItem"]


class ClaimItem(pytest.Item):
    """A claim (``backend`` is None), or its comparison with one backend.

    Whichever of them is run first in a process has the claim judged; the others look at the result.
    """

    claim: Claim
    backend: str | None
    judged: Judged

    @property
    def claim_uid(self) -> str:
        """What the test will record; `sending.plan_of` asks for it."""
        return self.claim.uid

    @classmethod
    def of(cls, parent: pytest.Collector, claim: Claim, backend: str | None) -> ClaimItem:
        name = claim.uid if backend is None else f"{claim.uid}[{backend}]"
        made: ClaimItem = cls.from_parent(parent, name=name)
        made.claim, made.backend = claim, backend
        made.add_marker("gradcheck")
        return made

    def setup(self) -> None:
        """Judge the claim. What pytest calls an error is what goes wrong here."""
        try:
            self.judged, new = judge(self.claim, self.config)
        except UsageError as error:
            pytest.fail(str(error), pytrace=False)
        if new:
            send(self, self.judged.records)
        kind, text = self._outcome()
        if kind == "error":
            pytest.fail(text, pytrace=False)

    def runtest(self) -> None:
        kind, text = self._outcome()
        if kind == "skipped":
            pytest.skip(text)
        if kind == "failed":
            pytest.fail(text, pytrace=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Our text; its first line alone is what the summary of a run repeats.

        Where the variable CI is set, pytest writes that line whole: all of the story, a second time.
        """
        told = super().repr_failure(excinfo, style)
        crash = getattr(told, "reprcrash", None)
        if crash is not None:
            crash.message = crash.message.partition("\n")[0]
        return told

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        from gradcheck.records.sources import source_of

        return self.path, max(source_of(self.claim.candidate).line - 1, 0), self.name

    def skipped_at(self, told: Any) -> Any:
        """Where a skipped test stands, for the summary: its own file and line instead of ours."""
        path, line, _ = self.reportinfo()
        return (str(path), (line or 0) + 1, told[2]) if isinstance(told, tuple) else told

    def _outcome(self) -> tuple[str, str]:
        if self.backend is None:
            return of_claim(self.judged, self.nodeid, self._directory)
        whole = self.nodeid.removesuffix(f"[{self.backend}]")
        told = any(item.nodeid == whole for item in self.session.items)
        return of_backend(self.judged, self.backend, self.nodeid, self._directory, whole if told else None)

    @property
    def _directory(self) -> Any:
        return self.config.getoption("gradcheck_report")
