"""Small files in Standard Format of our own."""

from __future__ import annotations

from tests.formats.samples import DATA

MDF_FILES = (DATA / "toolbox/daakaka/db.sfm", DATA / "toolbox/kalamang/db.sfm")
TEXT_FILE = DATA / "toolbox/daakaka/examples.sfm"

DICTIONARY = """\\_sh v3.0  400  MDF 4.0
\\_DateStampHasFourDigitYear

\\lx nyama
\\hm 2
\\lc nyama ya ng'ombe
\\ph ɲama
\\va nama
\\ve in the north
\\et *nyama
\\eg meat
\\es Proto-Bantu
\\bw Swahili
\\pl manyama
\\st checked
\\ps n
\\sn 1
\\ge meat
\\ge flesh
\\re meat
\\de flesh of any animal
\\sd food
\\sc caro
\\pc meat.png
\\nt general
\\ng takes class 9
\\rf T1:5
\\xv Nyama!
\\xe Meat!
\\sy moto
\\lf Part
\\lv moto
\\sn 2
\\ge animal
\\dt 08/Feb/2017

\\lx moto
\\ps n
\\ge fire
\\cf nyama2
"""
TEXT = """\\_sh v3.0  621  Text

\\id Story1
\\ti The story
\\so told by Ana
\\co a short one
\\gen narrative

\\ref Story1.001
\\ELANBegin 0.25
\\ELANEnd 1.75
\\ELANParticipant Ana
\\aud story.wav
\\tx Wanyama   walikuja hapa.
\\mb wa- nyama wa- li- kuja hapa
\\ge PL- animal 3PL- PST- come here
\\ps pfx- n pfx- tam- v adv
\\ft The animals came here.
\\lt they came
\\nt a note

\\ref Story1.002
\\tx Mbwa "ndiye".
\\ft It is the dog.
"""


def save(folder, content, name="words.sfm", encoding="utf-8"):
    """Writes a sample to a file."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path
