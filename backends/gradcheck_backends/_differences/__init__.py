"""Differences of the forward: in balls, and in float64 where it runs in nothing else."""
