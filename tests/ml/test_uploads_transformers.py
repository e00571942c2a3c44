"""Folders of transformers and of LiFE itself that were uploaded."""

from __future__ import annotations

import gzip
import json
import pickle

import pytest

from app.ml.uploads.taking import OWN
from tests.ml.uploads import CONFIG, TOKENIZER, own, safetensors, transformers, zipped


class Hostile:
    def __reduce__(self):
        return (open, ("life-was-here", "w"))


PICKLE = pickle.dumps(Hostile())
OLD_PICKLE = pickle.dumps(Hostile(), protocol=0)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("model.pkl", PICKLE, "a pickle"),
        ("model.pkl", OLD_PICKLE, "a pickle"),
        ("innocent", PICKLE, "a pickle"),
        ("innocent", OLD_PICKLE, "a pickle"),
        ("config.json", PICKLE, "a pickle"),
        ("model.joblib", b"\x78\x9cxx", "joblib"),
        ("pytorch_model.bin", b"xx", "PyTorch"),
        ("pytorch_model.bin", zipped({"m/data.pkl": PICKLE}), "PyTorch"),
        ("model.zip", zipped({"archive/data.pkl": PICKLE}), "PyTorch"),
        ("model.pt", PICKLE, "pickle"),
        ("m.h5", b"\x89HDF\r\n\x1a\n", "HDF5"),
        ("m.keras", zipped({"model.weights.h5": b"x"}), "Keras"),
        ("m.onnx", b"\x08\x07", "ONNX"),
        ("run.py", b"import os", "Python code"),
        ("run", b"#!/bin/sh\n", "a program"),
        ("m.gguf", b"GGUF", "GGUF"),
        ("m.npz", zipped({"a.npy": b"x"}), "numpy"),
        ("crf.model", b"lCRF", "CRFsuite"),
        ("m.tar", bytes(257) + b"ustar" + bytes(300), "tar"),
        ("m.tar.gz", b"\x1f\x8b\x08", "gzip"),
        ("letter.txt", b"Dear all", "none of the files"),
        ("model.safetensors", safetensors(), "one file of a model"),
    ],
)
def test_what_is_no_model_is_refused_by_its_content_or_name(refused, name, content, told):
    assert told in refused(content, name)


@pytest.mark.parametrize(
    "name",
    ["modeling.py", "pytorch_model.bin", "x.pt", "training_args.bin", "a.pkl", "spiece.model",
     "source.spm",
     "adapter_config.json", "model.onnx", "tf_model.h5", "notes.txt", "sub/config.json"],
)  # fmt: skip
def test_files_that_such_a_folder_does_not_have_are_refused(refused, name):
    files = {**transformers(), name: b"x"}
    assert name in refused(files) and name in refused(zipped(files))


@pytest.mark.parametrize("missing", ["config__json", "tokenizer__json", "model__safetensors"])
def test_what_is_missing_is_named(refused, missing):
    assert missing.replace("__", ".") in refused(transformers(**{missing: None}))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"model_type": "my-own"}, "my-own"),
        ({"model_type": None}, "type"),
        ({"auto_map": {"AutoModel": "m.M"}}, "auto_map"),
        ({"deep": [{"Auto_Map": {}}]}, "Auto_Map"),
        ({"custom_pipelines": {}}, "custom_pipelines"),
        ({"trust_remote_code": True}, "trust_remote_code"),
        ({"quantization_config": {}}, "quantization_config"),
        ({"attn_implementation": "somebody/kernels"}, "attn_implementation"),
        ({"architectures": ["m.M"]}, "architectures"),
        ({"architectures": "BertModel"}, "architectures"),
        ({"hidden_size": 1 << 20}, "hidden_size"),
        ({"vocab_size": 2_000_000}, "vocab_size"),
        ({"num_hidden_layers": 500}, "num_hidden_layers"),
        ({"num_hidden_layers": 0}, "num_hidden_layers"),
        ({"intermediate_size": -1}, "intermediate_size"),
        ({"hidden_size": float("inf")}, "hidden_size"),
        ({"hidden_size": float("nan")}, "hidden_size"),
        ({"some_size": 10**30}, "some_size"),
        ({"vocab_size": 500_000, "hidden_size": 4096}, "belong together"),
        ({"id2label": {"0": "N", "7": "V"}}, "id2label"),
        ({"id2label": ["N"]}, "id2label"),
    ],
)
def test_configurations_that_ask_for_more_are_refused(refused, changed, told):
    said = refused(transformers(config__json={**CONFIG, **changed}))
    assert "config.json" in said and told in said


@pytest.mark.parametrize("told", [{"num_beams": 99}, {"max_new_tokens": 10**6}, {"max_length": 0}])
def test_how_texts_are_made_is_bounded(refused, told):
    (key,) = told
    assert f"“{key}” is" in refused(transformers(generation_config__json=told))


@pytest.mark.parametrize("name", ["tokenizer_config", "generation_config", "special_tokens_map"])
def test_no_json_may_name_code(refused, name):
    assert "auto_map" in refused(transformers(**{f"{name}__json": {"a": [{"auto_map": {}}]}}))


def test_a_word_of_a_vocabulary_names_no_code(upload):
    vocab = {"[UNK]": 0, "auto_map": 1}
    upload(transformers(tokenizer__json={"model": {"type": "WordPiece", "vocab": vocab}}))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "no JSON"),
        (b"[1]", "one JSON object"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[" * 50_000, "nested"),
        (b'{"a": ' + b'{"b": ' * 200 + b"1" + b"}" * 201, "nested"),
        (b'{"a": ' + b"9" * 5000 + b"}", "no JSON"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "at most"),
    ],
)
def test_json_that_is_none_or_too_much_is_refused(refused, content, told):
    assert told in refused(transformers(config__json=content))


def test_brackets_in_strings_are_not_depth(upload):
    upload(transformers(config__json={**CONFIG, "note": '["\\' * 500}))


def test_escapes_in_strings_do_not_hide_their_end(upload, refused, tmp_path):
    upload(
        transformers(
            config__json={**CONFIG, "note": "a\n", **{f"[{n}": "[{\t" for n in range(200)}}
        )
    )
    (tmp_path / "into").rename(tmp_path / "first")
    hidden = b'{"a": "x\\n", "b": ' + b"[" * 500 + b"]" * 500 + b"}"
    assert "nested" in refused(transformers(config__json=hidden))


@pytest.mark.parametrize(
    "model", [None, [], {"type": "Mine", "vocab": {}}, {"type": "BPE"}, {"type": "BPE", "vocab": 1}]
)
def test_tokenizers_of_no_known_kind_are_refused(refused, model):
    assert "tokenizer.json" in refused(transformers(tokenizer__json={"model": model}))


def test_a_tokenizer_that_is_too_large_is_refused(refused):
    vocab = {f"word{number}": number for number in range(20_000)}
    tokenizer = {**TOKENIZER, "model": {"type": "WordPiece", "vocab": vocab}}
    assert "tokenizer.json" in refused(transformers(tokenizer__json=tokenizer))


def one(offsets, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "too short"),
        (b"\x01\x00", "too short"),
        (safetensors(length=1 << 60), "too long"),
        (safetensors(length=1 << 22), "cut off"),
        (safetensors()[:-1], "cut off"),
        (safetensors() + b"x", "something else"),
        (safetensors(header=[]), "no object"),
        (safetensors(header={"w": 1}, data=b""), "wrongly"),
        (safetensors(header={"w": one([0, 8], dtype="F31")}, data=bytes(8)), "wrongly"),
        (safetensors(header={"w": one([0, 8], dtype=["F32"])}, data=bytes(8)), "wrongly"),
        (safetensors(header={"w": one([0, 8], [-2])}, data=bytes(8)), "wrongly"),
        (safetensors(header={"w": one([0, 8], [True])}, data=bytes(8)), "wrongly"),
        (safetensors(header={"w": one([0, 8], [1 << 41])}, data=bytes(8)), "wrongly"),
        (safetensors(header={"w": one([8, 0])}, data=bytes(8)), "wrongly"),
        (safetensors(header={"w": one([0, 8], [4])}, data=bytes(8)), "another length"),
        (safetensors(header={"w": one([0, 16], [1 << 30, 1 << 34])}, data=bytes(16)), "another"),
        (safetensors(header={"v": one([0, 8]), "w": one([4, 12])}, data=bytes(12)), "on top"),
        (safetensors(header={"v": one([0, 8]), "w": one([12, 20])}, data=bytes(20)), "gap"),
        (safetensors(header={"__metadata__": {"a": {}}}, data=b""), "no texts"),
        (PICKLE, "a pickle"),
    ],
)
def test_safetensors_that_lie_are_refused(refused, content, told):
    said = refused(transformers(model__safetensors=content))
    assert "model.safetensors" in said and told in said


def test_weights_in_several_files_are_those_of_the_index(upload, refused, tmp_path):
    first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    index = {"weight_map": {"w": first, "v": second}}
    half = safetensors({"w": ("F32", [40, 8])})
    files = {
        **transformers(model__safetensors=None),
        first: half, second: half, "model.safetensors.index.json": json.dumps(index).encode(),
    }  # fmt: skip
    assert upload(files)[0].described.numbers == 640
    (tmp_path / "into").rename(tmp_path / "first")
    del files[second]
    assert "names other files" in refused(files)
    assert "is missing" in refused({**transformers(model__safetensors=None), first: half})
    assert "index" in refused({**transformers(), first: half})
    bad = {"weight_map": {"w": "../x"}}
    assert "twice" in refused(transformers(**{"model.safetensors.index.json": bad}))


def test_a_model_of_another_life_is_taken(upload):
    taken, into = upload(zipped(own()))
    assert taken.kind == OWN and taken.described.labels == ("PL", "house")
    assert (into / "card.md").exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"model__json": b"[]"}, "one JSON object"),
        ({"model__json": {"task": "../x", "engine": "ranker"}}, "task"),
        ({"model__json": {"task": "gloss", "engine": "ranker", "labels": [1]}}, "labels"),
        ({"model__json": {"task": "gloss", "engine": "ranker", "auto_map": {}}}, "auto_map"),
        ({"lexicon__json__gz": b"xx"}, "gzip"),
        ({"lexicon__json__gz": gzip.compress(b"{}")[:-4]}, "cut off"),
        ({"lexicon__json__gz": gzip.compress(b"{}") + gzip.compress(b"{}")}, "behind its end"),
        ({"lexicon__json__gz": gzip.compress(b"[" + b"1," * 2_000_000 + b"1]")}, "unpacks to more"),
        ({"lexicon__json__gz": gzip.compress(b"[" * 5000)}, "nested"),
        ({"weights__safetensors": b"x"}, "safetensors"),
        ({"run__py": b"import os"}, "run.py"),
        ({"crf__model": b"lCRF"}, "crf.model"),
        ({"sha256__json": {}}, "not in both"),
        ({"sha256__json": b"xx"}, "no JSON"),
        ({"sha256__json": {"model.json": "0"}}, "sum for each"),
        ({"sha256__json": None}, "sha256.json"),
    ],
)
def test_models_of_life_that_were_tampered_with_are_refused(refused, changed, told):
    assert told in refused(own(**changed))


def test_a_changed_file_is_told_by_its_sum(refused):
    assert "its sum is another" in refused({**own(), "card.md": b"# Another\n"})
    assert "not in both" in refused({**own(), "more.json.gz": gzip.compress(b"{}")})
