"""Commands that install catalogs and propose links."""

from __future__ import annotations

import json

import pytest

from tests.links import samples
from tests.unit.test_main import run

LIFT = (
    '<lift version="0.13"><entry id="a"><lexical-unit><form lang="seh"><text>nyumba</text></form>'
    '</lexical-unit><sense id="s"><gloss lang="en"><text>house</text></gloss></sense></entry>'
    '<entry id="b"><lexical-unit><form lang="seh"><text>-ngu</text></form></lexical-unit>'
    '<sense id="t"><gloss lang="en"><text>1SG</text></gloss></sense></entry></lift>'
)
HOUSE = "http://globalwordnet.org/ili/i6"


@pytest.fixture(scope="module")
def environ(mongo_uri, tmp_path_factory):
    """A data folder and a database of its own, with a project and a wordnet."""
    data = tmp_path_factory.mktemp("data")
    (data / "words.lift").write_text(LIFT, encoding="utf-8")
    (data / "mini.xml").write_text(samples.lmf(), encoding="utf-8")
    given = {
        "LIFE_DATA": str(data),
        "MONGODB_URI": mongo_uri,
        "LIFE_DATABASE": f"commands_{data.name}",
        "LIFE_DBPEDIA_LOOKUP": "http://127.0.0.1:9/search",
        "LIFE_DBPEDIA_SPARQL": "http://127.0.0.1:9/sparql",
    }
    for command in (
        ("project", "sena", "--title", "Sena", "--language", "seh"),
        ("import", "sena", str(data / "words.lift"), "--yes"),
    ):
        assert run(*command, **given).returncode == 0
    return given


def test_a_wordnet_is_installed_and_links_proposed_without_the_network(environ, tmp_path):
    data = environ["LIFE_DATA"]
    done = run("wordnet", "install", f"{data}/mini.xml", "--json", **environ)
    assert json.loads(done.stdout) == {
        "id": "mini-1.0", "label": "Mini wordnet", "language": "en", "synsets": 15, "ili": True,
        "moved": 0,
    }  # fmt: skip
    done = run("link", "sena", "--json", **environ)
    told = json.loads(done.stdout)
    assert (told["senses"], told["covered"], told["share"]) == (2, 1, 0.5)
    assert told["wordnets"] == ["Mini wordnet"] and told["cut_off"] > 0
    assert "127.0.0.1 cannot be used now" in done.stderr
    by_lemma = {one["lemma"]["seh"]: one for one in told["candidates"]}
    house = by_lemma["nyumba"]
    assert (house["sources"], house["number"]) == ([{"id": "a"}], 1)
    assert HOUSE in [one["target"] for one in house["candidates"]]
    assert by_lemma["-ngu"]["candidates"] == []
    done = run("link", "sena", **environ)
    assert "1 of 2 senses (50.0%)" in done.stdout and "0 were ranked now" in done.stdout


def test_what_cannot_be_read_is_said_in_one_line(environ, tmp_path):
    half = tmp_path / "half.xml"
    half.write_text(samples.lmf()[:2000], encoding="utf-8")
    for command in (
        ("wordnet", "install", str(half)),
        ("link", "nowhere"),
    ):
        done = run(*command, **environ)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.partition(":")[0] in ("Unreadable", "NotFound")
