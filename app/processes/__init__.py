"""Processes of the program: started, ended with their parent, fenced in, asked over HTTP."""
