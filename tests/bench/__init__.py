"""Benchmarks: comparisons of two things in one run, never a test. See docs/performance.md."""
