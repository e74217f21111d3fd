"""What a note means by each of its symbols: functions, sizes, marks, letters, layers."""
