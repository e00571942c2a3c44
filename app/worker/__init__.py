"""Processes beside the web server: the queue of jobs, its worker, and what keeps them running."""
