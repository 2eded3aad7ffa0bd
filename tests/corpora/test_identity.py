"""Which published recordings a corpus holds."""

from __future__ import annotations

import pandas as pd
import pytest

from ser_bench.corpora import open_corpus
from ser_bench.corpora.identity import coded_corpora, identities

EXAMPLES = {
    "ravdess": "03-01-05-01-02-01-12.wav",
    "emodb": "03a01Fa.wav",
    "savee": "DC/a01.wav",
    "tess": "OAF_back_angry.wav",
    "cremad": "1001_IEO_ANG_HI.wav",
}


@pytest.mark.parametrize(("corpus", "path"), EXAMPLES.items())
def test_copied_clips_keep_the_code_of_their_corpus(corpus, path):
    assert coded_corpora([f"copies/{path}", "copies/other.wav"]) == (corpus,)


@pytest.mark.parametrize(("corpus", "path"), EXAMPLES.items())
def test_copies_with_a_longer_name_keep_it(corpus, path):
    stem = path.replace("/", "_").removesuffix(".wav")
    longer = [f"16k_{stem}.flac", f"{stem}_16k.wav", f"copies/{stem.lower()}.wav", f"{corpus}-{stem.upper()}.wav"]
    assert [coded_corpora([name]) for name in longer] == [(corpus,)] * 4


@pytest.mark.parametrize("path", ["203-01-05-01-02-01-12.wav", "103a01Fab.wav", "boaf_back_angry.wav", "s1/a01.wav"])
def test_part_of_a_word_is_no_code(path):
    assert coded_corpora([path]) == ()


def test_a_few_names_of_many_prove_nothing():
    own = [f"anna-{number}.wav" for number in range(99)]
    assert coded_corpora([*own, "03a01Fa.wav"]) == ()


def test_of_many_names_a_sample_is_compared():
    copied = [f"03-01-05-01-02-01-{1 + number % 24:02d}.wav" for number in range(2_500)]
    assert coded_corpora([*copied, *(f"anna-{number}.wav" for number in range(20_000))]) == ("ravdess",)
    assert coded_corpora([]) == ()


def test_a_manifest_is_not_a_known_corpus_even_with_its_name(tmp_path):
    names = ["03-01-05-01-02-01-12.wav", "03-01-03-01-02-01-11.wav"]
    table = pd.DataFrame({"path": names, "speaker": ["12", "11"], "emotion": ["angry", "happy"]})
    for name in names:
        (tmp_path / name).touch()
    table.to_csv(tmp_path / "tess.csv", index=False)
    identity = identities(open_corpus(str(tmp_path / "tess.csv")))["tess"]
    assert identity.names == ("tess", "ravdess")
    assert not identity.known
