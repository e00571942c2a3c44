"""MongoDB behind one door: the change log, access, derived rows, files."""
