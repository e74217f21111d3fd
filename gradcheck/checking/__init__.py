"""One claim over all its points: verdict, rows, counterexample, and what is tried besides the numbers."""
