"""Measured comparisons. Each module runs by itself: `python -m benchmarks.saver`; see README.md."""
