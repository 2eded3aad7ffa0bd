"""CREMA-D: 91 actors, six emotions and twelve sentences, one with three intensities.

File names encode actor, sentence, emotion and level. A table beside the clips gives the actors' genders.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Published, PublishedAudio

SENTENCES = ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")
COUNTS = dict.fromkeys(("happy", "sad", "angry", "fearful", "disgust"), 1271) | {"neutral": 1087}
DEMOGRAPHICS = "VideoDemographics.csv"
FAULTY = ("1076_MTI_NEU_XX", "1064_TIE_SAD_XX", "1064_IEO_DIS_MD")


def genders(folder: Path) -> dict[str, str]:
    """Read the actors' genders from the corpus's own table.

    Parameters
    ----------
    folder
        The folder of the clips; the table may be in, above or below it.

    Returns
    -------
    dict
        ``male`` or ``female`` by actor; empty without the table.
    """
    base = folder.absolute()
    for table in itertools.chain((base / DEMOGRAPHICS, base.parent / DEMOGRAPHICS), base.rglob(DEMOGRAPHICS)):
        try:
            with table.open(encoding="utf-8-sig", newline="") as file:
                rows = [{str(k).strip(): str(v).strip() for k, v in row.items()} for row in csv.DictReader(file)]
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
    bibtex="""\
@article{cao2014cremad,
  author = {Cao, Houwei and Cooper, David G. and Keutmann, Michael K. and Gur, Ruben C.
            and Nenkova, Ani and Verma, Ragini},
  title = {{CREMA-D}: Crowd-Sourced Emotional Multimodal Actors Dataset},
  journal = {IEEE Transactions on Affective Computing},
  volume = {5},
  number = {4},
  pages = {377--390},
  year = {2014},
  doi = {10.1109/TAFFC.2014.2336244},
}""",
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
            audio=PublishedAudio(rate=16_000),  # of AudioWAV; https://huggingface.co/datasets/Emo-Codec/CREMA-D_synth
        )
    },
    doubtful={"1076_MTI_SAD_XX": "reported as faulty by users (no sound)"}
    | dict.fromkeys(FAULTY, "reported as faulty by users"),
    hint="get AudioWAV and VideoDemographics.csv from https://github.com/CheyneyComputerScience/CREMA-D with git lfs "
    "(its zip holds pointers only), and name their folder with --data-dir",
    notes="Labels are the intended emotions, not those that listeners perceived. "
    f"The genders come from {DEMOGRAPHICS} beside the clips and are unknown without it. "
    "Users report four faulty clips: 1076_MTI_SAD_XX (no sound), 1076_MTI_NEU_XX, 1064_TIE_SAD_XX and "
    "1064_IEO_DIS_MD. The affected files differ (video, MP3 or WAV), so ser-bench skips none of them by name, but "
    "every clip that is empty, very short or silent.",
)
