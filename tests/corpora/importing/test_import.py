"""Folders without a manifest: labels and speakers from folders, names, codes and tables; guesses stay guesses."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

import ser_bench
from ser_bench.core.errors import ConfigError, CorpusError, ExportError, UnknownNameError
from ser_bench.corpora import importing, open_corpus
from ser_bench.corpora.emotion_words import emotion_of, emotions_of_letters
from ser_bench.corpora.importing import Choices, Imported, import_clips
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.paths.patterns import parse_pattern

FOUR = ("angry", "happy", "sad", "neutral")


def read(folder: Path, **stated) -> Imported:
    return import_clips(folder, Choices(**stated))


def by_name(imported: Imported, column: str) -> dict[str, str]:
    return {Path(row["path"]).name: row.get(column, "") for row in imported.rows}


def write_table(path: Path, header: str, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("word", "emotion"),
    [
        *(("ANG", "angry"), ("anger", "angry"), ("Wut", "angry"), ("Aerger", "angry"), ("colère", "angry")),
        *(("Pleasant_surprise", "surprised"), ("ps", "surprised"), ("FEAR", "fearful"), ("gioia", "happy")),
        *(("tristeza", "sad"), ("愤怒", "angry"), ("悲しみ", "sad"), ("기쁨", "happy"), ("خوف", "fearful")),
        *(("contempt", "contempt"), ("EXC", "excited"), ("W", ""), ("05", ""), ("kids", ""), ("", "")),
    ],
)
def test_words_and_codes_of_emotions(word, emotion):
    assert emotion_of(word) == emotion


def test_letters_are_emotions_only_where_one_language_has_all_of_them():
    assert emotions_of_letters("WLEAFTN")["A"] == "fearful"
    assert emotions_of_letters("AHSN") == {"A": "angry", "H": "happy", "S": "sad", "N": "neutral"}
    assert emotions_of_letters("AFN") == {}  # English or German
    assert emotions_of_letters("ABCD") == {}


def test_training_and_test_folders_are_not_labels_and_share_speakers(tree):
    names = product(("train", "test"), ("angry", "sad"), ("Actor_01", "Actor_02"), (1, 2))
    imported = read(tree(*(f"{part}/{emotion}/{actor}/{take}.wav" for part, emotion, actor, take in names)))
    assert Counter(row["emotion"] for row in imported.rows) == {"angry": 8, "sad": 8}
    assert {row["speaker"] for row in imported.rows} == {"Actor_01", "Actor_02"}
    assert not imported.guesses  # the names say so
    assert "2 of 2 speakers are in several" in " ".join(imported.warnings)


def test_speakers_of_mixed_published_corpora_stay_apart(tree):
    folder = tree(
        *("angry/03-01-05-01-01-01-01.wav", "angry/1001_DFA_ANG_XX.wav", "angry/OAF_back_angry.wav"),
        *("sad/03-01-04-01-01-01-01.wav", "sad/1001_DFA_SAD_XX.wav", "sad/OAF_back_sad.wav"),
        *("sad/01_sad_1.wav", "sad/01_sad_2.wav", "angry/01_angry_1.wav", "angry/02_angry_2.wav"),
    )
    imported = read(folder)
    speakers = by_name(imported, "speaker")
    assert speakers["03-01-05-01-01-01-01.wav"] == "RAVDESS-01"
    assert speakers["1001_DFA_ANG_XX.wav"] == "CREMA-D-1001"
    assert by_name(imported, "gender")["OAF_back_angry.wav"] == "female"
    assert speakers["01_sad_1.wav"] == ""  # numbers alone are not speakers
    assert set(by_name(imported, "emotion").values()) == {"angry", "sad"}


def test_a_published_corpus_alone_is_read_as_by_its_own_reader(tree):
    imported = read(tree("wav/03a01Fa.wav", "wav/08b10Wa.wav"))
    assert by_name(imported, "emotion") == {"03a01Fa.wav": "happy", "08b10Wa.wav": "angry"}
    assert by_name(imported, "speaker") == {"03a01Fa.wav": "03", "08b10Wa.wav": "08"}
    assert by_name(imported, "text")["08b10Wa.wav"] == "b10"


def test_songs_beside_speech_are_left_out_and_named(tree):
    imported = read(tree("03-01-05-01-01-01-01.wav", "03-01-04-01-01-01-01.wav", "03-02-05-01-01-01-01.wav"))
    assert len(imported.rows) == 2
    assert [p.reason for p in imported.left_out] == ["a song beside speech; import its folder alone to use it"]


def test_copies_in_nested_folders_of_a_mirror_count_once(tree):
    names = ("angry/OAF_back_angry.wav", "sad/OAF_back_sad.wav", "angry/03-02-05-01-01-01-01.wav")
    folder = tree(*names, *(f"TESS/{name}" for name in names))
    (folder / "TESS/sad/OAF_back_sad.wav").write_bytes(b"RIFF and more")
    imported = read(folder)
    assert Counter(by_name(imported, "emotion").values()) == {"angry": 1, "sad": 1}
    reasons = Counter(p.reason.split(";")[0] for p in imported.left_out)
    assert reasons == {"a copy of another clip by name and size": 1, "a song beside speech": 2}


def test_the_speaker_of_iemocap_is_the_last_letter_not_the_start(tree):
    write_table(
        tree("Ses01F_impro01_F000.wav", "Ses01F_impro01_M000.wav", "Ses01F_impro01_M001.wav") / "labels.csv",
        "path,emotion",
        *("Session1/x/Ses01F_impro01_F000.wav,neu", "Session1/x/Ses01F_impro01_M000.wav,ang"),
        "Session1/x/Ses01F_impro01_M001.wav,xxx",
    )
    imported = read(tree())
    assert by_name(imported, "speaker") == {
        "Ses01F_impro01_F000.wav": "Ses01_F", "Ses01F_impro01_M000.wav": "Ses01_M"
    }  # fmt: skip
    assert [p.reason for p in imported.left_out] == ["no label: labels.csv says xxx"]


def test_a_folder_that_merges_emotions_wins_and_a_single_contradiction_is_left_out(tree):
    calm = [f"neutral/03-01-02-01-01-01-{actor:02d}.wav" for actor in range(1, 5)]
    happy = [f"happy/03-01-03-01-01-01-{actor:02d}.wav" for actor in range(1, 25)]
    imported = read(tree(*calm, *happy, "happy/03-01-05-01-01-01-01.wav"))
    assert Counter(row["emotion"] for row in imported.rows) == {"neutral": 4, "happy": 24}
    assert "the folder neutral holds 4 clips whose names say calm" in " ".join(imported.warnings)
    assert [p.reason for p in imported.left_out] == ["the folder says happy, the name says angry"]


@pytest.mark.parametrize(
    ("legend", "text"),
    [
        ("labels.txt", "1: angry\n2: happy\n3 sad\n"),
        ("legend.csv", "code,emotion\n01,Wut\n02,Freude\n03,Trauer\n"),
        ("classes.json", '{"angry": 1, "happy": 2, "sad": 3}'),
    ],
)
def test_numbered_folders_get_the_emotions_of_a_legend(tree, legend, text):
    folder = tree(*(f"{code}/{take}.wav" for code in ("1", "2", "3") for take in (1, 2)))
    if legend.endswith("csv"):
        for code in ("1", "2", "3"):
            (folder / code).rename(folder / f"0{code}")
    (folder / legend).write_text(text)
    imported = read(folder)
    assert Counter(row["emotion"] for row in imported.rows) == {"angry": 2, "happy": 2, "sad": 2}
    assert legend in imported.columns["emotion"].source


def test_codes_without_a_legend_are_refused_until_the_user_states_them(tree):
    folder = tree(*(f"{code}/{take}.wav" for code in "123" for take in "ab"))
    with pytest.raises(CorpusError, match="--map-emotions"):
        read(folder)
    imported = read(folder, meanings={"1": "angry", "2": "sad", "3": "joy"})
    assert Counter(row["emotion"] for row in imported.rows) == {"angry": 2, "sad": 2, "happy": 2}


def test_a_table_beside_the_samples(tree):
    write_table(
        tree("samples/0001.wav", "samples/0002.wav", "samples/0003.wav") / "data.tsv",
        "audio\tspk\tlabel\tsex\tsentence",
        *("/home/x/samples/0001.wav\ta\tWUT\tf\thello, you", "C:\\x\\samples\\0002.wav\tb\tsad\tM\tyes"),
        "samples/0009.wav\tb\tsad\tM\tyes",
    )
    imported = read(tree())
    assert by_name(imported, "emotion") == {"0001.wav": "angry", "0002.wav": "sad"}
    assert by_name(imported, "gender") == {"0001.wav": "female", "0002.wav": "male"}
    assert by_name(imported, "text")["0001.wav"] == "hello, you"
    assert Counter(p.kind for p in imported.left_out) == {"row": 1, "clip": 1}


def test_equal_names_in_the_folders_of_several_tables_are_not_mixed_up(tree):
    header = "Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID"
    names = [f"{part}/dia0_utt{number}.wav" for part in ("train", "dev") for number in (0, 1)]
    write_table(tree(*names) / "train_sent_emo.csv", header, "a,Joey,joy,0,0", "b,Ross,anger,0,1")
    write_table(tree() / "dev_sent_emo.csv", header, "a,Ross,sadness,0,0", "b,Joey,joy,0,1")
    rows = {Path(row["path"]).relative_to(tree()).as_posix(): row for row in read(tree()).rows}
    assert rows["train/dia0_utt0.wav"]["emotion"] == "happy"
    assert rows["dev/dia0_utt0.wav"]["emotion"] == "sad"
    assert rows["dev/dia0_utt1.wav"]["speaker"] == "Joey"


def test_columns_of_a_table_are_stated_with_map(tree):
    write_table(
        tree("one.wav", "two.wav") / "t.csv", "f;perceived;intended;who", "one;sad;angry;a", "two;happy;happy;b"
    )
    with pytest.raises(ConfigError, match="perceived and intended, and differ in 1 rows"):
        read(tree(), tables=(tree() / "t.csv",))
    mapping = importing.parse_mapping("emotion=intended,speaker=who,text={f}-{who}")
    imported = read(tree(), tables=(tree() / "t.csv",), mapping=mapping)
    assert by_name(imported, "emotion") == {"one.wav": "angry", "two.wav": "happy"}
    assert by_name(imported, "text")["one.wav"] == "one-a"
    with pytest.raises(ConfigError, match="has no column 'whom'; it has f, perceived"):
        read(tree(), tables=(tree() / "t.csv",), mapping={"speaker": "whom"})
    with pytest.raises(UnknownNameError):
        importing.parse_mapping("spk=who")


def test_a_table_with_a_json_object_on_each_line(tree):
    lines = ('{"file_name": "a.wav", "label": "sad", "speaker": 7}', '{"file_name": "b.wav", "label": "angry"}')
    (tree("train/a.wav", "train/b.wav") / "train" / "metadata.jsonl").write_text("\n".join(lines))
    assert by_name(read(tree()), "emotion") == {"a.wav": "sad", "b.wav": "angry"}
    assert by_name(read(tree()), "speaker") == {"a.wav": "7", "b.wav": ""}


def test_tables_in_hidden_folders_are_not_read(tree):
    write_table(tree("sad/1.wav", "angry/2.wav") / ".cache" / "t.csv", "file,label", "1,happy", "2,calm")
    assert by_name(read(tree()), "emotion") == {"1.wav": "sad", "2.wav": "angry"}


def test_a_table_about_other_files_is_no_obstacle(tree):
    write_table(tree("sad/1x.wav", "angry/2x.wav") / "scores.csv", "run,label", "7,0", "8,1")
    assert by_name(read(tree()), "emotion") == {"1x.wav": "sad", "2x.wav": "angry"}


def test_a_workbook_and_a_folder_of_videos(tree):
    (tree("a.mp4", "b.mp4") / "labels.xlsx").write_bytes(b"PK")
    with pytest.raises(CorpusError, match=r"labels.xlsx is not read; save it as 'CSV UTF-8'"):
        read(tree())
    assert len(read(tree("sad.mp4", "angry.mp4")).rows) == 2


def test_rows_that_contradict_each_other_leave_the_clip_out(tree):
    write_table(
        tree("a.wav", "b.wav", "c.wav") / "t.csv", "file,emotion", "a,sad", "a,angry", "b,sad", "c,angry", "b,sad"
    )
    imported = read(tree())
    assert by_name(imported, "emotion") == {"b.wav": "sad", "c.wav": "angry"}
    assert "rows contradict each other: angry and sad" in {p.reason for p in imported.left_out}


def test_the_emotion_as_a_field_of_the_name_and_genders_that_find_the_speaker(tree):
    people = (("OISHI", "01"), ("MITA", "02"), ("RIFAT", "01"), ("NASIR", "02"))
    speakers = [("male" if name in ("RIFAT", "NASIR") else "female", number, name) for name, number in people]
    names = [
        f"{gender}_{number}_{name}_S_{sentence}_{emotion.upper()}_1.wav"
        for (gender, number, name), sentence, emotion in product(speakers, (1, 2, 3), FOUR)
    ]
    imported = read(tree(*names))
    assert {row["speaker"] for row in imported.rows} == {"OISHI", "MITA", "RIFAT", "NASIR"}
    assert "field 6 of the file name" in imported.columns["emotion"].source
    assert {row["gender"] for row in imported.rows} == {"female", "male"}
    assert imported.guesses == ("speaker",)


def test_numbers_with_one_gender_each_are_a_guess(tree):
    names = [f"{('female', 'male')[n % 2]}_{n:02d}_{e}_{take}.wav" for n, e, take in product(range(4), FOUR, (1, 2))]
    imported = read(tree(*names))
    assert {row["speaker"] for row in imported.rows} == {"00", "01", "02", "03"}
    assert imported.guesses == ("speaker",)


def test_speaker_and_emotion_in_one_folder_name(tree):
    imported = read(
        tree(*(f"{s}_{e}/{w}.wav" for s, e, w in product(("OLD", "YNG"), ("Pleasant_surprise", "Fear"), "123")))
    )
    assert {row["speaker"] for row in imported.rows} == {"OLD", "YNG"}
    assert {row["emotion"] for row in imported.rows} == {"surprised", "fearful"}
    assert imported.guesses == ("speaker",)


def test_sessions_below_speakers_and_languages_above_are_not_speakers(tree):
    voices = (("de", "anna"), ("de", "ben"), ("en", "cleo"), ("en", "dan"))
    names = [f"{lang}/{who}/{s}/{e}-1.wav" for (lang, who), s, e in product(voices, ("s1", "s2"), ("angry", "sad"))]
    imported = read(tree(*names))
    assert {row["speaker"] for row in imported.rows} == {"anna", "ben", "cleo", "dan"}
    assert imported.guesses == ("speaker",)


@pytest.mark.parametrize(
    "names",
    [
        [f"{a}_{b}_{e}_1.wav" for a, b, e in product(("alpha", "beta"), ("one", "two"), FOUR)],
        [f"{e}_{v}_{w}.wav" for e, v, w in product(FOUR, "AB", ("abajo", "basta"))],
        [f"{e}/{take:03d}.wav" for e, take in product(FOUR, range(4))],
        [f"{e}/t{take:03d}.wav" for e, take in product(FOUR, range(4))],
        [f"session{s}/{e}_{take}.wav" for s, e, take in product((1, 2), FOUR, (1, 2))],
        [f"{s}/{e}_1.wav" for s, e in product("123", FOUR)],
    ],
    ids=("two words", "words after letters", "takes", "lettered takes", "sessions", "numbers"),
)
def test_an_unclear_speaker_stays_unknown(tree, names):
    imported = read(tree(*names))
    assert all("speaker" not in row for row in imported.rows)
    assert "no speaker is known" in importing.warnings(imported)[0]


def test_codes_with_both_genders_name_speakers(tree):
    imported = read(tree(*(f"{s}/{e}1.wav" for s, e in product(("F01", "M02"), FOUR))))
    assert Counter(row["gender"] for row in imported.rows) == {"female": 4, "male": 4}
    assert imported.guesses == ("speaker",)  # or microphones


def test_two_positions_that_name_different_emotions_are_refused(tree):
    with pytest.raises(CorpusError, match="two positions name an emotion"):
        read(tree(*(f"{a}/{b}_{i}.wav" for a, b, i in product(("angry", "sad"), ("sad", "angry"), "xyz"))))
    labels = by_name(read(tree(), label="name"), "emotion")
    assert labels["sad_x.wav"] == "sad"


def test_label_folder_keeps_unknown_names_as_labels(tree):
    folder = tree(*(f"{e}/{i}.wav" for e, i in product(("stressed", "rested"), "xyz")))
    with pytest.raises(CorpusError, match="--label folder"):
        read(folder)
    assert {row["emotion"] for row in read(folder, label="folder").rows} == {"stressed", "rested"}


def test_unused_columns_and_unreadable_tables_are_named(tree):
    write_table(tree("a.wav", "b.wav") / "t.csv", "file,emotion,f1,f2", "a,sad,1,2", "b,angry,3,4")
    assert read(tree()).warnings == ("t.csv: f1, f2 are not used",)
    write_table(tree() / "t.csv", "file,emotion,emotion", "a,sad,sad", "b,angry,angry")
    with pytest.raises(CorpusError, match=r"not used: invalid table .*both named 'emotion'"):
        read(tree())


def test_a_named_table_wins_over_the_names_of_a_published_corpus(tree):
    names = ("03-01-05-01-01-01-01.wav", "03-01-03-01-01-01-02.wav")
    write_table(tree(*names) / "perceived.csv", "file,emotion", f"{names[0]},sad", f"{names[1]},happy")
    assert by_name(read(tree()), "emotion")[names[0]] == "angry"
    imported = read(tree(), tables=(tree() / "perceived.csv",))
    assert by_name(imported, "emotion")[names[0]] == "sad"
    assert by_name(imported, "speaker")[names[0]] == "01"


def test_numbers_in_a_table_need_a_meaning(tree):
    write_table(tree("a.wav", "b.wav") / "t.csv", "file,label", "a,0", "b,1")
    with pytest.raises(ConfigError, match=r"the column label of .* holds numbers \(0, 1\)"):
        read(tree())
    assert by_name(read(tree(), meanings={"0": "sad", "1": "calm"}), "emotion") == {"a.wav": "sad", "b.wav": "calm"}


def test_numbers_around_an_emotion_are_not_its_spelling(tree):
    imported = read(tree(*(f"{number} - {e}/{number}.wav" for number, e in enumerate(("fear", "Wut")))))
    assert set(imported.spellings) == {("fear", "fearful"), ("Wut", "angry")}


def test_a_folder_without_visible_characters_is_no_label(tree):
    imported = read(tree("\N{ZERO WIDTH SPACE}/a.wav", "calm voice/b.wav"), label="folder")
    assert by_name(imported, "emotion") == {"b.wav": "calm voice"}
    assert [p.reason for p in imported.left_out] == ["no emotion in its path"]


def test_unknown_words_beside_emotions_are_kept_and_listed(tree):
    imported = read(tree(*(f"{e}/{i}.wav" for e, i in product((*FOUR, "whisper"), "xyz"))))
    assert Counter(row["emotion"] for row in imported.rows)["whisper"] == 3
    assert "not known as emotions, kept as labels: whisper (3)" in imported.warnings


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        ("{speaker}_{emotion}_{n}", "x/anna_sad_01.wav", {"speaker": "anna", "emotion": "sad"}),
        ("{speaker}_{emotion}_{n}", "anna_b_sad_01.wav", None),
        ("{speaker}_{emotion}_*", "anna_sad_0_1.wav", {"speaker": "anna", "emotion": "sad"}),
        ("{speaker}/{}/{emotion}-*", "de/anna/s1/sad-1.wav", {"speaker": "anna", "emotion": "sad"}),
        ("{speaker}\\{emotion}-*.wav", "anna/sad-1.wav", {"speaker": "anna", "emotion": "sad"}),
        ("{speaker:2}{text:3}{emotion:1}{}", "03a01Fa.wav", {"speaker": "03", "text": "a01", "emotion": "F"}),
        ("{speaker}/{speaker}_{emotion}", "cor/01_sad.wav", {"speaker": "cor-01", "emotion": "sad"}),
        ("{speaker}/{emotion}", "sad.wav", None),
    ],
)
def test_patterns(pattern, path, values):
    file = AudioFile(Path(path), path, Path(path).parts[:-1], Path(path).stem)
    assert parse_pattern(pattern).values(file) == values


@pytest.mark.parametrize("pattern", ["{n}_*", "{speaker", "speaker_emotion"])
def test_invalid_patterns_are_refused(pattern):
    with pytest.raises(ConfigError, match="invalid pattern"):
        parse_pattern(pattern)


def test_a_pattern_names_what_does_not_match_it(tree):
    folder = tree("anna_sad_1.wav", "ben_wut_1.wav", "intro.wav")
    imported = read(folder, pattern="{speaker}_{emotion}_{n}")
    assert by_name(imported, "emotion") == {"anna_sad_1.wav": "sad", "ben_wut_1.wav": "angry"}
    assert [Path(p.path).name for p in imported.left_out] == ["intro.wav"]
    with pytest.raises(ConfigError, match=r"no file matches .*anna_sad_1"):
        read(folder, pattern="{speaker}-{emotion}")


def test_codes_at_the_emotion_of_a_pattern(tree):
    folder = tree(*(f"{s}{e}1.wav" for s, e in product(("x", "y"), "WFTN")))
    imported = read(folder, pattern="{speaker:1}{emotion:1}*")
    assert set(imported.spellings) >= {("W", "angry"), ("T", "sad")}
    assert imported.guesses == ("emotion",)  # letters of German
    meanings = {"W": "angry", "F": "joy"}
    with pytest.raises(ConfigError, match="--map-emotions has no emotion for N, T; add N=EMOTION"):
        read(folder, pattern="{speaker:1}{emotion:1}*", meanings=meanings)
    stated = read(folder, pattern="{speaker:1}{emotion:1}*", meanings={**meanings, "T": "sad", "N": "whisper"})
    assert Counter(row["emotion"] for row in stated.rows) == {"angry": 2, "happy": 2, "sad": 2, "whisper": 2}
    assert stated.guesses == ()


def test_pointers_empty_files_second_formats_and_hidden_files(tree):
    folder = tree("a_sad.wav", "b_angry.wav", "a_sad.mp3", ".hidden.wav", "__MACOSX/a_sad.wav")
    (folder / "c_sad.wav").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    (folder / "d_sad.wav").write_bytes(b"")
    imported = read(folder)
    assert sorted(by_name(imported, "emotion")) == ["a_sad.wav", "b_angry.wav"]
    reasons = {Path(p.path).name: p.reason.split(";")[0] for p in imported.left_out}
    assert reasons == {
        "c_sad.wav": "Git LFS pointer, not audio",
        "d_sad.wav": "empty file",
        "a_sad.mp3": "another format of a clip beside it",
    }


def test_a_folder_of_pointers_is_called_that(tree):
    (tree("a.wav") / "a.wav").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(CorpusError, match="1 of 1: Git LFS pointer"):
        read(tree())


def test_the_manifest_opens_and_its_paths_are_relative_to_it(tree, tmp_path):
    names = [f"Ünï, {who}/F0{i}/{e}, 1.wav" for who, i, e in product(("é",), (1, 2), FOUR)]
    names += [name.replace("F0", "M0") for name in names]
    output = tmp_path / "lists" / "corpus.csv"
    assert importing.write_manifest(read(tree(*names)), output)
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["path"].startswith("../tree/")
    opened = open_corpus(str(output))
    assert (len(opened.clips), opened.problems) == (16, ())
    assert set(opened.clips["gender"]) == {"female", "male"}


def test_an_existing_file_is_replaced_only_on_request(tree, tmp_path):
    imported = read(tree("F1/sad1.wav", "F1/angry1.wav", "M2/sad1.wav", "M2/angry1.wav"))
    output = tmp_path / "corpus.csv"
    output.write_text("mine")
    with pytest.raises(ExportError, match="exists and differs"):
        importing.write_manifest(imported, output)
    assert output.read_text() == "mine"
    assert importing.write_manifest(imported, output, replace=True)
    assert not importing.write_manifest(imported, output)  # the same content
    with pytest.raises(ExportError, match=r"end its name with \.csv"):
        importing.write_manifest(imported, tmp_path / "corpus.txt")


def test_import_from_python(tree, tmp_path):
    found_clips = ser_bench.import_folder(tree(*(f"anna_{e}_1.wav" for e in FOUR), *(f"ben_{e}_1.wav" for e in FOUR)))
    assert list(found_clips.clips) == ["path", "speaker", "emotion"]
    assert found_clips.guesses == ("speaker",)
    with pytest.raises(ConfigError, match="only guessed"):
        found_clips.write(tmp_path / "c.csv")
    assert found_clips.write(tmp_path / "c.csv", accept_guesses=True).is_file()
    assert "a guess, please check: field 1" in str(found_clips)
