"""scikit-learn models that were uploaded as `.skops`."""

from __future__ import annotations

import json
import zipfile

import pytest

from app.ml.uploads.taking import SKLEARN
from tests.ml.uploads import node, npy, said, skops, zipped


def test_a_plain_model_is_taken(upload):
    taken, into = upload(skops(), "model.skops")
    assert taken.kind == SKLEARN and taken.described.estimator.endswith("LogisticRegression")
    assert taken.described.versions == ("1.9.1",) and taken.described.skops == "0.16.0"
    assert [one.name for one in into.iterdir()] == ["model.skops"]


VOID = node("NdArrayNode", "numpy.void", type="numpy", file="1.npy")


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (VOID, "numpy.void"),
        (node("FunctionNode", "__main__.up"), "__main__.up"),
        (node("FunctionNode", "os.system"), "os.system"),
        (node("TypeNode", "subprocess.Popen"), "subprocess.Popen"),
        (node("TypeNode", "builtins.eval"), "builtins.eval"),
        (node("ObjectNode", "builtins.int"), "builtins.int"),
        (node("DictNode", "sklearn.pipeline.Pipeline", content={}), "DictNode"),
        (node("MethodNode", "builtins.str", content={"func": "x", "obj": said(1)}), "MethodNode"),
        (node("PartialNode", "functools.partial", content={}), "PartialNode"),
        (node("OperatorFuncNode", "operator.methodcaller", attrs=said([])), "operator"),
        (node("ConstructorFromReduceNode", "pathlib.Path", content=said([])), "pathlib.Path"),
        (node("RandomStateNode", "numpy.random.mtrand.RandomState", content=said({})), "RandomS"),
        (node("RandomGeneratorNode", "numpy.random._generator.Generator"), "Generator"),
        (node("CachedNode", "None.None"), "CachedNode"),
        (node("BytesNode", "builtins.bytes", file="1.npy"), "bytes"),
        (node("ReduceNode", "sklearn.tree._tree.Tree"), "ReduceNode"),
        ({"__class__": "system", "__module__": "os"}, "os.system"),
        (node("ObjectNode", "sklearn.preprocessing._function_transformer.FunctionTransformer"),
         "FunctionTransformer"),
        (node("NdArrayNode", "numpy.ndarray", type="numpy", file="../x"), "not there"),
        (node("NdArrayNode", "numpy.ndarray", type="numpy", file="schema.json"), "numbers that"),
    ],
)  # fmt: skip
def test_what_it_may_not_be_made_of_is_named(refused, beside, told):
    assert told in refused(skops(beside), "model.skops")


def test_types_hidden_below_others_are_seen(refused):
    hidden = said("x") | {"more": [{"deep": node("FunctionNode", "os.system")}]}
    assert "os.system" in refused(skops(hidden), "model.skops")


def test_many_kinds_are_cut_short(refused):
    said = refused(skops(*(node("FunctionNode", f"m.f{n}") for n in range(50))), "model.skops")
    assert "30 more" in said


@pytest.mark.parametrize("protocol", [0, 1, 3, True, None, "2"])
def test_another_protocol_is_refused(refused, protocol):
    assert "another skops" in refused(skops(protocol=protocol), "model.skops")


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (b"xx", "no array"),
        (npy(data=bytes(31)), "another length"),
        (npy(data=bytes(33)), "another length"),
        (npy(shape="(1000000000,)"), "another length"),
        (npy(shape="(4, 1099511627776, 1099511627776)"), "something else"),
        (npy(shape="(-4,)"), "something else"),
        (npy(shape="'4'"), "something else"),
        (npy(descr="'|O'"), "something else"),
        (npy(descr="'|V2000000000'"), "something else"),
        (npy(descr="'<U999999999'"), "something else"),
        (npy(descr="[('a', '|O')]"), "something else"),
        (npy(descr="[('a', '<f8', (1000,))]"), "something else"),
        (npy(descr="__import__('os')"), "something else"),
        (npy(descr="'<f8', " * 900), "no array"),
    ],
)
def test_arrays_that_lie_are_refused(refused, array, told):
    assert told in refused(skops(parts={"1.npy": array}), "model.skops")


def test_fields_of_numbers_are_an_array_as_trees_have(upload):
    nodes = npy(descr="[('left', '<i8'), ('right', '<i8')]", shape="(2,)")
    upload(skops(parts={"1.npy": nodes}), "model.skops")


SPARSE = node("SparseMatrixNode", "scipy.sparse._csr.csr_matrix", type="scipy", file="2.npz")


def test_sparse_matrices_are_looked_into(upload, refused, tmp_path):
    inner = zipped({"data.npy": npy(), "shape.npy": npy("'<i8'", "(4,)")})
    upload(skops(SPARSE, parts={"1.npy": npy(), "2.npz": inner}), "model.skops")
    (tmp_path / "into").rename(tmp_path / "first")
    for bad in (
        zipped({"evil.npy": npy()}),
        zipped({"data.npy": npy("'|O'")}),
        zipped({"data.npy": npy(shape="(2000000,)", data=bytes(16_000_000))}),
        b"no zip",
    ):
        assert "2.npz" in refused(skops(SPARSE, parts={"1.npy": npy(), "2.npz": bad}), "m.skops")


def test_parts_that_nothing_needs_or_that_are_missing_are_refused(refused):
    parts = {"1.npy": npy(), "3.npy": npy()}
    assert "Nothing in the model needs" in refused(skops(parts=parts), "model.skops")
    assert "is not there" in refused(skops(parts={}), "model.skops")
    assert "run.py" in refused(skops(parts={"1.npy": npy(), "run.py": b"x"}), "model.skops")
    assert "archive" in refused(skops(parts={"1.npy": npy(), "x.zip": b"x"}), "model.skops")


def test_schemas_that_are_none_or_too_much_are_refused(refused):
    def with_schema(content):
        return zipped({"schema.json": content, "1.npy": npy()}, zipfile.ZIP_STORED)

    assert "no schema" in refused(with_schema(b"{}"), "model.skops")
    assert "no JSON" in refused(with_schema(b"{"), "model.skops")
    assert "nested" in refused(with_schema(b"[" * 50_000), "model.skops")
    assert "bytes" in refused(with_schema(b" " * 300_000), "model.skops")
    deep = json.dumps(said("x")).encode()
    assert refused(with_schema(deep), "model.skops")


def test_a_bomb_and_tricks_with_names_are_refused(refused):
    assert "bomb" in refused(zipped({"schema.json": b"{}", "1.npy": bytes(4 << 20)}), "model.skops")
    assert "“..”" in refused(zipped({"schema.json": b"{}", "../1.npy": b"x"}), "model.skops")
