"""What kind of mistake explains a failure: the candidate against transformed truths."""
