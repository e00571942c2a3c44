"""Languages of a dataset and writing systems of a project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import langcodes

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_NO = re.compile(r"[^A-Za-z0-9]+")


@dataclass
class Languages:
    """Writing systems by the ids that languages have in a dataset, and the other way round.

    Attributes:
        by_id: writing system by language id.
        default: id of the language of records that do not say it.
        analysis: writing system of descriptions and translations that do not say it.
        find: the writing system of a language tag.
    """

    find: Callable[[str], str]
    analysis: str = "en"
    default: str = "und"
    by_id: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def add(self, rows: Iterable[Mapping[str, str]], columns: Mapping[str, str]) -> None:
        """Adds languages of a table.

        Args:
            columns: name of the column by CLDF term.
        """
        for row in rows:
            told = {term: row.get(name, "") for term, name in columns.items()}
            if told.get("id"):
                self.name(told["id"], tag_of(told))

    def name(self, language: str, tag: str) -> None:
        """Adds a language; the first is the default."""
        if not self.by_id:
            self.default = language
        self.by_id[language] = self.find(tag)
        self.ids.setdefault(self.by_id[language], language)

    def id_of(self, ws: str) -> str:
        """The id of the language of a writing system: its own, or that of the same language."""
        if ws in self.ids:
            return self.ids[ws]
        base = ws.partition("-")[0]
        return next((one for other, one in self.ids.items() if other == base), self.default)

    def ws(self, language: str) -> str:
        """The writing system of a language by its id, whether the dataset describes it or not."""
        if language not in self.by_id:
            self.by_id[language] = self.find(tag_of({"id": language}))
        return self.by_id[language]

    def meta(self, language: str) -> str:
        """The writing system of a translation."""
        return self.ws(language) if language else self.analysis


def tag_of(told: Mapping[str, str]) -> str:
    """The language tag of a language: from its ISO code, its id or its name.

    >>> tag_of({"id": "bpa", "iso639P3code": "bpa"}), tag_of({"id": "x1", "name": "English"})
    ('bpa', 'en')
    >>> tag_of({"id": "west2876", "name": "", "glottocode": "west2876"})
    'mis-x-west2876'
    """
    for code in (told.get("iso639P3code", ""), told.get("id", "")):
        if _TAG.fullmatch(code) and langcodes.tag_is_valid(code):
            return langcodes.standardize_tag(code)
    name = told.get("name", "").strip()
    if name:
        try:
            return langcodes.find(name).to_tag()
        except LookupError:
            pass
    private = _NO.sub("", told.get("glottocode") or told["id"])[:8].lower()
    return f"mis-x-{private or 'language'}"
