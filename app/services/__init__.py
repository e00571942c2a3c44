"""What a person can do to the data: permission, then rule, then store."""
