"""Jobs, their devices and their history."""
