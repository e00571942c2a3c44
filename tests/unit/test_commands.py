"""Commands beside and without a server: what they do, and what they say of wrong input."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.commands import run

LIFT = (
    '<lift version="0.13"><entry id="a"><lexical-unit><form lang="seh"><text>moto</text></form>'
    "</lexical-unit></entry></lift>"
)


@pytest.fixture(scope="module")
def environ(mongo_uri, tmp_path_factory):
    """A data folder and a database of its own, with a project and two accounts."""
    data = tmp_path_factory.mktemp("data")
    given = {
        "LIFE_DATA": str(data),
        "MONGODB_URI": mongo_uri,
        "LIFE_DATABASE": f"commands_{data.name}",
        "LIFE_PASSWORD": "correct horse battery",
        "LIFE_PUBLIC_URL": "https://life.example.org",
    }
    for command in (
        ("user", "add", "ann"),
        ("user", "add", "ben"),
        ("project", "sena", "--title", "Sena", "--language", "seh"),
    ):
        assert run(*command, **given).returncode == 0
    return given


def told(environ, *command):
    """What a command that must succeed prints for programs."""
    done = run(*command, "--json", **environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(environ, *command):
    """The one line of a command that must fail."""
    done = run(*command, **environ)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    return line


def test_a_server_keeps_an_administrator_and_a_project_an_owner(environ):
    assert "only one" in refused(environ, "user", "role", "ann", "sena", "viewer")
    assert "only one" in refused(environ, "user", "disable", "ann")
    assert "only one" in refused(environ, "user", "admin", "ann", "--no")
    told(environ, "user", "admin", "ben")
    told(environ, "user", "role", "ben", "sena", "owner")
    told(environ, "user", "role", "ann", "sena", "viewer")
    told(environ, "user", "disable", "ann")
    users = {one["username"]: one for one in told(environ, "user", "list")["users"]}
    assert (users["ann"]["disabled"], users["ben"]["admin"]) == (True, True)
    told(environ, "user", "enable", "ann")
    link = told(environ, "user", "link", "ann")["link"]
    assert link.startswith("https://life.example.org/password/")
    assert "no account" in refused(environ, "user", "link", "nobody")


def test_a_folder_with_a_lift_file_is_read_as_it_is(environ, tmp_path):
    (tmp_path / "words.lift").write_text(LIFT, encoding="utf-8")
    report = told(environ, "import", "sena", str(tmp_path))["report"]
    assert report["counts"]["entry/new"] == 1


def test_a_zip_file_is_unpacked_in_the_data_folder(environ, tmp_path):
    with zipfile.ZipFile(tmp_path / "words.zip", "w") as archive:
        archive.writestr("words/words.lift", LIFT)
    given = {**environ, "TMPDIR": "/proc"}  # where nothing can be written
    report = told(given, "import", "sena", str(tmp_path / "words.zip"))["report"]
    assert report["counts"]["entry/new"] == 1
    assert list((Path(environ["LIFE_DATA"]) / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("export", "sena", "/no-such-folder/x.lift"), "no folder"),
        (("export", "sena", "x.lift", "--set", "version"), "name=value"),
        (("import", "sena", "no-such-file.lift"), "no file"),
        (("backup", "/proc/nothing/x.tar"), "/proc/nothing"),
        (("model", "guess", "sena", "a_nothing", "no-such-file.csv"), "a_nothing"),
        (("model", "guess", "sena", "a_nothing", "/no-such-folder/x.csv"), "no folder"),
        (("model", "fill", "sena", "--certainty", "0.7"), "certainties"),
        (("model", "compare", "sena", "a_nothing", "a_other"), "a_nothing"),
    ],
)
def test_wrong_input_is_one_line(environ, command, what):
    assert what in refused(environ, *command)


def test_a_database_that_does_not_answer_is_one_line(environ):
    nobody = {**environ, "MONGODB_URI": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100"}
    assert refused(nobody, "check").startswith("Unavailable: The database does not answer")


def test_a_mapping_goes_in_and_out_from_a_file(environ, tmp_path):
    (tmp_path / "map.json").write_text('{"markers": {"zz": {"field": "gloss", "ws": "en"}}}')
    (tmp_path / "words.sfm").write_text("\\lx maji\n\\zz water\n")
    given = ("--map", str(tmp_path / "map.json"))
    done = told(environ, "import", "sena", str(tmp_path / "words.sfm"), *given, "--yes")
    assert done["report"]["counts"]["entry/new"] == 1
    told(environ, "export", "sena", str(tmp_path / "out.sfm"), *given)
    assert "\\lx maji\n\\zz water\n" in (tmp_path / "out.sfm").read_text()
    (tmp_path / "map.json").write_text('{"markers": {"zz": "colour"}}')
    wrong = refused(environ, "import", "sena", str(tmp_path / "words.sfm"), *given)
    assert "no field “colour”" in wrong


def test_what_is_derived_is_made_anew_and_checked(environ):
    made = told(environ, "followers", "rebuild", "sena", "--only", "occurrences")
    assert made == {"made": [["sena", "occurrences"]]}
    assert told(environ, "followers", "check", "sena", "--only", "occurrences") == {"findings": []}
    assert "There is no project “none”" in refused(environ, "followers", "check", "none")
