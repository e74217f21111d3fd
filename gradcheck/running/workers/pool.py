"""The pool: tasks to workers, records back in the order of the claims.

dask.distributed starts its workers by spawning, never by forking (a fork after JAX deadlocks), notices
a dead one, gives its task to another, and starts a new one. The order of the results is that of the
claims, so a run's log is the same, times apart, whatever the number of workers.

This process judges nothing, so it loads no backend: what the log's header says of them is what the workers
have.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import groupby
from typing import Any

from gradcheck._version import __version__
from gradcheck.checking.claim_check import cannot_run
from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.judging.session import Session
from gradcheck.records.types import Record
from gradcheck.running.checker import Checker, Environment, RunOptions
from gradcheck.running.stream import checked, stream
from gradcheck.running.workers.local import WorkersDidNotStart, local_cluster
from gradcheck.running.workers.tasks import Work, check_group, decoded, environment
from gradcheck.running.workers.travel import sent_files

__all__ = ["run_on_workers"]

_ATTEMPTS = 20
"""How often a task may lose its worker before the task is blamed."""


def run_on_workers(
    claims: Sequence[Claim],
    words: Sequence[str],
    options: RunOptions,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Iterator[Record]:
    """`running.stream.run` in ``jobs`` processes of this machine, or on the dask ``cluster`` at an address.

    ``words`` are those that selected the claims: a worker selects again. Raises `UsageError`, before the
    first record, as `run` does, where dask.distributed is missing or workers do not start (as
    `WorkersDidNotStart`), and where the cluster cannot be reached, has another gradcheck, or workers with
    different backends.
    """
    claims = checked(claims)
    work = Work(tuple(words), sent_files(words), options)
    return _records(_loaded(), claims, work, jobs, cluster)


def _loaded() -> Any:
    """dask.distributed. Raises `WorkersDidNotStart`, also for a file of the user's that has its name."""
    try:
        import distributed
        from distributed import Client, KilledWorker, LocalCluster  # noqa: F401
    except Exception as error:
        why = "" if isinstance(error, ModuleNotFoundError) else f" ({type(error).__name__}: {error})"
        raise WorkersDidNotStart(
            f"several workers need dask.distributed: pip install 'gradcheck[distributed]'{why}."
        ) from None
    return distributed


def _records(
    distributed: Any, claims: Sequence[Claim], work: Work, jobs: int | None, cluster: str | None
) -> Iterator[Record]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a killed worker is no news to the user
    with suppress(_CutShort), ExitStack() as stack:
        client = _client(distributed, stack, jobs, cluster)
        if cluster is None:
            first = client.submit(environment, work, pure=False, priority=1)
        groups = [list(group) for _, group in groupby(claims, key=lambda c: id(c.formula))]
        futures = [
            # with the work itself: data left on workers is lost when those that hold it die
            client.submit(check_group, work, tuple(c.uid for c in group), pure=False, priority=-position)
            for position, group in enumerate(groups)
        ]
        found = _same_everywhere(client, work) if cluster is not None else first.result()
        header = found.header(work.options, [c.uid for c in claims])
        yield from stream(header, work.options, _batches(distributed, groups, futures, work.options))
        if work.options.stop_at_failure:
            raise _CutShort  # what other workers still do is waited for by nobody


class _CutShort(Exception):
    """The run is over before its tasks are."""


def _batches(
    distributed: Any, groups: Sequence[Sequence[Claim]], futures: Sequence[Any], options: RunOptions
) -> Iterator[list[Record]]:
    for group, future in zip(groups, futures, strict=True):
        try:
            yield decoded(future.result())
        except distributed.KilledWorker:
            yield _lost(group, options)
        future.release()


_PATIENCE = "15s"
"""How long a scheduler is waited for: one that was started a moment before the command is not there yet."""


def _client(distributed: Any, stack: ExitStack, jobs: int | None, cluster: str | None) -> Any:
    import dask

    stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": _ATTEMPTS}))
    if cluster is None:
        local = stack.enter_context(local_cluster(distributed, jobs))
        return stack.enter_context(distributed.Client(local))
    try:
        client = stack.enter_context(distributed.Client(cluster, timeout=_PATIENCE))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--cluster: there is no dask scheduler at {cluster!r}: {error}. One is started with "
            "`dask scheduler`, its workers with `dask worker ADDRESS --nthreads 1`."
        ) from None
    if not client.scheduler_info()["workers"]:
        raise UsageError(
            "--cluster: the scheduler has no workers; `dask worker ADDRESS --nthreads 1` adds one."
        )
    return client


def _same_everywhere(client: Any, work: Work) -> Environment:
    """What the workers have: a verdict must not depend on which of them gave it."""
    try:
        there: dict[str, Environment] = client.run(environment, work)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"--cluster: a worker cannot run gradcheck: {type(error).__name__}: {error}. Every worker needs "
            "the same gradcheck as here."
        ) from None
    address, first = next(iter(there.items()))
    for other, found in there.items():
        if found.gradcheck != __version__:
            raise UsageError(
                f"--cluster: the worker {other} has gradcheck {found.gradcheck}; here it is {__version__}."
            )
        if found.backends != first.backends:
            raise UsageError(
                f"--cluster: the worker {other} has {_named(found)}, and {address} has {_named(first)}."
            )
    return first


def _named(found: Environment) -> str:
    return ", ".join(f"{b.name} ({b.version or b.reason})" for b in found.backends) or "nothing"


def _lost(group: Sequence[Claim], options: RunOptions) -> list[Record]:
    reason = f"the process that checked this died {_ATTEMPTS} times; run it with --jobs 1 to see why"
    backends = Checker(options).found
    records: list[Record] = []
    for claim in group:
        outcome = cannot_run(claim, Session(claim.formula, backends), reason)
        records += [*outcome.backends, outcome.row]
    return records
