"""What a check puts into its records: rows, counterexamples, remarks."""
