"""Spelling a line anew: words that are still there keep what they are.

Content is what the models of `app.domain.texts` dump without defaults.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from app.domain.ids import new_id
from app.domain.interlinear import align
from app.domain.segmentation import join_words, members_of, set_type, split_word
from app.domain.splitting import Token, tokens
from app.domain.text import plain

Content = dict[str, Any]


def respell(line: Content, ws: str, text: str, found: Sequence[Token] | None = None) -> Content:
    """A line whose baseline is typed anew: words that are still there keep what they are.

    One word that is spelt otherwise keeps its analyses; one that was parted or joined by a space
    is split or joined.

    Args:
        found: the words and marks of the new baseline, by the project's rules.
    """
    made = copy.deepcopy(line)
    made.setdefault("baseline", {})[ws] = text
    new = tokens(text) if found is None else list(found)
    old = [word for word in made.get("words", ()) if ws in word.get("form", {})]
    if not old and made.get("words"):
        old = list(made["words"]) if len(made["words"]) == len(new) else []
        if not old:
            return made
    words: list[Content] = []
    for before, after in _matched(old, new, ws):
        words.extend(_respelt(before, after, ws))
    kept = {word["id"] for word in words}
    strangers = [w for w in made.get("words", ()) if w not in old and w["id"] not in kept]
    made["words"] = words + strangers
    _tidy_groups(made)
    return made


def _tidy_groups(line: Content) -> None:
    known = members_of(line)
    groups = []
    for group in line.get("groups", ()):
        members = [member for member in group.get("members", ()) if member in known]
        if members or not group.get("members"):
            groups.append(group | {"members": members})
    if "groups" in line:
        line["groups"] = groups


def _matched(
    old: list[Content], new: list[Token], ws: str
) -> Iterable[tuple[list[Content], list[Token]]]:
    """Old words and new tokens that correspond: one to one, or a few to a few."""
    ours = [plain(word["form"].get(ws, "")) for word in old]
    theirs = [token.text for token in new]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal" or i2 - i1 == j2 - j1:
            yield from zip(
                ([word] for word in old[i1:i2]), ([token] for token in new[j1:j2]), strict=True
            )
        else:
            yield old[i1:i2], new[j1:j2]


def _respelt(old: list[Content], new: list[Token], ws: str) -> list[Content]:
    if len(old) == len(new) == 1:
        return [_placed(old[0], new[0], ws)]
    spelt = "".join(plain(word["form"].get(ws, "")) for word in old)
    if old and new and spelt == "".join(token.text for token in new):
        return _recut(old, new, ws)
    return [_placed({"id": new_id("w")}, token, ws) for token in new]


def _recut(old: list[Content], new: list[Token], ws: str) -> list[Content]:
    """The same letters with other spaces: everything is joined, then split where it is now."""
    line: Content = {"words": [{**word, "spans": []} for word in old]}
    for word in old[1:]:
        line = join_words(line, word["id"])
    for token in new[:-1]:
        line = split_word(line, line["words"][-1]["id"], ws, len(token.text))
    return [_placed(word, token, ws) for word, token in zip(line["words"], new, strict=True)]


def _placed(word: Content, token: Token, ws: str) -> Content:
    spans = [span for span in word.get("spans", ()) if span["ws"] != ws]
    spans.append({"ws": ws, "start": token.start, "end": token.end})
    changed = plain(word.get("form", {}).get(ws, "")) != token.text
    made = {**word, "form": {**word.get("form", {}), ws: token.text}, "spans": spans}
    if changed:
        set_type(made, ws)
        made["analyses"] = [align(one, token.text, ws) for one in word.get("analyses", ())]
        if not made["analyses"]:
            del made["analyses"]
    return made
