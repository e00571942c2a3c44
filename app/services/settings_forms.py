"""What the settings pages of a project save: own fields, writing systems as a form gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain import diff
from app.domain.errors import Problems
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.project import FieldDefinition
from app.domain.roles import Action
from app.domain.schema import LEVELS
from app.services.desk import Desk
from app.services.projects import (
    check_language,
    check_name,
    check_tag,
    make_language,
    make_writing_system,
)
from app.store import changes, records
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

LANGUAGE_FIELDS = ("name", "tag", "iso639_3", "glottocode")
FIELD_KINDS = ("multitext", "text", "list", "number", "date")
FIELD_LEVELS = tuple(level for level in LEVELS if level in ("entry", "sense", "example", "form"))


def save_field(
    desk: Desk,
    code: str,
    kind: str,
    levels: Iterable[str],
    name: Mapping[str, str],
    *,
    field_id: str | None = None,
) -> str:
    """Adds an own field, or changes one; returns its id.

    Raises:
        Invalid: the code is empty, taken or a field of the program itself.
    """
    desk.require(Action.LISTS)
    found = Problems()
    check_name("code", code, found, longest=60)
    wanted = tuple(level for level in FIELD_LEVELS if level in set(levels))
    if not wanted:
        found.add("levels", "Choose at least one part of the entry that has this field.")
    if kind not in FIELD_KINDS:
        found.add("kind", say("A field is one of: %(what)s.", what=", ".join(FIELD_KINDS)))
    known = list(records.iterate(desk.store, desk.scope, "field"))
    if any(one["code"] == code.strip() and one["_id"] != field_id for one in known):
        found.add("code", say("There is a field “%(code)s” already.", code=code))
    found.check()
    facts: dict[str, Any] = {
        "code": code.strip(),
        "kind": kind,
        "levels": list(wanted),
        "name": {ws: text for ws, text in name.items() if text.strip()},
    }
    current = next((one for one in known if one["_id"] == field_id), None)
    if current is None:
        made = FieldDefinition(id=new_id("f"), **facts)
        content = made.model_dump(mode="json", exclude_defaults=True)
        op = Op("field", made.id, "create", content)
    else:
        before = content_of(current)
        op = Op("field", current["_id"], changes=diff.diff(before, {**before, **facts}))
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    return op.id


def delete_field(desk: Desk, field_id: str) -> None:
    """Deletes an own field's definition; values that entries have stay and stay visible."""
    desk.require(Action.LISTS)
    changes.commit(
        desk.store,
        desk.project_id,
        desk.actor,
        "edit",
        [Op("field", field_id, "delete")],
        change_id=new_id("x"),
    )


def changed_system(system: Document, form: Mapping[str, str]) -> Document:
    """A writing system with what a form says of it; what the form leaves out stays.

    Args:
        form: `tag`, `name`, `abbreviation`, `role` (vernacular, analysis or both),
            `direction`, `font`, `letters` (its alphabet), `rules` (ICU's, used where there is no
            alphabet), `normal_form`.
    """
    changed = {**system}
    for key in ("tag", "name", "abbreviation", "direction", "font", "normal_form"):
        if key in form:
            changed[key] = form[key].strip()
    if "role" in form:
        changed["vernacular"] = form["role"] in ("vernacular", "both")
        changed["analysis"] = form["role"] in ("analysis", "both")
    if "letters" in form:
        letters = "\n".join(line.strip() for line in form["letters"].splitlines() if line.strip())
        rules = form.get("rules", "").replace("\r\n", "\n").strip()
        kind = "alphabet" if letters else "icu" if rules else "default"
        changed["collation"] = {"kind": kind, "letters": letters}
        if kind == "icu":
            changed["collation"] |= {"rules": rules}
    return changed


def new_system(tag: str, role: str) -> Document:
    """A writing system made from a tag, for a project that adds one.

    Raises:
        Invalid: the tag is no BCP 47 tag.
    """
    found = Problems()
    checked = check_tag(tag)
    if not checked:
        found.add(
            "tag",
            say("“%(tag)s” is not a BCP 47 language tag, such as seh or seh-fonipa.", tag=tag),
        )
    found.check()
    made = make_writing_system(
        checked, vernacular=role in ("vernacular", "both"), analysis=role in ("analysis", "both")
    )
    return made.model_dump(mode="json")


def new_language(form: Mapping[str, str]) -> Document:
    """An object language as a form gives it; name and ISO code come from its tag if left out.

    Raises:
        Invalid: with every field that is wrong, named `languages/new/…`.
    """
    typed = {key: form.get(key, "").strip() for key in LANGUAGE_FIELDS}
    tag = check_tag(typed["tag"])
    implied = make_language(tag).model_dump() if tag else {"id": new_id("l")}
    made = {**implied, **{key: value for key, value in typed.items() if value}}
    found = Problems()
    check_language("languages/new", made, found)
    found.check()
    return made


def changed_language(language: Document, form: Mapping[str, str]) -> Document:
    """An object language with what a form says of it; what the form leaves out stays."""
    return language | {key: form[key].strip() for key in LANGUAGE_FIELDS if key in form}
