r"""Sorting by ICU's tailoring rules, as writing-system files have them.

Of the rules of LDML this much is understood: `&` with a letter, several letters or an earlier
string, and `[before 1]` to `[before 3]`; `<`, `<<`, `<<<` and `=` (also `;` and `,`); lists such as
`<* abc` and `<* a-c`; strings of several letters; expansions after `/`; text in quotes, `\` and
`\u` escapes; comments. The options `[normalization …]`, `[strength …]`, `[alternate shifted]`,
`[caseFirst off]` and `[caseFirst lower]` ask for what happens anyway. Anything else is refused.

What the rules leave alone sorts as without them: by base letter, then by marks, then small
letters before capitals; what is neither letter, figure nor mark is passed over. The capitals of a
string sort with it, unless the rules say otherwise.

Source: UTS #35, part 5, section 3 (tailorings); UTS #10 for levels, contractions and expansions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.domain.text import fold

_SELF = 0x4000  # the place of what the rules leave where it is, at each level
_MARK = chr(0x7000)
_CAPITAL = chr(0x5000)
_RELATIONS = {"<": 1, "<<": 2, "<<<": 3, "=": 0, ";": 2, ",": 3}
_HARMLESS = re.compile(
    r"normalization\s+(on|off)|strength\s+\S+|alternate\s+shifted|case[fF]irst\s+(off|lower)"
)
_TOKEN = re.compile(
    r"\s+|\#[^\n]*|(?P<option>\[[^\]]*\]?)|(?P<reset>&)"
    r"|(?P<relation><<<<|<<<\*?|<<\*?|<\*?|=\*?|;|,)|(?P<expand>/)|(?P<context>\|)"
    r"|'(?P<quoted>(?:[^']|'')*)'|\\u(?P<four>[0-9A-Fa-f]{4})|\\U(?P<eight>[0-9A-Fa-f]{8})"
    r"|\\(?P<escaped>.)|(?P<other>.)",
    re.DOTALL,
)
_RESERVED = frozenset("!\"#$%()*+.:>?@[]^_`{}~'\\")


class RuleError(ValueError):
    """A rule that is not understood; its text says which."""


@dataclass(eq=False)
class _Node:
    """A place at one level, with those of the next level in order; one of them is itself.

    Attributes:
        name: the string that it was made for; empty for what stood there before.
    """

    name: str = ""
    above: _Node | None = None
    below: list[_Node] = field(default_factory=list)
    base: str = ""


@dataclass(frozen=True)
class _Element:
    """What a string sorts as: a base letter, and its place at each of the three levels."""

    primary: _Node
    secondary: _Node
    tertiary: _Node


class Tailoring:
    """The order that some rules describe.

    >>> order = Tailoring("&n < ng <<< Ng < ny &a << â")
    >>> sorted(["nya", "Nga", "nz", "nga", "âb", "ab", "ac"], key=order.weights)
    ['ab', 'âb', 'ac', 'nz', 'nga', 'Nga', 'nya']

    Raises:
        RuleError: a rule is not understood.
    """

    def __init__(self, rules: str) -> None:
        self._bases: dict[str, list[_Node]] = {}
        self._strings: dict[str, list[_Element]] = {}
        for reset, chain in _rules(rules):
            self._apply(reset, chain)
        weights = {
            text: [self._weights(one) for one in found] for text, found in self._strings.items()
        }
        self._table = weights
        for text, found in list(weights.items()):
            for capital in (text.upper(), text[:1].upper() + text[1:]):
                if capital != text and fold(capital) == fold(text):
                    raised = [(a, b, _CAPITAL if c == chr(_SELF) else c) for a, b, c in found]
                    self._table.setdefault(capital, raised)
        used = [one for found in weights.values() for one in found]
        self._has_before = any(min(b, c) < chr(_SELF) for _, b, c in used)
        self._longest = max(map(len, self._table), default=1)
        self._headings = {
            self._weights(found[0])[0]: _heading(found[0].primary)
            for found in self._strings.values()
            if found[0].primary.name
        }
        self._starts = {heading: start for start, heading in self._headings.items()}

    def weights(self, word: str) -> str:
        """The key of a word, which sorts by code points; empty letters first."""
        first, second, third, _ = self.levels(word)
        return f"{first}\x01{second}\x01{third}\x01"

    def levels(self, word: str) -> tuple[str, str, str, str]:
        """The weights of a word at the three levels, and the heading of its first letter.

        The heading is empty for a word that begins with no letter.
        """
        text = unicodedata.normalize("NFD", word)
        first: list[str] = []
        second: list[str] = []
        third: list[str] = []
        for a, b, c in self._pieces(text):
            first.append(a)
            second.append(b)
            third.append(c)
        start = next((one for one in first if one), "")
        shown = self._headings.get(start) or (start[:1].upper() if start[:1].isalpha() else "")
        return "".join(first), self._cut("".join(second)), self._cut("".join(third)), shown

    def start(self, heading: str) -> str:
        """The weight at which the words of a heading begin."""
        return self._starts.get(heading) or f"{fold(heading)}{chr(_SELF)}"

    def _cut(self, level: str) -> str:
        """The weights of a level without those at the end that say nothing."""
        return level if self._has_before else level.rstrip(chr(_SELF))  # else less would be more

    def _pieces(self, text: str) -> Iterator[tuple[str, str, str]]:
        place = 0
        while place < len(text):
            for length in range(min(self._longest, len(text) - place), 0, -1):
                found = self._table.get(text[place : place + length])
                if found is not None:
                    yield from found
                    place += length
                    break
            else:
                yield from _plain(text[place])
                place += 1

    def _apply(self, reset: _Reset, chain: list[_Relation]) -> None:
        before = reset.before
        *prefix, at = self._elements(reset.text, chain[0].level if chain else 1)
        for relation in chain:
            if before and relation.level != before:
                raise RuleError(f"[before {before}] is followed by another kind of relation")
            if relation.level:
                at = self._insert(at, relation, bool(before))
            before = 0
            extra = self._elements(relation.expansion, 1) if relation.expansion else []
            self._strings[relation.text] = [*prefix, at, *extra]

    def _insert(self, at: _Element, relation: _Relation, before: bool) -> _Element:
        """Makes a place beside another one at the level of a relation."""
        anchor = (at.primary, at.secondary, at.tertiary)[relation.level - 1]
        siblings = anchor.above.below if anchor.above else self._bases[anchor.base]
        made = _Node(relation.text, anchor.above, base=anchor.base)
        siblings.insert(siblings.index(anchor) + (not before), made)
        primary = made if relation.level == 1 else at.primary
        secondary = made if relation.level == 2 else at.secondary
        if relation.level == 1:
            secondary = _own(primary)
        tertiary = made if relation.level == 3 else _own(secondary)
        return _Element(primary, secondary, tertiary)

    def _elements(self, text: str, level: int) -> list[_Element]:
        """What a string sorts as before a rule says more of it."""
        found: list[_Element] = []
        place = 0
        while place < len(text):
            lengths = range(len(text) - place, 0, -1)
            known = next((n for n in lengths if text[place : place + n] in self._strings), 0)
            if known:
                found += self._strings[text[place : place + known]]
                place += known
                continue
            end = place + 1
            while end < len(text) and unicodedata.combining(text[end]):
                end += 1
            found += self._letter(text[place:end], level if end == len(text) else 1)
            place = end
        if not found:
            raise RuleError(f"“&{text}” names no letter to start from")
        return found

    def _letter(self, letter: str, level: int) -> list[_Element]:
        """A letter with its marks; one with marks or a capital gets a place where that counts."""
        bases = fold(letter[0]) if letter[0].isalnum() or ord(letter[0]) > 0x2FF else ""
        if not bases:
            raise RuleError(f"“{letter}” is passed over in sorting: nothing can be put beside it")
        found = [self._base(base) for base in bases]
        marked, capital = len(letter) > 1, letter[0] != letter[0].lower()
        if (level >= 2 and marked) or (level == 3 and capital):
            last = found[-1]
            siblings = last.primary.below if marked else last.secondary.below
            relation = _Relation(2 if marked else 3, letter)
            at = _Element(last.primary, siblings[-1], _own(siblings[-1])) if marked else last
            found[-1] = self._insert(at, relation, False)
            self._strings[letter] = list(found)
        return found

    def _base(self, base: str) -> _Element:
        nodes = self._bases.setdefault(base, [])
        own = next((node for node in nodes if not node.name), None)
        if own is None:
            own = _Node(base=base)
            nodes.append(own)
        return _Element(own, _own(own), _own(_own(own)))

    def _weights(self, element: _Element) -> tuple[str, str, str]:
        primary, secondary, tertiary = element.primary, element.secondary, element.tertiary
        return (
            primary.base + _weight(self._bases[primary.base], primary),
            _weight(primary.below, secondary),
            _weight(secondary.below, tertiary),
        )


@dataclass
class _Reset:
    text: str
    before: int = 0


@dataclass
class _Relation:
    level: int
    text: str
    expansion: str = ""


def _own(node: _Node) -> _Node:
    """What stands at a place of the next level by itself."""
    found = next((one for one in node.below if not one.name), None)
    if found is None:
        found = _Node(above=node)
        node.below.append(found)
    return found


def _weight(siblings: list[_Node], node: _Node) -> str:
    own = next((place for place, one in enumerate(siblings) if not one.name), 0)
    return chr(_SELF + siblings.index(node) - own)


def _heading(node: _Node) -> str:
    name = unicodedata.normalize("NFC", node.name)
    return name[:1].upper() + name[1:]


def _plain(char: str) -> Iterator[tuple[str, str, str]]:
    """The weights of a character that no rule speaks of."""
    own = chr(_SELF)
    if unicodedata.combining(char):
        yield "", _MARK + char, ""
    elif char.isalnum() or ord(char) > 0x2FF:
        for base in fold(char):
            yield base + own, own, _CAPITAL if char != char.lower() else own


def _rules(rules: str) -> Iterator[tuple[_Reset, list[_Relation]]]:
    """The resets of some rules, each with the relations that follow it."""
    reset: _Reset | None = None
    chain: list[_Relation] = []
    for kind, value in _tokens(rules):
        if kind == "option":
            before = re.fullmatch(r"before\s*([123])", value)
            if before and reset is not None and not reset.text and not chain:
                reset.before = int(before[1])
            elif not _HARMLESS.fullmatch(value):
                raise RuleError(f"“[{value}]” is not understood")
        elif kind == "reset":
            if reset is not None:
                yield reset, _checked(reset, chain)
            reset, chain = _Reset(""), []
        elif kind == "relation":
            if reset is None or not reset.text:
                raise RuleError(f"“{value}” follows no “&” with a letter")
            if value == "<<<<":
                raise RuleError("“<<<<” is not understood")
            chain.append(_Relation(_RELATIONS[value.rstrip("*")], "*" if "*" in value else ""))
        elif kind == "expand":
            if not chain or not chain[-1].text:
                raise RuleError("“/” follows no string")
            chain[-1].expansion = "/"
        elif kind == "context":
            raise RuleError("“|” (a letter in a context) is not understood")
        else:
            _add(value, reset, chain)
    if reset is not None:
        yield reset, _checked(reset, chain)


def _add(text: str, reset: _Reset | None, chain: list[_Relation]) -> None:
    """Adds a string to the reset or relation that it belongs to."""
    if reset is None:
        raise RuleError(f"“{text}” follows no “&”")
    if not chain:
        reset.text += text
    elif chain[-1].expansion:
        chain[-1].expansion = chain[-1].expansion.replace("/", "") + text
    elif chain[-1].text.startswith("*"):
        level = chain.pop().level
        chain += [_Relation(level, one) for one in _listed(text)]
    else:
        chain[-1].text += text


def _checked(reset: _Reset, chain: list[_Relation]) -> list[_Relation]:
    if not reset.text:
        raise RuleError("“&” is followed by no letter")
    if any(one.text in ("", "*") or one.expansion == "/" for one in chain):
        raise RuleError(f"after “&{reset.text}” a relation has no string")
    return chain


def _listed(text: str) -> Iterator[str]:
    """The characters of a list, with all between two that have a hyphen between them."""
    place = 0
    while place < len(text):
        first, rest = text[place], text[place + 1 : place + 3]
        if len(rest) == 2 and rest[0] == "-":
            if ord(rest[1]) < ord(first) or ord(rest[1]) - ord(first) > 1000:
                raise RuleError(f"“{first}-{rest[1]}” is no range")
            yield from (
                unicodedata.normalize("NFD", chr(n)) for n in range(ord(first), ord(rest[1]) + 1)
            )
            place += 3
        else:
            end = place + 1
            while end < len(text) and unicodedata.combining(text[end]):
                end += 1
            yield text[place:end]
            place = end


def _tokens(rules: str) -> Iterator[tuple[str, str]]:
    """Options, signs and strings; what stands together is one string, in NFD."""
    text: list[str] = []
    for found in _TOKEN.finditer(rules):
        kind = found.lastgroup
        piece = _literal(found)
        if piece is not None:
            text.append(piece)
            continue
        if text:
            yield "text", unicodedata.normalize("NFD", "".join(text))
            text = []
        if kind is not None:
            yield kind, found[kind].strip("[] ") if kind == "option" else found[kind]
    if text:
        yield "text", unicodedata.normalize("NFD", "".join(text))


def _literal(found: re.Match[str]) -> str | None:
    """The characters that a token stands for; None if it is a sign or white space."""
    for kind in ("four", "eight"):
        if found[kind]:
            code = int(found[kind], 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise RuleError(f"“{found[0]}” is no character")
            return chr(code)
    if found["quoted"] is not None:
        return found["quoted"].replace("''", "'") or "'"
    if found["escaped"]:
        return found["escaped"]
    if found["other"]:
        if found["other"] in _RESERVED:
            raise RuleError(f"“{found['other']}” must stand in quotes")
        return found["other"]
    return None
