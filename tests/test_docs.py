"""The documents: commands, configurations and links in them work, and their prose is short."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shlex
from pathlib import Path

import click
import pandas as pd

from ser_bench.cli import cli
from ser_bench.core import options
from ser_bench.models import MODELS
from ser_bench.report.analysis.splits import PARTS
from ser_bench.report.formatting import percent, percent_interval, points, points_interval, seconds
from ser_bench.runs.results.predictions import PREDICTIONS_FILE
from ser_bench.runs.results.tables import TABLES
from tests import condition_tables

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/README.md")),
    *DOCS,
]
SENTENCE_WORDS = 25
PARAGRAPH_SENTENCES = 4


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    """Return the code blocks of a language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)


def prose(path: Path) -> list[str]:
    """Return the paragraphs of a page without code, tables, headings and link targets."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    paragraphs = re.split(r"\n\s*\n|\n(?=[-*] |\d+\. )", text)
    return [" ".join(p.split()) for p in paragraphs if p.strip() and not p.lstrip().startswith(("#", "|", "["))]


def sentences(paragraph: str) -> list[str]:
    return re.split(r"(?<=[.!?])\**\s+", paragraph)


COMMANDS = sorted(
    {
        line.partition("  #")[0].strip()
        for page in PAGES
        for block in blocks(page, "sh")
        for whole in block.splitlines()
        for line in re.split(r" && ", whole)
        if re.match(r"(\.venv/bin/)?ser-bench ", line.strip())
    }
)


def test_every_command_in_the_documents_exists_with_its_options():
    assert COMMANDS
    for line in COMMANDS:
        _, name, *arguments = shlex.split(line)
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, line
        parser = command.make_parser(click.Context(command))
        parser.ignore_unknown_options = False
        parser.parse_args(arguments)


def test_every_configuration_in_the_documents_loads(tmp_path):
    path = tmp_path / "block.toml"
    for block in (block for page in PAGES for block in blocks(page, "toml")):
        path.write_text(block, encoding="utf-8")
        options.load(path, {})


def test_the_page_on_configuration_lists_every_option_and_every_file_of_a_run():
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    names = {name.replace("_", "-") for name in options.Options.model_fields} - {"model-tables"}
    tables = {table.file for table in TABLES}
    reports = {"summary.csv", "summary.md", "summary.tex", "gap.csv", "transfer.csv", "calibration.csv", "report.html"}
    reports |= {"conditions.csv", "stability.csv"}
    files = {*tables, *reports, PREDICTIONS_FILE, "run.json", "run.log", "report.json"}
    assert [name for name in sorted(names | files) if f"`{name}`" not in text] == []


def test_the_tables_of_recording_conditions_are_those_of_the_registry():
    text = condition_tables.PAGE.read_text(encoding="utf-8")
    assert condition_tables.page_with_tables(text) == text, "run python -m tests.condition_tables"


def test_python_in_the_documents_compiles_and_its_imports_from_ser_bench_exist():
    trees = [(page, ast.parse(block)) for page in PAGES for block in blocks(page, "python")]
    imports = [(page, node) for page, tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for page, node in imports:
        if str(node.module).startswith("ser_bench"):
            module = importlib.import_module(str(node.module))
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == [], page


def test_every_link_leads_to_a_file():
    for page in PAGES:
        targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        assert [t for t in targets if not t.startswith("http") and not (page.parent / t).exists()] == [], page


def test_sentences_and_paragraphs_are_short():
    paragraphs = [(name_of(page), paragraph) for page in PAGES for paragraph in prose(page)]
    assert [(n, s) for n, p in paragraphs for s in sentences(p) if len(s.split()) > SENTENCE_WORDS] == []
    assert [(n, p) for n, p in paragraphs if len(sentences(p)) > PARAGRAPH_SENTENCES] == []


def test_prose_wraps_at_100_columns():
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        assert [line for line in text.splitlines() if len(line) > 100 and not line.startswith("|")] == [], page


def test_the_statistics_count_the_fits_of_the_published_run():
    run = options.load(options.find_config("reference"), {})
    folds = sum(2 if split == "text" else run.folds or 6 for split in run.splits)  # RAVDESS has two sentences
    fits = (len(MODELS) + len(run.model_tables)) * folds * run.repeats
    assert f"These are {fits:,} fits" in (ROOT / "docs/statistics.md").read_text(encoding="utf-8")


def test_the_readme_has_at_most_170_lines():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 170


def test_the_guide_has_at_most_1000_words_before_its_recipes():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n# Recipes\n")[0]
    assert len([word for word in text.split() if re.search(r"\w", word)]) <= 1000


def test_the_table_of_the_readme_holds_the_scores_of_the_published_run():
    summary = pd.read_csv(ROOT / "results/ravdess/summary.csv")
    gaps = pd.read_csv(ROOT / "results/ravdess/gap.csv").set_index("model")
    expected = []
    for row in summary.to_dict("records"):
        gap = gaps.loc[row["model"]]
        ends = percent_interval(row["actor_uar_low"], row["actor_uar_high"])
        scores = [percent(row[f"{split}_uar"]) for split in ("actor", "random-takes", "random")]
        total = f"{points(gap['total'])} {points_interval(gap['total_low'], gap['total_high'])}"
        parts = [points(gap["takes"]), points(gap["voice"])]
        expected.append(
            [row["model"], f"{scores[0]} {ends}", *scores[1:], total, *parts, seconds(row["actor_fit_seconds"])]
        )
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("| model | actor |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    assert rows == expected


def test_the_readme_shows_the_conditions_of_the_published_run():
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("| clips | lda |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    assert rows == condition_rows()


def test_the_readme_states_what_a_network_adds_in_the_published_run():
    summary = pd.read_csv(ROOT / "results/ravdess-onnx/summary.csv").set_index("model")
    assert set(summary.loc[["fusion", "ensemble-network"], "emobox_heard"]) == {"unknown"}
    uar = {model: percent(value) for model, value in summary["emobox_uar"].items()}
    interval = percent_interval(summary["emobox_uar_low"]["fusion"], summary["emobox_uar_high"]["fusion"])
    sentence = (
        f"Together the UAR on EmoBox's folds is {uar['fusion']} % {interval}, against {uar['ensemble-functionals']} % "
        f"without the network and {uar['ensemble-network']} % on the network alone"
    )
    assert sentence in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def condition_rows() -> list[list[str]]:
    """Return the table of the README: clean clips, the telephone, and the mean of each family of conditions."""
    table = pd.read_csv(ROOT / "results/ravdess-conditions/conditions.csv", keep_default_na=False)
    table = table[table["family"] != "inaudible"].astype({"uar": float})
    models = ["lda", "ensemble", "lda-robust", "ensemble-robust"]

    def row(name: str, part: pd.DataFrame, mark: bool = True) -> list[str]:
        by_model = part.groupby("model")
        marks = {
            model: "• " * ("yes" in set(by_model.get_group(model)["heard_in_training"]) and mark) for model in models
        }
        return [name, *(marks[model] + percent(by_model.get_group(model)["uar"].mean()) for model in models)]

    rows = [row("as recorded", table[table["condition"] == "clean"], mark=False)]
    rows += [row("on the telephone (`phone`)", table[table["condition"] == "phone"])]
    for family, part in table[table["family"] != ""].groupby("family", sort=False):
        count = part["condition"].nunique()
        rows.append(row(f"{family}, {count} conditions", part))
    return rows


def test_the_readme_limits_its_comparison_with_published_figures_as_the_summary_does():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    summary = (ROOT / "results/ravdess/summary.md").read_text(encoding="utf-8")
    for fact in (
        "share the folds",
        "EmoBox's public recipe scores the checkpoint of every epoch on the test clips, and draws its validation clips "
        "at random.",
        "were chosen on inner folds that together cover all actors.",
    ):
        assert fact in readme
        assert fact in summary


def test_the_threats_show_the_gaps_and_shared_takes_of_the_published_run():
    text = (ROOT / "docs/threats.md").read_text(encoding="utf-8")
    gaps = pd.read_csv(ROOT / "results/ravdess/gap.csv").set_index("model")
    cells = {
        model: [f"{points(row[p])} {points_interval(row[f'{p}_low'], row[f'{p}_high'])}" for p in PARTS]
        for model, row in gaps.iterrows()
    }
    lines = text.partition("| model | gap, points |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert len(rows) > 4
    assert rows == [[row[0], *cells[row[0]]] for row in rows]
    sentence = "On RAVDESS the gap of lda is {} points with copies, and {} without."
    assert sentence.format(cells["lda"][0], cells["lda-plain"][0]) in " ".join(text.split())

    audit = pd.read_csv(ROOT / "results/ravdess/audit.csv").query("split == 'random'")
    share = round(100 * audit["test_clips_of_known_takes"].sum() / audit["test_clips"].sum())
    for page in ("docs/threats.md", "docs/statistics.md"):
        text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
        assert f"Under `random`, {share} % of the test clips" in text, page


def test_the_threats_state_the_cost_of_the_telephone_in_the_published_run():
    scores = pd.read_csv(ROOT / "results/ravdess-conditions/conditions.csv").query("model == 'ensemble'")
    uar = {name: percent(value) for name, value in scores.set_index("condition")["uar"].items()}
    sentence = f"ensemble has {uar['clean']} % on clips as recorded and {uar['phone']} % on the telephone."
    assert sentence in " ".join((ROOT / "docs/threats.md").read_text(encoding="utf-8").split())


def test_the_published_run_names_the_commits_of_its_code():
    info = json.loads((ROOT / "results/ravdess/run.json").read_text(encoding="utf-8"))
    fits = pd.read_csv(ROOT / "results/ravdess/fits.csv", usecols=["commit", "transductive", "status"])
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for commit in {info["commit"], *fits["commit"]})
    assert set(fits["transductive"]) == {"no"}
    assert set(fits["status"]) == {"ok"}
