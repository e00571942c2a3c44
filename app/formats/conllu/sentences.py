"""A sentence with its comments as an utterance, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.text import plain
from app.formats.base import FoundProblem
from app.formats.baselines import locate
from app.formats.conllu.columns import COUNT, Token, clean, parse_token, renumbered
from app.formats.conllu.words import (
    Categories,
    Content,
    Languages,
    keep,
    read_word,
    residue_of,
    write_word,
)
from app.formats.plain_lines import Line

_COMMENT = re.compile(r"#\s*([^=\s]+)\s*(?:=\s*(.*?)|(\s.*?)?)\s*")
_TRANSLATION = re.compile(r"text_([a-z]{2,3}(?:-[A-Za-z0-9-]+)?)")
_NEW = re.compile(r"#\s*new(doc|par)(?:\s+id)?\s*(?:=.*)?")


@dataclass
class Sentence:
    """The lines of a sentence.

    Attributes:
        line: number of its first line.
        comments: as they are written.
        keys: what the comments say, by key.
    """

    line: int
    comments: list[str] = field(default_factory=list)
    tokens: list[tuple[int, Token]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, block: Sequence[Line]) -> Sentence:
        """The lines of a block."""
        made = cls(block[0][0])
        for number, line in block:
            if line.startswith("#"):
                made.add_comment(line)
            else:
                made.tokens.append((number, parse_token(line)))
        return made

    def add_comment(self, line: str) -> None:
        """Adds a comment."""
        self.comments.append(line)
        key, value = parse_comment(line)
        self.keys.setdefault(key, value)

    @property
    def newdoc(self) -> str | None:
        """The identifier of the document that begins here, empty without one; else None."""
        found = [one for one in self.comments if (new := _NEW.fullmatch(one)) and new[1] == "doc"]
        return next((parse_comment(one)[1] for one in found), None)

    @property
    def newpar(self) -> bool:
        """Whether a paragraph begins here."""
        return any((new := _NEW.fullmatch(one)) and new[1] == "par" for one in self.comments)


def parse_comment(line: str) -> tuple[str, str]:
    """Key and value of a comment; both empty for one that is none.

    >>> parse_comment("# text_en = He came."), parse_comment("# newdoc id = a"), parse_comment("#")
    (('text_en', 'He came.'), ('newdoc', 'a'), ('', ''))
    """
    if found := re.fullmatch(r"#\s*(newdoc|newpar)\s+id\s*=\s*(.*?)\s*", line):
        return found[1], found[2]
    matched = _COMMENT.fullmatch(line)
    return (matched[1], (matched[2] or "").strip()) if matched else ("", "")


def read_sentence(
    sentence: Sentence, languages: Languages, item: Callable[[str], str]
) -> tuple[Content, list[FoundProblem]]:
    """An utterance without its text, place, speaker and sources, and what is odd in it."""
    content: Content = {"id": new_id("l")}
    problems: list[FoundProblem] = []
    words: list[Content] = []
    groups: list[tuple[Content, Token]] = []
    by_number: dict[int, Content] = {}
    loose: list[str] = []
    for line, token in sentence.tokens:
        problems += _oddities(line, token)
        if token.kind == "word":
            word = read_word(token, languages, item)
            word["residue"] = [keep(token.raw)]
            if token.id.isdecimal():
                by_number.setdefault(int(token.id), word)
            words.append(word)
        elif token.kind == "range":
            groups.append(({"id": new_id("g"), "type": "range"}, token))
        elif words:
            words[-1]["residue"].append(keep(token.raw, "after"))
        else:
            loose.append(token.raw)
    content |= _comment_facts(sentence.keys, languages)
    baseline = content.setdefault("baseline", {})
    composed = [] if languages.ws in baseline else [keep(_composed(sentence), "line")]
    if composed:
        baseline[languages.ws] = composed[0]["content"]
    if not baseline[languages.ws]:
        del baseline[languages.ws]
    made = []
    for group, token in groups:
        first, last = token.span
        members = [by_number[n]["id"] for n in range(first, min(last, first + COUNT**3) + 1)
                   if n in by_number]  # fmt: skip
        made.append({**group, "members": members, "residue": [keep(token.raw)]})
    if words:
        content["words"] = words
        _locate(content, made, languages.ws)
    if made:
        content["groups"] = made
    residue = [keep("\n".join(sentence.comments), "comments")] if sentence.comments else []
    content["residue"] = residue + composed + [keep(one, "before") for one in loose]
    return content, problems


def write_sentence(
    content: Mapping[str, Any], languages: Languages, categories: Categories
) -> Iterator[str]:
    """The lines of the words of an utterance."""
    words = words_of(content, languages.ws)
    glued = _glued(words, languages.ws)
    tokens = [
        write_word(word, languages, categories, after)
        for word, after in zip(words, glued, strict=True)
    ]
    numbers: dict[str, str] = {}
    for place, token in enumerate(tokens, 1):
        numbers.setdefault(token.id, str(place))
    same = all(token.id == str(place) for place, token in enumerate(tokens, 1))
    starts = _ranges(content, words, languages.ws)
    for one in residue_of(content, "before"):
        yield one["content"]
    for place, (word, token) in enumerate(zip(words, tokens, strict=True), 1):
        yield from starts.get(place, ())
        yield (token if same else renumbered(token, str(place), numbers)).raw
        for number, one in enumerate(residue_of(word, "after"), 1):
            empty = parse_token(one["content"])
            own = empty if same else renumbered(empty, f"{place}.{number}", numbers)
            yield own.raw


def words_of(content: Mapping[str, Any], ws: str) -> list[Content]:
    """The words of an utterance; of one without any those that its line parts into."""
    line = plain((content.get("baseline") or {}).get(ws))
    return list(content.get("words", ())) or make_words(line, ws)


def write_comments(
    content: Mapping[str, Any], languages: Languages, facts: Mapping[str, str]
) -> Iterator[str]:
    """The comments of an utterance.

    Args:
        facts: `sent_id` for one that has none; `speaker_id`; `newdoc` and `newpar` where a
            document or paragraph begins.
    """
    now = _comments_of(content, languages) | {
        key: facts[key] for key in ("speaker_id",) if facts.get(key)
    }
    raw = [line for one in residue_of(content, "comments") for line in one["content"].split("\n")]
    seen = {parse_comment(line)[0] for line in raw}
    for key in ("newdoc", "newpar"):
        if key in facts and key not in seen:
            yield f"# {key} id = {facts[key]}" if facts[key] else f"# {key}"
    composed = [one["content"] for one in residue_of(content, "line")]
    if "text" not in seen and now.get("text", "") in [clean(one) for one in composed]:
        now.pop("text", None)
    if "sent_id" not in seen and not any(residue_of(one, "") for one in content.get("words", ())):
        yield f"# sent_id = {facts['sent_id']}"
    known = {"text", "translit", "speaker_id"}
    for line in raw:
        key, value = parse_comment(line)
        if key in ("newdoc", "newpar"):
            if key in facts:
                yield line
        elif key in known or _TRANSLATION.fullmatch(key):
            if key in now and now[key] == clean(value):
                yield line
            elif key in now:
                yield f"# {key} = {now[key]}"
            elif not value:
                yield line
        else:
            yield line
    yield from (f"# {key} = {value}" for key, value in now.items() if key not in seen)


def _comment_facts(keys: Mapping[str, str], languages: Languages) -> Content:
    content: Content = {}
    if keys.get("text"):
        content["baseline"] = {languages.ws: keys["text"]}
    if keys.get("translit"):
        content.setdefault("baseline", {})[languages.translit] = keys["translit"]
    for key, value in keys.items():
        if value and (found := _TRANSLATION.fullmatch(key)):
            content.setdefault("translation", {})[found[1]] = value
    return content


def _comments_of(content: Mapping[str, Any], languages: Languages) -> dict[str, str]:
    """What comments say of an utterance."""
    baseline = content.get("baseline") or {}
    now = {"text": baseline.get(languages.ws), "translit": baseline.get(languages.translit)}
    told = content.get("translation") or {}
    now |= {f"text_{ws}": value for ws, value in told.items()}
    return {key: text for key, value in now.items() if (text := clean(plain(value)))}


def _oddities(line: int, token: Token) -> Iterator[FoundProblem]:
    if token.ragged:
        what = f"The line has {token.ragged} columns where there are {COUNT}; it is kept as it is."
        yield FoundProblem(line, what)
    if token.kind == "word" and not token.id.isdecimal():
        yield FoundProblem(line, f"“{token.id[:20]}” is no number of a word; it is counted anew.")


def _composed(sentence: Sentence) -> str:
    """The line where no comment has it: by `SpaceAfter=No`."""
    line, until = "", 0
    for _, token in sentence.tokens:
        if token.kind == "empty" or (token.kind == "word" and _number(token) <= until):
            continue
        if token.kind == "range":
            until = token.span[1]
        line += token.columns[1] + ("" if token.misc.get("SpaceAfter") == "No" else " ")
    return line.strip()


def _number(token: Token) -> int:
    return int(token.id) if token.id.isdecimal() else 1 << 60


def _locate(content: Content, groups: Sequence[Content], ws: str) -> None:
    """Notes where words stand in the line; those of a multiword token inside of it."""
    line = (content.get("baseline") or {}).get(ws, "")
    inside = {member: group for group in groups for member in group["members"]}
    units: list[Content] = []
    surfaces: dict[str, Content] = {}
    for word in content["words"]:
        group = inside.get(word["id"])
        if group is None:
            units.append(word)
        elif group["id"] not in surfaces:
            form = parse_token(group["residue"][0]["content"]).columns[1]
            surfaces[group["id"]] = {"form": {ws: form}, "members": group["members"]}
            units.append(surfaces[group["id"]])
    locate(line, units, ws)
    words = {word["id"]: word for word in content["words"]}
    for unit in surfaces.values():
        for span in unit.get("spans", ()):
            own = [words[member] for member in unit["members"]]
            locate(line[span["start"] : span["end"]], own, ws)
            for word in own:
                for one in word.get("spans", ()):
                    one["start"], one["end"] = (one[k] + span["start"] for k in ("start", "end"))


def _glued(words: Sequence[Mapping[str, Any]], ws: str) -> list[bool]:
    """For each word whether the next one follows without a space."""
    spans = [
        next(((s["start"], s["end"]) for s in word.get("spans", ()) if s["ws"] == ws), None)
        for word in words
    ]
    glued = []
    for place, span in enumerate(spans):
        after = spans[place + 1] if place + 1 < len(spans) else None
        glued.append(span is not None and after is not None and span[1] == after[0])
    return glued


def _ranges(
    content: Mapping[str, Any], words: Sequence[Mapping[str, Any]], ws: str
) -> dict[int, list[str]]:
    """The lines of multiword tokens by the number of their first words."""
    places = {word["id"]: place for place, word in enumerate(words, 1)}
    found: dict[int, list[str]] = {}
    for group in content.get("groups", ()):
        raws = residue_of(group, "")
        members = sorted(places[one] for one in group.get("members", ()) if one in places)
        if group.get("type") != "range" or not raws:
            continue
        token = parse_token(raws[0]["content"])
        if not members:
            continue
        columns = [f"{members[0]}-{members[-1]}", *token.columns[1:]]
        raw = token.raw if columns[0] == token.id else "\t".join(columns)
        found.setdefault(members[0], []).append(raw)
    return found
