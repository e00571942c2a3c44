"""LiFE: a web application for linguistic field data."""
