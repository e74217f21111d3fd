"""Make report.png, the picture of a report in the README, from the README's own example.

    python docs/images/report.py

Needs Playwright and a Chromium, like the browser tests; a mathematical font (fonts-stix) makes it prettier.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
HIDDEN = ".evidence > .scroll, .evidence .more, .battery, .proof, .notes, .body > h4"
"""What stands below the part that the picture is of."""


def example() -> str:
    """The file my_layer.py as the README has it."""
    marked = r"<!-- example: my_layer\.py -->\n```python\n(.*?)```"
    found = re.search(marked, README.read_text("utf-8"), re.DOTALL)
    if found is None:
        raise SystemExit("the README has no example my_layer.py any more")
    return found[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "my_layer.py").write_text(example(), "utf-8")
        command = [sys.executable, "-m", "gradcheck", "verify", "my_layer.py"]
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        page = Path(folder) / "reports" / "report.html"
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            view = browser.new_page(viewport={"width": 1240, "height": 900})
            view.goto(page.as_uri())
            view.evaluate(f"document.querySelectorAll('{HIDDEN}').forEach((e) => {{ e.hidden = true; }})")
            view.evaluate("document.querySelector('.claim[open]').scrollIntoView()")
            view.evaluate("document.getElementById('filter').hidden = true")
            view.locator(".claim[open]").screenshot(path=HERE / "report.png")
            browser.close()
    size = (HERE / "report.png").stat().st_size
    print(f"{HERE / 'report.png'}: {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
