"""RAVDESS: 24 actors, 8 emotions, two sentences, spoken and sung.

File names encode modality (03, audio only), vocal channel, emotion, intensity, sentence, repetition and actor.
"""

from __future__ import annotations

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Archive, Published, PublishedAudio

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
SPEECH = dict.fromkeys(EMOTIONS, 192) | {"neutral": 96}
SONGS = dict.fromkeys(EMOTIONS[1:6], 184) | {"neutral": 92}
RATE = 48_000
"""Sampling rate in Hz, as the page on Zenodo states it."""
GENDERS = {f"{actor:02d}": "male" if actor % 2 else "female" for actor in range(1, 25)}

CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS",
    licence="CC BY-NC-SA 4.0",
    licence_terms="not for commercial use, share alike, name the authors",
    source="https://zenodo.org/records/1188976",
    citation="Livingstone and Russo, PLoS ONE 13(5): e0196391, 2018",
    bibtex="""\
@article{livingstone2018ravdess,
  author = {Livingstone, Steven R. and Russo, Frank A.},
  title = {The {Ryerson} Audio-Visual Database of Emotional Speech and Song ({RAVDESS}):
           A dynamic, multimodal set of facial and vocal expressions in {North American English}},
  journal = {PLoS ONE},
  volume = {13},
  number = {5},
  pages = {e0196391},
  year = {2018},
  doi = {10.1371/journal.pone.0196391},
}""",
    counts=SPEECH,
    speakers=24,
    reader=FileNamePattern(
        pattern=r"03-(?P<part>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<text>0[12])-0[12]-"
        r"(?P<speaker>0[1-9]|1[0-9]|2[0-4])",
        example="03-01-05-01-02-01-12.wav",
        codes={
            "part": {"01": "speech", "02": "song"},
            "emotion": {f"{number:02d}": emotion for number, emotion in enumerate(EMOTIONS, 1)},
            "intensity": {"01": "normal", "02": "strong"},
            "text": {"01": "kids", "02": "dogs"},
        },
        genders=GENDERS,
        folder_pattern=r"Actor_(?P<speaker>0[1-9]|1[0-9]|2[0-4])",
    ),
    archives=(
        Archive(
            name="Audio_Speech_Actors_01-24.zip",
            url="https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",
            folder="speech",
            part="speech",
            clips=1440,
            clip_names="03-01-*.wav",
            size=208_468_073,
            md5="bc696df654c87fed845eb13823edef8a",
            unpacked_limit=800_000_000,
        ),
        Archive(
            name="Audio_Song_Actors_01-24.zip",
            url="https://zenodo.org/records/1188976/files/Audio_Song_Actors_01-24.zip?download=1",
            folder="song",
            part="song",
            clips=1012,  # 23 actors: number 18 did not sing
            clip_names="03-02-*.wav",
            size=225_505_317,
            md5="5411230427d67a21e18aa4d466e6d1b9",
            unpacked_limit=800_000_000,
        ),
    ),
    published={
        "speech": Published(
            counts=SPEECH,
            speakers=dict.fromkeys(GENDERS, 60),
            genders={"male": 12, "female": 12},
            audio=PublishedAudio(rate=RATE, seconds=(2.936, 5.272), hours=1.4803),  # durations measured
        ),
        "song": Published(  # actor 18 did not sing
            counts=SONGS,
            speakers={actor: 44 for actor in GENDERS if actor != "18"},
            genders={"male": 12, "female": 11},
            audio=PublishedAudio(rate=RATE),
        ),
    },
    hint=(
        "run: ser-bench download ravdess; or unpack Audio_Speech_Actors_01-24.zip from "
        "https://zenodo.org/records/1188976 and name its folder with --data-dir"
    ),
    notes="Counts are those of the speech; --part song or all adds the songs (1,012 clips; actor 18 did not sing).",
)
