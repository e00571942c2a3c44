"""CSV and Excel: what is written comes back, what is dangerous is harmless."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app.domain.errors import Invalid, Unreadable
from app.domain.ids import new_id
from app.domain.project import WritingSystem
from app.domain.text import bad_characters
from app.formats.base import FoundProblem, FoundRecord, Names
from app.formats.table import CSV, TABLES, XLSX, csv_file, xlsx_file
from app.formats.table.cells import guard, unguard
from app.formats.table.columns import Systems, guess, parse_key
from app.formats.table.format import make_headings
from tests.formats.memory import MemoryContents

SEH = WritingSystem(id="seh", tag="seh", vernacular=True)
EN = WritingSystem(id="en", tag="en", analysis=True)
LOST = {"en": "lost words"}
SYSTEMS = Systems.of([SEH, EN])
WORD = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
CELL = st.text(
    st.sampled_from("'=+-@\t\r\n\",; ab＝") | st.characters(exclude_categories=["Cs", "Cc"]),
    max_size=10,
).filter(lambda value: not bad_characters(value))


def names():
    return Names({"seh": SEH, "en": EN})


def save(tmp_path, text, name="words.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(format_, path, **options):
    return [one for one in format_.read(path, names(), options) if isinstance(one, FoundRecord)]


def entries(format_, path, **options):
    return [one.content for one in read(format_, path, **options) if one.kind == "entry"]


def refuse(tmp_path, text, place=None):
    path = save(tmp_path, text)
    with pytest.raises(Unreadable) as caught:
        read(CSV, path)
    assert caught.value.file == path.name
    if place:
        assert (caught.value.line, caught.value.column) == place
    return str(caught.value)


def contents(*found):
    made = MemoryContents((SEH, EN))
    for entry in found:
        made.add("entry", {"id": new_id("e"), **entry})
    return made


def one_sense(lemma="nyama", **fields):
    return {"lemma": {"seh": lemma}, "senses": [{"id": new_id("s"), **fields}]}


def in_memory(format_, made, tmp_path, **options):
    path = tmp_path / f"out{format_.suffixes[0]}"
    warnings = list(format_.write(made, path, options))
    return path, warnings


# Cells


@given(CELL)
def test_guarding_is_undone_exactly(value):
    assert unguard(guard(value)) == value


@pytest.mark.parametrize("value", ["=1+1", "+1", "-aji", "@a", "\t=1", "\ra", " =1", "＝1", "'=1"])
def test_no_cell_begins_with_what_a_spreadsheet_would_run(value):
    assert guard(value) == f"'{value}"


@pytest.mark.parametrize("value", ["a=1", "'ala", "''", "ʼala", ""])
def test_other_cells_stay_as_they_are(value):
    assert guard(value) == unguard(value) == value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=5))
def test_csv_gives_back_the_cells_that_it_was_given(tmp_path, rows):
    path = tmp_path / "x.csv"
    heads = ["one", "two", "three"]
    csv_file.write_rows(path, [heads, *rows], bom=True)
    found = [cells for _, cells in csv_file.read_rows(path)]
    assert found == [heads, *(row for row in rows if any(row))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=5))
def test_xlsx_gives_back_the_cells_that_it_was_given(tmp_path, rows):
    path = tmp_path / "x.xlsx"
    heads = ["one", "two", "three"]
    assert xlsx_file.write_rows(path, [heads, *rows]) == []
    found = [[*cells, "", "", ""][:3] for _, cells in xlsx_file.read_rows(path)]
    assert found == [heads, *(row for row in rows if any(row))]


def test_in_xlsx_a_dangerous_value_is_text_and_needs_no_apostrophe(tmp_path):
    path, _ = in_memory(XLSX, contents(one_sense("=1+1"), one_sense("-aji")), tmp_path)
    sheet = load_workbook(path).active
    cells = [sheet["A2"], sheet["A3"]]
    assert {cell.value for cell in cells} == {"=1+1", "-aji"}
    assert {(cell.data_type, cell.quotePrefix) for cell in cells} == {("s", True)}


# Round trips


@pytest.mark.parametrize("format_", TABLES, ids=lambda one: one.id)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    words=st.lists(
        st.tuples(WORD.filter(str.strip), WORD.filter(str.strip), WORD), min_size=1, max_size=4
    )
)
def test_texts_come_back_as_they_were(tmp_path, format_, words):
    found = []
    for lemma, gloss, definition in words:
        sense = {"gloss": {"en": gloss}}
        if definition.strip():
            sense["definition"] = {"en": definition}
        found.append(one_sense(lemma, **sense))
    path, _ = in_memory(format_, contents(*found), tmp_path)
    back = entries(format_, path)
    assert [one["lemma"] for one in back] == [one["lemma"] for one in found]
    for one, other in zip(back, found, strict=True):
        made, given_ = one["senses"][0], other["senses"][0]
        assert {k: made.get(k) for k in ("gloss", "definition")} == {
            k: given_.get(k) for k in ("gloss", "definition")
        }


@pytest.mark.parametrize("format_", TABLES, ids=lambda one: one.id)
def test_every_column_comes_back(tmp_path, format_):
    made = contents()
    for list_, code, name in (
        ("parts-of-speech", "n", "Noun; common"),
        ("semantic-domains", "1.1", "Sky"),
        ("semantic-domains", "1.2", "Earth"),
        ("morph-types", "root", "root"),
        ("statuses", "ok", "checked"),
    ):
        made.add("item", {"id": new_id("i"), "list": list_, "code": code, "name": {"en": name}})
    ids = {item["code"]: item["id"] for item in made.records["item"].values()}
    example = {
        "id": "x_1",
        "form": {"seh": "nyama ine"},
        "translations": [{"id": "t_1", "text": {"en": "this meat"}}],
    }
    made.add(
        "entry",
        {
            "id": new_id("e"),
            "lemma": {"seh": "nyama"},
            "citation": {"seh": "nyama (9)"},
            "homograph": 2,
            "morph_type": ids["root"],
            "status": ids["ok"],
            "pronunciations": [{"id": "p_1", "form": {"seh": "ɲama"}}],
            "forms": [{"id": "o_1", "form": {"seh": "nhama"}}],
            "notes": [{"id": "n_1", "text": {"en": "on the entry"}}],
            "fields": [{"id": "v_1", "type": "noun.class", "text": {"en": "9"}}],
            "traits": [{"id": "t_9", "name": "colour", "value": "red"}],
            "senses": [
                {
                    "id": new_id("s"),
                    "gloss": {"en": "meat"},
                    "definition": {"en": "flesh"},
                    "pos": ids["n"],
                    "domains": [ids["1.1"], ids["1.2"]],
                    "scientific_name": {"en": "Caro"},
                    "examples": [example],
                    "notes": [{"id": "n_2", "text": {"en": "on the sense"}}],
                    "fields": [{"id": "v_2", "type": "register", "text": {"en": "low"}}],
                    "traits": [{"id": "t_8", "name": "size", "value": "big"}],
                }
            ],
        },
    )
    path, _ = in_memory(format_, made, tmp_path)
    known = names()
    for item in made.records["item"].values():
        known.items[item["list"], item["code"]] = item["id"]
        known.add_labels(item, item["id"])
    found = [one for one in format_.read(path, known, {}) if isinstance(one, FoundRecord)]
    (before,) = made.entries()
    after = found[-1].content
    assert plain_of(after) == plain_of(before)
    assert sorted(one.content["code"] for one in known.new) == ["noun.class", "register"]
    assert found[-1].lay(before, False).content == before


def plain_of(value):
    """Content without ids and sources."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in ("id", "sources", "source_id")}
        return {key: plain_of(inner) for key, inner in kept.items()}
    return [plain_of(inner) for inner in value] if isinstance(value, list) else value


def test_rows_by_entry_join_the_values_of_senses(tmp_path):
    entry = {"lemma": {"seh": "kupita"}, "senses": []}
    for gloss in ("pass", "enter"):
        entry["senses"].append({"id": new_id("s"), "gloss": {"en": gloss}})
    made = contents(entry)
    path, _ = in_memory(CSV, made, tmp_path, rows="entry", columns="lemma.seh, gloss.en", bom="no")
    assert path.read_bytes() == b"lemma.seh,gloss.en\r\nkupita,pass; enter\r\n"
    path, _ = in_memory(CSV, made, tmp_path, columns="lemma, gloss")
    assert path.read_bytes() == (
        b"\xef\xbb\xbflemma.seh,gloss.en\r\nkupita,pass\r\nkupita,enter\r\n"
    )


def test_a_name_that_two_items_share_is_written_as_their_code(tmp_path):
    made = contents()
    for code in ("n1", "n2"):
        item = {"id": new_id("i"), "list": "parts-of-speech", "code": code, "name": {"en": "Noun"}}
        made.add("item", item)
        made.add("entry", {"id": new_id("e"), **one_sense(pos=item["id"])})
    path, _ = in_memory(CSV, made, tmp_path, columns="pos")
    assert path.read_text(encoding="utf-8-sig").split() == ["pos", "n1", "n2"]


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("entry.access", {"access": {"level": "groups", "groups": ["lost words"]}}),
        ("sense.access", one_sense(access={"level": "groups", "groups": ["lost words"]})),
        (
            "example.access",
            one_sense(
                examples=[{"id": "x_1", "access": {"level": "groups", "groups": ["lost words"]}}]
            ),
        ),
        ("entry.etymologies", {"etymologies": [{"id": "y_1", "source": "lost words"}]}),
        ("entry.forms", {"forms": [{"id": "o_1", "environments": ["lost words"]}]}),
        ("sense.pictures", one_sense(pictures=[{"id": "m_1", "href": "lost words"}])),
        (
            "pronunciation.media",
            {"pronunciations": [{"id": "p_1", "media": [{"id": "m_1", "href": "lost words"}]}]},
        ),
        ("sense.reversals", one_sense(reversals=[{"id": "v_1", "form": {"en": "lost words"}}])),
        (
            "sense.links",
            one_sense(links=[{"id": "k_1", "catalog": "wordnet", "label": "lost words"}]),
        ),
        ("sense.further_glosses", one_sense(further_glosses=[{"id": "g_1", "text": LOST}])),
        ("sense.pos_traits", one_sense(pos_traits=[{"id": "t_1", "name": "lost words"}])),
        ("example.source", one_sense(examples=[{"id": "x_1", "source": "lost words"}])),
        ("note.type", one_sense(notes=[{"id": "n_1", "type": "i_1", "text": LOST}])),
        ("annotation", {"annotations": [{"id": "a_1", "name": "lost words"}]}),
        (
            "text.spans",
            {"citation": {"seh": {"text": "x", "spans": [{"start": 0, "href": "lost words"}]}}},
        ),
        ("record.residue", {"residue": [{"format": "lift", "content": "lost words"}]}),
    ],
)  # fmt: skip
def test_a_table_loses_what_it_says_it_loses(tmp_path, path, entry):
    out, _ = in_memory(CSV, contents({**one_sense(), **entry}), tmp_path)
    assert "lost words" not in out.read_text(encoding="utf-8")
    assert path in {loss.path for loss in CSV.losses}


# Reading what others wrote


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_encoding_and_line_ends_are_found_out(tmp_path, sign, encoding, end):
    text = end.join([f"lx{sign}ge{sign}xv", f"nyama{sign}meat{sign}ɲama", ""])
    (entry,) = entries(CSV, save(tmp_path, text.encode(encoding)))
    assert entry["senses"][0]["examples"][0]["form"] == {"seh": "ɲama"}


def test_the_line_that_tells_excel_the_separator_is_no_row(tmp_path):
    (entry,) = entries(CSV, save(tmp_path, "sep=;\nlx;ge\nnyama, ine;meat\n"))
    assert entry["lemma"] == {"seh": "nyama, ine"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('lx,ge\na,"b\nc', (2, 3)),
        ('lx,ge\n"a"x,b\n', (2, 4)),
        ('lx,ge\n"a\nb","c"d\n', (3, 7)),
        ("lx,ge\na,b\nc\n", (3, 2)),
        ("lx,ge\na,b,c\n", (2, 3)),
        (b"lx,ge\na,b\nc,d\xff\n", (3, 4)),
        (b"lx,ge\na\x00,b\n", None),
        (b"\xff\xfel\x00x\x00\n\x00\x00\xd8", None),
        ("", None),
        ("\n\n", None),
        ('lx,ge\na,"' + "b" * 200_000, None),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path, text, place):
    refuse(tmp_path, text, place)


def test_a_line_without_end_is_refused(tmp_path):
    refuse(tmp_path, b"a" * ((16 << 20) + 5))


def test_rows_of_an_entry_that_disagree_are_told(tmp_path):
    path = save(tmp_path, "id,lemma.seh,gloss.en,homograph\n1,a,b,x\n1,c,d,\n")
    found = list(CSV.read(path, names()))
    told = [one.what for one in found if isinstance(one, FoundProblem)]
    assert len(told) == 2 and "“c” differs from “a”" in told[0] and "“x”" in told[1]
    (entry,) = entries(CSV, path)
    assert entry["lemma"] == {"seh": "a"} and len(entry["senses"]) == 2


def test_headings_are_made_unique():
    assert make_headings(["a", "", "a", " b\nc ", "", ""]) == ["a", "Column 2", "a (2)", "b c"]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("lx", "lemma.seh"),
        ("Headword", "lemma.seh"),
        ("Lexeme Form", "lemma.seh"),
        ("ge", "gloss.en"),
        ("Gloss (en)", "gloss.en"),
        ("Gloss (pt)", "gloss.pt"),
        ("gloss_en", "gloss.en"),
        ("Part_Of_Speech", "pos"),
        ("ps", "pos"),
        ("de", "definition.en"),
        ("xv", "example.seh"),
        ("xe", "example_translation.en"),
        ("sd", "domains"),
        ("ID", "id"),
        ("hm", "homograph"),
        ("Description", "definition.en"),
        ("Scientific_Name", "scientific_name.en"),
        ("sense.field.a.b.en", "sense.field.a.b.en"),
        ("trait.a.b", "trait.a.b"),
        ("Dialect", "own:Dialect"),
        ("Gloss (see note)", "own:Gloss (see note)"),
    ],
)
def test_headings_of_others_are_understood(heading, key):
    assert guess([heading], SYSTEMS) == [key]


def test_two_columns_are_never_guessed_to_be_the_same():
    assert guess(["ge", "English", "Gloss"], SYSTEMS) == ["gloss.en", "own:English", "own:Gloss"]


@given(st.text(max_size=12))
def test_any_heading_has_a_guess_that_is_a_key(heading):
    (key,) = guess(make_headings([heading]) or ["x"], SYSTEMS)
    assert key == "skip" or parse_key(key, SYSTEMS)


@pytest.mark.parametrize("key", ["", "nonsense", "pos.en", "gloss.", "lemma.<x>", "sense.gloss.en"])
def test_a_key_that_is_none_is_refused(key):
    if key == "gloss.":
        assert parse_key(key, SYSTEMS).ws == "en"
        return
    with pytest.raises(Invalid):
        parse_key(key, SYSTEMS)


def test_the_mapping_page_is_told_headings_first_rows_and_guesses(tmp_path):
    text = "lx,ge\n" + "".join(f"w{n},g{n}\n" for n in range(9))
    headings, rows, guesses = CSV.columns_of(save(tmp_path, text), SYSTEMS)
    assert (headings, guesses) == (["lx", "ge"], ["lemma.seh", "gloss.en"])
    assert rows == [[f"w{n}", f"g{n}"] for n in range(5)]


# Excel


def workbook(tmp_path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    path = tmp_path / "words.xlsx"
    book.save(path)
    return path


def test_numbers_and_dates_are_read_as_text(tmp_path):
    from datetime import date

    path = workbook(tmp_path, ["lx", "ge", "hm"], ["a", 2.0, 3], [date(2020, 1, 2), True, None])
    one, other = entries(XLSX, path)
    assert (one["senses"][0]["gloss"], one["homograph"]) == ({"en": "2"}, 3)
    assert (other["lemma"], other["senses"][0]["gloss"]) == ({"seh": "2020-01-02"}, {"en": "TRUE"})


def test_a_formula_is_not_run_and_told(tmp_path):
    path = workbook(tmp_path, ["lx", "ge"], ["a", "=1+1"])
    found = list(XLSX.read(path, names()))
    assert isinstance(found[0], FoundProblem) and "formulas" in found[0].what
    assert "gloss" not in str(found[-1].content)


def rezip(path, change):
    """The workbook with members changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, change(member.filename, old.read(member)))
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda name, data: data + b" " * (60 << 20) if "sheet1" in name else data,
        lambda name, data: b"<!DOCTYPE x>" + data if "sheet1" in name else data,
        lambda name, data: data[: len(data) // 2] if "sheet1" in name else data,
        lambda name, data: b"<x/>" if name == "xl/workbook.xml" else data,
        lambda name, data: b"" if name == "[Content_Types].xml" else data,
    ],
    ids=["bomb", "document type", "cut off", "no workbook", "no types"],
)
def test_a_broken_or_hostile_workbook_is_refused(tmp_path, change):
    path = rezip(workbook(tmp_path, ["lx", "ge"], ["a", "b"]), change)
    with pytest.raises(Unreadable):
        read(XLSX, path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"lx,ge\na,b\n"])
def test_what_is_no_workbook_is_refused(tmp_path, data):
    with pytest.raises(Unreadable):
        read(XLSX, save(tmp_path, data, "x.xlsx"))


def test_a_text_too_long_for_a_cell_is_told(tmp_path):
    made = contents(one_sense(definition={"en": "x" * 40_000}))
    _, warnings = in_memory(XLSX, made, tmp_path)
    assert len(warnings) == 1 and "CSV" in warnings[0]


@pytest.mark.parametrize(("name", "sign"), [("x.csv", ","), ("x.tsv", "\t"), ("x.TSV", "\t")])
def test_the_ending_tells_the_separator(tmp_path, name, sign):
    rows = [["lemma", "gloss"], ["a,b", "c\td"]]
    csv_file.write_rows(tmp_path / name, rows, bom=False)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.splitlines()[0] == f"lemma{sign}gloss"
    assert [cells for _, cells in csv_file.read_rows(tmp_path / name)] == rows


def test_csv_is_what_the_standard_library_reads(tmp_path):
    path, _ = in_memory(CSV, contents(one_sense('a,b\n"c"')), tmp_path, columns="lemma.seh")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream, strict=True)) == [["lemma.seh"], ['a,b\n"c"']]
