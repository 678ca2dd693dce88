"""Recommendations that nobody has confirmed, or that differ from what was."""
