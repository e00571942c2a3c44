"""How often Python looks for garbage.

What is read from the database are trees of small objects without cycles: by its own measure Python
would look through all of them again and again while a page or a job reads some hundred records,
which takes longer than reading them.
"""

from __future__ import annotations

import gc

_FIRST, _SECOND, _THIRD = 50_000, 20, 20  # new objects; rounds of the younger before the older


def look_seldom() -> None:
    """Looks for garbage seldom from now on, and never in what is there already."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_FIRST, _SECOND, _THIRD)
