"""The handful of errors that the domain raises, each with facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class DomainError(Exception):
    """Base of all errors that a person can be told about.

    The message says what is wrong, where, and what to do.
    """

    code = "error"


class NotFound(DomainError):
    """The thing named does not exist, or the asker may not know that it does."""

    code = "not-found"


class Gone(NotFound):
    """The thing named was there and was deleted."""

    code = "gone"


class NotAllowed(DomainError):
    """The actor's role or the record's access does not permit the action."""

    code = "not-allowed"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with input.

    Attributes:
        where: field path, `file:line:column`, or row and column; empty for the whole.
        what: what is wrong and what to do, as one sentence.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class Invalid(DomainError):
    """Input breaks a rule; carries every problem found."""

    code = "invalid"

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem("", p) if isinstance(p, str) else p for p in problems)
        super().__init__("; ".join(str(p) for p in self.problems))


class Unreadable(DomainError):
    """A file cannot be read as the format it claims to be."""

    code = "unreadable"

    def __init__(self, what: str, file: str = "", line: int = 0, column: int = 0) -> None:
        self.what, self.file, self.line, self.column = what, file, line, column
        place = ":".join(str(part) for part in (file, line, column) if part)
        super().__init__(f"{place}: {what}" if place else what)


@dataclass(frozen=True)
class FieldConflict:
    """One field that two people changed differently.

    Attributes:
        path: keys and member ids from the record's root.
        base: the value that the writer saw.
        mine: the value that the writer wants.
        theirs: the value that is stored now.
        reason: `changed`, `deleted`, `order` or `exists`.
    """

    path: tuple[str, ...]
    base: Any
    mine: Any
    theirs: Any
    reason: str = "changed"
    record: str = ""


class Conflict(DomainError):
    """Someone else changed the same field; nothing was written."""

    code = "conflict"

    def __init__(self, what: str, conflicts: tuple[FieldConflict, ...] = ()) -> None:
        self.conflicts = conflicts
        super().__init__(what)


class Unavailable(DomainError):
    """Something the action needs is not there now; trying later can help."""

    code = "unavailable"


@dataclass
class Problems:
    """Collects problems so that all are reported at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Notes one problem."""
        self.found.append(Problem(where, what))

    def check(self) -> None:
        """Raises `Invalid` with everything found, if anything was.

        Raises:
            Invalid: at least one problem was added.
        """
        if self.found:
            raise Invalid(*self.found)
