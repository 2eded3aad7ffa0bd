"""A Keras network behind scikit-learn's interface; imports Keras when fitted, not before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from ser_bench.models.estimators import Standardizer
from ser_bench.models.networks import compiled, sequences
from ser_bench.models.networks.training import Augmentation, Plan, hold_out, train


class KerasClassifier(ClassifierMixin, BaseEstimator):
    """A network of :mod:`ser_bench.models.networks.architectures`, trained with early stopping on whole speakers.

    ``network`` names the function and ``architecture`` its keywords. ``X`` is a vector ``(n, d)`` or
    frames ``(n, t, d)`` padded with NaN, as ``inputs`` allows; a vector given to a network over sequences
    is cut into steps of ``chunk`` features. ``max_frames`` is the longest piece of a clip that is
    looked at and ``pool`` the number of frames averaged into one step. ``validation`` is the share
    of training speakers held out for early stopping: the weights of the epoch with the lowest
    validation loss are kept, and training ends ``patience`` epochs after it. Without ``groups``, or
    with fewer than four speakers, all ``epochs`` are trained on all clips. ``augmentation`` holds the
    keywords of :class:`ser_bench.models.networks.training.Augmentation`.

    Fitted: ``classes_``, ``weights_`` (plain arrays), ``history_`` (a list per measure, one value
    per epoch; validation values are NaN where nothing was held out), ``validation_groups_``.
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
        label_smoothing: float = 0.0,
        balance: bool = True,
        validation: float = 0.15,
        max_frames: int = 300,
        pool: int = 2,
        chunk: int = 1,
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
        self.label_smoothing = label_smoothing
        self.balance = balance
        self.validation = validation
        self.max_frames = max_frames
        self.pool = pool
        self.chunk = chunk
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None) -> KerasClassifier:
        """Train on ``X`` and ``y``; ``groups`` is the speaker of each clip."""
        X = self._checked(X)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        held_out = hold_out(groups, codes, self.validation, self.random_state)
        self.validation_groups_ = np.unique(np.asarray(groups)[held_out]) if held_out.any() else np.array([])
        inputs = self._prepared(X, training=~held_out)
        targets = np.eye(len(self.classes_), dtype=np.float32)[codes]
        weights = np.ones(len(codes), dtype=np.float32)
        if self.balance:
            weights[~held_out] = compute_sample_weight("balanced", codes[~held_out])
        flat = X.ndim == 2 and "frames" in self.inputs
        self.blueprint_ = self._blueprint(inputs.shape[1:], flat=flat)
        with compiled.LOCK:
            program = compiled.fresh(self.blueprint_, self.random_state)
            self.history_ = train(program, inputs, targets, weights, held_out, self._plan(flat=flat))
            self.weights_ = [np.array(w) for w in program.model.get_weights()]
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities, float64 ``(n, classes)``, columns as in ``classes_``."""
        check_is_fitted(self)
        inputs = self._prepared(self._checked(X))
        with compiled.LOCK:
            model = compiled.loaded(self.blueprint_, self.weights_)
            p = compiled.predict(model, inputs).astype(np.float64)
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest probability per clip."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _checked(self, X: Any) -> np.ndarray:
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
            lengths = sequences.clip_lengths(X[training])
            self.length_ = sequences.common_length(lengths, self.pool, self.max_frames)
        steps = sequences.pooled(X, self.length_, self.pool)
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

    def _plan(self, *, flat: bool) -> Plan:
        augmentation = Augmentation(**(self.augmentation or {}))
        return Plan(
            epochs=self.epochs,
            patience=self.patience,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            augment=augmentation.without_time() if flat else augmentation,
            seed=self.random_state,
        )
