"""Processes of the program: started, ended with their parent, told to stop."""
