"""SAVEE: four men, seven emotions, 15 sentences for each emotion and 30 for neutral.

Names are speaker (or the speaker's folder), emotion, and the number of the sentence within that emotion.
"""

from __future__ import annotations

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Published

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
    counts=COUNTS,
    speakers=len(SPEAKERS),
    reader=FileNamePattern(
        pattern=r"(?P<speaker>DC|JE|JK|KL)[_/]"
        r"(?P<text>(?P<emotion>n(?=0[1-9]|[12][0-9]|30)|(?:sa|su|[adfh])(?=0[1-9]|1[0-5]))[0-9][0-9])",
        example="DC_a01.wav, or a01.wav in the folder DC",
        codes={
            "emotion": EMOTIONS,
            # The first three sentences of each emotion are the same ones, the others are its own.
            "text": {f"{code}{number:02d}": f"common {number}" for code in EMOTIONS for number in (1, 2, 3)},
        },
        genders=dict.fromkeys(SPEAKERS, "male"),
        clip_id="{speaker}_{text}",
        folder_pattern=r"(?P<speaker>DC|JE|JK|KL)",
    ),
    published={"speech": Published(counts=COUNTS, speakers=dict.fromkeys(SPEAKERS, 120), genders={"male": 4})},
    hint="register at http://kahlan.eps.surrey.ac.uk/savee/ for AudioData.zip, unpack it, "
    "and name its folder with --data-dir",
    notes="All four speakers are men, so it says nothing of women's voices. "
    "Sentences differ between emotions but for the first three of each. Some neutral ones are other emotions' "
    "own sentences under a number of their own, so the text split does not part all of the wording.",
)
