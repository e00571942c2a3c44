"""What a `.skops` file may be made of: short lists, by the kind of node that builds each.

What skops itself trusts is not taken on trust: these are the pieces of text classifiers.
"""

from __future__ import annotations

PROTOCOL = 2

_ESTIMATORS = {
    "sklearn.pipeline": ("Pipeline", "FeatureUnion"),
    "sklearn.compose._column_transformer": ("ColumnTransformer",),
    "sklearn.feature_extraction.text": (
        "CountVectorizer", "TfidfVectorizer", "TfidfTransformer", "HashingVectorizer",
    ),
    "sklearn.feature_extraction._dict_vectorizer": ("DictVectorizer",),
    "sklearn.feature_extraction._hash": ("FeatureHasher",),
    "sklearn.feature_selection._univariate_selection": ("SelectKBest", "SelectPercentile"),
    "sklearn.feature_selection._variance_threshold": ("VarianceThreshold",),
    "sklearn.decomposition._truncated_svd": ("TruncatedSVD",),
    "sklearn.preprocessing._data": ("StandardScaler", "MaxAbsScaler", "MinMaxScaler", "Normalizer"),
    "sklearn.preprocessing._encoders": ("OneHotEncoder", "OrdinalEncoder"),
    "sklearn.preprocessing._label": ("LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer"),
    "sklearn.linear_model._logistic": ("LogisticRegression", "LogisticRegressionCV"),
    "sklearn.linear_model._stochastic_gradient": ("SGDClassifier",),
    "sklearn.linear_model._perceptron": ("Perceptron",),
    "sklearn.linear_model._passive_aggressive": ("PassiveAggressiveClassifier",),
    "sklearn.linear_model._ridge": ("RidgeClassifier", "RidgeClassifierCV"),
    "sklearn.svm._classes": ("LinearSVC",),
    "sklearn.naive_bayes": ("MultinomialNB", "ComplementNB", "BernoulliNB", "GaussianNB"),
    "sklearn.neural_network._multilayer_perceptron": ("MLPClassifier",),
    "sklearn.ensemble._forest": ("RandomForestClassifier", "ExtraTreesClassifier"),
    "sklearn.ensemble._voting": ("VotingClassifier",),
    "sklearn.tree._classes": (
        "DecisionTreeClassifier", "ExtraTreeClassifier", "DecisionTreeRegressor",
    ),
    "sklearn.calibration": (
        "CalibratedClassifierCV", "_CalibratedClassifier", "_SigmoidCalibration",
    ),
    "sklearn.isotonic": ("IsotonicRegression",),
    "sklearn.multiclass": ("OneVsRestClassifier", "OneVsOneClassifier"),
    "sklearn.dummy": ("DummyClassifier",),
    "sklearn.utils._bunch": ("Bunch",),
}  # fmt: skip
_LOSSES = {
    "sklearn.linear_model._sgd_fast": (
        "Hinge", "SquaredHinge", "ModifiedHuber", "EpsilonInsensitive", "SquaredEpsilonInsensitive",
    ),
    "sklearn._loss._loss": ("CyHalfBinomialLoss", "CyHalfSquaredError", "CyHuberLoss"),
    "_loss": ("CyHalfBinomialLoss", "CyHalfSquaredError", "CyHuberLoss"),
}  # fmt: skip
_NUMBERS = tuple(
    f"numpy.{one}"
    for one in (
        *("bool", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
        *("uint64", "float16", "float32", "float64", "str_", "intc"),
    )
)


def _named(modules: dict[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module, names in modules.items() for name in names)


ALLOWED: dict[str, frozenset[str]] = {
    "DictNode": frozenset({"builtins.dict", "collections.OrderedDict"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "SetNode": frozenset({"builtins.set"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "JsonNode": frozenset({"builtins.str"}),
    "TypeNode": frozenset({
        "builtins.str", "builtins.int", "builtins.float", "builtins.bool", *_NUMBERS,
    }),
    "FunctionNode": _named({
        "sklearn.feature_selection._univariate_selection": ("chi2", "f_classif"),
    }),
    "NdArrayNode": frozenset({"numpy.ndarray", *_NUMBERS}),
    "DTypeNode": frozenset({"numpy.dtype"}),
    "SparseMatrixNode": _named({
        "scipy.sparse._csr": ("csr_matrix", "csr_array"),
        "scipy.sparse._csc": ("csc_matrix", "csc_array"),
        "scipy.sparse._dia": ("dia_matrix", "dia_array"),
    }),
    "ObjectNode": _named(_ESTIMATORS),
    "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
    "LossNode": _named(_LOSSES),
}  # fmt: skip

# Of these, what skops does not trust by itself and has to be told when it loads a file that passed.
TOLD = (
    "sklearn.tree._tree.Tree",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
)
