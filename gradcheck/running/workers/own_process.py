"""Loaded by dask in a worker process that we started ourselves, before its first task."""

from __future__ import annotations

from typing import Any

from gradcheck.running.collector import process_of_ours

__all__ = ["dask_setup"]


def dask_setup(worker: Any) -> None:
    """Called by dask with the new worker."""
    process_of_ours()
