"""Documentation that is held against the code."""
