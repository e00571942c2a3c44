"""Fills static/vendor with the scripts and fonts that the pages load.

Run by scripts/setup: `vendor.py CHARIS`, where CHARIS is a folder with the unpacked Debian package
of Charis SIL (all of the International Phonetic Alphabet) or empty: then npm's subsets serve.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

INTER = ("cyrillic-ext", "cyrillic", "greek-ext", "greek", "vietnamese", "latin-ext", "latin")
CHARIS_SUBSETS = ("cyrillic-ext", "cyrillic", "vietnamese", "latin-ext", "latin")
NOTO = {
    "Noto Naskh Arabic": ("noto-naskh-arabic", "arabic"),
    "Noto Sans Devanagari": ("noto-sans-devanagari", "devanagari"),
    "Noto Sans Ethiopic": ("noto-sans-ethiopic", "ethiopic"),
    "Noto Sans Hebrew": ("noto-sans-hebrew", "hebrew"),
    "Noto Sans Thai": ("noto-sans-thai", "thai"),
}
CHARIS_FACES = {
    "CharisSIL-Regular": (400, "normal"),
    "CharisSIL-Italic": (400, "italic"),
    "CharisSIL-Bold": (700, "normal"),
    "CharisSIL-BoldItalic": (700, "italic"),
}
# What a package's own style sheet says about one subset.
FACE = re.compile(
    r"url\(\./files/(?P<file>[^)]+\.woff2)\)[^;]*;\s*unicode-range: (?P<range>[^;]+);"
)


def main(charis: str) -> None:
    """Copies everything into a fresh folder and puts it in the old one's place."""
    draft = VENDOR.with_name("vendor.draft")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "fonts").mkdir(parents=True)
    copy_scripts(draft)
    rules = [*inter(draft), *charis_sil(draft, charis), *noto(draft)]
    (draft / "fonts.css").write_text("\n".join(rules) + "\n", encoding="utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    draft.rename(VENDOR)


def copy_scripts(target: Path) -> None:
    """Idiomorph as an ES module and Swagger's viewer of OpenAPI descriptions."""
    copy(MODULES / "idiomorph/dist/idiomorph.esm.js", target / "idiomorph.js")
    copy(MODULES / "idiomorph/LICENSE", target / "idiomorph.LICENSE", optional=True)
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"):
        copy(MODULES / "swagger-ui-dist" / name, target / "swagger-ui" / name)


def inter(target: Path) -> Iterator[str]:
    """The interface's font, one file for all weights."""
    package = MODULES / "@fontsource-variable/inter"
    for sheet, style in (("index.css", "normal"), ("wght-italic.css", "italic")):
        for file, subset in faces(package / sheet):
            if subset_of(file) in INTER:
                copy(package / "files" / file, target / "fonts" / file)
                yield rule("Inter", "100 900", style, file, subset)
    copy(package / "LICENSE", target / "fonts" / "inter.LICENSE")


def charis_sil(target: Path, folder: str) -> Iterator[str]:
    """The font of object language: whole where its package was had, else npm's subsets."""
    package = MODULES / "@fontsource/charis-sil"
    copy(package / "LICENSE", target / "fonts" / "charis-sil.LICENSE")
    if folder:
        for name, (weight, style) in CHARIS_FACES.items():
            source = charis_file(Path(folder), name)
            copy(source, target / "charis" / source.name)
            yield rule("Charis SIL", weight, style, f"../charis/{source.name}", "")
        return
    for sheet, weight, style in (
        ("400.css", 400, "normal"),
        ("400-italic.css", 400, "italic"),
        ("700.css", 700, "normal"),
        ("700-italic.css", 700, "italic"),
    ):
        for file, subset in faces(package / sheet):
            copy(package / "files" / file, target / "fonts" / file)
            yield rule("Charis SIL", weight, style, file, subset)


def charis_file(folder: Path, name: str) -> Path:
    """A face of the unpacked package; older packages have it as a TrueType file only."""
    for kind in ("woff2", "ttf"):
        for found in sorted(folder.rglob(f"usr/**/{name}.{kind}")):
            if found.is_file() and not found.is_symlink():
                return found
    return sys.exit(f"Charis SIL's package holds no {name}; its layout has changed")


def noto(target: Path) -> Iterator[str]:
    """Fonts of other scripts, loaded only where a page shows their letters."""
    for family, (name, script) in NOTO.items():
        package = MODULES / "@fontsource" / name
        copy(package / "LICENSE", target / "fonts" / f"{name}.LICENSE")
        for weight in (400, 700):
            for file, subset in faces(package / f"{weight}.css"):
                if file.startswith(f"{name}-{script}-"):
                    copy(package / "files" / file, target / "fonts" / file)
                    yield rule(family, weight, "normal", file, subset)


def faces(sheet: Path) -> Iterator[tuple[str, str]]:
    """The font files that a style sheet names, each with its range of characters."""
    found = [(match["file"], match["range"]) for match in FACE.finditer(sheet.read_text())]
    if not found:
        sys.exit(f"{sheet} names no woff2 file; the package's layout has changed")
    yield from found


def subset_of(file: str) -> str:
    """The subset that a file of Inter holds: `inter-latin-ext-wght-normal.woff2` -> `latin-ext`."""
    return file.removeprefix("inter-").rpartition("-wght-")[0]


def rule(family: str, weight: object, style: str, file: str, characters: str) -> str:
    """One @font-face rule; the address is relative to vendor/fonts.css."""
    place = file.removeprefix("../") if file.startswith("../") else f"fonts/{file}"
    parts = {
        "font-family": json.dumps(family),
        "font-style": style,
        "font-weight": weight,
        "font-display": "swap",
        "src": f'url("{place}") format("{"truetype" if place.endswith("ttf") else "woff2"}")',
        "unicode-range": characters,
    }
    return "@font-face { " + " ".join(f"{k}: {v};" for k, v in parts.items() if v) + " }"


def copy(source: Path, target: Path, optional: bool = False) -> None:
    """Copies one file."""
    if optional and not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        sys.exit(f"{source} is missing; delete node_modules and run scripts/setup again")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
