"""Names of clips in results: absolute paths of a table lose the folders of the machine, and stay distinct."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench import corpora
from ser_bench.core.public_names import public_names

DATA = Path("/home/mia/data")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/x.wav", "b/x.wav"], ["a/x.wav", "b/x.wav"]),
        (["/home/mia/data/a/x.wav", "a/y.wav"], ["a/x.wav", "a/y.wav"]),
        (["/mnt/mia/a/x.wav", "/mnt/mia/b/x.wav"], ["a/x.wav", "b/x.wav"]),
        (["/mnt/mia/a/x.wav"], ["x.wav"]),
        ([r"C:\Users\mia\a\x.wav", r"C:\Users\mia\b\x.wav"], ["a/x.wav", "b/x.wav"]),
        ([r"\\server\mia\a\x.wav", "03-01-07"], ["x.wav", "03-01-07"]),
        (["/mnt/mia/x.wav", "x.wav"], ["mia/x.wav", "x.wav"]),
        (["/x.wav", "x.wav"], ["file 1/x.wav", "x.wav"]),
        (["/mnt/mia/x.wav", "/mnt/mia/x.wav"], ["x.wav", "x.wav"]),
        (["/mnt/mia/s1_sad.wav", "/home/mia/other/s2_sad.wav"], ["s1_sad.wav", "s2_sad.wav"]),
        (["/mnt/one/a/x.wav", "/srv/two/a/x.wav", "/srv/y.wav"], ["one/a/x.wav", "two/a/x.wav", "srv/y.wav"]),
        (["", "."], ["", "."]),
        ([], []),
    ],
)
def test_absolute_paths_keep_as_few_parts_as_tell_them_apart(names, expected):
    assert public_names(names, DATA) == expected


def test_manifest_and_feature_table_with_absolute_paths(tmp_path):
    rows = ["path,speaker,emotion,gender"]
    for speaker, folder in (("a", "one"), ("b", "two"), ("c", "three")):
        for emotion in ("happy", "sad"):
            path = tmp_path / "mia" / folder / f"{emotion}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
            rows.append(f"{path},{speaker},{emotion},female")
    (tmp_path / "elsewhere").mkdir()
    manifest = tmp_path / "elsewhere" / "own.csv"
    manifest.write_text("\n".join(rows) + "\n")
    opened = corpora.open_corpus(str(manifest))
    expected = [f"{folder}/{emotion}.wav" for folder in ("one", "three", "two") for emotion in ("happy", "sad")]
    assert opened.clips["clip"].tolist() == expected
    assert all(Path(path).is_file() for path in opened.clips["path"])
    table = tmp_path / "table.csv"
    features = [f"{row.rpartition(',')[0]},{number}.5" for number, row in enumerate(rows[1:])]
    table.write_text("\n".join(["clip,speaker,emotion,f", *features]))
    assert corpora.open_corpus(str(table)).clips["clip"].tolist() == expected
