"""Where explanations come from: one file for each way in which a derivative goes wrong."""
