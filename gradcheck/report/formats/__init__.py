"""The formats beside the page: for the terminal, for notebooks, for CI and for scripts, one a file."""
