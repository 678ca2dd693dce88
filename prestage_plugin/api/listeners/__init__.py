"""The processes that hear of changes."""
