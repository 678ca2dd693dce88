"""`make bench-events`: what the way of an event takes. See docs/performance-events.md."""
