"""Hashing of passwords and of secrets that are shown once."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.accounts import normal_password

_hasher = PasswordHasher()  # Argon2id; RFC 9106, the recommendation for little memory


def hash_password(password: str) -> str:
    """The Argon2id hash of a password."""
    return _hasher.hash(normal_password(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether a password is the one hashed; as slow where there is no hash at all."""
    try:
        correct = _hasher.verify(stored or _nobody(), normal_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return correct and bool(stored)


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def new_secret() -> str:
    """A random text for a link or token: 256 bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a random secret: SHA-256 is enough for one that cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
