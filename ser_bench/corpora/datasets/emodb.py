"""EmoDB, the Berlin database: ten actors, seven emotions, ten sentences, in German.

File names encode speaker, sentence, the first letter of the emotion's German name, and version.
"""

from __future__ import annotations

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Archive, Published, PublishedAudio

COUNTS = {"neutral": 79, "happy": 71, "sad": 62, "angry": 127, "fearful": 69, "disgust": 46, "boredom": 81}
GENDERS = dict.fromkeys(("03", "10", "11", "12", "15"), "male") | dict.fromkeys(
    ("08", "09", "13", "14", "16"), "female"
)

CORPUS = Corpus(
    name="emodb",
    title="EmoDB",
    licence="none stated by the authors; CC0 1.0 as republished by audEERING",
    source="http://emodb.bilderbar.info",
    citation="Burkhardt, Paeschke, Rolfes, Sendlmeier and Weiss, A Database of German Emotional Speech, "
    "Interspeech 2005",
    bibtex="""\
@inproceedings{burkhardt2005emodb,
  author = {Burkhardt, Felix and Paeschke, Astrid and Rolfes, Miriam and Sendlmeier, Walter F.
            and Weiss, Benjamin},
  title = {A Database of {German} Emotional Speech},
  booktitle = {Proc. Interspeech 2005},
  pages = {1517--1520},
  year = {2005},
  doi = {10.21437/Interspeech.2005-446},
}""",
    counts=COUNTS,
    speakers=10,
    reader=FileNamePattern(
        pattern=r"(?P<speaker>0[389]|1[0-6])(?P<text>a0[12457]|b0[1239]|b10)(?P<emotion>[WLEAFTN])[a-z]",
        example="03a01Fa.wav",
        codes={
            "emotion": {
                "W": "angry",  # Wut, in the paper: Ärger
                "L": "boredom",  # Langeweile
                "E": "disgust",  # Ekel
                "A": "fearful",  # Angst
                "F": "happy",  # Freude
                "T": "sad",  # Trauer
                "N": "neutral",
            }
        },
        genders=GENDERS,
    ),
    archives=(
        Archive(
            name="download.zip",
            url="http://emodb.bilderbar.info/download/download.zip",
            folder="emodb",
            part="speech",
            clips=535,
            clip_names="[01][0-9][ab][01][0-9][A-Z][a-z].wav",
            unpacked_limit=200_000_000,
        ),
    ),
    published={
        "speech": Published(
            counts=COUNTS,
            speakers=dict.fromkeys(sorted(GENDERS)),
            genders={"male": 5, "female": 5},
            audio=PublishedAudio(rate=16_000, seconds=(1.226, 8.978), hours=0.4131),  # measured in download.zip
        )
    },
    hint="run: ser-bench download emodb; or unpack download.zip from "
    "http://emodb.bilderbar.info/download/ and name its folder with --data-dir",
    notes="The speech is German. The authors published only clips that listeners recognised and found natural, so "
    "classes differ in size, and some speakers lack an emotion (08 has no disgust).",
)
