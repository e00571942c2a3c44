"""Linked data: records as triples, syntaxes, the project's vocabulary, and reading RDF.

Pure functions: nothing here knows the store, or who is asking.
"""
