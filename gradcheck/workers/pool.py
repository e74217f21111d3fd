"""The pool: tasks to workers, records back in the order of the claims.

dask.distributed starts its workers by spawning, never by forking (a fork after JAX deadlocks), notices
a dead one, gives its task to another, and starts a new one. The order of the results is that of the
claims, so a run's log is the same, times apart, whatever the number of workers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from typing import Any

from gradcheck.checker import Checker, RunOptions
from gradcheck.claims import Claim
from gradcheck.engine import cannot_run
from gradcheck.errors import UsageError
from gradcheck.records import Record
from gradcheck.run import checked, stream
from gradcheck.session import Session
from gradcheck.workers.tasks import Work, check_group, decoded, installed
from gradcheck.workers.travel import sent_files

__all__ = ["run_on_workers"]

_ATTEMPTS = 20
"""How often a task may lose its worker before the task is blamed."""

_STARTS = 4


def run_on_workers(
    claims: Sequence[Claim],
    words: Sequence[str],
    options: RunOptions,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Iterator[Record]:
    """`gradcheck.run.run` in ``jobs`` processes of this machine, or on the dask ``cluster`` at an address.

    ``words`` are those that selected the claims: a worker selects again. Raises `UsageError` as `run`
    does, where dask.distributed is missing, and where the cluster cannot be reached or has another
    gradcheck or other backends.
    """
    checker = Checker(options)
    claims = checked(claims)
    try:
        import distributed
    except ImportError:
        raise UsageError(
            "several workers need dask.distributed: pip install 'gradcheck[distributed]'."
        ) from None
    work = Work(tuple(words), sent_files(words), options)
    return stream(claims, checker, _batches(distributed, claims, checker, work, jobs, cluster))


def _batches(
    distributed: Any,
    claims: Sequence[Claim],
    checker: Checker,
    work: Work,
    jobs: int | None,
    cluster: str | None,
) -> Iterator[list[Record]]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a killed worker is no news to the user
    with ExitStack() as stack:
        client = _client(distributed, stack, jobs, cluster)
        if cluster is not None:
            _same_everywhere(client, work)
        groups = [list(group) for _, group in groupby(claims, key=lambda c: id(c.formula))]
        futures = [
            # with the work itself: data left on workers is lost when those that hold it die
            client.submit(check_group, work, tuple(c.uid for c in group), pure=False, priority=-position)
            for position, group in enumerate(groups)
        ]
        for group, future in zip(groups, futures, strict=True):
            try:
                yield decoded(future.result())
            except distributed.KilledWorker:
                yield _lost(group, checker)
            future.release()


def _client(distributed: Any, stack: ExitStack, jobs: int | None, cluster: str | None) -> Any:
    import dask

    stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": _ATTEMPTS}))
    if cluster is None:
        local = _local_cluster(distributed, jobs)
        return stack.enter_context(distributed.Client(stack.enter_context(local)))
    try:
        return stack.enter_context(distributed.Client(cluster, timeout="15s"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--cluster: there is no dask scheduler at {cluster!r}: {error}. One is started with "
            "`dask scheduler`, its workers with `dask worker ADDRESS --nthreads 1`."
        ) from None


def _local_cluster(distributed: Any, jobs: int | None) -> Any:
    """Workers on this machine. One that is killed while it starts ends the start, which is tried again."""
    for _ in range(_STARTS):
        try:
            return distributed.LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,  # a run leaves warnings and the working folder to one task at a time
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
        except RuntimeError as error:
            failure = error
    raise UsageError(f"--jobs {jobs}: the workers did not start {_STARTS} times over: {failure}.")


def _same_everywhere(client: Any, work: Work) -> None:
    """A verdict must not depend on which worker gave it."""
    if not client.scheduler_info()["workers"]:
        raise UsageError(
            "--cluster: the scheduler has no workers; `dask worker ADDRESS --nthreads 1` adds one."
        )
    here = installed(work)
    try:
        there: dict[str, Any] = client.run(installed, work)
    except Exception as error:
        raise UsageError(
            f"--cluster: a worker cannot run gradcheck: {type(error).__name__}: {error}. Every worker needs "
            "the same gradcheck as here."
        ) from None
    for address, found in there.items():
        if found != here:
            raise UsageError(f"--cluster: the worker {address} has {found}, and here it is {here}.")


def _lost(group: Sequence[Claim], checker: Checker) -> list[Record]:
    reason = f"the process that checked this died {_ATTEMPTS} times; run it with --jobs 1 to see why"
    records: list[Record] = []
    for claim in group:
        outcome = cannot_run(claim, Session(claim.formula, checker.found), reason)
        records += [*outcome.backends, outcome.row]
    return records
