"""Zips and folders that were uploaded: tricks with names, sizes and entries."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from app.ml.uploads.limits import Limits
from app.ml.uploads.taking import TRANSFORMERS
from tests.ml.uploads import SMALL, transformers, zipped


def with_name(name, content=b"x"):
    """A zip of a model with one entry more."""
    return zipped([*transformers().items(), (name, content)])


def entry(name, mode=0, kind=zipfile.ZIP_STORED):
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    made.compress_type = kind
    return made


def test_a_zip_of_a_folder_and_its_files_alone_are_taken(upload, tmp_path):
    taken, into = upload(zipped(transformers()))
    assert taken.kind == TRANSFORMERS and taken.described.labels == ("N", "V")
    assert {one.name for one in into.iterdir()} == set(transformers())
    (tmp_path / "into").rename(tmp_path / "first")
    taken, into = upload(transformers())
    assert (into / "README.md").read_bytes() == b"# A model\n"


def test_one_folder_above_all_files_and_what_systems_add_is_left_out(upload):
    files = {f"my model/{name}": content for name, content in transformers().items()}
    files |= {"__MACOSX/my model/._config.json": b"x", "my model/.DS_Store": b"x"}
    _, into = upload(zipped(files))
    assert {one.name for one in into.iterdir()} == set(transformers())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/etc/passwd", "absolute"),
        ("../../evil.txt", "“..”"),
        ("a/../../b", "“..”"),
        ("..\\evil.txt", "backslash"),
        ("C:/evil.txt", "absolute"),
        ("C:evil.txt", "absolute"),
        ("sub//x", "empty part"),
        ("./x", "empty part"),
        ("x. ", "space or full stop"),
        ("bad\x01name", "control characters"),
        ("right\u202eto-left", "control characters"),
        ("aux.json", "every system"),
        ("a" * 300, "longer than"),
        ("CONFIG.JSON", "twice"),
        ("config.json/x", "itself a file"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(refused, name, told):
    assert told in refused(with_name(name))


def test_a_name_with_a_zero_in_it_is_refused(refused):
    raw = with_name("README.mdX.py").replace(b"README.mdX.py", b"README.md\0.py")
    assert "README.md" in refused(raw)


def test_the_same_name_twice_is_refused(refused):
    with pytest.warns(UserWarning, match="Duplicate"):
        raw = zipped([*transformers().items(), ("config.json", b"{}")])
    assert "twice" in refused(raw)


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o600, stat.S_IFCHR])
def test_links_and_devices_are_refused(refused, mode):
    files = [(name, one) for name, one in transformers().items() if name != "README.md"]
    said = refused(zipped([*files, (entry("README.md", mode), b"/etc/passwd")]))
    assert "link" in said or "neither" in said


def test_too_many_entries_are_refused(refused):
    assert "at most 64" in refused(zipped({f"{number}.json": b"{}" for number in range(65)}))
    assert "at most 64" in refused({f"{number}.json": b"{}" for number in range(65)})


def test_a_bomb_is_refused_by_its_list(refused):
    bomb = zipped({**transformers(), "vocab.txt": bytes(6 << 20)})
    assert len(bomb) < 50_000 and "bomb" in refused(bomb)
    assert "at most" in refused(zipped({**transformers(), "vocab.txt": bytes(10 << 20)}))
    assert "more than" in refused({**transformers(), "vocab.txt": bytes(10 << 20)})


def rewritten(raw, name, field, value):
    """A zip whose list tells another number of one file; fields as in the format's 4.3.12."""
    raw = bytearray(raw)
    at = raw.rindex(name.encode()) - 46
    assert raw[at : at + 4] == b"PK\x01\x02"
    raw[at + field : at + field + 4] = struct.pack("<I", value)
    return bytes(raw)


def test_a_list_that_lies_about_a_size_is_refused(refused):
    raw = zipped({**transformers(), "README.md": b"x" * 5000})
    assert refused(rewritten(raw, "README.md", 24, 100))
    assert refused(rewritten(raw, "README.md", 24, 50_000))
    assert "more packed bytes" in refused(rewritten(raw, "README.md", 20, 1 << 30))


def test_encrypted_nested_and_unusual_packing_are_refused(refused):
    raw = bytearray(with_name("vocab.txt"))
    at = raw.rindex(b"vocab.txt") - 46
    raw[at + 8] |= 1
    assert "encrypted" in refused(bytes(raw))
    assert "archive" in refused(with_name("more.zip", zipped({"x": b"x"})))
    out = io.BytesIO(with_name("vocab.txt"))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(entry("merges.txt", kind=zipfile.ZIP_LZMA), b"x")
    assert "unusual way" in refused(out.getvalue())


def test_a_broken_zip_is_refused(refused):
    raw = zipped(transformers())
    assert refused(raw[: len(raw) // 2])
    start = raw.index(b"PK\x01\x02")
    assert "broken" in refused(raw[:60] + b"\xff" * 40 + raw[100:start] + raw[start:])
    assert refused(b"PK\x05\x06" + bytes(18))
    assert refused(b"")


def test_no_file_at_all_is_refused(refused):
    assert "No file" in refused({})


def test_all_that_is_wrong_is_told_at_once(refused):
    said = refused(zipped({"../a": b"x", "/b": b"x", "c\\d": b"x"}))
    assert "“..”" in said and "absolute" in said and "backslash" in said


def test_the_quota_is_of_all_files_together(refused):
    limits = Limits(total=1000)
    assert "at most 1,000" in refused(zipped(transformers()), limits=limits)
    assert "1,000" in refused(transformers(), limits=limits)
    assert SMALL.total > 1000
