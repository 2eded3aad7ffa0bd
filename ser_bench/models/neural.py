"""The networks' entries in the registry: their defaults, and how flat parameters become an estimator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from ser_bench.models.base import SLOWER_AND_FASTER, Model

_TRAINING = {
    "epochs": 20,
    "interruptible": 8,
    "batch_size": 64,
    "learning_rate": 1e-2,
    "schedule": "cosine",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "balance": True,
    "validation": 0.15,
}
_FRAMES = {"max_frames": 240, "pool": 4}
_AUGMENTATION = {
    "noise": 0.0,
    "mixup": 0.0,
    "gain": 0.2,
    "stretch": 0.1,
    "band_shift": 1,
    "mask_bands": 6,
    "mask_frames": 8,
}
_SOURCE = tuple(
    f"ser_bench.models.{module}"
    for module in (
        "augment",
        "backend",
        "estimators",
        "keras_classifier",
        "networks",
        "neural",
        "programs",
        "sequences",
        "training",
    )
)


def build_network(network: str, inputs: tuple[str, ...], /, *, seed: int, **parameters: Any) -> Any:
    """Return a network's estimator; what is neither training's nor augmentation's shapes the network."""
    from ser_bench.models.keras_classifier import KerasClassifier

    training = {k: parameters.pop(k) for k in (*_TRAINING, *_FRAMES, "chunk") if k in parameters}
    augmentation = {k: parameters.pop(k) for k in _AUGMENTATION if k in parameters}
    return KerasClassifier(network, parameters, augmentation, inputs=inputs, random_state=seed, **training)


_SPACE: dict[str, Sequence[Any]] = {
    "learning_rate": (1e-3, 2e-3, 5e-3, 1e-2),
    "dropout": (0.1, 0.2, 0.4, 0.6),
    "label_smoothing": (0.0, 0.1, 0.2),
    "weight_decay": (0.0, 1e-4, 1e-3),
    "mixup": (0.0, 0.2, 0.4),
    "balance": (True, False),
    "speeds": ([], [*SLOWER_AND_FASTER]),
}


def _model(
    name: str,
    summary: str,
    network: str,
    features: str,
    accepts: tuple[Literal["vector", "frames"], ...],
    parameters: Mapping[str, Any],
    cost: float,
    space: Mapping[str, Sequence[Any]],
) -> Model:
    return Model(
        name=name,
        summary=summary,
        kind="network",
        features=features,
        build=partial(build_network, network, accepts),
        accepts=accepts,
        parameters={"speeds": [], **parameters},
        space=space,
        grouped=True,
        cost=cost,
        needs=("tensorflow",),
        source=_SOURCE,
    )


NETWORKS = (
    _model(
        "mlp-keras",
        "multi-layer perceptron (Keras)",
        "mlp",
        "functionals",
        ("vector",),
        {
            "hidden": [256],
            "dropout": 0.5,
            "l2": 0.0,
            **_TRAINING,
            "epochs": 30,
            "batch_size": 32,
            "learning_rate": 2e-3,
            "noise": 0.5,
            "mixup": 0.3,
        },
        cost=2.5,
        space={**_SPACE, "hidden": ([128], [256], [512], [256, 128]), "noise": (0.0, 0.3, 0.6)},
    ),
    _model(
        "cnn1d",
        "convolutions along time",
        "cnn1d",
        "logmel+prosody",
        ("vector", "frames"),
        {
            "filters": [48, 96],
            "kernel": 5,
            "dropout": 0.2,
            **_TRAINING,
            "speeds": [*SLOWER_AND_FASTER],
            "epochs": 10,
            "label_smoothing": 0.1,
            **_FRAMES,
            "pool": 8,
            "chunk": 1,
            **_AUGMENTATION,
            "band_shift": 0,  # the last columns are no bands
        },
        cost=4.0,
        space={**_SPACE, "filters": ([48, 96], [48, 64, 96], [64, 96, 128]), "mask_bands": (0, 6, 12)},
    ),
    _model(
        "cnn2d",
        "convolutions over time and frequency",
        "cnn2d",
        "logmel",
        ("frames",),
        {
            "filters": [12, 24, 48],
            "kernel": 3,
            "dropout": 0.2,
            "units": 64,
            **_TRAINING,
            "epochs": 12,
            **_FRAMES,
            "pool": 8,
            **_AUGMENTATION,
        },
        cost=5.0,
        space={**_SPACE, "filters": ([12, 24, 48], [16, 32, 64]), "mask_bands": (0, 6, 12)},
    ),
    _model(
        "lstm",
        "a convolution, then long short-term memory",
        "lstm",
        "logmel+prosody",
        ("vector", "frames"),
        {
            "filters": [48, 48],
            "kernel": 5,
            "units": 48,
            "bidirectional": True,
            "dropout": 0.2,
            **_TRAINING,
            "epochs": 12,
            "learning_rate": 5e-3,
            "label_smoothing": 0.1,
            **_FRAMES,
            "pool": 8,
            "chunk": 16,
            **_AUGMENTATION,
            "band_shift": 0,
        },
        cost=3.0,
        space={**_SPACE, "units": (32, 48, 96), "mask_bands": (0, 6, 12)},
    ),
)
