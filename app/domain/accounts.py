"""The rules for names and passwords of accounts."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from app.domain.errors import Problem, Problems
from app.domain.messages import say
from app.domain.text import bad_characters, direction_controls, is_blank

LONGEST_USERNAME = 60
LONGEST_NAME = 120
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Scope(StrEnum):
    """What a personal token may be used for; each includes reading."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def clean_name(value: str) -> str:
    """A typed name in NFC, with single spaces and none at its ends."""
    words = unicodedata.normalize("NFC", value).strip().split(" ")
    return " ".join(word for word in words if word)


def username_key(value: str) -> str:
    """What two usernames may not share: compatibility form without case.

    >>> username_key("Ａna") == username_key("ana")
    True
    """
    folded = unicodedata.normalize("NFKC", clean_name(value)).casefold()
    return unicodedata.normalize("NFKC", folded)


def username_problem(value: str) -> str:
    """What is wrong with a cleaned username; empty if nothing is."""
    if is_blank(value):
        return say("Choose a username of at least one letter.")
    if len(value) > LONGEST_USERNAME:
        return say("A username has at most %(most)s characters.", most=LONGEST_USERNAME)
    unseen = [c for c in value if unicodedata.category(c) in _UNSEEN]
    if unseen:
        return say(
            "The username holds a character that cannot be seen (U+%(code)s).",
            code=format(ord(unseen[0]), "04X"),
        )
    if not username_key(value):
        return say("Choose a username of at least one letter.")
    return ""


def name_problem(value: str, longest: int = LONGEST_NAME) -> str:
    """What is wrong with the name of somebody or something; empty if nothing is."""
    if is_blank(value):
        return say("A name needs at least one character that can be seen.")
    if len(value) > longest:
        return say("A name has at most %(most)s characters.", most=longest)
    if bad_characters(value) or direction_controls(value) or "\n" in value or "\t" in value:
        return say("The name holds a control character; type it anew instead of pasting it.")
    return ""


def email_problem(value: str) -> str:
    """What is wrong with an e-mail address; empty if nothing is or there is none."""
    if not value:
        return ""
    local, at, host = value.rpartition("@")
    plausible = at and local and "." in host.strip(".") and not any(c.isspace() for c in value)
    if not plausible or len(value) > 254 or bad_characters(value) or direction_controls(value):
        return say("This does not look like an e-mail address; leave it empty if there is none.")
    return ""


def password_problem(value: str, username: str = "") -> str:
    """What is wrong with a new password; empty if nothing is."""
    if len(value) < SHORTEST_PASSWORD:
        return say(
            "A password needs at least %(least)s characters; a sentence is good.",
            least=SHORTEST_PASSWORD,
        )
    if len(value) > LONGEST_PASSWORD:
        return say("A password has at most %(most)s characters.", most=LONGEST_PASSWORD)
    if len(set(value)) < 4:
        return say("This password repeats a few characters; choose one that is harder to guess.")
    if username and username_key(value) == username_key(username):
        return say("A password may not be the username.")
    return ""


def normal_password(value: str) -> str:
    """The form in which a password is hashed, so that every keyboard gives the same one.

    Source: NIST SP 800-63B, section 5.1.1.2 (NFKC before hashing).
    """
    return unicodedata.normalize("NFKC", value)


def check_account(username: str, name: str, email: str, password: str) -> None:
    """Checks everything that a new account is made of.

    Raises:
        Invalid: with a problem for each field that is wrong, `where` naming the field.
    """
    problems = Problems()
    found = {
        "username": username_problem(username),
        "name": name_problem(name),
        "email": email_problem(email),
        "password": password_problem(password, username),
    }
    problems.found.extend(Problem(where, what) for where, what in found.items() if what)
    problems.check()
