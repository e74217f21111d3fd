"""A user's code run with other things under the names that it uses."""
