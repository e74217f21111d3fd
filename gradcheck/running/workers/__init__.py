"""Running claims in several processes, on one machine or many, through dask.distributed."""
