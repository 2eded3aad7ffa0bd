"""Each chart in words, with the numbers that matter: what a reader hears who does not see it."""

from __future__ import annotations

from collections.abc import Callable

from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.failures import calibration_errors, feature_importance, group_gaps
from ser_bench.report.analysis.scores import BASELINES, gap_splits, ranking_split, scores_by_speaker
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_matrix, transfer_models
from ser_bench.report.findings import verdict
from ser_bench.report.formatting import percent, points, seconds
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import pareto_front


def describe(run: SavedRun, name: str) -> tuple[str, str]:
    """Return the title of a chart, by the name of its file, and its description."""
    if name.startswith("curves_"):
        return _curves(run, name)
    title, words = _CHARTS.get(name, (name.replace("_", " ").capitalize(), _nothing))
    return title, words(run)


def _scores(measure: str, word: str) -> Callable[[SavedRun], str]:
    def words(run: SavedRun) -> str:
        table, ranking = summarise(run), ranking_split(run.info["splits"])
        parts = []
        for split in sorted(run.info["splits"], key=lambda split: split != ranking):
            scores = table.set_index("model")[f"{split}_{measure}"].dropna().sort_values(ascending=False, kind="stable")
            shown = scores if split == ranking else scores.head(3)
            listed = ", ".join(f"{model} {percent(score)} %" for model, score in shown.items())
            parts.append(f"{split} split: {listed or 'no model finished'}")
        return f"Bars of {word} per model and split, with intervals. {'; '.join(parts)}."

    return words


def _gap(run: SavedRun) -> str:
    table, pair = summarise(run).dropna(subset=["uar_gap"]), gap_splits(run.info["splits"])
    if pair is None or table.empty:
        return "No model finished both splits."
    gaps = table.sort_values("uar_gap", ascending=False, kind="stable")
    rows = zip(gaps["model"], gaps[f"{pair[1]}_uar"], gaps[f"{pair[0]}_uar"], gaps["uar_gap"], strict=True)
    listed = [f"{model} {percent(new)} to {percent(known)} % ({points(gap)})" for model, new, known, gap in rows]
    return f"UAR under {pair[1]}, then under {pair[0]}, and the difference in points: {', '.join(listed)}."


def _ranks(run: SavedRun) -> str:
    compared = comparison(run)
    if compared is None:
        return verdict(run)
    ranks = zip(compared.models, compared.mean_ranks, strict=True)
    return f"{verdict(run)} Mean ranks over speakers: {', '.join(f'{model} {rank:.1f}' for model, rank in ranks)}."


def _costs(run: SavedRun) -> str:
    split = ranking_split(run.info["splits"])
    table = summarise(run).dropna(subset=[f"{split}_uar", "fit_seconds"])
    if table.empty:
        return "No model finished."
    best = table[pareto_front(table["fit_seconds"].to_numpy(), table[f"{split}_uar"].to_numpy())]
    rows = zip(best["model"], best["fit_seconds"], best[f"{split}_uar"], strict=True)
    listed = [f"{model} ({seconds(cost)}, {percent(uar)} %)" for model, cost, uar in rows]
    return (
        "UAR against the time of a fit, the time to predict a clip and the size of the model. "
        f"No other model is both better and faster to fit than {', '.join(listed)}."
    )


def _transfers(run: SavedRun) -> str:
    model = transfer_models(run)[0]
    cells = transfer_matrix(run, model).stack().items()
    listed = ", ".join(f"{trained} to {tested} {percent(uar)} %" for (trained, tested), uar in cells)
    return f"A matrix per learner, training corpora by tested corpus, new speakers only. {model}: {listed}."


def _voices(run: SavedRun) -> str:
    split = ranking_split(run.info["splits"])
    table = scores_by_speaker(run, split)
    means = table.loc[[model not in BASELINES for model in table.index]].mean().dropna().sort_values(kind="stable")
    if means.empty:
        return "No model finished."
    first, last = means.index[0], means.index[-1]
    return (
        f"A cell of UAR per model and speaker under the {split} split. Mean of the learners: the hardest voice is "
        f"speaker {first} with {percent(means[first])} %, the easiest speaker {last} with {percent(means[last])} %."
    )


def _confidence(run: SavedRun) -> str:
    errors = calibration_errors(run, ranking_split(run.info["splits"])).dropna().sort_values(kind="stable")
    listed = ", ".join(f"{model} {percent(error)}" for model, error in errors.items())
    return (
        "Accuracy over confidence in ten bins, a panel per learner; on the diagonal a model is as often right as it "
        f"claims. Expected calibration error in points, the smallest first: {listed or 'no learner finished'}."
    )


def _features(run: SavedRun) -> str:
    lost = (
        feature_importance(run, ranking_split(run.info["splits"]))
        .mean()
        .dropna()
        .sort_values(ascending=False, kind="stable")
    )
    listed = ", ".join(f"{group} {points(-loss)}" for group, loss in lost.items())
    return f"What shuffling a group of features costs each learner in points of UAR. Mean over learners: {listed}."


def _group_gaps(run: SavedRun) -> str:
    gaps = group_gaps(run, ranking_split(run.info["splits"]))
    means = gaps[~gaps["model"].isin(BASELINES)].groupby("attribute", sort=False)["gap"].mean().dropna()
    listed = ", ".join(f"{attribute} {percent(gap)} points" for attribute, gap in means.items())
    return (
        "UAR of each learner per group of clips, over the classes that all groups share. "
        f"Mean distance of the best group from the worst: {listed or 'no learner finished'}."
    )


def _curves(run: SavedRun, name: str) -> tuple[str, str]:
    from ser_bench.report.charts import curve_names

    model = curve_names(run).get(name, name)
    mine = run.curves[run.curves["model"] == model]
    epochs = mine.groupby(["split", "repeat", "fold"])["epoch"].max()
    best = mine.groupby(["split", "repeat", "fold"])["val_accuracy"].max().groupby("split").mean()
    listed = ", ".join(f"{split} {percent(best[split])} %" for split in run.info["splits"] if split in best.index)
    words = f"Loss and accuracy by epoch. Folds trained {epochs.min()} to {epochs.max()} epochs; "
    return f"{model}: learning curves", f"{words}their best validation accuracy is on average {listed}."


def _nothing(run: SavedRun) -> str:
    return "Its numbers stand in the tables of this page."


_CHARTS: dict[str, tuple[str, Callable[[SavedRun], str]]] = {
    "uar": ("UAR by model and split", _scores("uar", "UAR")),
    "accuracy": ("Accuracy by model and split", _scores("accuracy", "accuracy")),
    "leakage_gap": ("What known voices add to UAR", _gap),
    "significance": ("Which models can be told apart", _ranks),
    "transfer": ("UAR from corpus to corpus", _transfers),
    "cost": ("UAR against cost", _costs),
    "speakers": ("UAR per speaker", _voices),
    "calibration": ("Whether confidence can be trusted", _confidence),
    "importance": ("What models go by", _features),
    "groups": ("UAR by group of clips", _group_gaps),
}
