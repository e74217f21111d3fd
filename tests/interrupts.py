"""Programs that Ctrl-C reaches, however the tests themselves were started."""

import signal
from contextlib import contextmanager

PATIENCE = 300
"""Seconds that a program has to end after an interrupt: more than any machine needs; only a hang is late."""


@contextmanager
def interruptible():
    """What is started meanwhile has SIGINT as a terminal's programs have it.

    A shell's background jobs (`pytest &`, nohup) ignore SIGINT, and hand that on to all that they start. A
    handler is not handed on: what a process with one starts has the default.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
