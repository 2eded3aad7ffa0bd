"""What is not used: rows without local folders, warnings of bounded length, and one line that counts all."""

from __future__ import annotations

from types import SimpleNamespace

from ser_bench.corpora.clip_table import Problem
from ser_bench.runs.results.losses import loss_sentence, loss_table, report_losses, report_problems
from tests.runs.results.test_earlier import Lines


def extracted(problems=(), duplicates=(), warnings=()):
    return SimpleNamespace(problems=tuple(problems), duplicates=tuple(duplicates), warnings=tuple(warnings))


def opened(folder, unselected=(), **others):
    return SimpleNamespace(folders={"own": folder, **others}, unselected=tuple(unselected), warnings=("known",))


def test_rows_name_files_relative_to_their_corpus(tmp_path):
    home = tmp_path / "users" / "mia"
    problems = [
        Problem(str(home / "data" / "a" / "x.wav"), f"a copy of {home / 'data' / 'b' / 'x.wav'}, which is used"),
        Problem(str(home / "elsewhere" / "y.wav"), f"cannot be opened: {home / 'elsewhere' / 'y.wav'}"),
        Problem("anna/z.wav", "no such file"),
    ]
    one = loss_table(opened(home / "data", [Problem("calm", "not selected", "class")]), extracted(problems))
    assert one.to_numpy().tolist() == [
        ["clip", "a/x.wav", "a copy of b/x.wav, which is used"],
        ["clip", "y.wav", "cannot be opened: y.wav"],
        ["clip", "anna/z.wav", "no such file"],
        ["class", "calm", "not selected"],
    ]
    two = loss_table(opened(home / "data", other=home / "other"), extracted(problems[:1]))
    assert two["name"].tolist() == ["own/a/x.wav"]


def test_many_warnings_of_one_reason_are_cut_and_counted_once_at_the_end(tmp_path):
    problems = [Problem(f"{number}.wav", f"no such file: {number}") for number in range(1000)]
    duplicates = [Problem("z.wav", "holds the same samples as a.wav"), Problem("calm", "its only clip", "class")]
    lines = Lines()
    corpus = opened(tmp_path, [Problem("song", "--part", "class")])
    extraction = extracted(problems, duplicates, ["known", "w"])
    report_problems(corpus, extraction, lines)
    assert lines.lines == [
        "warning: z.wav is left out: holds the same samples as a.wav",
        "warning: class calm is left out: its only clip",
        *(f"warning: {number}.wav: no such file: {number}" for number in range(5)),
        "warning: 995 more are left out: no such file; losses.csv of a run names them",
        "warning: w",
    ]
    lines = Lines()
    report_losses(corpus, extraction, lines)
    assert lines.lines == [
        "info: 1,001 clips (1,000 no such file, 1 same samples as another clip) and "
        "2 classes (calm, its only clip; song, --part) were not used",
    ]
    lines = Lines()
    report_problems(opened(tmp_path), extracted(problems[:6]), lines)
    assert len(lines.lines) == 6


def test_things_of_one_reason_are_named_with_it_once(tmp_path):
    amr = [Problem(f"amr-{rate}", "AMR needs ffmpeg; install it", "condition") for rate in (12.2, 7.4, 4.75)]
    calm = Problem("calm", "its only clip", "class")
    assert loss_sentence(loss_table(opened(tmp_path, [calm]), extracted(amr))) == (
        "3 conditions (amr-12.2, amr-7.4 and amr-4.75: AMR needs ffmpeg) and 1 class (calm, its only clip) "
        "were not used"
    )


def test_nothing_is_said_where_everything_is_used(tmp_path):
    lines = Lines()
    report_problems(opened(tmp_path), extracted(), lines)
    report_losses(opened(tmp_path), extracted(), lines)
    assert lines.lines == []
    assert loss_sentence(loss_table(opened(tmp_path), extracted())) == ""
