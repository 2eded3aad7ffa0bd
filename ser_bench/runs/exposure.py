"""What the pretrained feature sets of a run have heard of the corpora that each split tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.private_paths import without_folders
from ser_bench.core.text import listed
from ser_bench.corpora.identity import CorpusIdentity, identities
from ser_bench.features.pretraining import FEATURE_TABLE, Exposure, Pretraining, worst
from ser_bench.runs.results.run_info import MOST_CHARACTERS, MOST_CORPORA, PretrainedInfo

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options, PretrainingTable
    from ser_bench.core.progress import Progress
    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet
    from ser_bench.runs.plan import PlannedFit, PlannedModel

_STATED = "stated in the configuration of the run"


def pretraining_of(feature_set: FeatureSet, options: Options) -> Pretraining | None:
    """Return what the network behind a feature set was trained on, with what the configuration states.

    Parameters
    ----------
    feature_set : FeatureSet
        The set.
    options : Options
        The options of the run. Their statements add training corpora, and take none away.

    Returns
    -------
    Pretraining or None
        None for a set without a network.
    """
    own = feature_set.pretraining
    for statement in _statements(feature_set, options):
        if own is None and statement.corpora is None:
            continue
        source = f"{_STATED}{f': {statement.source}' if statement.source else ''}"
        added = Pretraining(
            corpora=statement.corpora, complete=statement.complete, source=source, unheard=statement.unheard
        )
        own = (own or Pretraining(corpora=())).with_statement(added)
    return own


def licence_of(feature_set: FeatureSet, options: Options) -> str:
    """Return the licence of a feature set.

    Parameters
    ----------
    feature_set : FeatureSet
        The set.
    options : Options
        The options of the run, which may state the licence of a set that states none.

    Returns
    -------
    str
        Empty if none is stated.
    """
    stated = [statement.licence for statement in _statements(feature_set, options)]
    return next(filter(None, (feature_set.licence, *stated)), "")


def check_statements(planned_models: Sequence[PlannedModel], options: Options) -> None:
    """Check that each ``[pretraining.SET]`` table names a feature set of the run, and that lists of corpora are short.

    Parameters
    ----------
    planned_models : sequence of PlannedModel
        The models.
    options : Options
        The options of the run.

    Raises
    ------
    UnknownNameError
        If a table names another one.
    ConfigError
        If a set has too many training corpora.
    """
    names = {name for feature_set in _sets(planned_models) for name in _names(feature_set)}
    for name in options.pretraining:
        if names.isdisjoint(_spellings(name)):
            raise UnknownNameError("feature set of the run in [pretraining]:", name, sorted(names))
    for feature_set in _sets(planned_models):
        pretraining = pretraining_of(feature_set, options) or Pretraining()
        if max(len(pretraining.corpora or ()), len(pretraining.unheard)) > MOST_CORPORA:
            raise ConfigError(
                f"the description of {feature_set.name} lists more than {MOST_CORPORA:,} corpora; name fewer"
            )


def pretrained_sets(
    planned_models: Sequence[PlannedModel], opened: OpenCorpus, options: Options
) -> dict[str, PretrainedInfo]:
    """Return what ``run.json`` says about the feature sets with a pretrained network.

    Parameters
    ----------
    planned_models : sequence of PlannedModel
        The models.
    opened : OpenCorpus
        The corpus, or a pool.
    options : Options
        The options of the run.

    Returns
    -------
    dict of str to PretrainedInfo
        By the name of the set.
    """
    described, known, networks = {}, identities(opened), _described(planned_models, options)
    for feature_set in _sets(planned_models):
        if pretraining := networks.get(feature_set.name):
            exposures = {name: set_exposure(pretraining, identity) for name, identity in known.items()}
            described[feature_set.name] = PretrainedInfo(
                licence=_public(licence_of(feature_set, options)),
                corpora=pretraining.corpora,
                complete=pretraining.complete,
                source=_public(pretraining.source),
                unheard=pretraining.unheard,
                exposure={name: exposure for name, exposure in exposures.items() if exposure != "no"},
            )
    return described


def licences(planned_models: Sequence[PlannedModel], options: Options) -> dict[str, str]:
    """Return the licence of each feature set that states one.

    Parameters
    ----------
    planned_models : sequence of PlannedModel
        The models.
    options : Options
        The options of the run.

    Returns
    -------
    dict of str to str
        By the name of the set.
    """
    stated = {s.name: _public(licence_of(s, options)) for s in _sets(planned_models)}
    return {name: licence for name, licence in stated.items() if licence}


def exposures(
    planned: Iterable[PlannedFit], clips: pd.DataFrame, opened: OpenCorpus, options: Options
) -> dict[str, dict[str, Exposure]]:
    """Return which models have features that have heard a tested corpus, or may have.

    Parameters
    ----------
    planned : iterable of PlannedFit
        The fits.
    clips : pandas.DataFrame
        The usable clips with ``corpus``, indexed by clip.
    opened : OpenCorpus
        The corpus, or a pool.
    options : Options
        The options of the run.

    Returns
    -------
    dict of str to dict of str to {'unknown', 'heard'}
        The worst of all feature sets and tested corpora by model and split, without those that have heard nothing.
    """
    known = identities(opened)
    fits = [fit for fit in planned if not fit.model.skipped and fit.model.definition.kind != "baseline"]
    models = {fit.model.name: fit.model for fit in fits}
    described = _described(models.values(), options)
    networks = {name: [described[s.name] for s in _sets([m]) if s.name in described] for name, m in models.items()}
    tested = _tested_corpora(fits, clips) if any(networks.values()) else {}
    result: dict[str, dict[str, Exposure]] = {}
    for model, split in dict.fromkeys((fit.model.name, fit.split) for fit in fits if networks[fit.model.name]):
        exposure = worst(set_exposure(network, known[name]) for network in networks[model] for name in tested[split])
        if exposure != "no":
            result.setdefault(model, {})[split] = exposure
    return result


def corpus_exposure(model: PlannedModel, opened: OpenCorpus, options: Options) -> Exposure:
    """Return whether the features of a model have heard any corpus of a run.

    Parameters
    ----------
    model : PlannedModel
        The model.
    opened : OpenCorpus
        The corpus, or a pool.
    options : Options
        The options of the run.

    Returns
    -------
    {'no', 'unknown', 'heard'}
        The worst of all feature sets and corpora.
    """
    corpora = identities(opened).values()
    return worst(set_exposure(network, corpus) for network in _networks([model], options) for corpus in corpora)


def set_exposure_of(feature_set: FeatureSet, opened: OpenCorpus, options: Options) -> Exposure | None:
    """Return whether the network of a feature set has heard any corpus of a run.

    Parameters
    ----------
    feature_set : FeatureSet
        The set.
    opened : OpenCorpus
        The corpus, or a pool.
    options : Options
        The options of the run.

    Returns
    -------
    {'no', 'unknown', 'heard'} or None
        None for a set without a network.
    """
    pretraining = pretraining_of(feature_set, options)
    if pretraining is None:
        return None
    return worst(set_exposure(pretraining, corpus) for corpus in identities(opened).values())


def set_exposure(pretraining: Pretraining, corpus: CorpusIdentity) -> Exposure:
    """Return whether a network has heard a corpus.

    Parameters
    ----------
    pretraining : Pretraining
        What it was trained on.
    corpus : CorpusIdentity
        The corpus.

    Returns
    -------
    {'no', 'unknown', 'heard'}
        No network has heard the synthetic corpus unless it says so.
    """
    exposure = pretraining.exposure(*corpus.names, known=corpus.known, phrases=corpus.phrases)
    return "no" if exposure == "unknown" and corpus.synthetic else exposure


def report_sets(
    planned_models: Sequence[PlannedModel], opened: OpenCorpus, options: Options, progress: Progress
) -> None:
    """Report the licence of each feature set, and which sets have heard a corpus of the run, or may have.

    Parameters
    ----------
    planned_models : sequence of PlannedModel
        The models.
    opened : OpenCorpus
        The corpus, or a pool.
    options : Options
        The options of the run.
    progress : Progress
        Receives a line per set with a licence or a network; a warning for a set that has heard a corpus.
    """
    known = identities(opened)
    for feature_set in _sets(planned_models):
        licence = licence_of(feature_set, options)
        terms = f" (licence: {licence})" if licence else ""
        pretraining = pretraining_of(feature_set, options)
        if pretraining is None or pretraining.corpora == ():
            if licence:
                progress.info(f"feature set {feature_set.name}{terms}")
            continue
        corpora: dict[Exposure, list[str]] = {}
        for name, identity in known.items():
            corpora.setdefault(set_exposure(pretraining, identity), []).append(name)
        if heard := corpora.get("heard"):
            progress.warning(
                f"the network of {feature_set.name}{terms} was trained on {listed(heard)}; "
                "its scores there say nothing about new recordings, and take no rank"
            )
        elif unknown := corpora.get("unknown"):
            progress.info(
                f"unknown whether the network of {feature_set.name}{terms} was trained on {listed(unknown)}; "
                f"{_hint(feature_set.name, pretraining, unknown)}"
            )
        else:
            progress.info(f"the network of {feature_set.name}{terms} was not trained on {listed(corpora['no'])}")


def _hint(name: str, pretraining: Pretraining, unknown: Sequence[str]) -> str:
    """Say how to state what a network has heard."""
    table = f'a table [pretraining."{name}"] of a configuration file'
    if pretraining.source == FEATURE_TABLE:
        return f"state it in {table}, with corpora = [] for features without a network"
    if pretraining.corpora is None or not pretraining.complete:
        return f"state it in {table}"
    names = ", ".join(f'"{corpus}"' for corpus in unknown)
    return f"if it was not, add unheard = [{names}] to {table}"


def _public(text: str) -> str:
    """Return a text for ``run.json``: without folders of this machine, and cut where it is long."""
    text = without_folders(text)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _sets(planned_models: Iterable[PlannedModel]) -> list[FeatureSet]:
    """Return the distinct feature sets of the models that look at features."""
    models = (model for model in planned_models if not model.skipped and model.definition.kind != "baseline")
    return list({feature_set.name: feature_set for model in models for feature_set in model.sets}.values())


def _described(planned_models: Iterable[PlannedModel], options: Options) -> dict[str, Pretraining]:
    """Return the network of each set by name; two files of one network have heard what either of them states."""
    described: dict[str, Pretraining] = {}
    for model in planned_models:
        for feature_set in _sets([model]):
            pretraining = pretraining_of(feature_set, options)
            known = described.get(feature_set.name)
            if pretraining and pretraining != known:
                described[feature_set.name] = known.with_statement(pretraining) if known else pretraining
    return described


def _networks(planned_models: Iterable[PlannedModel], options: Options) -> list[Pretraining]:
    networks = (pretraining_of(feature_set, options) for feature_set in _sets(planned_models))
    return [network for network in networks if network is not None]


def _tested_corpora(fits: Iterable[PlannedFit], clips: pd.DataFrame) -> Mapping[str, set[str]]:
    """Return the corpora of the test clips of each split."""
    corpora = clips["corpus"].to_dict()
    tested: dict[str, set[str]] = {}
    for split, fold in {(fit.split, id(fit.fold)): (fit.split, fit.fold) for fit in fits}.values():
        tested.setdefault(split, set()).update(corpora[clip] for clip in fold.test)
    return tested


def _statements(feature_set: FeatureSet, options: Options) -> list[PretrainingTable]:
    """Return the tables of the configuration for a feature set, and for its network with any options."""
    names = _names(feature_set)
    return [table for name, table in options.pretraining.items() if not names.isdisjoint(_spellings(name))]


def _names(feature_set: FeatureSet) -> set[str]:
    """Return the names under which a configuration may describe a set: with and without its options."""
    return {feature_set.name, feature_set.name.partition("#")[0]}


def _spellings(name: str) -> tuple[str, ...]:
    """Return a name in a configuration, also with the file alone where it is the path of a file."""
    prefix, colon, path = name.partition(":")
    file = re.split(r"[\\/]", path)[-1]
    return (name, f"{prefix}{colon}{file}")
