"""Texts that follow a change of the lexicon, where somebody asks for it: glosses and spellings.

A text keeps what was written in it. Where the gloss of a sense or the spelling of a form was
changed, the places that point at it and say otherwise can be looked at and updated together, as
one change. What says an earlier gloss or spelling is told apart from what somebody glossed
otherwise on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain import diff, pointers
from app.domain.interlinear import align
from app.domain.roles import Action
from app.domain.text import first_plain, plain, plains
from app.services import lexicon, texts
from app.services.closed_parts import shown_op
from app.services.desk import Desk
from app.services.pointers import write
from app.services.text_lines import main_system, may_edit
from app.store import history, records
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of
from app.store.pointers import POINTERS, pointing_at
from app.store.rows import iter_senses

Content = Mapping[str, Any]
MOST = 20_000  # lines that are looked at
_FEW = 100  # lines that are asked which parts of an entry they point at
_LOOKED = 1_000  # lines that the page of an entry looks at
_EDGES = "-=~\u2010\u2011 "


@dataclass(frozen=True)
class Place:
    """A place in a text that says something else than what it points at.

    Attributes:
        line: the utterance.
        path: where in it: a morph, an analysis or a group.
        kind: `gloss` or `form`.
        changes: writing system, what it says, what the lexicon says.
        earlier: whether it says what the lexicon said earlier.
        before, form, after: the line around the word; all in `form` for a group.
    """

    line: Document
    path: tuple[str, ...]
    kind: str
    changes: tuple[tuple[str, str, str], ...]
    earlier: bool
    before: str = ""
    form: str = ""
    after: str = ""

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.line['_id']}.{self.path[-1]}.{self.kind}"


@dataclass(frozen=True)
class Offer:
    """What the page of an entry says of the places that could be updated.

    Attributes:
        places: how many say something else; those that say `said` if that is not empty.
        said: the one earlier gloss or spelling that they say.
        more: whether there can be more.
    """

    places: int
    said: str = ""
    more: bool = False


@dataclass
class _Earlier:
    """What an entry said before: glosses by sense and writing system, and spellings.

    Attributes:
        forms: by writing system and spelling: the form (empty for lemma and citation form), and
            how it is spelt now.
    """

    glosses: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    forms: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


def offer(desk: Desk, entry: str) -> Offer | None:
    """What could be updated in texts that point at an entry; None if nothing, or nobody may."""
    if not desk.may(Action.EDIT_OWN) or not _is_pointed_at(desk, entry):
        return None
    found, looked = _find(desk, lexicon.get(desk, entry), _LOOKED)
    if not found:
        return None
    earlier = [one for one in found if one.earlier]
    said = {before for one in earlier for _, before, _ in one.changes}
    told = earlier if len(said) == 1 else found
    return Offer(len(told), said.pop() if len(said) == 1 else "", looked >= _LOOKED)


def find(desk: Desk, entry: str) -> list[Place]:
    """Every place in texts that the actor may change and that says something else, in order.

    Raises:
        NotFound: the entry is not there, or may not be read.
    """
    desk.require(Action.EDIT_OWN)
    return _find(desk, lexicon.get(desk, entry), MOST)[0]


def update(desk: Desk, entry: str, wanted: Collection[str], *, change_id: str) -> int:
    """Has the chosen places say what the lexicon says; returns how many were changed.

    Args:
        wanted: keys of the places.

    Raises:
        Conflict: somebody changed one of them meanwhile.
        NotAllowed: the role does not permit it.
    """
    chosen = [one for one in find(desk, entry) if one.key in wanted]
    by_line: dict[str, list[Place]] = {}
    for one in chosen:
        by_line.setdefault(one.line["_id"], []).append(one)
    ops = [_op(places) for places in by_line.values()]
    if ops:
        write(desk, "edit", ops, change_id=change_id, label="update texts")
    return len(chosen)


def titles(desk: Desk, places: Collection[Place]) -> dict[str, str]:
    """What the texts of some places are called, by id."""
    ids = sorted({one.line["text"] for one in places if one.line.get("text")})
    found = records.find_many(desk.store, desk.scope, "text", ids)
    return {text: texts.title_of(stored) for text, stored in found.items()}


def parts_pointed_at(desk: Desk, entry: Content) -> set[str]:
    """The senses and forms of an entry that texts point at, and the entry itself.

    Of an entry with many places all of them are given.
    """
    found = desk.store.utterances.find(_lines(desk, entry["id"]), POINTERS).limit(_FEW)
    lines = list(found)
    if len(lines) == _FEW:
        return {entry["id"], *pointers.parts_of(entry)}
    ours = (
        one
        for line in lines
        for _, one in pointers.holders(line)
        if one.get("entry") == entry["id"]
    )
    names = ("entry", "sense", "allomorph")
    return {one[name] for one in ours for name in names if one.get(name)}


def _lines(desk: Desk, entry: str) -> Document:
    return pointing_at(records.filter_of(desk.store, desk.scope, "utterance"), [entry])


def _is_pointed_at(desk: Desk, entry: str) -> bool:
    return desk.store.utterances.find_one(_lines(desk, entry), {"_id": 1}) is not None


def _find(desk: Desk, entry: Document, most: int) -> tuple[list[Place], int]:
    """The places, and how many lines were looked at."""
    senses = {one["id"]: one.get("gloss") or {} for one in iter_senses(entry.get("senses", ()))}
    earlier = _earlier(desk, entry)
    readable = [records.filter_of(desk.store, desk.scope, "utterance"), {"deleted": {"$ne": True}}]
    if not desk.may(Action.EDIT):
        readable.append({"owner": desk.actor.id})
    query = {"$or": list(_differing(readable, entry, senses, earlier))}
    ws = main_system(desk)
    lines = list(desk.store.utterances.find(query).limit(most))
    lines.sort(key=lambda line: (line.get("text") or "", line.get("rank", ""), line["_id"]))
    found = [
        place
        for line in lines
        if may_edit(desk, line)
        for path, holder in pointers.holders(line)
        if holder.get("entry") == entry["_id"]
        for place in _places(line, path, holder, senses, earlier, ws)
    ]
    return found, len(lines)


def _differing(
    readable: Sequence[Document], entry: Document, senses: Content, earlier: _Earlier
) -> Iterator[Document]:
    """Filters of lines in which something can be said otherwise; more than that may match.

    Each names the entry at the place that has an index.
    """
    mine = {"entry": entry["_id"]}
    morphs, wholes = [], []
    for sense, gloss in senses.items():
        for ws, said in gloss.items():
            morphs.append({"sense": sense, f"gloss.{ws}": {"$exists": True, "$ne": said}})
            if old := sorted(earlier.glosses.get((sense, ws), ())):
                wholes.append({"sense": sense, f"gloss.{ws}": {"$in": old}})
    morphs += [{f"form.{ws}": old_form} for ws, old_form in earlier.forms]
    wanted = {"words.analyses.morphs": morphs, "words.analyses": wholes, "groups": wholes}
    yield {"_id": ""}  # of an entry without glosses nothing is said otherwise
    for place, others in wanted.items():
        if others:
            either = [{place: {"$elemMatch": mine | other}} for other in others]
            yield {f"{place}.entry": entry["_id"], "$and": [*readable, {"$or": either}]}


def _places(
    line: Document,
    path: tuple[str, ...],
    holder: Content,
    senses: Content,
    earlier: _Earlier,
    ws: str,
) -> Iterator[Place]:
    is_morph = "morphs" in path
    around = _around(line, path, ws)
    glosses = tuple(_other_glosses(holder, senses.get(holder.get("sense") or "", {})))
    old = glosses and all(
        before in earlier.glosses.get((holder["sense"], code), ()) for code, before, _ in glosses
    )
    if glosses and (is_morph or old):
        yield Place(line, path, "gloss", glosses, bool(old), *around)
    forms = tuple(_old_forms(holder, earlier)) if is_morph else ()
    if forms:
        yield Place(line, path, "form", forms, True, *around)


def _other_glosses(holder: Content, gloss: Content) -> Iterator[tuple[str, str, str]]:
    for ws, said in (holder.get("gloss") or {}).items():
        now = plain(gloss.get(ws, ""))
        if now and plain(said) and plain(said) != now:
            yield ws, plain(said), now


def _old_forms(morph: Content, earlier: _Earlier) -> Iterator[tuple[str, str, str]]:
    for ws, said in (morph.get("form") or {}).items():
        part, now = earlier.forms.get((ws, plain(said)), ("", ""))
        if now and (morph.get("allomorph") or part) == part:
            yield ws, plain(said), now


def _around(line: Document, path: tuple[str, ...], ws: str) -> tuple[str, str, str]:
    words = line.get("words", ())
    forms = [first_plain(one.get("form") or {}, (ws,)) for one in words]
    if path[0] != "words":
        return "", " ".join(forms), ""
    place = next(n for n, one in enumerate(words) if one["id"] == path[1])
    return " ".join(forms[:place]), forms[place], " ".join(forms[place + 1 :])


def _earlier(desk: Desk, entry: Document) -> _Earlier:
    """What the entry said before, by its history as far as the actor may see it."""
    found = _Earlier()
    closed = records.closed_in(desk.store, desk.scope, [entry["_id"]]).get(entry["_id"], set())
    now = {ws: {*map(_bare, forms)} for ws, forms in _forms_now(entry).items()}
    for _, logged in history.iter_record(desk.store, desk.project_id, entry["_id"]):
        op = shown_op(desk, logged, closed)
        for change in (op or {}).get("changes", ()):
            _note(entry, change["path"], plain(change.get("before") or ""), now, found)
    return found


def _note(
    entry: Document, path: Sequence[str], before: str, now: Mapping[str, set[str]], found: _Earlier
) -> None:
    """Notes what a field of the entry said before a change."""
    if not before or len(path) < 2:
        return
    name, ws = path[-2], path[-1]
    if name == "gloss" and len(path) >= 4 and path[-4] == "senses":
        found.glosses.setdefault((path[-3], ws), set()).add(before)
    elif path[0] in ("lemma", "citation", "forms") and name in ("lemma", "citation", "form"):
        after = _bare(plain(diff.get(entry, path) or ""))
        if after and _bare(before) and _bare(before) not in now.get(ws, set()):
            part = path[1] if path[0] == "forms" else ""
            found.forms.setdefault((ws, _bare(before)), (part, after))


def _forms_now(entry: Document) -> dict[str, list[str]]:
    written: Iterable[Content] = (
        entry.get("lemma") or {},
        entry.get("citation") or {},
        *(one.get("form") or {} for one in entry.get("forms", ())),
    )
    found: dict[str, list[str]] = {}
    for text in written:
        for ws, said in text.items():
            found.setdefault(ws, []).extend(plains({ws: said}))
    return found


def _bare(form: str) -> str:
    """A form without the hyphens that mark an affix in the lexicon."""
    return form.strip(_EDGES)


def _op(places: Sequence[Place]) -> Op:
    line = places[0].line
    before = content_of(line)
    by_path: dict[tuple[str, ...], list[Place]] = {}
    for one in places:
        by_path.setdefault(one.path, []).append(one)
    after = {
        **before,
        "words": [_word(word, by_path) for word in before.get("words", ())],
        "groups": [
            _said(group, by_path.get(("groups", group["id"]), ()))
            for group in before.get("groups", ())
        ],
    }
    return Op("utterance", line["_id"], changes=diff.diff(before, after))


def _word(word: Content, by_path: Mapping[tuple[str, ...], Sequence[Place]]) -> dict[str, Any]:
    analyses = []
    for analysis in word.get("analyses", ()):
        path = ("words", word["id"], "analyses", analysis["id"])
        made = _said(analysis, by_path.get(path, ()))
        here = {
            m["id"]: by_path.get((*path, "morphs", m["id"]), ()) for m in made.get("morphs", ())
        }
        if any(here.values()):
            made["morphs"] = [_said(morph, here[morph["id"]]) for morph in made["morphs"]]
            respelt = {
                (ws, morph): one
                for morph, places in here.items()
                for one in places
                if one.kind == "form"
                for ws, _, _ in one.changes
            }
            for code in sorted({ws for ws, _ in respelt}):
                form = plain((word.get("form") or {}).get(code, ""))
                anew = {morph for ws, morph in respelt if ws == code}
                made = align(made, form, code, anew)
        analyses.append(made)
    return {**word, "analyses": analyses} if analyses else dict(word)


def _said(holder: Content, places: Sequence[Place]) -> dict[str, Any]:
    """A morph, analysis or group that says what the lexicon says."""
    made = dict(holder)
    for place in places:
        made[place.kind] = {
            **(made.get(place.kind) or {}),
            **{ws: after for ws, _, after in place.changes},
        }
    return made
