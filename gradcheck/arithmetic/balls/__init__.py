"""Ball arithmetic: intervals that are certain to hold the true number, and what computes with them."""
