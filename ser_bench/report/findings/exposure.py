"""Words for runs in which some models take no rank, because their features have heard a tested corpus."""

from __future__ import annotations

from ser_bench.core.text import listed, shortened_list
from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.models import trained_models
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import PretrainedInfo

_MOST_CORPORA = 6
"""The most training corpora that a sentence lists."""


def no_ranked_model(run: SavedRun) -> str:
    """State that no model of a run takes a rank.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A clause such as "the features of every model have heard the tested corpus"; empty where a model takes a rank,
        and for a run of baselines only.
    """
    if ranked_learners(run) or not trained_models(run):
        return ""
    single = len(trained_models(run)) == 1
    return f"the features of {'its only' if single else 'every'} model have heard a tested corpus"


def every_other_model(run: SavedRun) -> str:
    """Name the other models that the best one is compared with.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        "every other model", or "every other ranked model" where some models take no rank.
    """
    return "every other ranked model" if unranked_learners(run) else "every other model"


def set_sentences(run: SavedRun) -> list[str]:
    """Describe the feature sets of a run with a licence or a pretrained network.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        A sentence per set: licence, training corpora with their source, and the corpora of the run that it has heard.
    """
    names = dict.fromkeys((*run.info.pretrained, *run.info.licences))
    return [_set_sentence(name, run.info.licences.get(name, ""), run.info.pretrained.get(name)) for name in names]


def _set_sentence(name: str, licence: str, network: PretrainedInfo | None) -> str:
    """Describe a feature set."""
    parts = [f"licence {licence}" if licence else "no licence stated"]
    if network is not None:
        source = f" ({network.source})" if network.source else ""
        parts.append(f"{training_words(network)}{source}")
        heard = [corpus for corpus, exposure in network.exposure.items() if exposure == "heard"]
        unknown = [corpus for corpus, exposure in network.exposure.items() if exposure == "unknown"]
        parts += [f"it has heard {listed(heard)}"] if heard else []
        parts += [f"unknown whether it has heard {listed(unknown)}"] if unknown else []
    return f"Feature set {name}: {'; '.join(parts)}."


def training_words(network: PretrainedInfo) -> str:
    """Write what a network was trained on.

    Parameters
    ----------
    network : PretrainedInfo

    Returns
    -------
    str
        Such as "trained on LibriSpeech"; with the first names of a long list.
    """
    if network.corpora is None:
        return "unknown training corpora"
    if not network.corpora:
        return "no network"
    others = "" if network.complete else ", and others that are not listed"
    return f"trained on {shortened_list(network.corpora, _MOST_CORPORA)}{others}"
