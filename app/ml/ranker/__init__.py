"""The glosser: candidates for each word from what was seen, ranked by a log-linear model.

Needs numpy and scipy only. `surface` finds where the morphs of a word lie in what is heard,
`inventory` counts what was seen, `lattice` takes words apart, `bridge` learns how translations and
glosses belong together, `candidates` proposes whole analyses, `features` describes them and
`fitting` finds the weights; `model` is the engine.
"""
