"""Many claims: found, selected, checked in one or more processes, as one stream of records."""
