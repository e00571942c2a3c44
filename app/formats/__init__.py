"""Interchange formats: one file and one entry in `FORMATS` each."""
