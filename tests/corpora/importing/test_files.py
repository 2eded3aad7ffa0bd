"""Every visible file of a folder is a clip, or counted with a reason."""

from __future__ import annotations

from collections import Counter

import pytest

from ser_bench.core.errors import CorpusError
from ser_bench.corpora import importing
from ser_bench.corpora.importing import Choices, import_clips
from ser_bench.corpora.importing.files import scan


def test_no_file_of_a_mixed_folder_is_lost_in_silence(tree):
    clips = ("a.wav", "b.FLAC", "c.nist", "d.mp2", "e.m4b", "f.3gp", "g.voc", "h.mka", "i.wma")
    unused = ("a.mp4", "c.mkv", "x.mov", "y.avi", "z.pcm", "n.txt", "n.TextGrid", "m.txt", "Makefile")
    scanned = scan(tree(*clips, *unused))
    assert tuple(file.name for file in scanned.files) == clips
    assert Counter(p.reason.split(";")[0] for p in scanned.left_out) == {
        "another format of a clip beside it": 2,
        "a video beside audio files": 2,
        "samples without a header": 1,
    }
    assert scanned.others == {".txt": 2, ".textgrid": 1, "no extension": 1}
    assert len(clips) + len(scanned.left_out) + sum(scanned.others.values()) == len(clips + unused)


def test_the_preview_counts_files_that_are_not_audio(tree):
    imported = import_clips(tree("sad/a.wav", "angry/b.wav", "notes.txt", "sad/a.lab", "angry/b.lab"), Choices())
    assert importing.preview(imported).endswith("files that are not audio: .lab (2), .txt (1)")


def test_a_folder_without_audio_says_what_it_has(tree):
    with pytest.raises(CorpusError, match=r"no audio file below .*; it has \.zip \(2\), \.txt \(1\)"):
        scan(tree("a.zip", "b.zip", "readme.txt"))
