"""FieldWorks' interlinear texts: what becomes of each thing, and nothing is lost."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import NotFound, Unreadable
from app.domain.kinds import KINDS
from app.formats.baselines import compose, locate
from app.formats.flextext import FLEXTEXT
from app.formats.flextext.compare import differences
from app.formats.flextext.values import put_together, take_apart
from tests.formats.flextexts import WORD, flextext, phrase, save, text
from tests.formats.memory import load
from tests.formats.samples import real_flextexts

# What no field holds, and what programs write in other ways than we do.
ODD = """<interlinear-text guid="t-1" mood="blue">
  <item type="title" lang="seh">One</item><item type="title" lang="seh">Again</item>
  <item type="title" lang="en"></item><item type="genre" lang="en">story</item>
  <item type="comment" lang="en">about <run>x</run> it</item>
  <odd a="b"><c>d</c></odd>
  <paragraphs kind="k">
    <paragraph guid="p-1"><phrases n="1">
      <phrase guid="g-1" begin-time-offset="0100" end-time-offset="1500" speaker="Ana"
        media-file="m-1" tone="low">
        <item type="segnum" lang="seh">1a</item><item type="segnum" lang="en">2</item>
        <item type="note" lang="en">first</item><item type="txt" lang="seh">a “b”</item>
        <item type="gls" lang="en"></item><item type="gls" lang="en">said</item>
        <item type="gls">no language</item><item type="lit" lang="en"> </item>
        <words x="y"><milestone/>
          <word guid="w-1" type="z"><item type="txt" lang="seh">a</item>
            <item type="gls" lang="en" analysisStatus="guess">A</item>
            <morphemes analysisStatus="guess" q="r"><morph><item type="txt" lang="seh">a-</item>
              <item type="variantTypes" lang="en">free</item><item type="gls" lang="en">x-</item>
              <item type="hn" lang="en">no</item><item type="glsAppend" lang="en">+</item></morph>
              <other/></morphemes>
            <item type="pos" lang="en">n</item><item type="pos" lang="pt">s</item></word>
          <word><item type="punct" lang="seh">“</item></word>
          <word/><word guid="w-2"><item type="txt" lang="seh">b</item><morphemes/></word>
          <word><item type="punct" lang="seh">”</item><item type="punct" lang="en">"</item></word>
        </words><words><word><item type="txt" lang="seh">second</item></word></words>
        <item type="note" lang="en">last</item><item type="note" lang="en"/>
        loose
      </phrase><gap/><phrase/></phrases><phrases/></paragraph>
    <between/><paragraph guid="p-2"/><paragraph><phrases/></paragraph>
  </paragraphs>
  <languages odd="1"><language lang="seh" vernacular="true" encoding="e"/></languages>
  <media-files offset-type="o"><media guid="m-1" location="file:a.wav" k="v"/><m/></media-files>
</interlinear-text>"""
SAMPLES = {
    "odd": ODD,
    "nothing": "",
    "empty text": "<interlinear-text/>",
    "no guids": text(phrase(WORD), phrase("")),
    "two texts": text(phrase(WORD, "a"), guid="x") + "<gap/>" + text(phrase(WORD, "b"), guid="y"),
    "no languages": text(phrase(WORD, "a"), guid="x", languages=""),
    "one paragraph": '<interlinear-text><paragraphs><paragraph><phrases><phrase guid="a"/>'
    '<phrase guid="b"/></phrases></paragraph></paragraphs></interlinear-text>',
    "two paragraphs elements": "<interlinear-text><paragraphs/><paragraphs><paragraph><phrases>"
    "<phrase/></phrases></paragraph></paragraphs></interlinear-text>",
}


def only(contents, kind="utterance"):
    (found,) = contents.records[kind].values()
    return found


def read(tmp_path, *phrases, **facts):
    return load(FLEXTEXT, save(tmp_path, flextext(text(*phrases, guid="t-1", **facts))))


def again(contents, tmp_path):
    out = tmp_path / "out.flextext"
    assert list(FLEXTEXT.write(contents, out, {})) == []
    return out


@pytest.mark.parametrize("path", real_flextexts())
def test_a_real_file_is_read_and_comes_back_as_it_was(path, tmp_path):
    contents = load(FLEXTEXT, path)
    assert [one for one in contents.problems if one.severity != "note"] == []
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    assert differences(path, again(contents, tmp_path)) == []


@pytest.mark.parametrize("path", real_flextexts())
def test_as_much_is_read_as_there_is(path):
    source = path.read_text(encoding="utf-8-sig")
    contents = load(FLEXTEXT, path)
    lines = contents.records["utterance"].values()
    words = [word for line in lines for word in line["words"]]
    morphs = [m for w in words for a in w.get("analyses", ()) for m in a.get("morphs", ())]
    paragraphs = [p for one in contents.records["text"].values() for p in one["paragraphs"]]
    for tag, found in (("phrase", lines), ("word", words), ("morph", morphs)):
        assert len(found) == len(re.findall(rf"<{tag}[ >]", source))
    assert len(paragraphs) == len(re.findall("<paragraph[ >]", source))
    if path.stem == "glosses":
        marks = [word for word in words if word.get("type") == "punctuation"]
        counts = (len(paragraphs), len(lines), len(words), len(marks), len(morphs))
        assert counts == (104, 108, 586, 127, 667)
    assert all(word.get("spans") for word in words)


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_lost(name, tmp_path):
    path = save(tmp_path, flextext(SAMPLES[name], attributes='version="2" exportSource="x"'))
    contents = load(FLEXTEXT, path)
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    assert differences(path, again(contents, tmp_path)) == []


def test_a_phrase_is_an_utterance(tmp_path):
    more = '<item type="lit" lang="en">animals</item><item type="note" lang="en">sure</item>'
    times = 'begin-time-offset="1500" end-time-offset="2750" speaker="Ana" media-file="m"'
    media = '<media-files offset-type=""><media guid="m" location="a.wav"/></media-files>'
    line = phrase(WORD, "g-1", "Animals.", more, times)
    contents = read(tmp_path, line, more=media, items='<item type="title" lang="en">T</item>')
    story, found = only(contents, "text"), only(contents)
    assert story["title"] == {"en": "T"}
    assert found["text"] == story["id"]
    assert found["paragraph"] == story["paragraphs"][0]["id"]
    recording = story["media"][0]
    assert (recording["href"], found["time"]) == (
        "a.wav",
        {"start": 1.5, "end": 2.75, "recording": recording["id"]},
    )
    assert found["speaker"] == only(contents, "person")["id"]
    assert story["speakers"] == [found["speaker"]]
    assert (found["translation"], found["literal"]) == ({"en": "Animals."}, {"en": "animals"})
    assert found["notes"][0]["text"] == {"en": "sure"}
    assert found["baseline"] == {"seh": "wanyama."}
    assert found["sources"][0]["guid"] == "g-1"


def test_a_word_has_the_analysis_of_the_file(tmp_path):
    contents = read(tmp_path, phrase(WORD, "g-1"))
    word, mark = only(contents)["words"]
    assert word["spans"] == [{"ws": "seh", "start": 0, "end": 7}]
    assert (mark["type"], mark["form"]) == ("punctuation", {"seh": "."})
    (analysis,) = word["analyses"]
    assert (word["chosen"], analysis["origin"]) == (analysis["id"], "import")
    noun = contents.item("parts-of-speech", "n")["id"]
    assert (analysis["gloss"], analysis["pos"]) == ({"en": "animals"}, noun)
    prefix, stem = analysis["morphs"]
    assert prefix["type"] == contents.item("morph-types", "prefix")["id"]
    assert (prefix["form"], prefix["right"], stem["left"]) == ({"seh": "wa"}, "-", "-")
    assert prefix["parts"] == [{"start": 0, "end": 2}]
    assert (stem["lemma"], stem["homograph"], stem["pos"]) == ({"seh": "nyama"}, 2, noun)


def test_languages_are_writing_systems(tmp_path):
    contents = read(tmp_path, phrase(WORD))
    systems = {ws.id: ws for ws in contents.project.writing_systems}
    assert (systems["seh"].vernacular, systems["seh"].font) == (True, "Charis SIL")
    assert (systems["en"].vernacular, systems["en"].analysis) == (False, True)


@pytest.mark.parametrize(
    ("status", "origin", "chosen", "confirmed"),
    [
        ("", "import", True, None),
        ("humanApproved", "import", True, "humanApproved"),
        ("guess", "memory", False, None),
        ("guessByHumanApproved", "memory", False, None),
        ("guessByStatisticalAnalysis", "model", False, None),
    ],
)
def test_who_made_an_analysis(status, origin, chosen, confirmed, tmp_path):
    said = f' analysisStatus="{status}"' if status else ""
    contents = read(tmp_path, phrase(WORD.replace("<morphemes", f"<morphemes{said}")))
    word = only(contents)["words"][0]
    assert word["analyses"][0]["origin"] == origin
    assert word["analyses"][0].get("confirmed_by") == confirmed
    assert ("chosen" in word) == chosen


def test_a_guess_that_was_confirmed_here_is_none_any_more(tmp_path):
    guess = WORD.replace("<morphemes", '<morphemes analysisStatus="guess"')
    contents = read(tmp_path, phrase(guess))
    assert "analysisStatus" in again(contents, tmp_path).read_text()
    word = only(contents)["words"][0]
    word["chosen"] = word["analyses"][0]["id"]  # filled in, and nobody has looked at it
    assert 'analysisStatus="guess"' in again(contents, tmp_path).read_text()
    word["analyses"][0]["confirmed_by"] = "u_ann"
    assert "analysisStatus" not in again(contents, tmp_path).read_text()


def test_an_edit_of_one_gloss_is_all_that_differs(tmp_path):
    path = save(tmp_path, flextext(ODD))
    contents = load(FLEXTEXT, path)
    line = next(one for one in contents.records["utterance"].values() if one.get("words"))
    morph = line["words"][0]["analyses"][0]["morphs"][0]
    assert morph["gloss"] == {"en": "x"}
    morph["gloss"] = {"en": "y"}
    (one,) = differences(path, again(contents, tmp_path))
    assert one.endswith("'x-' / 'y'")


def test_what_was_empty_is_filled_where_it_stood(tmp_path):
    path = save(tmp_path, flextext(text(phrase(WORD, "a", more='<item type="lit" lang="en"/>'))))
    contents = load(FLEXTEXT, path)
    only(contents)["literal"] = {"en": "new"}
    (one,) = differences(path, again(contents, tmp_path))
    assert one.endswith("'' / 'new'")


def test_a_line_that_was_made_of_words_is_written_once_it_is_another(tmp_path):
    path = save(tmp_path, flextext(text(phrase(WORD, "a"))))
    contents = load(FLEXTEXT, path)
    only(contents)["baseline"]["seh"] = "Wanyama!"
    assert "Wanyama!" in again(contents, tmp_path).read_text()


def test_a_part_of_speech_that_was_renamed_is_written_so(tmp_path):
    contents = read(tmp_path, phrase(WORD))
    contents.item("parts-of-speech", "n")["abbreviation"] = {"en": "noun"}
    contents.item("parts-of-speech", "n")["code"] = "Noun"
    out = again(contents, tmp_path).read_text()
    assert '<item type="pos" lang="en">noun</item>' in out
    assert '<item type="msa" lang="en">n</item>' not in out


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("<lift/>", "document"),
        ('<document version="2"><interlinear-text>', "cut off"),
        ('<document version="2"><interlinear-text></document>', "broken"),
        ('<!DOCTYPE document [<!ENTITY a "b">]><document>&a;</document>', "entities"),
        ("<document><interlinear-text>&nothing;</interlinear-text></document>", "nothing"),
        ("", "cut off"),
        ("{}", "no XML"),
    ],
)
def test_what_is_no_flextext_is_refused_with_its_place(broken, what, tmp_path):
    path = save(tmp_path, broken)
    with pytest.raises(Unreadable) as error:
        load(FLEXTEXT, path)
    assert what in str(error.value)
    assert path.name in str(error.value)


@pytest.mark.parametrize(
    ("sample", "what"),
    [
        ("", "holds no text"),
        (text(guid="t"), "has no lines"),
        (text(phrase(WORD, "a")), "has no guid"),
        (text(phrase(WORD, "a"), phrase(WORD, "a"), guid="t"), "was used before"),
        (text(phrase(WORD, "a", attributes='media-file="m"'), guid="t"), "not in the list"),
        (text(phrase(WORD, "a", attributes='begin-time-offset="x"'), guid="t"), "no stretch"),
    ],
)
def test_what_is_odd_is_said(sample, what, tmp_path):
    contents = load(FLEXTEXT, save(tmp_path, flextext(sample)))
    assert any(what in problem.what for problem in contents.problems)


def test_only_the_texts_of_one_document_are_written(tmp_path):
    contents = read(tmp_path, phrase(WORD))
    with pytest.raises(NotFound):
        list(FLEXTEXT.write(contents, tmp_path / "out.flextext", {"document": "d_none"}))
    document = only(contents, "document")["id"]
    contents.add("text", {"id": "t_0", "title": {"en": "other"}})
    list(FLEXTEXT.write(contents, tmp_path / "out.flextext", {"document": document}))
    assert "other" not in (tmp_path / "out.flextext").read_text()


def test_ten_thousand_words_in_one_phrase(tmp_path):
    words = "".join(f'<word><item type="txt" lang="seh">w{n}</item></word>' for n in range(10_000))
    path = save(tmp_path, flextext(text(phrase(words, "a"), guid="t")))
    contents = load(FLEXTEXT, path)
    found = only(contents)
    assert len(found["words"]) == 10_000
    assert all(word["spans"] for word in found["words"])
    assert differences(path, again(contents, tmp_path)) == []


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(number):
        lines = [phrase(WORD * 5, f"g-{place}", "gloss") for place in range(number)]
        one = f"<paragraph><phrases>{''.join(lines)}</phrases></paragraph>"
        path = save(
            tmp_path,
            flextext(
                f'<interlinear-text guid="t"><paragraphs>{one}</paragraphs></interlinear-text>'
            ),
        )
        from app.formats.base import Names

        tracemalloc.start()
        count = sum(1 for _ in FLEXTEXT.read(path, Names()))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == number + 2
        return found

    peak(10)
    assert peak(200) < 2 * peak(50)


@pytest.mark.parametrize(
    ("written", "morph_type", "apart"),
    [
        ("-a", "suffix", ("a", "-", "")),
        ("a-", "prefix", ("a", "", "-")),
        ("=a", "enclitic", ("a", "=", "")),
        ("a=", "proclitic", ("a", "", "=")),
        ("-a-", "infix", ("a", "<>", "<>")),
        ("a~", "", ("a", "", "~")),
        ("-kubwa", "stem", ("-kubwa", "", "")),
        ("-", "suffix", ("-", "", "")),
    ],
)
def test_markers_are_joins(written, morph_type, apart):
    assert take_apart(written, morph_type) == apart
    if morph_type:
        assert put_together(*(apart[0], morph_type, *apart[1:])) == written


@given(st.lists(st.text("ab .,(“", min_size=1, max_size=3).filter(str.strip), max_size=8))
def test_words_are_found_in_the_line_that_they_make(forms):
    words = [
        {"form": {"x": one}, "type": "word" if one.strip(" .,(“") else "punctuation"}
        for one in forms
    ]
    line = compose(words, "x")
    locate(line, words, "x")
    for word in words:
        for span in word.get("spans", ()):
            assert line[span["start"] : span["end"]] == word["form"]["x"]


def test_a_word_that_is_not_in_the_line_does_not_lose_the_others():
    words = [{"form": {"x": one}} for one in ("one", "too", "three", "one")]
    locate("one: two three one", words, "x")
    assert [word.get("spans", [{}])[0].get("start") for word in words] == [0, None, 9, 15]


_names = st.sampled_from(["item", "words", "word", "morphemes", "morph", "odd"])
_values = st.text("ab-= \u0301", max_size=3)
_items = st.builds(
    lambda kind, lang, value: f'<item type="{kind}" lang="{lang}">{value}</item>',
    st.sampled_from(
        ["txt", "gls", "punct", "pos", "msa", "cf", "hn", "lit", "note", "segnum", "x"]
    ),
    st.sampled_from(["seh", "en", "SEH"]),
    st.sampled_from(["", " ", "a", "-a", "a=", "1", "01", "n", "&lt;Not Sure&gt;"]),
)
_trees = st.recursive(
    _items,
    lambda inner: st.builds(
        lambda tag, children, status: f"<{tag}{status}>{''.join(children)}</{tag}>",
        _names.filter(lambda tag: tag != "item"),
        st.lists(inner, max_size=4),
        st.sampled_from(["", ' analysisStatus="guess"', ' guid="g"', ' type="suffix"']),
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_trees, max_size=5))
def test_whatever_stands_in_a_phrase_comes_back(tmp_path, trees):
    path = save(tmp_path, flextext(text(f'<phrase guid="a">{"".join(trees)}</phrase>', guid="t")))
    contents = load(FLEXTEXT, path)
    for found in contents.found:
        KINDS[found.kind].type.model_validate(found.content)
    assert differences(path, again(contents, tmp_path)) == []
