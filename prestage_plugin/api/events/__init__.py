"""What was heard of devices, a place to tell of more, and who is not known."""
