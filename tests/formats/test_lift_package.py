"""Folders and zip files: what belongs to a LIFT file, and which zip files nobody should unpack."""

from __future__ import annotations

import stat
import struct
import zipfile

import pytest

from app.domain.errors import Unreadable
from app.formats.base import FoundFile, Names
from app.formats.lift import LIFT, package
from app.formats.lift.compare import differences
from app.formats.lift.package import open_package
from tests.formats.memory import load
from tests.formats.samples import FULL_ENTRY, lift, save

LIFT_TEXT = lift(FULL_ENTRY)


def make_zip(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def refusal(path, tmp_path, **more):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(Unreadable) as caught:
        open_package(path, scratch, **more)
    assert list(scratch.iterdir()) == []
    assert caught.value.file == path.name
    assert {p.name for p in tmp_path.iterdir()} <= {"scratch", path.name}
    return caught.value.what


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.lift", "leads out"),
        ("a/../../evil.txt", "leads out"),
        ("..\\evil.txt", "leads out"),
        ("/etc/evil", "absolute"),
        ("C:\\evil", "absolute"),
        ("\\\\server\\share", "absolute"),
        ("inner.zip", "another archive"),
        ("audio/inner.tar", "another archive"),
        ("A.LIFT", "twice"),
        ("d/" * 30 + "x", "too long"),
        ("n" * 300, "too long"),
        (link("pictures/link.png"), "link"),
    ],
)
def test_a_bad_name_is_refused(name, words, tmp_path):
    path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT), (name, "evil")])
    assert words in refusal(path, tmp_path)


def test_a_name_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT), ("a.lift", "other")])
    assert "twice" in refusal(path, tmp_path)


def test_an_encrypted_member_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT)])
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refusal(path, tmp_path)


def test_a_bomb_is_refused_by_its_ratio(tmp_path):
    zeros = b"\0" * (11 << 20)
    path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT), ("audio/a.wav", zeros)])
    assert "bomb" in refusal(path, tmp_path)


def test_many_small_bombs_are_refused_together(tmp_path):
    zeros = b"\0" * (2 << 20)
    members = [(f"audio/{n}.wav", zeros) for n in range(8)]
    path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT), *members])
    assert "bomb" in refusal(path, tmp_path)


def test_too_large_and_too_many_are_refused(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT), ("b.txt", "b" * 5000)])
    assert "at most 5000" in refusal(path, tmp_path, max_size=5000)
    assert package.MAX_FILES == 100_000
    assert package.MAX_SIZE == 4 << 30


def test_more_files_than_allowed_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "MAX_FILES", 1_000)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(package.MAX_FILES + 1):
            archive.writestr(f"{number}", "")
    assert "1001 files" in refusal(path, tmp_path)


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT)])
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(bytes(data))
    assert refusal(path, tmp_path)


def test_a_truncated_zip_and_one_without_lift_are_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("a.txt", "text")])
    assert "no .lift file" in refusal(path, tmp_path)
    path.write_bytes(path.read_bytes()[:40])
    (tmp_path / "scratch").rmdir()
    assert "no zip file" in refusal(path, tmp_path)


def test_two_lift_files_are_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("a.lift", LIFT_TEXT), ("b.lift", LIFT_TEXT)])
    assert "2 .lift files (a.lift, b.lift)" in refusal(path, tmp_path)


def test_a_link_in_a_folder_is_not_followed(tmp_path):
    folder = tmp_path / "p"
    (folder / "audio").mkdir(parents=True)
    save(folder, LIFT_TEXT, "a.lift")
    secret = save(tmp_path, "secret", "secret.txt")
    (folder / "audio" / "nyama.wav").symlink_to(secret)
    assert [f for f in LIFT.read(folder, Names()) if isinstance(f, FoundFile)] == []
    (folder / "a.lift").rename(tmp_path / "b.lift")
    (folder / "a.lift").symlink_to(tmp_path / "b.lift")
    with pytest.raises(Unreadable, match="link"):
        load(LIFT, folder)


@pytest.mark.parametrize(
    "href", ["nyama.wav", "audio/nyama.wav", "audio\\nyama.wav", "file://C:/x/y/nyama.wav"]
)
def test_a_recording_is_found_however_it_is_named(href, tmp_path):
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "nyama.wav").write_bytes(b"RIFF")
    path = save(tmp_path, LIFT_TEXT.replace('"nyama.wav"', f'"{href}"'))
    found = [f for f in LIFT.read(path, Names()) if isinstance(f, FoundFile)]
    assert [(f.href, f.path.name) for f in found] == [(href, "nyama.wav")]


@pytest.mark.parametrize("href", ["../secret.txt", "/etc/passwd", "..", ".", "x\0y", "n" * 5000])
def test_a_name_that_leads_out_finds_nothing(href, tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    save(tmp_path, "secret", "secret.txt")
    opened = open_package(save(folder, LIFT_TEXT), tmp_path)
    assert opened.find_file(href) is None


@pytest.mark.parametrize("suffix", [".zip", ""])
def test_a_package_comes_back_with_pictures_and_recordings(suffix, tmp_path):
    text = LIFT_TEXT.replace('"meat.png"', '"pictures\\meat.png"')
    members = [
        ("P/P.lift", text),
        ("P/audio/nyama.wav", b"RIFF1"),
        ("P/pictures/meat.png", b"PNG1"),
    ]
    contents = load(LIFT, make_zip(tmp_path / "P.zip", members))
    assert len(contents.files) == 2
    out = tmp_path / "out" / f"P{suffix}"
    out.parent.mkdir()
    assert list(LIFT.write(contents, out, {})) == []
    if suffix:
        with zipfile.ZipFile(out) as archive:
            archive.extractall(tmp_path / "out")
    folder = tmp_path / "out" / "P"
    assert (folder / "audio" / "nyama.wav").read_bytes() == b"RIFF1"
    assert (folder / "pictures" / "meat.png").read_bytes() == b"PNG1"
    assert (folder / "WritingSystems" / "seh.ldml").exists()
    save(tmp_path, text, "P.lift")
    assert differences(tmp_path / "P.lift", folder / "P.lift") == []
    assert len(load(LIFT, out).files) == 2


def test_files_of_one_name_are_told_apart(tmp_path):
    contents = load(LIFT, save(tmp_path, LIFT_TEXT))
    contents.files = {"m_1": b"one", "m_2": b"two", "m_3": b"three"}
    entry = contents.entries()[0]
    entry["senses"][0]["pictures"] = [
        {"id": "m_a", "href": "x.png", "file": "m_1"},
        {"id": "m_b", "href": "x.png", "file": "m_2"},
        {"id": "m_c", "href": "../../x.png", "file": "m_3"},
        {"id": "m_d", "href": "y.png", "file": "m_gone"},
    ]
    warnings = list(LIFT.write(contents, tmp_path / "out", {}))
    assert ["y.png" in warning for warning in warnings] == [True]
    found = {p.read_bytes() for p in (tmp_path / "out" / "pictures").iterdir()}
    assert {b"one", b"two", b"three"} <= found
    again = load(LIFT, tmp_path / "out")
    pictures = again.entries()[0]["senses"][0]["pictures"]
    assert [again.files.get(p.get("file", "")) for p in pictures[:3]] == [b"one", b"two", b"three"]
