"""Small flextext files of our own."""

from __future__ import annotations

import re

WORD = """<word guid="w-1"><item type="txt" lang="seh">wanyama</item>
<morphemes><morph type="prefix" guid="d7f713db-e8cf-11d3-9764-00c04f186933">
<item type="txt" lang="seh">wa-</item><item type="cf" lang="seh">wa-</item>
<item type="gls" lang="en">PL</item><item type="msa" lang="en">n:Any</item></morph>
<morph type="stem" guid="d7f713e8-e8cf-11d3-9764-00c04f186933">
<item type="txt" lang="seh">nyama</item><item type="cf" lang="seh">nyama</item>
<item type="hn" lang="en">2</item><item type="gls" lang="en">animal</item>
<item type="msa" lang="en">n</item></morph></morphemes>
<item type="gls" lang="en">animals</item><item type="pos" lang="en">n</item></word>
<word><item type="punct" lang="seh">.</item></word>"""
LANGUAGES = """<languages><language lang="seh" font="Charis SIL" vernacular="true"/>
<language lang="en" font="Times New Roman"/></languages>"""


def phrase(words, guid="", gloss="", more="", attributes=""):
    """A phrase of some words."""
    own = f'guid="{guid}" ' if guid else ""
    told = f'<item type="gls" lang="en">{gloss}</item>' if gloss else ""
    return f"<phrase {own}{attributes}><words>{words}</words>{told}{more}</phrase>"


def text(*phrases, guid="", items="", languages=LANGUAGES, more=""):
    """A text, each phrase in a paragraph of its own, which has a guid if the phrase has."""
    own = f' guid="{guid}"' if guid else ""
    inner = "".join(
        f"<paragraph{_paragraph_guid(one)}><phrases>{one}</phrases></paragraph>" for one in phrases
    )
    return (
        f"<interlinear-text{own}>{items}<paragraphs>{inner}</paragraphs>"
        f"{languages}{more}</interlinear-text>"
    )


def _paragraph_guid(inner):
    found = re.match(r'<phrase[^>]* guid="([^"]+)"', inner)
    return f' guid="p-{found[1]}"' if found else ""


def flextext(*texts, attributes='version="2"'):
    """A file of some texts."""
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return f"{head}<document {attributes}>" + "\n".join(texts) + "</document>\n"


def save(folder, content, name="story.flextext"):
    """Writes a sample to a file."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path
