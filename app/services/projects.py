"""Projects: making one, its settings, its lists, its own fields."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import langcodes

from app.domain import diff
from app.domain.defaults import default_items
from app.domain.direction import direction_of
from app.domain.errors import Invalid, NotAllowed, NotFound, Problem, Problems
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.project import Language, ListItem, Project, WritingSystem
from app.domain.roles import Action, Actor, Role
from app.domain.text import bad_characters, direction_controls, is_blank
from app.rdf.names import expand
from app.services.clock import utc_now
from app.services.desk import Desk
from app.store import audit, changes, members, projects, records, rows
from app.store.changes import Op
from app.store.database import Document, Store
from app.store.envelope import content_of

_SLUG = re.compile(r"^[a-z0-9][a-z0-9-]{0,59}$")
_ISO_639_3 = re.compile(r"[a-z]{3}")
_GLOTTOCODE = re.compile(r"[a-z0-9]{4}[0-9]{4}")
RESERVED = frozenset(
    {
        "account", "accounts", "admin", "api", "assets", "docs", "healthz", "help", "home",
        "id", "invite", "login", "logout", "new", "ontology", "password", "project", "projects",
        "register", "robots.txt", "static", "static-files", "tokens", "users", "vendor", "files",
    }
)  # fmt: skip


def create_project(
    store: Store,
    actor: Actor,
    *,
    slug: str,
    title: str,
    language: str,
    description: str = "",
    analysis: Iterable[str] = ("en",),
) -> str:
    """Makes a project with its first writing systems and default lists; the maker owns it.

    Args:
        slug: its segment in addresses: small letters, figures and hyphens.
        language: BCP 47 tag of the object language.
        analysis: tags of the languages of glosses.

    Returns:
        The project's id.

    Raises:
        Invalid: with every field that is wrong.
    """
    found = Problems()
    _check_slug(slug, found)
    check_name("title", title, found)
    tag = _tag("language", language, found)
    tags = [_tag("analysis", code, found) for code in analysis]
    found.check()
    project = Project(
        id=new_id("p"),
        slug=slug,
        title=title.strip(),
        description=description.strip(),
        languages=(make_language(tag),),
        writing_systems=(
            make_writing_system(tag, vernacular=True, analysis=tag in tags),
            *(make_writing_system(code, analysis=True) for code in tags if code != tag),
        ),
    )
    ops = [_create("project", project.id, project)]
    ops += [_create("item", item.id, item) for item in default_items()]
    changes.commit(store, project.id, actor, "create", ops, change_id=new_id("x"))
    if actor.id and not actor.system:
        members.put(store, project.id, actor.id, Role.OWNER, by=actor, at=utc_now())
    return project.id


def projects_of(store: Store, actor: Actor) -> list[Document]:
    """The stored projects of an actor, by title."""
    ids = [member["project"] for member in members.find_of(store, actor.id)]
    return projects.find_many(store, ids)


def delete_project(desk: Desk, typed: str, now: datetime) -> None:
    """Hides a project from everybody; administrators of the server can bring it back.

    Args:
        typed: the project's slug, typed to confirm.

    Raises:
        Invalid: something else was typed.
        NotAllowed: the actor is no owner.
    """
    desk.require(Action.OWN)
    hide_project(desk.store, desk.actor, desk.project, typed, now)


def hide_project(store: Store, actor: Actor, project: Document, typed: str, now: datetime) -> None:
    """Deletes a project for who was permitted to; its records and its address stay kept.

    Raises:
        Invalid: what was typed is not its slug.
    """
    if typed.strip() != project["slug"]:
        raise Invalid(
            Problem("confirm", say("Type %(slug)s to delete this project.", slug=project["slug"]))
        )
    op = Op("project", project["_id"], "delete")
    changes.commit(store, project["_id"], actor, "edit", [op], change_id=new_id("x"))
    details = {"slug": project["slug"], "title": project["title"]}
    audit.write(store, now, actor, "project.delete", project=project["_id"], details=details)


def restore_project(store: Store, actor: Actor, project_id: str, now: datetime) -> None:
    """Brings a deleted project back with its members; for administrators of the server.

    Raises:
        NotAllowed: the actor administers nothing.
        NotFound: no such project is deleted.
    """
    if not (actor.admin or actor.system):
        raise NotAllowed("This is for administrators of the server.")
    if not projects.find_deleted(store, project_id):
        raise NotFound("There is no such deleted project.")
    op = Op("project", project_id, "restore")
    changes.commit(store, project_id, actor, "edit", [op], change_id=new_id("x"))
    audit.write(store, now, actor, "project.restore", project=project_id)


def suggest_slug(store: Store, title: str) -> str:
    """A free slug made of a title."""
    decomposed = unicodedata.normalize("NFKD", title.lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "project"
    if base in RESERVED:
        base = f"{base}-project"
    slug, number = base, 2
    while projects.is_taken(store, slug):
        slug, number = f"{base}-{number}", number + 1
    return slug


def save_settings(
    desk: Desk, content: Mapping[str, Any], base_rev: int, change_id: str
) -> changes.Committed:
    """Saves the project's own fields; what others changed since `base_rev` is kept.

    Args:
        content: fields of `Project` with their new values; the rest stays.

    Raises:
        Invalid: with every field that is wrong.
        Conflict: somebody changed the same field meanwhile.
    """
    desk.require(Action.SETTINGS)
    before = content_of(desk.project)
    after = {**before, **content}
    _check_settings(desk, before, after)
    ops = [
        Op(
            "project",
            desk.project_id,
            changes=diff.diff(before, after),
            base_rev=base_rev,
        )
    ]
    done = changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=change_id)
    refresh_order(desk.store, desk.project_id)
    return done


def refresh_order(store: Store, project_id: str) -> None:
    """Makes the rows of a new alphabet while the old order goes on serving, then changes over."""
    project = projects.find(store, project_id)
    if project is None:
        return
    wanted = rows.orders_of(project)
    in_use = rows.orders_in_use(store, project_id)
    if wanted[0]["id"] == in_use["current"]:
        return
    both = [*in_use["orders"], *wanted]
    store.orders.update_one({"_id": project_id}, {"$set": {"orders": both}})
    rows.rebuild(store, project_id, wanted)
    store.orders.update_one(
        {"_id": project_id}, {"$set": {"orders": wanted, "current": wanted[0]["id"]}}
    )
    old = [order["id"] for order in in_use["orders"]]
    store.rows.delete_many({"project": project_id, "order": {"$in": old}})
    store.letters.delete_many({"project": project_id, "order": {"$in": old}})


def list_items(
    desk: Desk,
    list_code: str | None = None,
    *,
    codes: Iterable[str] | None = None,
    ids: Iterable[str] = (),
) -> list[Document]:
    """Items of the project's lists in the order in which they are shown.

    Args:
        desk: who reads what.
        list_code: one list; with neither this nor `codes`, every list.
        codes: several lists.
        ids: further items, whatever their list.
    """
    wanted = [list_code] if list_code else list(codes) if codes is not None else None
    only: dict[str, Any] = {}
    if wanted is not None:
        either = [{"list": {"$in": wanted}}, {"_id": {"$in": list(ids)}}]
        only["$and"] = [{"$or": either}]
    found = list(records.iterate(desk.store, desk.scope, "item", **only))
    return sorted(found, key=lambda item: (item["list"], item.get("rank", 0), item["code"]))


def own_fields(desk: Desk) -> list[Document]:
    """The fields that the project defines itself, by code."""
    found = records.iterate(desk.store, desk.scope, "field")
    return sorted(found, key=lambda one: str(one["code"]))


def save_item(
    desk: Desk,
    list_code: str,
    code: str,
    name: Mapping[str, str],
    *,
    item_id: str | None = None,
    abbreviation: Mapping[str, str] | None = None,
    parent: str | None = None,
    iri: str | None = None,
) -> str:
    """Adds an item to a list, or changes one; returns its id.

    Args:
        iri: what it is in linked data, whole or with a prefix (`lexinfo:noun`); None to leave it.

    Raises:
        Invalid: the code is empty or taken, or the IRI is none.
    """
    desk.require(Action.LISTS)
    found = Problems()
    check_name("code", code, found)
    items = list_items(desk, list_code)
    if any(item["code"] == code.strip() and item["_id"] != item_id for item in items):
        found.add("code", say("The list has an item “%(code)s” already.", code=code))
    tied = expand(iri) if iri and iri.strip() else ""
    if tied is None:
        found.add("iri", say("“%(iri)s” is no address; write it like lexinfo:noun.", iri=iri or ""))
    found.check()
    wanted: dict[str, Any] = {
        "list": list_code,
        "code": code.strip(),
        "name": {ws: text for ws, text in name.items() if text.strip()},
        "abbreviation": {ws: text for ws, text in (abbreviation or {}).items() if text.strip()},
        "parent": parent,
    }
    if iri is not None:
        wanted["iri"] = str(tied)
    current = next((item for item in items if item["_id"] == item_id), None)
    if current is None:
        item = ListItem(id=new_id("i"), rank=len(items) + 1, **wanted)
        ops = [_create("item", item.id, item)]
        item_id = item.id
    else:
        before = content_of(current)
        ops = [Op("item", current["_id"], changes=diff.diff(before, {**before, **wanted}))]
    _commit(desk, ops)
    return str(item_id)


def make_language(tag: str) -> Language:
    """A language with the name and the ISO 639-3 code that the tag implies."""
    language = langcodes.get(tag)
    try:
        iso = language.to_alpha3()
    except LookupError:
        iso = ""
    name = language.language_name("en") if language.language else tag
    return Language(id=new_id("l"), name=name, tag=tag, iso639_3=iso)


def make_writing_system(
    tag: str, *, vernacular: bool = False, analysis: bool = False
) -> WritingSystem:
    """A writing system with the name, direction and short form that the tag implies."""
    language = langcodes.get(tag)
    return WritingSystem(
        id=tag,
        tag=tag,
        name=language.display_name("en"),
        abbreviation=tag.split("-")[0],
        vernacular=vernacular,
        analysis=analysis,
        direction=direction_of(tag),
    )


def check_name(where: str, value: str, found: Problems, longest: int = 200) -> None:
    """Refuses a name that is empty, invisible, too long or holds control characters."""
    if is_blank(value):
        found.add(where, "This needs at least one visible character.")
    elif len(value) > longest:
        found.add(
            where,
            say(
                "This may be %(most)s characters long; it is %(length)s.",
                most=longest,
                length=len(value),
            ),
        )
    elif bad_characters(value) or "\n" in value or "\r" in value or "\t" in value:
        shown = bad_characters(value) or "a line break or tab"
        found.add(where, say("This holds %(shown)s, which no name may; take it out.", shown=shown))
    elif direction_controls(value):
        found.add(where, "This holds invisible direction controls; type it without them.")


def check_tag(tag: str) -> str:
    """A BCP 47 tag, or an empty string if it is none.

    Source: BCP 47 (RFC 5646), section 2.2.
    """
    tag = tag.strip()
    try:
        valid = bool(tag) and langcodes.tag_is_valid(tag)
    except (ValueError, LookupError):
        valid = False
    return tag if valid or re.fullmatch(r"(qaa-x|x)(-[A-Za-z0-9]{1,8})+", tag) else ""


def check_language(where: str, language: Mapping[str, Any], found: Problems) -> None:
    """Refuses a language without a name, and codes that are none.

    Source: ISO 639-3, section 3 (three letters); Glottolog on glottocodes (four letters or
    figures, then four figures); BCP 47.

    Args:
        where: what the names of the fields are put after, such as `languages/l_…`.
    """
    check_name(f"{where}/name", str(language.get("name", "")), found)
    if language.get("tag"):
        _tag(f"{where}/tag", str(language["tag"]), found)
    iso, glottocode = str(language.get("iso639_3", "")), str(language.get("glottocode", ""))
    if iso and not _ISO_639_3.fullmatch(iso):
        found.add(
            f"{where}/iso639_3", say("“%(iso)s” is not three small letters, such as seh.", iso=iso)
        )
    if glottocode and not _GLOTTOCODE.fullmatch(glottocode):
        found.add(
            f"{where}/glottocode",
            say(
                "“%(glottocode)s” is not four letters or figures and four figures, "
                "such as sena1262.",
                glottocode=glottocode,
            ),
        )


def _tag(where: str, tag: str, found: Problems) -> str:
    checked = check_tag(tag)
    if not checked:
        found.add(
            where,
            say(
                "“%(tag)s” is not a BCP 47 language tag. Use an ISO 639 code such as "
                "seh, with script or variant if need be (seh-fonipa), or qaa-x-name "
                "for a language without a code.",
                tag=tag,
            ),
        )
    return checked


def _check_slug(slug: str, found: Problems) -> None:
    if not _SLUG.match(slug) or slug.startswith("p_"):
        found.add("slug", "Use small letters a to z, figures and hyphens, at most 60 of them.")
    elif slug in RESERVED:
        found.add(
            "slug",
            say("“%(slug)s” is used by the program itself; take another address.", slug=slug),
        )


def _check_settings(desk: Desk, before: Mapping[str, Any], after: dict[str, Any]) -> None:
    found = Problems()
    check_name("title", str(after.get("title", "")), found)
    if after.get("slug") != before.get("slug"):
        _check_slug(str(after.get("slug", "")), found)
    changes.validate("project", after)
    for language in after.get("languages", ()):
        check_language(f"languages/{language['id']}", language, found)
    for name in ("tag", "iso639_3", "glottocode"):
        _check_once(after.get("languages", ()), name, found)
    systems = after.get("writing_systems", ())
    for code, times in Counter(ws["id"] for ws in systems).items():
        if times > 1:
            found.add(
                "writing_systems",
                say(
                    "There are %(times)s writing systems with code %(code)s.",
                    times=times,
                    code=code,
                ),
            )
    for ws in systems:
        _tag(f"writing_systems/{ws['id']}/tag", ws.get("tag", ""), found)
    gone = {ws["id"] for ws in before.get("writing_systems", ())} - {ws["id"] for ws in systems}
    for code in sorted(gone):
        if desk.store.entries.find_one({"project": desk.project_id, f"lemma.{code}": {"$gt": ""}}):
            found.add(
                "writing_systems",
                say("Entries are written in %(code)s: it can't be removed.", code=code),
            )
        elif desk.store.utterances.find_one(
            {"project": desk.project_id, f"baseline.{code}": {"$gt": ""}}
        ):
            found.add(
                "writing_systems",
                say("Texts are written in %(code)s: it can't be removed.", code=code),
            )
    found.check()


def _check_once(languages: Iterable[Mapping[str, Any]], name: str, found: Problems) -> None:
    """Refuses a second language with the same code."""
    seen: dict[str, str] = {}
    for language in languages:
        code = str(language.get(name, ""))
        if code and code in seen:
            where = f"languages/{language['id']}/{name}"
            found.add(
                where,
                say(
                    "The language %(name)s has the code %(code)s already.",
                    name=seen[code],
                    code=code,
                ),
            )
        seen.setdefault(code, str(language.get("name", "")))


def _create(kind: str, record: str, model: Project | ListItem) -> Op:
    return Op(kind, record, "create", model.model_dump(mode="json", exclude_defaults=True))


def _commit(desk: Desk, ops: list[Op]) -> None:
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=new_id("x"))
