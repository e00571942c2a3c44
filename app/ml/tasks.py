"""What models can do here, and which engines can do it: light enough for the web process.

A new task is one entry of `TASKS`, a new engine one of `ENGINES`; pages, commands, the API and
the documentation read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Target = Literal["gloss", "form", "pos", "language", "field", "sense", "translation"]


@dataclass(frozen=True)
class Option:
    """Something that can be chosen for a training.

    Attributes:
        name: as engines know it.
        label: what people read.
        meaning: what it does, in one sentence.
        choices: pairs of value and what people read; the first is the default.
    """

    name: str
    label: str
    meaning: str
    choices: tuple[tuple[str, str], ...]

    @property
    def default(self) -> str:
        """The value where nothing is chosen; empty where only a project has some."""
        return self.choices[0][0] if self.choices else ""


@dataclass(frozen=True)
class Engine:
    """A way to learn.

    Attributes:
        module: which trains and loads its models; only child processes import it.
        about: one sentence.
        options: that can be chosen for it, beside those of a task.
        needs: packages that may be left out of an installation.
    """

    name: str
    label: str
    module: str
    about: str
    options: tuple[Option, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """What a model can do.

    Attributes:
        about: one sentence.
        needs: what it learns from, in one sentence.
        target: what is learnt, as `app.ml.targets` has it.
        engines: that can do it, the best first.
        measures: of `app.domain.models.Measure`, the main one first.
    """

    name: str
    label: str
    about: str
    needs: str
    target: Target
    engines: tuple[str, ...]
    options: tuple[Option, ...]
    measures: tuple[str, ...]


_SIZE = Option(
    "size",
    "Size",
    "How much it can hold; the larger one takes several times as long.",
    (("small", "small (2 layers)"), ("medium", "medium (4 layers)")),
)
_EPOCHS = Option(
    "epochs",
    "Rounds",
    "How often each line is looked at; the best round is kept.",
    (
        ("auto", "as the number of lines asks for"),
        ("5", "5"),
        ("10", "10"),
        ("20", "20"),
        ("40", "40"),
    ),
)
_BASE = Option(
    "base",
    "Begins with",
    "A model of transformers that was brought in: its weights are where the training begins.",
    (),
)
_TRANSLATOR = Option(
    "translator",
    "Begins with",
    "A sequence-to-sequence model that was brought in: its weights are where the training begins.",
    (),
)
ENGINES: tuple[Engine, ...] = (
    Engine(
        "ranker",
        "Ranker",
        "app.ml.gloss",
        "Takes words apart as it has seen it done and ranks what each could mean in its line.",
    ),
    Engine(
        "sklearn",
        "Ranker by scikit-learn",
        "app.ml.pointwise",
        "Ranks as the ranker does, with weights by scikit-learn's logistic regression.",
    ),
    Engine(
        "crf",
        "Chain (CRF)",
        "app.ml.crf",
        "Labels words by their letters, their neighbours and the labels beside them.",
    ),
    Engine(
        "pipeline",
        "Letters (TF-IDF and regression)",
        "app.ml.pipelines",
        "Labels words or texts by the stretches of up to four letters in them.",
    ),
    Engine(
        "neighbours",
        "Neighbours in the lexicon",
        "app.ml.neighbours",
        "Lets the senses vote that are likest by form, gloss, part of speech and domain.",
    ),
    Engine(
        "transformer",
        "Transformer, trained here",
        "app.ml.transformer",
        "Trains a small transformer on the words of the project alone, from a configuration.",
        (_SIZE, _EPOCHS),
        ("torch", "transformers"),
    ),
    Engine(
        "fine-tuned",
        "Transformer, fine-tuned",
        "app.ml.fine_tuned",
        "Goes on training an encoder that was brought in, on the words of the project.",
        (_BASE, _EPOCHS),
        ("torch", "transformers"),
    ),
    Engine(
        "fine-tuned-translator",
        "Sequence to sequence, fine-tuned",
        "app.ml.fine_tuned_translator",
        "Goes on training a model that makes texts of texts, on the translated lines.",
        (_TRANSLATOR, _EPOCHS),
        ("torch", "transformers"),
    ),
    Engine(
        "lookup",
        "Lookup",
        "app.ml.lookup",
        "Gives each form the analysis that it had most often; what others are measured against.",
    ),
)
_FROM = Option(
    "from",
    "Begins with",
    "Whether words come whole, or already taken apart into morphs.",
    (("words", "whole words"), ("morphs", "words taken apart")),
)
_TRANSLATION = Option(
    "translation",
    "Translation",
    "Whether the free translation of a line helps to choose.",
    (("auto", "helps"), ("none", "is left aside")),
)
_FIELD = Option(
    "field",
    "Field",
    "By what they are sorted.",
    (("genre", "genre of the text"), ("speaker", "speaker"), ("status", "status")),
)
_EACH = Option(
    "each",
    "Sorts",
    "Whether each line has a label, or each text as a whole.",
    (("line", "lines"), ("text", "whole texts")),
)
_INTO = Option(
    "into",
    "Into",
    "The language of translation that it gives.",
    (),
)
TASKS: tuple[Task, ...] = (
    Task(
        "gloss",
        "Gloss",
        "Takes words apart and glosses their morphs.",
        "Sentences whose words have confirmed analyses with a gloss for each morph.",
        "gloss",
        ("ranker", "sklearn", "crf", "transformer", "fine-tuned", "lookup"),
        (_FROM, _TRANSLATION),
        ("word", "morpheme", "segmentation", "calibration_error"),
    ),
    Task(
        "segment",
        "Segment",
        "Takes words apart into morphs.",
        "Sentences whose words are taken apart into morphs.",
        "form",
        ("ranker", "lookup"),
        (),
        ("word", "segmentation", "calibration_error"),
    ),
    Task(
        "pos",
        "Part of speech",
        "Says of each word, where it stands, which part of speech it is.",
        "Sentences with confirmed words that have a category: their own, or that of their stem.",
        "pos",
        ("crf", "transformer", "fine-tuned", "lookup"),
        (),
        ("word", "calibration_error"),
    ),
    Task(
        "classify",
        "Classify",
        "Sorts lines or texts by a field: genre, speaker, status or one of your own.",
        "Lines, or texts, of which the field says something.",
        "field",
        ("pipeline", "lookup"),
        (_FIELD, _EACH),
        ("line", "calibration_error"),
    ),
    Task(
        "language",
        "Language of words",
        "Says of each word in which language it is, where speakers change between several.",
        "Texts in which words of another language are marked; the other words are in the first.",
        "language",
        ("pipeline", "crf", "transformer", "fine-tuned", "lookup"),
        (),
        ("word", "calibration_error"),
    ),
    Task(
        "translate",
        "Translate",
        "Gives a line as a whole in a language of translation.",
        "Lines with a free translation.",
        "translation",
        ("fine-tuned-translator", "lookup"),
        (_INTO,),
        ("chrf", "overlap"),
    ),
    Task(
        "suggest",
        "Suggest for entries",
        "Proposes gloss, part of speech and semantic domain of a new entry.",
        "Senses of the lexicon with a gloss, a part of speech or a semantic domain.",
        "sense",
        ("neighbours", "lookup"),
        (),
        ("value", "five", "calibration_error"),
    ),
)


def find_task(name: str) -> Task | None:
    """A task by its name."""
    return next((one for one in TASKS if one.name == name), None)


def find_engine(name: str) -> Engine | None:
    """An engine by its name."""
    return next((one for one in ENGINES if one.name == name), None)
