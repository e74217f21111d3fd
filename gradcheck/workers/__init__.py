"""Running claims in several processes, on one machine or many, through dask.distributed."""

from __future__ import annotations

from gradcheck.workers.pool import run_on_workers

__all__ = ["run_on_workers"]
