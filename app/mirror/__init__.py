"""The mirror: the project's graphs in Oxigraph stores, kept up to date, and asked in SPARQL."""
