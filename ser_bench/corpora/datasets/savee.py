"""SAVEE: four men, seven emotions, 15 sentences for each emotion and 30 for neutral.

File names encode speaker (or the speaker's folder), emotion, and the number of the sentence within that emotion.
"""

from __future__ import annotations

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Published, PublishedAudio

EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}
SPEAKERS = ("DC", "JE", "JK", "KL")
COUNTS = dict.fromkeys(EMOTIONS.values(), 60) | {"neutral": 120}

CORPUS = Corpus(
    name="savee",
    title="SAVEE",
    licence="free for research, after registration",
    source="http://kahlan.eps.surrey.ac.uk/savee/",
    citation="Haq and Jackson, Multimodal Emotion Recognition, in: Machine Audition, IGI Global 2010, pp. 398-423",
    bibtex="""\
@incollection{haq2010savee,
  author = {Haq, Sanaul and Jackson, Philip J. B.},
  title = {Multimodal Emotion Recognition},
  booktitle = {Machine Audition: Principles, Algorithms and Systems},
  editor = {Wang, Wenwu},
  publisher = {IGI Global},
  pages = {398--423},
  year = {2010},
}""",
    counts=COUNTS,
    speakers=len(SPEAKERS),
    reader=FileNamePattern(
        pattern=r"(?P<speaker>DC|JE|JK|KL)[_/]"
        r"(?P<text>(?P<emotion>n(?=0[1-9]|[12][0-9]|30)|(?:sa|su|[adfh])(?=0[1-9]|1[0-5]))[0-9][0-9])",
        example="DC_a01.wav, or a01.wav in the folder DC",
        codes={
            "emotion": EMOTIONS,
            # All emotions share the first three sentences; the others are their own.
            "text": {f"{code}{number:02d}": f"common {number}" for code in EMOTIONS for number in (1, 2, 3)},
        },
        genders=dict.fromkeys(SPEAKERS, "male"),
        clip_id="{speaker}_{text}",
        folder_pattern=r"(?P<speaker>DC|JE|JK|KL)",
    ),
    published={
        "speech": Published(
            counts=COUNTS,
            speakers=dict.fromkeys(SPEAKERS, 120),
            genders={"male": 4},
            audio=PublishedAudio(rate=44_100, seconds=(1.631, 7.139), hours=0.5119),  # rate in Info.txt, rest measured
        )
    },
    hint="register at http://kahlan.eps.surrey.ac.uk/savee/ for AudioData.zip, unpack it, "
    "and name its folder with --data-dir",
    notes="All four speakers are men. Sentences differ between emotions except for the first three of each. Some "
    "neutral clips repeat other emotions' sentences under numbers of their own, so the text split does not separate "
    "all wording.",
)
