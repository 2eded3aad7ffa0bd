"""TESS: an older and a younger woman say 200 words, after "Say the word", in seven emotions.

File names encode speaker, word and emotion.
"""

from __future__ import annotations

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Published

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",  # pleasant surprise
    "sad": "sad",
}
COUNTS = dict.fromkeys(EMOTIONS.values(), 400)
SPEAKERS = ("OAF", "YAF")

CORPUS = Corpus(
    name="tess",
    title="TESS",
    licence="CC BY-NC-ND 4.0",
    source="https://tspace.library.utoronto.ca/handle/1807/24487",
    citation="Pichora-Fuller and Dupuis, Toronto emotional speech set (TESS), 2020, doi:10.5683/SP2/E8H2MF",
    bibtex="""\
@data{pichorafuller2020tess,
  author = {Pichora-Fuller, M. Kathleen and Dupuis, Kate},
  title = {{Toronto} emotional speech set ({TESS})},
  publisher = {Borealis},
  year = {2020},
  doi = {10.5683/SP2/E8H2MF},
}""",
    counts=COUNTS,
    speakers=2,
    reader=FileNamePattern(
        pattern=r"(?P<speaker>OAF?|YAF)_(?P<text>[a-z]+)_"
        r"(?P<emotion>angry|disgust|fear|happy|neutral|ps|pleasant_surprised?|sad)",
        example="OAF_back_angry.wav",
        codes={"emotion": EMOTIONS},
        genders=dict.fromkeys(SPEAKERS, "female"),
        # OA_bite_neutral.wav is a typo of the publisher.
        spellings={"OA": "OAF", "pleasant_surprise": "ps", "pleasant_surprised": "ps"},
        clip_id="{speaker}_{text}_{emotion}",
        folder_pattern=r"(?P<speaker>OAF|YAF)_(?P<emotion>(?i:angry|disgust|fear|happy|neutral|ps|pleasant_surprised?|sad))",
    ),
    published={"speech": Published(counts=COUNTS, speakers=dict.fromkeys(SPEAKERS, 1400), genders={"female": 2})},
    hint="get its clips from https://tspace.library.utoronto.ca/handle/1807/24487 or "
    "https://doi.org/10.5683/SP2/E8H2MF, and name their folder with --data-dir",
    notes="Two speakers allow only two folds of whole speakers (--folds 2), which say little about a third voice. "
    "Some mirrors hold every clip twice, in a nested folder; each clip counts once.",
)
