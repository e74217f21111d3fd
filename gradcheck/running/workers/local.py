"""Workers on this machine: how they are started, and how many are worth their start."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import active_children, resource_tracker
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim

__all__ = ["WorkersDidNotStart", "local_cluster", "worthwhile_jobs"]

_STARTS = 4

_CASES_PER_JOB = 1000
"""Cases (a claim at a point) for which a process is worth its start. By `benchmarks/workers.py` two
processes save a sixth of the time at 2,000 cases and nearly half of it at 8,000."""


class WorkersDidNotStart(UsageError):
    """No worker could be started on this machine."""


def worthwhile_jobs(claims: Sequence[Claim], max_examples: int) -> int:
    """The processes that checking these claims is worth: as many as there are processors, and 1 where
    dask.distributed is missing or the claims are few.
    """
    formulas = len({id(claim.formula) for claim in claims})
    most = min(len(claims) * max_examples // _CASES_PER_JOB, formulas)
    if most < 2 or find_spec("distributed") is None:
        return 1
    try:
        from dask.system import CPU_COUNT  # it knows affinity and the limits of containers
    except Exception:  # an installation that is broken, or a file of the user's of that name
        return 1
    return int(max(1, min(most, CPU_COUNT)))


@contextmanager
def local_cluster(distributed: Any, jobs: int | None) -> Iterator[Any]:
    """Workers on this machine. One that is killed while it starts ends the start, which is tried again.

    Raises `WorkersDidNotStart`.
    """
    with _safe_path():
        cluster = _started(distributed, jobs)
        try:
            yield cluster
        except BaseException:
            _cut_short(cluster)
            raise
        cluster.close()


@contextmanager
def _safe_path() -> Iterator[None]:
    """Python processes that start meanwhile do not search for modules in the working folder first, whose
    `json.py` or `types.py` would be taken for Python's own.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


_SETTINGS = {
    "distributed.worker.profile.enabled": False,  # it looks at every stack each 10 ms, for a dashboard
}


def _started(distributed: Any, jobs: int | None) -> Any:
    import dask

    for _ in range(_STARTS):
        try:
            with _interrupts_held_back(), dask.config.set(_SETTINGS):
                return distributed.LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,  # a run leaves warnings and the folder to one task at a time
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # else its port 8787, if free
                    memory_limit=0,
                    silence_logs=logging.CRITICAL,
                    preload=["gradcheck.running.workers.own_process"],
                )
        except (OSError, RuntimeError) as error:
            failure = error
    raise WorkersDidNotStart(f"--jobs {jobs}: the workers did not start {_STARTS} times over: {failure}.")


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ctrl-C waits until the workers run, and never reaches them: this process ends them in good order.

    A terminal interrupts every process of the command, and what is blocked here stays so in the threads and
    processes that are started meanwhile. multiprocessing's resource tracker, whose start unblocks (until
    Python 3.13), is started before.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cut_short(cluster: Any) -> None:
    """End workers in the middle of their tasks, which dask would wait for. A worker that dies before dask
    knows of the end is replaced, so this goes on until all are gone.
    """
    closing = threading.Thread(target=cluster.close, daemon=True)
    closing.start()
    while closing.is_alive():
        for child in active_children():
            if child.name.startswith("Dask Worker"):
                child.kill()
        closing.join(0.05)
