"""The hand-written code, run in float64 and in balls under the contract."""
