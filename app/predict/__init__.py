"""Models that are asked while people work: kept warm in fenced processes, beside the web server."""
