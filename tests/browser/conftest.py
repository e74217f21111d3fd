"""A headless Chromium, and pages that report everything that a good page does not do.

Playwright drives the Chromium of the system: its own download is not needed. Without either the tests are
skipped, and say so. Screenshots go to `artifacts/`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.records.reading import read_log
from gradcheck.report.page.html import render

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def chromium():
    """The browser, started once."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
    )
    path = os.environ.get("GRADCHECK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("there is no Chromium here: apt-get install chromium, or set GRADCHECK_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        # Without its sandbox, which containers do not allow: it opens files of ours and nothing else.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A page, and what it did that nobody asked for: console messages, errors, requests, dialogs."""

    def __init__(self, page, file):
        self.page, self.complaints = page, []
        page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        self.address = file.as_uri()
        page.goto(self.address)

    def _dialog(self, dialog):
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if request.url.split("#")[0] != self.address and request.url != "data:,":
            self.complaints.append(f"request: {request.url[:100]}")

    def open_all(self):
        """Every part that can be opened."""
        self.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        self.settle()

    def settle(self):
        """Wait until what was changed is laid out and painted."""
        self.page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def overflow(self):
        """By how much the page is wider than the window, and the elements that stick out of it."""
        return self.page.evaluate(
            """() => {
              const width = document.documentElement.clientWidth;
              const scrolls = (e) => e.closest('.scroll, .math, .change, pre, .array');
              const out = [...document.querySelectorAll('body *')].filter((e) => {
                const box = e.getBoundingClientRect();
                return box.width > 0 && box.right > width + 1 && !scrolls(e) && !e.closest('.skip');
              });
              const excess = document.documentElement.scrollWidth - width;
              return [excess, out.map((e) => e.outerHTML.slice(0, 120))];
            }"""
        )

    def shown(self):
        """The ids or formulas of the claims that can be seen, by their anchors."""
        return self.page.evaluate(
            "[...document.querySelectorAll('.claim')].filter((c) => c.checkVisibility())"
            ".map((c) => c.querySelector('.body').id)"
        )

    def picture(self, name):
        """A screenshot of what the window shows, kept for people."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=str(ARTIFACTS / f"{name}.png"))


@pytest.fixture
def visit(chromium):
    """`visit(file, width=1440, scheme="light", **context)`: a watched page."""
    contexts = []

    def go(file, *, width=1440, height=1000, scheme="light", **options):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        contexts.append(context)
        return Watched(context.new_page(), file)

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """`reports(name, source)`: the page of a real run of a formula file."""
    made = {}

    def run(name, source):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            (folder / f"{name}.py").write_text(source, "utf-8")
            command = [sys.executable, "-m", "gradcheck", "verify", f"{name}.py", "--max-examples", "12"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 1, done.stdout + done.stderr
            made[name] = folder / "reports" / "report.html"
        return made[name]

    return run


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    """The published run of the catalogue, rendered by the code as it is now."""
    file = tmp_path_factory.mktemp("catalogue") / "report.html"
    file.write_text(render(read_log(ROOT / "reports" / "catalogue" / "run.jsonl")), "utf-8")
    return file
