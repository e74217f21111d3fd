"""What a person waits for before anything is checked: whole processes."""

from __future__ import annotations

import subprocess
import sys

COMMANDS = {
    "import": ["-c", "import gradcheck"],
    "help": ["-m", "gradcheck", "--help"],
    "list": ["-m", "gradcheck", "list"],
    "first verdict": [
        "-c",
        "from gradcheck import verify; verify(lambda x: x * x, lambda d, x: 2 * d * x, {'x': 'n'})",
    ],
}


class Start:
    params = (list(COMMANDS),)
    param_names = ("what",)

    def setup(self, what):
        self.time_process(what)  # byte code

    def time_process(self, what):
        subprocess.run([sys.executable, *COMMANDS[what]], check=True, stdout=subprocess.DEVNULL)
