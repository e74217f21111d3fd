"""The process that user code runs in, left as it was found.

Code under check may change what belongs to the whole process: the working folder, NumPy's error handling,
the seeds of global generators, signal handlers. Whatever it does, the run goes on with what was there
before, and so does the user's own process after `verify`.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from gradcheck.formulas.calling.lent_stream import Lent

__all__ = ["process_kept"]

# NumPy imports the Python halves of these on their first use, which code that breaks `sys.modules` would stop
np.ones(1).any(), np.ones(1).all(), np.ones(1).mean(), str(np.dtype(float))


@contextmanager
def process_kept(*, configured: bool = False) -> Iterator[None]:
    """Put back, at the end of the block, what code in it changed of the process; lend it the streams.

    ``configured`` is for modules that are imported: what they set up for their functions stays, which are
    variables of the environment and a higher limit of recursion.
    """
    state = _STATE if configured else _STATE + _CONFIGURED
    limit = sys.getrecursionlimit()
    before = [(write, read()) for read, write in state]
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_lent(stream) for stream in streams)
    try:
        with warnings.catch_warnings():
            yield
    finally:
        sys.stdout, sys.stderr = streams
        for write, value in before:
            with suppress(OSError, ValueError):  # a working folder that was deleted
                write(value)
        sys.setrecursionlimit(max(limit, sys.getrecursionlimit()))


def _lent(stream: Any) -> Any:
    return stream if stream is None or isinstance(stream, Lent) else Lent(stream)


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109  (a text, which is compared)
    except FileNotFoundError:
        return None


def _go_back(folder: str | None) -> None:
    if folder is not None and _folder() != folder:
        os.chdir(folder)


def _set_environment(variables: dict[str, str]) -> None:
    if dict(os.environ) != variables:
        for name in os.environ.keys() - variables.keys():
            del os.environ[name]
        os.environ.update(variables)


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in _SIGNALS}


_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGPIPE", "SIGCHLD", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)  # Windows has three of them
)


def _set_handlers(handlers: dict[int, Any]) -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread can, so the code could not either
    for number, handler in handlers.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def _set_print_options(options: dict[str, Any]) -> None:
    if np.get_printoptions() != options:
        np.set_printoptions(**options)


def _set_modules(modules: dict[str, Any]) -> None:
    """Modules that were exchanged or removed come back; new ones stay."""
    for name, module in modules.items():
        if sys.modules.get(name) is not module:
            sys.modules[name] = module


def _set_path(path: list[str]) -> None:
    sys.path[:] = path


def _numpy_seed() -> Any:
    return np.random.get_state(legacy=True)  # noqa: NPY002  (the global generator is what is kept)


def _set_numpy_seed(state: Any) -> None:
    now = _numpy_seed()
    if now[0] != state[0] or now[2:] != state[2:] or not np.array_equal(now[1], state[1]):
        np.random.set_state(state)  # noqa: NPY002


def _set_seed(state: Any) -> None:
    if random.getstate() != state:
        random.setstate(state)


_STATE: tuple[tuple[Callable[[], Any], Callable[[Any], object]], ...] = (
    (_folder, _go_back),
    (lambda: list(sys.path), _set_path),
    (lambda: dict(sys.modules), _set_modules),
    (_handlers, _set_handlers),
    (np.geterr, lambda state: np.seterr(**state)),
    (np.geterrcall, np.seterrcall),
    (np.get_printoptions, _set_print_options),
    (random.getstate, _set_seed),
    (_numpy_seed, _set_numpy_seed),
)
"""What is kept: how it is read, and how it is put back."""

_CONFIGURED: tuple[tuple[Callable[[], Any], Callable[[Any], object]], ...] = (
    (lambda: dict(os.environ), _set_environment),
    (sys.getrecursionlimit, sys.setrecursionlimit),
)
