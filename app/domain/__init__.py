"""The terms of the field as types and pure rules: no input, no output, no framework."""
