"""CREMA-D: 91 actors, six emotions, twelve sentences; one of them in three intensities.

Names are actor, sentence, emotion and level. The actors' genders stand in a table beside the clips.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Published

SENTENCES = ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")
COUNTS = dict.fromkeys(("happy", "sad", "angry", "fearful", "disgust"), 1271) | {"neutral": 1087}
DEMOGRAPHICS = "VideoDemographics.csv"


def genders(folder: Path) -> dict[str, str]:
    """Return the genders by actor from the corpus's own table, in or above the folder; empty without it."""
    here = folder.absolute()
    beside = (here / DEMOGRAPHICS, here.parent / DEMOGRAPHICS)
    for table in itertools.chain(beside, here.rglob(DEMOGRAPHICS)):
        try:
            with table.open(encoding="utf-8-sig", newline="") as opened:
                rows = [{str(k).strip(): str(v).strip() for k, v in row.items()} for row in csv.DictReader(opened)]
        except (OSError, ValueError, csv.Error):
            continue
        if rows and {"ActorID", "Sex"} <= set(rows[0]):
            return {row["ActorID"]: sex for row in rows if (sex := row["Sex"].lower()) in ("male", "female")}
    return {}


CORPUS = Corpus(
    name="cremad",
    title="CREMA-D",
    licence="ODbL 1.0, content DbCL 1.0",
    source="https://github.com/CheyneyComputerScience/CREMA-D",
    citation="Cao, Cooper, Keutmann, Gur, Nenkova and Verma, IEEE Trans. Affective Computing 5(4): 377-390, 2014",
    counts=COUNTS,
    speakers=91,
    reader=FileNamePattern(
        pattern=rf"(?P<speaker>10(?:0[1-9]|[1-8]\d|9[01]))_(?P<text>{'|'.join(SENTENCES)})_"
        r"(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<intensity>XX|LO|MD|HI)",
        example="1001_IEO_ANG_HI.wav",
        codes={
            "emotion": {
                "ANG": "angry",
                "DIS": "disgust",
                "FEA": "fearful",
                "HAP": "happy",
                "NEU": "neutral",
                "SAD": "sad",
            },
            "intensity": {"XX": "", "LO": "low", "MD": "medium", "HI": "high"},
        },
        genders=genders,
    ),
    published={
        "speech": Published(
            counts=COUNTS,
            speakers=dict.fromkeys(str(actor) for actor in range(1001, 1092)),
            genders={"male": 48, "female": 43},
        )
    },
    doubtful={"1076_MTI_SAD_XX": "reported as faulty by users (no sound)"}
    | dict.fromkeys(("1076_MTI_NEU_XX", "1064_TIE_SAD_XX", "1064_IEO_DIS_MD"), "reported as faulty by users"),
    hint="get AudioWAV and VideoDemographics.csv from https://github.com/CheyneyComputerScience/CREMA-D with git lfs "
    "(its zip holds pointers only), and name their folder with --data-dir",
    notes="Labels are what the actors were asked for, not what listeners heard. "
    f"Genders are read from {DEMOGRAPHICS} beside the clips and are unknown without it. "
    "Four clips are reported as faulty by its users: 1076_MTI_SAD_XX (no sound), 1076_MTI_NEU_XX, 1064_TIE_SAD_XX "
    "and 1064_IEO_DIS_MD. Which of their files are affected differs (video, MP3 or WAV), so none is left out by "
    "name: a clip that is empty, very short or silent is left out with its reason, as everywhere.",
)
