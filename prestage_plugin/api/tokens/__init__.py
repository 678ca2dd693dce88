"""Tokens of the API; their secrets are nowhere."""
