"""The ranker as children load it: `train` and `Model`, for glossing and for taking words apart."""

from app.ml.ranker.model import Model, train

__all__ = ["Model", "train"]
