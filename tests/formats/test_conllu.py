"""CoNLL-U: what becomes of each line, and nothing is lost."""

from __future__ import annotations

import re

import pytest

from app.domain.errors import Invalid, Unreadable
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.formats.base import Names
from app.formats.conllu import CONLLU
from tests.formats.losing import some_text
from tests.formats.memory import load
from tests.formats.samples import DATA

BEJA = DATA / "conllu" / "UD_Beja-NSC" / "bej_nsc-ud-test.conllu"
BHOJPURI = DATA / "conllu" / "UD_Bhojpuri-BHTB" / "bho_bhtb-ud-test.conllu"
SAMPLE = """\
# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC
# newdoc id = story
# newpar
# sent_id = s-1
# text = vámonos al mar
# text_en = let's  go to the sea
# text_pt=vamos
# odd
1-2	vámonos	_	_	_	_	_	_	_	_
1	vamos	ir	VERB	V	Mood=Ind|Number=Plur	0	root	0:root|4:x	GE=go-[1PL]|MSeg=vamo-s|MGloss=go-1PL
2	nos	nosotros	PRON	_	Case=Acc	1	obj	_	Gloss=us
3-4	al	_	_	_	_	_	_	_	_
3	a	a	ADP	P	_	5	case	_	GE=to=|Note
4	el	el	DET	_	_	5	det	_	Gloss=the
4.1	e	_	_	_	_	_	_	5:x	_
5	mar	mar	NOUN	N	_	1	obl	_	Gloss=sea|AlignBegin=100|AlignEnd=250|SpaceAfter=No

# sent_id = s-2
# speaker_id = Ana
1	=i	_	PRON	PRO	_	0	root	_	GE==[POSS].[1SG]
2	Dr.	_	NOUN	_	_	1	x	_	Gloss=doctor|SpaceAfter=No
3	.	_	PUNCT	RD	_	1	punct	_	GE=x

# newpar
# sent_id = s-3
# text = well-known ʔareːji
1	well-known	_	ADJ	_	_	_	_	_	GE=famous
2	ʔareːji	_	VERB	_	_	_	_	_	MSeg=ʔareː-ji|MGloss=like[AOR].[3SG].[M]

# newdoc
1	a	_	_	X	_	_	_	_	_

# the end

"""  # noqa: E501


def save(tmp_path, text=SAMPLE, name="xxx_a-ud-test.conllu", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def read(tmp_path, text=SAMPLE, **facts):
    contents = load(CONLLU, save(tmp_path, text, **facts))
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    return contents


def lines(contents):
    return list(contents.records["utterance"].values())


def morphs(word):
    (analysis,) = word["analyses"]
    return [(one["form"]["xxx"], (one.get("gloss") or {}).get("en")) for one in analysis["morphs"]]


def written(contents, tmp_path, **options):
    out = tmp_path / "out.conllu"
    assert list(CONLLU.write(contents, out, options)) == []
    return out.read_bytes().decode()


def test_a_file_comes_back_as_it_was(tmp_path):
    assert written(read(tmp_path), tmp_path) == SAMPLE
    odd = SAMPLE.replace("\n", "\r\n")
    assert written(read(tmp_path, odd), tmp_path) == odd


@pytest.mark.parametrize(
    ("path", "counts"), [(BEJA, (1, 380, 5888)), (BHOJPURI, (2, 357, 6665))], ids=["bej", "bho"]
)
def test_a_treebank_is_read_whole_and_comes_back_as_it_was(path, counts, tmp_path):
    if not path.is_file():
        pytest.skip(f"no sample data at {path}")
    contents = load(CONLLU, path)
    assert contents.problems == []
    words = [word for line in lines(contents) for word in line["words"]]
    assert (len(contents.records["text"]), len(lines(contents)), len(words)) == counts
    assert all(word.get("spans") for word in words)
    assert written(contents, tmp_path).split("\n") == path.read_text("utf-8").split("\n")
    if path == BEJA:
        parts = [m for word in words for a in word.get("analyses", ()) for m in a["morphs"]]
        assert (len(parts), sum("gloss" in one for one in parts)) == (6040, 6016)


def test_a_sentence_is_an_utterance(tmp_path):
    contents = read(tmp_path)
    assert contents.problems == []
    story, second = contents.records["text"].values()
    first, owned, third, last = lines(contents)
    assert (story["title"], len(story["paragraphs"])) == ({"xxx": "story"}, 2)
    assert [one.get("paragraph") for one in (first, owned, third)] == [
        story["paragraphs"][0]["id"], story["paragraphs"][0]["id"], story["paragraphs"][1]["id"],
    ]  # fmt: skip
    assert last["text"] == second["id"]
    assert first["baseline"] == {"xxx": "vámonos al mar"}
    assert first["translation"] == {"en": "let's  go to the sea", "pt": "vamos"}
    assert owned["baseline"] == {"xxx": "=i Dr.."}
    (ana,) = contents.records["person"].values()
    assert (ana["name"], owned["speaker"]) == ("Ana", ana["id"])
    assert first["sources"][0]["id"] == "s-1"


def test_words_have_glosses_lemmas_categories_and_times(tmp_path):
    contents = read(tmp_path)
    first, owned, third, _ = lines(contents)
    go, us, to, the, sea = first["words"]
    assert morphs(go) == [("vamo", "go"), ("s", "1PL")]
    assert go["analyses"][0]["pos"] == contents.item("parts-of-speech", "VERB")["id"]
    assert us["analyses"][0]["morphs"][0]["lemma"] == {"xxx": "nosotros"}
    assert (morphs(to), morphs(the)) == ([("a", "to")], [("el", "the")])
    assert sea["time"] == {"start": 0.1, "end": 0.25}
    assert [word["spans"][0]["start"] for word in (go, us, to, sea) if "spans" in word] == [
        4, 8, 11,
    ]  # fmt: skip
    assert [(one["type"], len(one["members"])) for one in first["groups"]] == [
        ("range", 2), ("range", 2),
    ]  # fmt: skip
    clitic, doctor, mark = owned["words"]
    assert clitic["analyses"][0]["morphs"][0]["left"] == "="
    assert clitic["analyses"][0]["morphs"][0]["parts"] == [{"start": 1, "end": 2}]
    assert (morphs(clitic), morphs(doctor)) == ([("i", "POSS.1SG")], [("Dr.", "doctor")])
    assert (mark["type"], "analyses" in mark) == ("punctuation", False)
    assert morphs(third["words"][0]) == [("well-known", "famous")]
    assert morphs(third["words"][1]) == [("ʔareː", "like"), ("ji", "AOR.3SG.M")]


def test_the_other_column_can_be_the_part_of_speech(tmp_path):
    contents = load(CONLLU, save(tmp_path), Names())
    assert "V" not in {one["code"] for one in contents.records["item"].values()}
    names = Names()
    found = list(CONLLU.read(save(tmp_path), names, {"pos": "xpos"}))
    assert {"V", "P", "PRO", "DET"} <= {one.content["code"] for one in names.new}
    assert found
    with pytest.raises(Invalid, match="upos"):
        list(CONLLU.read(save(tmp_path), Names(), {"pos": "feats"}))


def test_what_changed_is_written_and_the_rest_as_it_was(tmp_path):
    contents = read(tmp_path)
    first, owned, _, _ = lines(contents)
    go, us, _, the, sea = first["words"]
    go["analyses"][0]["morphs"][1]["gloss"] = {"en": "IMP"}
    us["analyses"][0]["pos"] = contents.item("parts-of-speech", "NOUN")["id"]
    the["form"]["xxx"] = "EL"
    sea["time"] = {"start": 0.1, "end": 0.3}
    sea["analyses"][0]["morphs"][0]["gloss"] = {"en": "ocean|water"}
    first["translation"] = {"en": "Let us go."}
    owned["speaker"] = contents.add("person", {"id": new_id("h"), "name": "Eva"})["id"]
    expected = (
        SAMPLE.replace("GE=go-[1PL]|MSeg=vamo-s|MGloss=go-1PL", "MSeg=vamo-s|MGloss=go-IMP")
        .replace("PRON\t_\tCase", "NOUN\t_\tCase")
        .replace("4\tel\tel", "4\tEL\tel")
        .replace("Gloss=sea|AlignBegin=100|AlignEnd=250|SpaceAfter=No",
                 "AlignBegin=100|AlignEnd=300|SpaceAfter=No|Gloss=ocean/water")
        .replace("let's  go to the sea", "Let us go.").replace("# text_pt=vamos\n", "")
        .replace("speaker_id = Ana", "speaker_id = Eva")
    )  # fmt: skip
    assert written(contents, tmp_path).split("\n") == expected.split("\n")


def test_numbers_and_heads_follow_the_words(tmp_path):
    contents = read(tmp_path)
    first = lines(contents)[0]
    gone = first["words"].pop(1)
    first["groups"][0]["members"].remove(gone["id"])
    found = [line.split("\t") for line in written(contents, tmp_path).split("\n\n")[0].split("\n")]
    rows = {row[0]: row for row in found if len(row) == 10}
    assert list(rows) == ["1-1", "1", "2-3", "2", "3", "3.1", "4"]
    assert (rows["1"][6], rows["1"][8]) == ("0", "0:root|3:x")
    assert (rows["2"][6], rows["3.1"][8], rows["4"][6]) == ("4", "4:x", "1")


def test_a_text_of_the_project_is_written_and_read_again(tmp_path):
    contents = some_text()
    text = written(contents, tmp_path)
    assert text.startswith("# newdoc id = The hare\n# sent_id = 1-1\n# text = Ninasoma kitabu.\n")
    assert "MSeg=Ni-na-soma|MGloss=1SG-PRS-read" in text
    assert "2\tkitabu\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No|Gloss=book" not in text
    back = load(CONLLU, save(tmp_path, text, name="sw_x-y.conllu"))
    (ours,), (theirs,) = lines(contents), lines(back)
    assert theirs["baseline"] == ours["baseline"]
    one, other = (line["words"][0]["analyses"][0]["morphs"] for line in (ours, theirs))
    assert [(m["form"], m["gloss"]) for m in one] == [(m["form"], m["gloss"]) for m in other]
    assert [w["form"] for w in theirs["words"]] == [w["form"] for w in ours["words"]]


def test_sentences_without_words_are_parted_or_told(tmp_path):
    contents = some_text()
    (line,) = lines(contents)
    del line["words"]
    assert "\n3\t.\t" in written(contents, tmp_path)
    line["baseline"] = {}
    out = tmp_path / "none.conllu"
    assert list(CONLLU.write(contents, out, {})) == ["Sentences without words are left out: 1."]


def test_ragged_lines_are_told_and_come_back(tmp_path):
    text = SAMPLE.replace("\t_\tCase=Acc\t1\tobj\t_\tGloss=us", "\tx").replace("3\ta\ta", "z\ta\ta")
    contents = read(tmp_path, text)
    assert [one.line for one in contents.problems] == [11, 13]
    assert "5 columns" in contents.problems[0].what
    assert len(lines(contents)[0]["words"]) == 5
    assert "\n2\tnos\tnosotros\tPRON\tx\n" in written(contents, tmp_path)


def test_many_words_many_morphs_and_the_same_id_twice(tmp_path):
    seg = "-".join("abcdefghijklmnopqrstuvwxy")
    rows = [f"{n}\tneno\t_\tNOUN\t_\t_\t_\t_\t_\tGloss=word" for n in range(1, 10_001)]
    rows.append(f"10001\t{seg.replace('-', '')}\t_\t_\t_\t_\t_\t_\t_\tMSeg={seg}|MGloss={seg}")
    text = "# sent_id = a\n" + "\n".join(rows) + "\n\n# sent_id = A\n1\tb" + "\t_" * 8 + "\n\n"
    contents = read(tmp_path, text)
    first, second = lines(contents)
    assert len(first["words"]) == 10_001
    assert len(morphs(first["words"][-1])) == 25
    assert all("spans" in word for word in first["words"])
    assert second["sources"][0]["occurrence"] == 1
    assert written(contents, tmp_path) == text


@pytest.mark.parametrize(
    ("text", "encoding", "place"),
    [
        ("", "utf-8", "1"),
        ("# only\n", "utf-8", "1"),
        ("a story of a hare\nand more\n", "utf-8", "1:1"),
        ("# text = a\n1\tcafé" + "\t_" * 8, "cp1252", "2:6"),
        ("1\ta", "utf-16", "1:1"),
    ],
)
def test_what_is_no_treebank_is_refused_with_its_place(text, encoding, place, tmp_path):
    with pytest.raises(Unreadable, match=re.escape(f"xxx_a-ud-test.conllu:{place}")):
        load(CONLLU, save(tmp_path, text, encoding=encoding))


@pytest.mark.parametrize(("form", "direction"), [("tak", "ltr"), ("تاك", "rtl")])
def test_words_run_as_their_letters_do(form, direction, tmp_path):
    text = f"1\t{form}" + "\t_" * 8 + "\n"
    contents = load(CONLLU, save(tmp_path, text, name="bej_x-ud-test.conllu"))
    assert [ws.direction for ws in contents.project.writing_systems if ws.id == "bej"] == [
        direction
    ]
