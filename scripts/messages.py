"""Collects what is to be translated, and compiles the translations that there are.

Run by `scripts/messages`: writes translations/messages.pot, brings every
translations/TAG/LC_MESSAGES/messages.po up to date with it and compiles it; with a TAG it begins
the translation into that language.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
TRANSLATIONS = ROOT / "translations"
# Sentences of errors are the arguments of the errors themselves.
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "say": None,
    "add": (2,),
    "Problem": (2,),
    **dict.fromkeys(("Invalid", "Conflict", "NotFound", "NotAllowed", "Unavailable"), (1,)),
    "Unreadable": (1,),
    **dict.fromkeys(("beat", "progress", "_say", "as_message"), (1,)),  # what long work is at
    "tell": (2,),  # the same in the process that trains a model
}
SOURCES: tuple[tuple[Path, list[tuple[str, str]], dict[str, Any]], ...] = (
    (ROOT / "app", [("**.py", "python")], KEYWORDS),
    (ROOT / "templates", [("**.html", "jinja2")], DEFAULT_KEYWORDS),
    (ROOT / "static" / "js", [("**.js", "javascript")], DEFAULT_KEYWORDS),
)
OPTIONS = {"**.html": {"extensions": "jinja2.ext.do", "trim_blocks": "true"}}


def collect() -> Catalog:
    """Everything that can be translated: in the program, in its pages, scripts and tables."""
    catalog = Catalog(project="LiFE", charset="utf-8", fuzzy=False)
    for folder, methods, keywords in SOURCES:
        found = extract_from_dir(folder, methods, OPTIONS, keywords=keywords)
        for name, _line, message, comments, context in found:
            if _is_text(message):
                place = (folder / name).relative_to(ROOT).as_posix()
                catalog.add(
                    message, locations=[(place, None)], auto_comments=comments, context=context
                )
    for path in sorted((ROOT / "app").rglob("*.py")):
        for message in _named(ast.parse(path.read_text("utf-8"))):
            catalog.add(message, locations=[(path.relative_to(ROOT).as_posix(), None)])
    for place, words in _tables():
        for word in words:
            catalog.add(word, locations=[(place, None)])
    return catalog


def compile_all(folder: Path = TRANSLATIONS) -> None:
    """Makes of each messages.po of a folder the messages.mo that the program reads."""
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as text:
            catalog = read_po(text, locale=source.parts[-3])
        with source.with_suffix(".mo").open("wb") as out:
            write_mo(out, catalog)


def _named(module: ast.Module) -> list[str]:
    """Sentences of a module that stand under a name when they are said: `what = "…"; say(what)`."""
    known: dict[str, list[str]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            said = [one.value for one in values if isinstance(one, ast.Constant)]
            for name in (one.id for one in targets if isinstance(one, ast.Name)):
                known.setdefault(name, []).extend(one for one in said if isinstance(one, str))
    found: list[str] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and (place := _MESSAGES.get(_called(node.func))) is not None:
            for argument in node.args[place : place + 1]:
                found += known.get(_name_of(argument), [])
    return [one for one in dict.fromkeys(found) if _is_text(one)]


_MESSAGES = {
    "say": 0, "as_message": 0, "add": 1, "Problem": 1, "Unreadable": 0,
    **dict.fromkeys(("Invalid", "Conflict", "NotFound", "NotAllowed", "Unavailable"), 0),
}  # fmt: skip


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _name_of(argument: ast.expr) -> str:
    """The name of what is given: a value, or a table of which one is taken."""
    if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
        argument = argument.func.value if argument.func.attr == "get" else argument
    if isinstance(argument, ast.Subscript):
        argument = argument.value
    return argument.id if isinstance(argument, ast.Name) else ""


def _is_text(message: str | tuple[str, ...]) -> bool:
    """Whether there is a letter in it."""
    return any(character.isalpha() for character in "".join(message))


def _tables() -> list[tuple[str, list[str]]]:
    """Words of the tables of the domain that pages show."""
    from app.domain.roles import DESCRIPTIONS
    from app.domain.schema import LEVELS, OTHER
    from app.formats import FORMATS
    from app.formats.standard_format.mapping import MEANINGS
    from app.formats.table.columns import SIMPLE

    fields = [field for level in LEVELS.values() for field in level]
    return [
        (
            "app/domain/schema.py",
            [
                *(field.label for field in fields),
                *(field.label.lower() for field in fields if field.kind != "members"),
                *(field.one for field in fields if field.one),
                *OTHER.values(),
            ],
        ),
        ("app/domain/roles.py", list(DESCRIPTIONS.values())),
        ("app/formats/table/columns.py", [simple.label for simple in SIMPLE.values()]),
        (
            "app/formats/standard_format/mapping.py",
            [meaning.label for one in MEANINGS.values() for meaning in one.values()],
        ),
        ("app/formats", [one.name for one in FORMATS if " " in one.name]),
        ("app/formats", [loss.why for one in FORMATS for loss in one.losses]),
    ]


def _write(catalog: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        write_po(out, catalog, width=100, sort_output=True, include_lineno=False)


def main(tags: list[str]) -> None:
    """Writes the template, updates what is translated, begins what is asked for."""
    template = collect()
    _write(template, TRANSLATIONS / "messages.pot")
    begun = {path.parts[-3]: path for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")}
    for tag in {*begun, *(tag.replace("-", "_") for tag in tags)}:
        path = TRANSLATIONS / tag / "LC_MESSAGES" / "messages.po"
        catalog = Catalog(locale=tag, project="LiFE", charset="utf-8", fuzzy=False)
        if path.exists():
            with path.open("rb") as text:
                catalog = read_po(text, locale=tag)
        catalog.update(template)
        _write(catalog, path)
        done = sum(1 for one in catalog if one.id and one.string and not one.fuzzy)
        print(f"{tag}: {done} of {len(template)} messages are translated")
    compile_all()
    print(f"{len(template)} messages in translations/messages.pot")


if __name__ == "__main__":
    main(sys.argv[1:])
