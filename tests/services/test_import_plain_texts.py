"""Glossed examples and CoNLL-U go through a project, again and again."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid
from app.services import exports, imports
from app.services.desk import open_desk
from tests.factories import make_desk, make_store
from tests.formats import test_conllu
from tests.formats.test_blocks import STORY, save


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def run(desk, path, **facts):
    desk = open_desk(desk.store, desk.actor, desk.project["slug"])
    change = imports.preview(desk, path, **facts)
    imports.confirm(desk, change["_id"])
    return change["report"]


def outcomes(report):
    return {key.partition("/")[2] for key in report["counts"]}


def test_examples_are_known_by_their_content_and_come_back(desk, tmp_path):
    report = run(desk, save(tmp_path, STORY))
    assert (report["counts"]["text/new"], report["counts"]["utterance/new"]) == (2, 4)
    assert report["problems"] == []
    assert outcomes(run(desk, save(tmp_path, STORY))) == {"unchanged"}
    out = tmp_path / "story.txt"
    assert exports.write(desk, out, format_id="blocks") == []
    assert outcomes(run(desk, out)) == {"unchanged"}
    changed = save(tmp_path, STORY.replace("reading", "writing"))
    assert run(desk, changed)["counts"]["utterance/changed"] == 1


def test_a_treebank_goes_through_a_project_and_comes_back_as_it_was(desk, tmp_path):
    path = test_conllu.save(tmp_path)
    report = run(desk, path)
    assert (report["counts"]["text/new"], report["counts"]["utterance/new"]) == (2, 4)
    out = tmp_path / "out.conllu"
    assert exports.write(desk, out) == []
    assert out.read_text(encoding="utf-8") == test_conllu.SAMPLE
    assert outcomes(run(desk, path)) == {"unchanged"}


def test_texts_for_people_are_written_through_access_and_not_read(desk, tmp_path):
    run(desk, save(tmp_path, STORY))
    for name, format_id in (("a.tex", ""), ("a.html", ""), ("a.csv", "text-table")):
        out = tmp_path / name
        assert exports.write(desk, out, format_id=format_id) == []
        assert "The hare" in out.read_text(encoding="utf-8")
        with pytest.raises(Invalid, match="not read"):
            run(desk, out, format_id=format_id)
