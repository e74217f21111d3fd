"""What asv times of two commits in turns. It calls what users call, so that older commits have it too."""
