"""Whole processes: what a person waits for before anything is checked, and the main job."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

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


def verify_catalogue(*options):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gradcheck", "verify", *options, "--report-dir", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Catalogue:
    """The main job, reports and all, as it is and in one process."""

    params = (["as it is", "one process"],)
    param_names = ("processes",)
    timeout = 600
    number, repeat, warmup_time = 1, (1, 3, 60.0), 0

    def time_catalogue(self, processes):
        verify_catalogue(*(["--jobs", "1"] if processes == "one process" else []))


def track_peak_memory():
    """Of the largest process of the main job in one process, in MB."""
    verify_catalogue("--jobs", "1")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


track_peak_memory.unit = "MB"
