"""Who may do what in a project: the table from which pages, services and tests are made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A member's role in a project, from most to least."""

    OWNER = "owner"
    MANAGER = "manager"
    EDITOR = "editor"
    CONTRIBUTOR = "contributor"
    COMMENTER = "commenter"
    VIEWER = "viewer"


class Action(StrEnum):
    """Something that a person can do in a project."""

    READ = "read"
    COMMENT = "comment"
    ADD = "add"
    EDIT_OWN = "edit-own"
    EDIT = "edit"
    DELETE = "delete"
    UNDO = "undo"
    BULK = "bulk"
    IMPORT = "import"
    TRAIN = "train"
    EXPORT = "export"
    LISTS = "lists"
    PEOPLE = "people"
    MEMBERS = "members"
    SETTINGS = "settings"
    BACKUP = "backup"
    ERASE = "erase"
    OWN = "own"


DESCRIPTIONS: dict[Action, str] = {
    Action.READ: "read what the project shows its members",
    Action.COMMENT: "comment, and resolve comments",
    Action.ADD: "add entries",
    Action.EDIT_OWN: "change entries that one added oneself, until they are approved",
    Action.EDIT: "change any entry, and merge duplicates",
    Action.DELETE: "delete entries",
    Action.UNDO: "undo anybody's change",
    Action.BULK: "change many entries at once",
    Action.IMPORT: "import files",
    Action.TRAIN: "train, name, describe and delete models, and choose which one guesses",
    Action.EXPORT: "export what one may read",
    Action.LISTS: "change the lists and own fields of the project",
    Action.PEOPLE: "keep persons and their consent",
    Action.MEMBERS: "invite and remove members, and give roles below one's own",
    Action.SETTINGS: "change title, languages, writing systems, licence and visibility",
    Action.BACKUP: "back the project up",
    Action.ERASE: "erase a record for good, with a reason",
    Action.OWN: "pass on ownership, and delete the project",
}

_VIEWER = {Action.READ, Action.EXPORT}
_COMMENTER = _VIEWER | {Action.COMMENT}
_CONTRIBUTOR = _COMMENTER | {Action.ADD, Action.EDIT_OWN}
_EDITOR = _CONTRIBUTOR | {Action.EDIT, Action.DELETE, Action.UNDO, Action.BULK, Action.IMPORT}
_EDITOR |= {Action.PEOPLE, Action.TRAIN}
_MANAGER = _EDITOR | {Action.LISTS, Action.MEMBERS, Action.SETTINGS, Action.BACKUP}

MAY: dict[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset(_VIEWER),
    Role.COMMENTER: frozenset(_COMMENTER),
    Role.CONTRIBUTOR: frozenset(_CONTRIBUTOR),
    Role.EDITOR: frozenset(_EDITOR),
    Role.MANAGER: frozenset(_MANAGER),
    Role.OWNER: frozenset(Action),
}
# What anybody may do in a project whose visibility is public.
PUBLIC = frozenset({Action.READ})


@dataclass(frozen=True)
class Actor:
    """Whoever does something: an account, a guest or the command line.

    Attributes:
        id: id of the account; empty for a guest.
        name: as shown in history.
        admin: whether the account administers the server.
        system: the command line on the server itself, which may do everything.
    """

    id: str = ""
    name: str = ""
    admin: bool = False
    system: bool = False


GUEST = Actor()
SYSTEM = Actor(id="system", name="command line", system=True)
