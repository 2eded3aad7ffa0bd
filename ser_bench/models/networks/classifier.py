"""A Keras network with the interface of scikit-learn; Keras is imported when it is fitted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from ser_bench.models.estimators import Standardizer
from ser_bench.models.networks import compiled, sequences
from ser_bench.models.networks.augmentation import Augmentation
from ser_bench.models.networks.holdout import hold_out
from ser_bench.models.networks.training import Ended, Plan, train


class KerasClassifier(ClassifierMixin, BaseEstimator):
    """A network of :mod:`ser_bench.models.networks.architectures`, trained with early stopping on held-out clips.

    With ``refit`` it is then trained again from its first weights on all clips: for as many epochs as were best where
    patience ended the training, else for all ``epochs``.
    Without ``groups``, or with fewer than four, it trains all ``epochs`` on all clips.

    Parameters
    ----------
    network : str
        Name of the function that builds the network.
    architecture : mapping, optional
        Keywords of that function.
    augmentation : mapping, optional
        Keywords of :class:`ser_bench.models.networks.augmentation.Augmentation`.
    inputs : tuple of {"vector", "frames"}
        What ``X`` may be. A network over frames takes a vector in steps of ``chunk`` columns.
    epochs, patience : int
        Most epochs, and epochs without a lower validation loss after which training stops. The weights of the epoch
        with the lowest validation loss are kept.
    batch_size, learning_rate, schedule, weight_decay
        Clips per batch, highest learning rate, its course ("cosine" or "constant") and weight decay of AdamW.
    members : int
        Networks trained alike from different first weights; the probabilities are their mean.
    average : int
        Last epochs whose mean weights are the weights of an epoch.
    refit : bool
        Whether the network is trained again on all clips.
    label_smoothing : float
        Share of the target spread evenly over all classes.
    balance : bool
        Whether each clip is weighted by the inverse frequency of its class.
    validation : float
        Share of the groups held out for early stopping.
    max_frames, pool, chunk : int
        Longest part of a clip in frames, rounded up to four steps; frames averaged into one step; columns per step of a
        vector.
    level_bands : int
        Number of first columns of frames from which their common mean over the clip is subtracted.
    random_state : int
        Seed.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
        The labels.
    weights_ : list of ndarray
        The trained weights, of one member after another.
    n_weights_ : int
        Number of trainable weights of all members.
    history_ : dict of str to list of float
        A value per epoch of each of :data:`ser_bench.models.networks.training.MEASURES`; those of validation, which
        include copies at other speeds, are NaN where no clip is held out. They are those of the first member; a refit
        adds nothing to them.
    ended_ : Ended
        How the training of the first member with held-out clips ended.
    held_out_ : ndarray of bool, shape (n,)
        The clips held out for early stopping. Without ``refit``, neither weights nor scaling depend on their features,
        but for the number of epochs.
    held_out_proba_ : ndarray of float64, shape (held-out clips, classes)
        Probabilities of the held-out clips by the members before they are trained on them.
    refitted_ : bool
        Whether the network was trained on the held-out clips in the end.
    """

    def __init__(  # noqa: PLR0913 (a keyword per hyper-parameter)
        self,
        network: str = "cnn1d",
        architecture: Mapping[str, Any] | None = None,
        augmentation: Mapping[str, Any] | None = None,
        *,
        inputs: tuple[str, ...] = ("vector", "frames"),
        epochs: int = 30,
        patience: int = 8,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        schedule: str = "cosine",
        weight_decay: float = 0.0,
        members: int = 1,
        average: int = 1,
        refit: bool = False,
        label_smoothing: float = 0.0,
        balance: bool = True,
        validation: float = 0.15,
        max_frames: int = 300,
        pool: int = 2,
        chunk: int = 1,
        level_bands: int = 0,
        random_state: int = 0,
    ) -> None:
        self.network = network
        self.architecture = architecture
        self.augmentation = augmentation
        self.inputs = inputs
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.members = members
        self.average = average
        self.refit = refit
        self.label_smoothing = label_smoothing
        self.balance = balance
        self.validation = validation
        self.max_frames = max_frames
        self.pool = pool
        self.chunk = chunk
        self.level_bands = level_bands
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None, speakers: Any = None, originals: Any = None) -> KerasClassifier:
        """Train the network.

        Parameters
        ----------
        X : array_like of shape (n, d) or (n, t, d)
            Features; frames are padded with NaN behind each clip's end.
        y : array_like of shape (n,)
            Labels.
        groups : array_like of shape (n,), optional
            Group of each clip, a speaker or a take; some groups are held out whole for early stopping.
        speakers : array_like of shape (n,), optional
            Speaker of each clip where the groups are takes; no speaker is held out whole.
        originals : array_like of bool, shape (n,), optional
            False for copies at other speeds, which do not count in the clean accuracy.

        Returns
        -------
        self
        """
        X = self._validated(X)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.held_out_ = held_out = hold_out(groups, codes, self.validation, self.random_state, speakers)
        self.refitted_ = bool(self.refit and held_out.any())
        original = None if originals is None else np.asarray(originals, dtype=bool)
        plans = [self._plan(member, flat=self._is_flat(X)) for member in range(self.members)]
        with compiled.LOCK:
            outcomes = self._train(X, codes, held_out, plans, original)
            if self.refitted_:
                plans = [_refit(plan, ended) for plan, (_, ended) in zip(plans, outcomes, strict=True)]
                self._train(X, codes, np.zeros_like(held_out), plans, original)
        self.history_, self.ended_ = outcomes[0]
        return self

    def _train(
        self, X: np.ndarray, codes: np.ndarray, held_out: np.ndarray, plans: list[Plan], originals: np.ndarray | None
    ) -> list[tuple[dict[str, list[float]], Ended]]:
        """Train members from their first weights; with clips held out, also keep the probabilities of those."""
        inputs = self._prepared(X, training=~held_out)
        targets = np.eye(len(self.classes_), dtype=np.float32)[codes]
        weights = np.ones(len(codes), dtype=np.float32)
        if self.balance:
            weights[~held_out] = compute_sample_weight("balanced", codes[~held_out])
        self.blueprint_ = self._blueprint(inputs.shape[1:], flat=self._is_flat(X))
        self.weights_, self.n_weights_, outcomes = [], 0, []
        for plan in plans:
            program = compiled.fresh(self.blueprint_, plan.seed)
            outcomes.append(train(program, inputs, targets, weights, held_out, plan, originals))
            self.weights_ += [np.array(w) for w in program.model.get_weights()]
            self.n_weights_ += int(sum(np.prod(w.shape) for w in program.model.trainable_weights))
        if held_out.any() or not self.refitted_:
            self.held_out_proba_ = self._proba(inputs[held_out])
        return outcomes

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities.

        Parameters
        ----------
        X : array_like of shape (n, d) or (n, t, d)
            Features; frames are padded with NaN behind each clip's end.

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns as in ``classes_``.
        """
        check_is_fitted(self)
        return self._proba(self._prepared(self._validated(X)))

    def _proba(self, inputs: np.ndarray) -> np.ndarray:
        if not len(inputs):
            return np.empty((0, len(self.classes_)))
        size = len(self.weights_) // self.members
        outputs = []
        with compiled.LOCK:
            for start in range(0, len(self.weights_), size):
                model = compiled.loaded(self.blueprint_, self.weights_[start : start + size])
                outputs.append(compiled.predict(model, inputs).astype(np.float64))
        p = np.mean(outputs, axis=0)
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest probability per clip.

        Parameters
        ----------
        X : array_like of shape (n, d) or (n, t, d)
            Features; frames are padded with NaN behind each clip's end.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _is_flat(self, X: np.ndarray) -> bool:
        """Return whether a network over frames gets a vector."""
        return X.ndim == 2 and "frames" in self.inputs

    def _validated(self, X: Any) -> np.ndarray:
        dimensions = tuple({"vector": 2, "frames": 3}[kind] for kind in self.inputs)
        return sequences.as_float32(X, dimensions)

    def _prepared(self, X: np.ndarray, training: np.ndarray | None = None) -> np.ndarray:
        """Return the network's input; with ``training``, a mask of clips, learn the scaling from those."""
        self.scaler_: Standardizer | sequences.BandScaler
        if X.ndim == 2:
            if training is not None:
                self.scaler_ = Standardizer().fit(X[training])
            Z = self.scaler_.transform(X)
            return sequences.chunked(Z, self.chunk) if "frames" in self.inputs else Z
        if training is not None:
            lengths = sequences.clip_lengths(X)  # of all clips, so that a refit uses the same compiled network
            self.length_ = sequences.common_length(lengths, self.pool, self.max_frames)
        steps = sequences.pooled(X, self.length_, self.pool)
        sequences.subtract_level(steps, self.level_bands)
        if training is not None:
            self.scaler_ = sequences.BandScaler().fit(steps[training])
        return self.scaler_.apply(steps)

    def _blueprint(self, shape: tuple[int, ...], *, flat: bool) -> compiled.Blueprint:
        return compiled.Blueprint(
            network=self.network,
            architecture={**(self.architecture or {}), **({"flat": True} if flat else {})},
            shape=shape,
            classes=len(self.classes_),
            weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing,
        )

    def _plan(self, member: int, *, flat: bool) -> Plan:
        augmentation = Augmentation(**(self.augmentation or {}))
        return Plan(
            epochs=self.epochs,
            patience=self.patience,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            average=self.average,
            augment=augmentation.without_time() if flat else augmentation,
            seed=_member_seed(self.random_state, member),
        )


def _refit(plan: Plan, ended: Ended) -> Plan:
    """Return the plan for all clips. Without an end by patience, the best of the last epochs is best by chance."""
    return dataclasses.replace(plan, epochs=ended["best_epoch"]) if ended["why"] == "patience" else plan


def _member_seed(seed: int, member: int) -> int:
    """Return the seed of a member; that of the first is the estimator's own."""
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0] >> 1)
