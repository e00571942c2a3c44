"""Models from outside, looked through before anything of them is loaded.

Pure reading: nothing here imports what would run a model. What passes is then loaded in a process
behind a fence only (`app.ml.child`).
"""
