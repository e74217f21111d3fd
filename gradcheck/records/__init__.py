"""What a run writes down, and who reads it: the JSON Lines log, its records, merging, differences."""
