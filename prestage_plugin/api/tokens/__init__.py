"""The tokens of the user who asks; their secrets are nowhere."""
