"""Benchmarks: each prints our figure beside what a user would pick instead, as a ratio."""
