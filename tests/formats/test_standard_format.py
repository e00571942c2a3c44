"""Standard Format: what becomes of each marker, and nothing is lost."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from app.domain.errors import Invalid, NotFound, Unreadable
from app.domain.interlinear import written_gloss, written_morphs
from app.domain.kinds import KINDS
from app.domain.project import WritingSystem
from app.formats.base import Names
from app.formats.standard_format import MDF, TOOLBOX, find_standard_format
from app.formats.standard_format.columns import _places, align, lay_out, tokens_of
from app.formats.standard_format.compare import differences
from app.formats.standard_format.mapping import MEANINGS, Systems
from app.formats.standard_format.presets import preset
from tests.formats.memory import load
from tests.formats.samples import MISSING
from tests.formats.standard_formats import DICTIONARY, MDF_FILES, TEXT, TEXT_FILE, save

needs_data = pytest.mark.skipif(not TEXT_FILE.is_file(), reason=MISSING)
SEH = WritingSystem(id="seh", tag="seh", vernacular=True)
EN = WritingSystem(id="en", tag="en", analysis=True)
PT = WritingSystem(id="pt", tag="pt", analysis=True)


class Chosen:
    """A format that is read with options."""

    def __init__(self, format_, **options):
        self.format, self.options = format_, options

    def read(self, path, names):
        return self.format.read(path, names, self.options)


def read(format_, tmp_path, content, *, name="", names=None, **options):
    path = save(tmp_path, content, name or f"in{format_.suffixes[0]}")
    known = {"seh": SEH, "en": EN}
    return load(Chosen(format_, **options), path, names or Names(known))


def written(format_, contents, tmp_path, **options):
    out = tmp_path / "out.sfm"
    list(format_.write(contents, out, options))
    return out.read_text(encoding="utf-8")


def entries(tmp_path, content, **options):
    return read(MDF, tmp_path, content, **options).entries()


def lines(tmp_path, content, **options):
    return list(read(TOOLBOX, tmp_path, content, **options).records["utterance"].values())


def words(tmp_path, content):
    """The words of one utterance: each as it is written, with morphs and glosses."""
    (line,) = lines(tmp_path, "\\ref 1\n" + content)
    found = []
    for word in line["words"]:
        analysis = next(iter(word.get("analyses", ())), None)
        morphs = written_morphs(analysis) if analysis else ""
        found.append((word["form"]["seh"], morphs, written_gloss(analysis) if analysis else ""))
    return found


# --- real files


def cut(path, tmp_path, marker, wanted):
    """A file of some of the records of a real one."""
    records = path.read_bytes().decode().split(f"\\{marker} ")
    chosen = [one for number, one in enumerate(records[1:]) if wanted(number, one)]
    return save(tmp_path, f"\\{marker} " + f"\\{marker} ".join(chosen), path.name)


@needs_data
def test_the_dictionary_of_daakaka_comes_back_as_it_was(tmp_path):
    contents = load(MDF, MDF_FILES[0])
    assert len(contents.entries()) == 2167
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    assert list(MDF.write(contents, tmp_path / "out.sfm", {})) == []
    assert differences(MDF_FILES[0], tmp_path / "out.sfm") == []
    assert b"\r\n" in (tmp_path / "out.sfm").read_bytes()


@needs_data
def test_markers_with_languages_are_read_and_come_back(tmp_path):
    path = cut(MDF_FILES[1], tmp_path, "lx", lambda number, _: number % 5 == 0)
    contents = load(MDF, path)
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    assert list(MDF.write(contents, tmp_path / "out.sfm", {})) == []
    assert differences(path, tmp_path / "out.sfm") == []
    glossed = [one for one in contents.entries() if (one.get("senses") or [{}])[0].get("gloss")]
    assert {"en", "qaa-x-mal"} <= set(glossed[0]["senses"][0]["gloss"])


@needs_data
@pytest.mark.parametrize(
    ("path", "marker", "count"),
    [(MDF_FILES[0], "lx", 2167), (MDF_FILES[1], "lx", 3832), (TEXT_FILE, "ref", 7017)],
    ids=lambda one: getattr(one, "parent", one) and str(one)[-24:],
)
def test_the_real_files_are_as_the_sources_say(path, marker, count):
    found = find_standard_format(path.name, path)
    assert found is not None and found.id == ("mdf" if marker == "lx" else "toolbox")
    assert path.read_bytes().decode().count(f"\\{marker} ") == count


@needs_data
def test_lines_of_daakaka_come_back_as_they_were(tmp_path):
    def wanted(number, record):
        wrapped = record.count("\\tx ") > 1
        uneven = any(
            len(mb.split()) != len(gl.split())
            for mb, gl in zip(rows(record, "mb"), rows(record, "gl"), strict=False)
        )
        return number % 20 == 0 or wrapped or uneven

    path = cut(TEXT_FILE, tmp_path, "ref", wanted)
    contents = load(TOOLBOX, path)
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    assert list(TOOLBOX.write(contents, tmp_path / "out.txt", {})) == []
    assert differences(path, tmp_path / "out.txt") == []
    told = [one for one in contents.problems if "not aligned" in one.what]
    assert len(told) == 50 and all(one.line for one in told)


def rows(record, marker):
    return [one[4:] for one in record.split("\n") if one.startswith(f"\\{marker} ")]


# --- dictionaries


@pytest.mark.parametrize(("format_", "text"), [(MDF, DICTIONARY), (TOOLBOX, TEXT)])
def test_a_sample_comes_back_to_the_letter(format_, text, tmp_path):
    assert written(format_, read(format_, tmp_path, text), tmp_path) == text


@pytest.mark.parametrize(
    "text",
    [
        "\\lx a\n\\ps n\n\\sn 1\n\\ge x\n\\sn 2\n\\ge y\n\\ps v\n\\sn 1\n\\ge z\n",
        "\\lx a\n\\sn 1\n\\ps n\n\\ge x\n\\sn 2\n\\ps n\n\\ge y\n",
        "\\lx a\n\\ps n\n\\ge x\n\\ps v\n\\ge y\n",
        "\\lx a\n\\sd food\n\\ps n\n\\sn 1\n\\ge x\n",
        "\\lx a\n\\ps n\n\\dt 1/Jan/2020\n",
        "\\lx a\n\\ge\n\\zz odd\n\\ge x  \n\\de one\ntwo\n\\hm x\n\\dt long ago\n",
        "\\lx\n\\ge x\n\n\\lx b\n\\lx b\n\\lx b\n",
        "\\lx a\n\\se ab\n\\ps n\n\\ge x\n\\zz y\n\\se ac\n\\ge z\n\\dt 1/Feb/2020\n",
        "\\lx a\n\\se ab\n\\cet der.\n\\se zz\n\n\\lx ab\n\\cf a\n\\cf a\n\\sy nowhere\n",
        "\\lx a\n\\va b\n\\ve one\n\\va c\n\\ve two\n\\ge x\n\\va d\n\\eg y\n\\et z\n",
        "\\lx a\n\\xv one\n\\xe two\n\\rf r\n\\xv three\n\\xe four\n\\xe five\n\\xv\n",
        "\\lx a\n\\ge see |fv{b} and fv:c |zz{d}\n\\lv a\n\\lf Syn =\n\\lv a\n\\lv b\n\\lf x\n",
        "before\n\\zz before\n\\lx a\n",
    ],
)
def test_nothing_of_a_dictionary_is_lost(text, tmp_path):
    contents = read(MDF, tmp_path, text, name="in.sfm")
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    list(MDF.write(contents, tmp_path / "out.sfm", {}))
    assert differences(tmp_path / "in.sfm", tmp_path / "out.sfm") == []


def test_senses_stand_below_parts_of_speech_or_above(tmp_path):
    below = "\\lx a\n\\ps n\n\\sn 1\n\\ge x\n\\sn 2\n\\ge y\n\\ps v\n\\sn 1\n\\ge z\n"
    above = "\\lx a\n\\sn 1\n\\ps n\n\\ge x\n\\sn 2\n\\ps n\n\\ge y\n\\sn 3\n\\ps v\n\\ge z\n"
    for text in (below, above):
        contents = read(MDF, tmp_path, text)
        (entry,) = contents.entries()
        codes = {one["id"]: one["code"] for one in contents.records["item"].values()}
        found = [(codes[one["pos"]], one["gloss"]["en"]) for one in entry["senses"]]
        assert found == [("n", "x"), ("n", "y"), ("v", "z")]


def test_a_part_of_speech_above_senses_changes_for_one_of_them(tmp_path):
    contents = read(MDF, tmp_path, "\\lx a\n\\ps n\n\\sn 1\n\\ge x\n\\sn 2\n\\ge y\n")
    verb = contents.add("item", {"id": "i_v", "list": "parts-of-speech", "code": "v"})
    contents.entries()[0]["senses"][1]["pos"] = verb["id"]
    text = written(MDF, contents, tmp_path)
    assert text == "\\lx a\n\\ps n\n\\sn 1\n\\ge x\n\\ps v\n\\sn 2\n\\ge y\n"


def test_an_edit_changes_its_line_and_no_other(tmp_path):
    text = "\\lx a\n\\zz 1\n\\ge x\n\\zz 2\n\\de d  \n\\ps n\n\\zz 3\n\n\\lx b\n\\ge y\n"
    contents = read(MDF, tmp_path, text)
    contents.entries()[0]["senses"][0]["gloss"]["en"] = "new"
    assert written(MDF, contents, tmp_path) == text.replace("\\ge x", "\\ge new")


def test_what_is_kept_goes_with_its_sense(tmp_path):
    text = "\\lx a\n\\sn 1\n\\ge x\n\\zz of x\n\\sn 2\n\\ge y\n\\zz of y\n\\dt 1/Jan/2020\n"
    contents = read(MDF, tmp_path, text)
    senses = contents.entries()[0]["senses"]
    senses.reverse()
    swapped = written(MDF, contents, tmp_path)
    assert swapped.split("\n")[1:7] == [
        "\\sn 1", "\\ge y", "\\zz of y", "\\sn 2", "\\ge x", "\\zz of x",
    ]  # fmt: skip
    del senses[0]
    assert "of y" not in written(MDF, contents, tmp_path)
    senses.append({"id": "s_new", "gloss": {"en": "third"}})
    text = written(MDF, contents, tmp_path)
    assert text.index("of x") < text.index("third") < text.index("\\dt")


def test_a_subentry_is_an_entry_and_is_written_where_it_was(tmp_path):
    text = "\\lx a\n\\ge x\n\\se ab\n\\ge y\n\\dt 01/Jan/2020\n\n\\lx c\n"
    contents = read(MDF, tmp_path, text)
    assert [one["lemma"]["seh"] for one in contents.entries()] == ["a", "ab", "c"]
    (relation,) = contents.records["relation"].values()
    assert contents.records["item"][relation["type"]]["code"] == "_component-lexeme"
    assert written(MDF, contents, tmp_path) == text
    del contents.records["relation"][relation["id"]]
    assert written(MDF, contents, tmp_path).split("\n\n")[1] == "\\lx ab\n\\ge y"


def test_references_lead_to_entries_by_form_and_number(tmp_path):
    text = "\\lx a\n\\hm 1\n\n\\lx a\n\\hm 2\n\n\\lx b\n\\lc bee\n\n"
    text += "\\lx c\n\\cf a2\n\\sy bee\n\\an no\n"
    contents = read(MDF, tmp_path, text)
    ids = [one["id"] for one in contents.entries()]
    ends = [one["members"][1] for one in contents.records["relation"].values()]
    assert [one.get("entry") for one in ends] == [ids[1], ids[2], None]
    assert [one.line for one in contents.problems] == [13]
    contents.entries()[1]["lemma"]["seh"] = "z"
    assert "\\cf z\n" in written(MDF, contents, tmp_path)


def test_a_relation_that_both_entries_state_is_one(tmp_path):
    contents = read(MDF, tmp_path, "\\lx a\n\\sy b\n\n\\lx b\n\\sy a\n")
    (relation,) = contents.records["relation"].values()
    assert len(relation["statements"]) == 2


def test_character_styles_are_spans(tmp_path):
    contents = read(MDF, tmp_path, "\\lx a\n\\nt see |fv{b} |b{now}\n")
    (note,) = contents.entries()[0]["notes"]
    assert note["text"]["en"] == {
        "text": "see b now",
        "spans": [
            {"start": 4, "end": 5, "ws": "seh"},
            {"start": 6, "end": 9, "style": "bold"},
        ],
    }
    contents.entries()[0].pop("residue", None)
    assert "\\nt see |fv{b} |b{now}" in written(MDF, contents, tmp_path)


def test_further_languages_have_markers_of_their_own(tmp_path):
    contents = read(MDF, tmp_path, DICTIONARY, names=Names({"seh": SEH, "en": EN, "pt": PT}))
    contents.records.pop("document")
    contents.entries()[1]["senses"][0]["gloss"] = {"en": "fire", "pt": "fogo"}
    text = written(MDF, contents, tmp_path)
    assert "\\gn fogo" in text or "\\g_pt fogo" in text
    again = read(MDF, tmp_path, text, names=Names({"seh": SEH, "en": EN, "pt": PT}))
    assert again.entries()[1]["senses"][0]["gloss"]["pt"] == "fogo"


# --- interlinear lines


def test_morphs_in_cells_of_their_own_are_words_by_their_joins(tmp_path):
    found = words(tmp_path, "\\tx yam kuli\n\\mb ya -m kuli\n\\ge 3PL -REAL three\n")
    assert found == [("yam", "ya-m", "3PL-REAL"), ("kuli", "kuli", "three")]


def test_morphs_that_are_joined_in_a_cell_are_taken_apart(tmp_path):
    found = words(tmp_path, "\\tx ara=n b<um>ili\n\\mb ar=an b<um>ili\n\\ge place=DEF <FOC>buy\n")
    assert found[0] == ("ara=n", "ar=an", "place=DEF")
    assert found[1][1:] == ("b<um>ili", "buy<FOC>") or found[1][1] == "bili<um>"


def test_punctuation_is_no_part_of_the_word(tmp_path):
    content = "\\tx «Ndiyo», soma .\n\\mb ndiyo soma,\n\\ge yes read\n"
    found = words(tmp_path, content)
    assert [one[0] for one in found] == ["«", "Ndiyo", "»", ",", "soma", "."]
    assert [one[2] for one in found if one[1]] == ["yes", "read"]


def test_a_word_that_ends_in_a_full_stop_keeps_it(tmp_path):
    found = words(tmp_path, "\\tx Dr. Juma alikuja.\n\\mb Dr. Juma alikuja.\n\\ge Dr. J came\n")
    assert [one[0] for one in found] == ["Dr.", "Juma", "alikuja", "."]


def test_the_same_word_twice_has_its_own_places(tmp_path):
    (line,) = lines(tmp_path, "\\ref 1\n\\tx na na\n\\mb na na\n\\ge and with\n")
    spans = [word["spans"][0]["start"] for word in line["words"]]
    assert spans == [0, 3]


def test_twenty_five_morphs_are_one_word(tmp_path):
    mb = "a " + " ".join(f"-m{n}" for n in range(24))
    ge = "A " + " ".join(f"-{n}" for n in range(24))
    (word,) = words(tmp_path, f"\\tx x\n\\mb {mb}\n\\ge {ge}\n")
    assert len(word[1].split("-")) == 25


def test_columns_tell_what_numbers_do_not(tmp_path):
    content = "\\tx na     kuli\n\\mb na     kuli\n\\ge go up  three\n"
    assert [one[2] for one in words(tmp_path, content)] == ["go up", "three"]


def test_a_word_without_morphs_keeps_its_gloss(tmp_path):
    content = "\\tx na kuli sa\n\\mb na      sa\n\\ge go three one\n"
    assert [one[2] for one in words(tmp_path, content)] == ["go", "three", "one"]
    (line,) = lines(tmp_path, "\\ref 1\n" + content.replace("three one", "3    one"))
    assert line["words"][1]["analyses"][0]["gloss"] == {"en": "3"}


def test_columns_in_bytes_are_seen(tmp_path):
    assert align("ɲé  ba", "u o   X") == ["u o", "X"]
    assert align("ɲé  ba", "u o X") == ["u o", "X"]


def test_lines_that_wrap_are_one_utterance(tmp_path):
    content = "\\tx na\n\\mb na\n\\ge go\n\\tx ku -li\n\\mb ku -li\n\\ge 1 -2\n\\ft Go.\n"
    (line,) = lines(tmp_path, "\\ref 1\n" + content)
    assert line["baseline"] == {"seh": "na ku -li"} and line["translation"] == {"en": "Go."}
    contents = read(TOOLBOX, tmp_path, "\\ref 1\n" + content)
    assert written(TOOLBOX, contents, tmp_path) == "\\ref 1\n" + content
    first = next(iter(contents.records["utterance"].values()))
    first["words"][0]["analyses"][0]["morphs"][0]["gloss"]["en"] = "walk"
    assert written(TOOLBOX, contents, tmp_path) == (
        "\\ref 1\n\\tx na   ku -li\n\\mb na   ku -li\n\\ge walk 1  -2\n\\ft Go.\n"
    )


def test_lines_that_do_not_fit_are_told_and_kept(tmp_path):
    text = "\\ref 1\n\\tx na kuli sa\n\\mb na kuli sa\n\\ge gothree\n\\ft Go.\n"
    contents = read(TOOLBOX, tmp_path, text)
    (problem,) = contents.problems
    assert problem.line == 2 and "1 glosses below 3 morphs" in problem.what
    (line,) = contents.records["utterance"].values()
    assert [word.get("analyses") for word in line["words"]] == [None] * 3
    assert written(TOOLBOX, contents, tmp_path) == text


def test_the_other_tradition_and_a_line_without_morphs(tmp_path):
    content = "\\t ni-na-soma kitabu\n\\g 1SG-PRS-read book\n\\p v n\n\\f I read.\n"
    (line,) = lines(tmp_path, "\\id x\n" + content)
    first, second = (one["analyses"][0] for one in line["words"])
    assert [one["gloss"]["en"] for one in first["morphs"]] == ["1SG", "PRS", "read"]
    assert second["gloss"] == {"en": "book"}


def test_speakers_times_and_recordings(tmp_path):
    contents = read(TOOLBOX, tmp_path, TEXT)
    (ana,) = contents.records["person"].values()
    (story,) = contents.records["text"].values()
    line = next(iter(contents.records["utterance"].values()))
    assert (ana["name"], line["speaker"], story["speakers"]) == ("Ana", ana["id"], [ana["id"]])
    recording = story["media"][0]
    assert line["time"] == {"start": 0.25, "end": 1.75, "recording": recording["id"]}
    assert recording["href"] == "story.wav"


def test_ten_thousand_words_are_an_utterance(tmp_path):
    tx = " ".join(f"w{n}" for n in range(10_000))
    contents = read(TOOLBOX, tmp_path, f"\\ref 1\n\\tx {tx}\n\\mb {tx}\n\\ge {tx}\n")
    (line,) = contents.records["utterance"].values()
    assert len(line["words"]) == 10_000 and "residue" not in line


GENTLY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
PIECES = st.text(st.characters(codec="utf-8", categories=["L", "M", "P", "S"]), min_size=1)
ROW = st.lists(st.one_of(PIECES, st.sampled_from(["  ", "-", "=a", "b-", "***"]))).map(" ".join)


@given(upper=ROW, lower=ROW)
def test_alignment_never_loses_a_character(upper, lower):
    cells = align(upper, lower)
    assert cells is None or "".join("".join(cells).split()) == "".join(lower.split())
    assert cells is None or len(cells) == len(upper.split())


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(rows=st.lists(st.tuples(st.sampled_from(["tx", "mb", "ge", "ps", "ft", "zz"]), ROW)))
def test_no_character_of_a_text_is_lost(rows, tmp_path):
    text = "\\ref 1\n\\tx a b\n\\mb a -b\n" + "".join(f"\\{m} {v}\n" for m, v in rows)
    contents = read(TOOLBOX, tmp_path, text, name="in.txt")
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    list(TOOLBOX.write(contents, tmp_path / "out.txt", {}))
    assert differences(tmp_path / "in.txt", tmp_path / "out.txt") == []


MORPH = st.text("abɲé", min_size=1, max_size=5)


def _reads_two_ways(text):
    """Whether columns counted in code points and in bytes say different things, both well."""
    rows = [line.partition(" ")[2] for line in text.splitlines() if line[:3] in ("\\mb", "\\ge")]
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        heads, pieces = tokens_of(upper), tokens_of(lower)
        found = [_places(heads, pieces, by_bytes) for by_bytes in (False, True)]
        if None not in found and found[0] != found[1] and found[0].count([]) == found[1].count([]):
            return True
    return False


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(
    made=st.lists(st.lists(st.tuples(MORPH, MORPH), min_size=1, max_size=4), min_size=1),
    counted=st.sampled_from(["", "bytes"]),
    morphs=st.sampled_from(["", "apart"]),
)
@example(made=[[("a", "éé")], [("a", "a")]], counted="bytes", morphs="")
def test_what_is_laid_out_is_read_as_it_was(made, counted, morphs, tmp_path):
    tx = " ".join("".join(form for form, _ in word) for word in made)
    mb = " ".join("-".join(form for form, _ in word) for word in made)
    ge = " ".join("-".join(gloss for _, gloss in word) for word in made)
    contents = read(TOOLBOX, tmp_path, f"\\ref 1\n\\tx {tx}\n\\mb {mb}\n\\ge {ge}\n")
    (line,) = contents.records["utterance"].values()
    line.pop("residue", None)
    text = written(TOOLBOX, contents, tmp_path, columns=counted, morphs=morphs)
    assume(not _reads_two_ways(text))
    again = lines(tmp_path, text)[0]

    def told(one):
        return [
            [(m["form"], m.get("gloss"), m.get("left")) for m in a["morphs"]]
            for word in one["words"]
            for a in word["analyses"]
        ]

    assert told(again) == told(line) and again["baseline"] == line["baseline"]


def test_columns_are_laid_out_in_bytes_too():
    stack = [("ɲé", [{"a": "ɲé"}]), ("b", [{"a": "b"}])]
    assert lay_out(stack, ["a"]) == ["ɲé b", "ɲé b"]
    lower = lay_out([("ɲé", [{"a": "x"}]), ("b", [{"a": "b"}])], ["a"], by_bytes=True)[1]
    assert tokens_of(lower)[1].start == len("ɲé ".encode())


# --- encodings and bad input


def test_an_encoding_is_chosen_or_asked_for(tmp_path):
    data = "\\lx é\n".encode("cp1252")
    with pytest.raises(Unreadable, match=r"in\.sfm:1:5: .* such as cp1252"):
        read(MDF, tmp_path, data)
    contents = read(MDF, tmp_path, data, encoding="cp1252")
    assert contents.entries()[0]["lemma"] == {"seh": "é"}
    out = tmp_path / "out.sfm"
    assert list(MDF.write(contents, out, {})) == []
    assert out.read_bytes() == data
    contents.entries()[0]["lemma"] = {"seh": "ɲ"}
    (warning,) = MDF.write(contents, out, {})
    assert "question marks" in warning and "\\lx (1)" in warning


def test_mixed_encodings_are_told_with_lines_and_markers(tmp_path):
    data = "\\lx é\n".encode() + b"\\ge x\n\\nt \xe9\n\\lx b\n\\nt \xe8\n"
    with pytest.raises(
        Unreadable, match=r"in\.sfm:3:5: .*mixed.*2 lines .*lines 3, 5; markers \\nt"
    ):
        read(MDF, tmp_path, data)
    mapping = {"markers": {"nt": {"field": "note", "ws": "en", "encoding": "cp1252"}}}
    contents = read(MDF, tmp_path, data, map=json.dumps(mapping))
    assert contents.entries()[1]["notes"][0]["text"] == {"en": "è"}
    out = tmp_path / "out.sfm"
    list(MDF.write(contents, out, {}))
    assert b"\\nt \xe9\n" in out.read_bytes() and "\\lx é\n".encode() in out.read_bytes()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\\lx a\n\\ge b\0c\n", "2:6: .*no text file"),
        ("\\lx a\n".encode("utf-16"), "UTF-16"),
        (b"", "No marker"),
        (b"no markers at all\n", "No marker"),
        (b"\\zz a\n\\ge b\n", r"it has: \\zz \\ge"),
        (b"\\lx a\n\\ge \x07b\n", "2:5: .*control"),
    ],
)
def test_what_is_no_dictionary_is_refused_with_its_place(data, what, tmp_path):
    with pytest.raises(Unreadable, match=what):
        read(MDF, tmp_path, data)


def test_a_byte_order_mark_and_line_ends_come_back(tmp_path):
    data = "\\lx é\r\n\\ge x\r\n".encode("utf-8-sig")
    contents = read(MDF, tmp_path, data)
    list(MDF.write(contents, tmp_path / "out.sfm", {}))
    assert (tmp_path / "out.sfm").read_bytes() == data


def test_carriage_returns_alone_end_lines(tmp_path):
    (entry,) = entries(tmp_path, b"\\lx a\r\\ge b\r")
    assert entry["senses"][0]["gloss"] == {"en": "b"}


# --- mappings


def test_a_mapping_says_what_markers_are(tmp_path):
    mapping = {
        "record": "w",
        "markers": {
            "w": {"field": "lemma", "ws": "seh"},
            "m": {"field": "gloss", "ws": "pt"},
            "r": {"field": "own", "type": "Nr", "ws": "en"},
            "s": "skip",
        },
    }
    text = "\\w a\n\\m um\n\\r 7\n\\s secret\n\\k kept\n"
    contents = read(MDF, tmp_path, text, map=json.dumps(mapping))
    (entry,) = contents.entries()
    assert entry["senses"][0]["gloss"] == {"pt": "um"}
    assert entry["senses"][0]["fields"][0]["type"] == "Nr"
    assert written(MDF, contents, tmp_path) == text.replace("\\s secret\n", "")
    other = {"markers": {"w": {"field": "lemma", "ws": "seh"}, "q": {"field": "gloss", "ws": "pt"}}}
    other["record"] = "w"
    contents.records.pop("document")
    contents.entries()[0].pop("residue")
    assert "\\q um" in written(MDF, contents, tmp_path, map=json.dumps(other))


@pytest.mark.parametrize(
    ("mapping", "what"),
    [
        ("no json", "no JSON"),
        ("[]", "object"),
        ('{"format": "toolbox"}', "for the format"),
        ('{"colour": "red"}', "colour"),
        ('{"markers": {"ge": {"field": "colour"}}}', "no field “colour”"),
        ('{"markers": {"ge": {"field": "gloss"}}}', "writing system"),
        ('{"markers": {"ge": {"field": "own", "ws": "en"}}}', "under which name"),
        ('{"markers": {"ge": {"field": "gloss", "ws": "en", "encoding": "x"}}}', "no encoding"),
        ('{"markers": {"lx": {"field": "gloss", "ws": "en"}}}', "begins a record"),
        ('{"record": "zz"}', "no record begins"),
        ('{"encoding": "zip"}', "no encoding"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(mapping, what, tmp_path):
    with pytest.raises(Invalid, match=what):
        read(MDF, tmp_path, "\\lx a\n\\ge b\n", map=mapping)


@pytest.mark.parametrize("format_id", ["mdf", "toolbox"])
def test_the_preset_knows_every_field_that_needs_a_marker(format_id):
    known = {use.field for use in preset(format_id, Systems()).markers.values()}
    others = {"own", "keep", "skip", "entry_note", "word_gloss", "word_pos"}
    assert known | others | {"paradigm"} >= set(MEANINGS[format_id])


def test_there_is_no_such_document(tmp_path):
    with pytest.raises(NotFound):
        list(MDF.write(read(MDF, tmp_path, DICTIONARY), tmp_path / "x", {"document": "d_1"}))


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(records):
        text = "".join(f"\\lx w{n}\n\\ps n\n\\ge gloss {n}\n\\zz {n}\n\n" for n in range(records))
        path = save(tmp_path, text)
        tracemalloc.start()
        for _ in MDF.read(path, Names({"seh": SEH, "en": EN})):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(1000) < 2 * peak(250)
