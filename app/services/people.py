"""Persons whose words are kept: their names, what the public may see, what they agreed to.

Names are for members. Others see a person only by the public label, and only with a consent to be
shown; what is recorded of nobody's consent stays with the members.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from gridfs import GridOut

from app.domain import diff
from app.domain.errors import NotAllowed, NotFound, Problems
from app.domain.ids import is_id, new_id
from app.domain.messages import say
from app.domain.project import Consent, Person, Purpose
from app.domain.roles import Action
from app.domain.text import bad_characters, is_blank
from app.services.desk import Desk
from app.services.projects import check_name
from app.services.quotas import require_room_for
from app.store import changes, files, records
from app.store.access import readable
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

PURPOSES: tuple[Purpose, ...] = ("keep", "show", "publish", "train")
LONGEST = 10_000


@dataclass(frozen=True)
class PublicPerson:
    """What somebody who is no member may know of a person."""

    id: str
    label: str
    languages: tuple[str, ...]


def find_all(desk: Desk) -> list[Document]:
    """The stored persons of the project by name, consents included.

    Raises:
        NotAllowed: the actor is no member.
    """
    _require_member(desk)
    found = records.iterate(desk.store, desk.scope, "person")
    return sorted(found, key=lambda person: str(person["name"]).casefold())


def find_public(desk: Desk) -> list[PublicPerson]:
    """The persons that anybody may see: who agreed to be shown and has a public label."""
    desk.require(Action.READ)
    agreed = {"deleted": {"$ne": True}, "consents.purposes": "show", "label": {"$gt": ""}}
    shown = [
        PublicPerson(one["_id"], one["label"], tuple(one.get("languages", ())))
        for one in desk.store.people.find(readable(desk.store, desk.scope) | agreed)
    ]
    return sorted(shown, key=lambda person: person.label.casefold())


def get(desk: Desk, person: str) -> Document:
    """A stored person.

    Raises:
        NotAllowed: the actor is no member.
        NotFound: there is none, or it may not be read.
    """
    _require_member(desk)
    return records.get(desk.store, desk.scope, "person", person)


def agreed_to(person: Document, purpose: Purpose) -> bool:
    """Whether a person agreed to a purpose.

    >>> agreed_to({"consents": [{"id": "k_1", "purposes": ["keep"]}]}, "train")
    False
    """
    return any(purpose in one.get("purposes", ()) for one in person.get("consents", ()))


def add(desk: Desk, facts: dict[str, Any], *, change_id: str) -> str:
    """Adds a person; returns their id.

    Args:
        facts: `name`, `label`, `languages` and `note`, as in `Person`.

    Raises:
        Invalid: with every field that is wrong.
    """
    desk.require(Action.PEOPLE)
    person = Person(id=new_id("h"), **_checked(facts))
    content = person.model_dump(mode="json", exclude_defaults=True)
    _commit(desk, Op("person", person.id, "create", content), change_id)
    return person.id


def save(
    desk: Desk, person: str, facts: dict[str, Any], *, base_rev: int | None, change_id: str
) -> None:
    """Changes a person; what others changed since `base_rev` is kept.

    Raises:
        Invalid: with every field that is wrong.
        Conflict: somebody changed the same field meanwhile.
    """
    desk.require(Action.PEOPLE)
    stored = get(desk, person)
    checked = {
        key: list(one) if key == "languages" else one for key, one in _checked(facts).items()
    }
    after = {**content_of(stored), **checked}
    after = {key: one for key, one in after.items() if one or key == "name"}
    _update(desk, stored, after, change_id, base_rev)


def delete(desk: Desk, person: str, *, change_id: str) -> None:
    """Deletes a person; it can be undone. To forget somebody for good there is erasing."""
    desk.require(Action.PEOPLE)
    get(desk, person)
    _commit(desk, Op("person", person, "delete"), change_id)


def save_consent(
    desk: Desk,
    person: str,
    purposes: Iterable[str],
    *,
    given: str = "",
    scope: str = "",
    proof: str = "",
    consent: str | None = None,
    change_id: str,
) -> str:
    """Records what a person agreed to, or corrects it; returns the consent's id.

    Args:
        purposes: any of keep, show, publish, train.
        given: ISO 8601 date.
        scope: which recordings or texts; empty for all.
        proof: id of a stored file (`keep_proof`), or words that say where the proof is.

    Raises:
        Invalid: with every field that is wrong.
        NotFound: there is no such person or consent.
    """
    desk.require(Action.PEOPLE)
    stored = get(desk, person)
    wanted = set(purposes)
    made = Consent(
        id=consent or new_id("k"),
        purposes=tuple(one for one in PURPOSES if one in wanted),
        date=given.strip(),
        scope=scope.strip(),
        proof=proof.strip(),
    )
    _check_consent(made, wanted)
    content = made.model_dump(mode="json", exclude_defaults=True)
    before = list(stored.get("consents", ()))
    if consent is None:
        after = [*before, content]
    elif any(one["id"] == consent for one in before):
        after = [content if one["id"] == consent else one for one in before]
    else:
        raise NotFound("This consent is not there any more.")
    _update(desk, stored, {**content_of(stored), "consents": after}, change_id)
    return made.id


def withdraw_consent(desk: Desk, person: str, consent: str, *, change_id: str) -> None:
    """Takes a consent out; from then on the person counts as not having given it."""
    desk.require(Action.PEOPLE)
    stored = get(desk, person)
    after = [one for one in stored.get("consents", ()) if one["id"] != consent]
    content = content_of(stored)
    content["consents"] = after
    if not after:
        del content["consents"]
    _update(desk, stored, content, change_id)


def keep_proof(desk: Desk, stream: BinaryIO, name: str) -> str:
    """Stores a signed form or a recorded consent; returns the file's id."""
    desk.require(Action.PEOPLE)
    require_room_for(desk, stream)
    return files.put(desk.store, desk.project_id, stream, name)


def open_proof(desk: Desk, person: str, consent: str) -> GridOut:
    """The stored proof of a consent.

    Raises:
        NotFound: there is no such consent, or its proof is no stored file.
    """
    desk.require(Action.PEOPLE)
    stored = get(desk, person)
    proof = next((o.get("proof") for o in stored.get("consents", ()) if o["id"] == consent), None)
    if not is_id(proof):
        raise NotFound("There is no stored proof of this consent.")
    return files.open_file(desk.store, desk.project_id, str(proof))


def export_rows(desk: Desk) -> list[list[str]]:
    """The project's persons as rows of a table, headings first; for members.

    A cell never begins with a sign that a spreadsheet takes for a formula.
    """
    desk.require(Action.EXPORT)
    rows = [["id", "name", "label", "languages", "note", *PURPOSES]]
    for person in find_all(desk):
        agreed = ["yes" if agreed_to(person, purpose) else "" for purpose in PURPOSES]
        cells = [
            person["_id"],
            person["name"],
            person.get("label", ""),
            ", ".join(person.get("languages", ())),
            person.get("note", ""),
        ]
        rows.append([_harmless(cell) for cell in cells] + agreed)
    return rows


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    found = Problems()
    name, label = str(facts.get("name", "")), str(facts.get("label", ""))
    languages = [str(one).strip() for one in facts.get("languages", ()) if str(one).strip()]
    note = str(facts.get("note", ""))
    check_name("name", name, found)
    if not is_blank(label):
        check_name("label", label, found)
    for language in languages:
        check_name("languages", language, found, longest=100)
    _check_words("note", note, found)
    found.check()
    return {
        "name": name.strip(),
        "label": "" if is_blank(label) else label.strip(),
        "languages": tuple(dict.fromkeys(languages)),
        "note": note.strip(),
    }


def _check_consent(consent: Consent, wanted: set[str]) -> None:
    found = Problems()
    if not wanted or wanted - set(PURPOSES):
        found.add("purposes", "Choose at least one thing that the person agreed to.")
    if consent.date and not _is_past(consent.date):
        found.add("date", "Give the date as year-month-day, and not one that is to come.")
    _check_words("scope", consent.scope, found)
    _check_words("proof", consent.proof, found)
    found.check()


def _is_past(text: str) -> bool:
    try:
        return date.fromisoformat(text).toordinal() <= date.today().toordinal() + 1
    except ValueError:
        return False


def _check_words(where: str, text: str, found: Problems) -> None:
    if len(text) > LONGEST:
        found.add(
            where,
            say(
                "This may be %(most)s characters long; it is %(length)s.",
                most=LONGEST,
                length=len(text),
            ),
        )
    elif bad_characters(text):
        found.add(where, say("This holds %(what)s; take it out.", what=bad_characters(text)))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _update(
    desk: Desk,
    stored: Document,
    after: dict[str, Any],
    change_id: str,
    base_rev: int | None = None,
) -> None:
    made: Sequence[diff.FieldChange] = diff.diff(content_of(stored), after)
    _commit(desk, Op("person", stored["_id"], changes=made, base_rev=base_rev), change_id)


def _require_member(desk: Desk) -> None:
    if desk.role is None and not desk.actor.system:
        raise NotAllowed("The names of persons are for the project's members.")


def _commit(desk: Desk, op: Op, change_id: str) -> None:
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=change_id)
