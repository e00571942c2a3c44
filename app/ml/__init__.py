"""Models: what they learn from, which there are, how they are trained, kept and measured.

Nothing in here reads the database. Modules that import numpy or a framework are engines, and only
child processes import those; `tasks` and `data` are light enough for the web process.
"""
