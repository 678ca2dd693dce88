"""Series of jobs: what they do, when, and what can be done with them."""
