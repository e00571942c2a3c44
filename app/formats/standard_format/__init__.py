"""Standard Format: dictionaries (MDF) and interlinear texts as Toolbox and Shoebox keep them."""

from app.formats.standard_format.format import MDF, TOOLBOX

FORMATS = (MDF, TOOLBOX)

__all__ = ["FORMATS", "MDF", "TOOLBOX"]
