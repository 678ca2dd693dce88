"""The pages of roles: how far discovery came, assigning, drift."""
