"""What senders say: one module for each kind of body."""
