"""The neural networks: their parameters and defaults. Keras is imported when a network is fitted."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from ser_bench.models.base import (
    SLOWER_AND_FASTER,
    Counts,
    EstimatorClass,
    Integer,
    LearnerParameters,
    Model,
    parameter,
)

_MODULES = ("architectures", "augmentation", "classifier", "compiled", "holdout", "sequences", "training")
_SOURCE = (
    "ser_bench.models.estimators",
    "ser_bench.models.networks",
    *(f"ser_bench.models.networks.{module}" for module in _MODULES),
)
_CLASSES = (
    EstimatorClass(
        path="ser_bench.models.networks.classifier:KerasClassifier", onnx="ser_bench.deploy.onnx.estimators:network"
    ),
    EstimatorClass(path="ser_bench.models.networks.compiled:Blueprint"),
    EstimatorClass(path="ser_bench.models.networks.sequences:BandScaler"),
    EstimatorClass(
        path="ser_bench.models.estimators:Standardizer", onnx_step="ser_bench.deploy.onnx.estimators:standardized"
    ),
)


class NetworkParameters(LearnerParameters):
    """Parameters of every network."""

    dropout: float = parameter(0.2, "share of activations set to 0 in training", ge=0, lt=1, tune=(0.1, 0.2, 0.4, 0.6))
    epochs: Integer = parameter(20, "most epochs", ge=1)
    patience: Integer = parameter(
        8, "epochs without a lower validation loss after which training stops; copies at other speeds count", ge=1
    )
    batch_size: Integer = parameter(64, "clips per batch", ge=1)
    learning_rate: float = parameter(1e-2, "highest learning rate of AdamW", gt=0, tune=(1e-3, 2e-3, 5e-3, 1e-2))
    schedule: Literal["cosine", "constant"] = parameter("cosine", "course of the learning rate over the epochs")
    weight_decay: float = parameter(0.0, "weight decay of AdamW", ge=0, tune=(0.0, 1e-4, 1e-3))
    members: Integer = parameter(
        1, "networks trained alike from different first weights, whose probabilities are averaged", ge=1, le=32
    )
    average: Integer = parameter(1, "last epochs whose mean weights are kept", ge=1, tune=(1, 3, 6))
    refit: bool = parameter(
        False, "whether to train again on all training speakers, for the epochs that were best on held-out ones"
    )
    label_smoothing: float = parameter(
        0.0, "share of the target spread evenly over all classes", ge=0, lt=1, tune=(0.0, 0.1, 0.2)
    )
    balance: bool = parameter(True, "whether rare classes count as much as frequent ones", tune=(True, False))
    validation: float = parameter(
        0.15,
        "share of training speakers held out for early stopping, or of takes where test speakers are known",
        ge=0,
        lt=1,
    )
    noise: float = parameter(0.0, "standard deviation of Gaussian noise added to standardised inputs", ge=0)
    mixup: float = parameter(0.0, "alpha of the blend of two clips (Zhang et al., 2018)", ge=0, tune=(0.0, 0.2, 0.4))
    speeds: list[Annotated[float, Field(gt=0)]] = parameter(
        [],
        "speeds at which training clips are added to the originals, such as 0.85 and 1.17",
        tune=([], [*SLOWER_AND_FASTER]),
    )


class MLPKerasParameters(NetworkParameters):
    """Parameters of ``mlp-keras``."""

    hidden: Counts = parameter([256], "units of each hidden layer", tune=([128], [256], [512], [256, 128]))
    l2: float = parameter(0.0, "strength of the L2 penalty on the kernels", ge=0)
    noise: float = parameter(
        0.5, "standard deviation of Gaussian noise added to standardised inputs", ge=0, tune=(0.0, 0.3, 0.6)
    )


class FrameParameters(NetworkParameters):
    """Parameters of networks over frames."""

    max_frames: Integer = parameter(
        240, "longest part of a clip that the network sees, in frames, rounded up to four steps", ge=1
    )
    pool: Integer = parameter(4, "frames averaged into one step", ge=1)
    level_bands: Integer = parameter(
        0, "number of first columns from which their common mean over the clip is subtracted; 0 keeps the level", ge=0
    )
    gain: float = parameter(0.2, "standard deviation of a level added to all bands", ge=0)
    stretch: float = parameter(0.1, "largest relative change of tempo", ge=0, lt=1)
    band_shift: Integer = parameter(1, "largest shift along the bands", ge=0)
    mask_bands: Integer = parameter(6, "widest masked stripe, in bands (SpecAugment)", ge=0, tune=(0, 6, 12))
    mask_frames: Integer = parameter(8, "widest masked stripe, in steps (SpecAugment)", ge=0)


class PooledParameters(FrameParameters):
    """Parameters of networks along time that end in statistics over the clip."""

    kernel: Integer = parameter(5, "width of the convolutions, in steps", ge=1)
    halvings: Integer = parameter(
        1, "first convolutions that are followed by pooling, which halves the number of steps", ge=0
    )
    pooling: Literal["statistics", "attention"] = parameter(
        "statistics",
        "mean and deviation over the clip: of all steps alike, or weighted by attention",
        tune=("statistics", "attention"),
    )
    heads: Integer = parameter(4, "sets of weights over time that attention learns", ge=1)
    pooled_layers: Literal["last", "all"] = parameter(
        "all", "layers whose mean and deviation the classifier sees; all includes the input"
    )


class CNN1DParameters(PooledParameters):
    """Parameters of ``cnn1d``."""

    filters: Counts = parameter(
        [64, 96], "filters of each convolution", tune=([48, 96], [64, 96], [64, 96, 96]), min_length=1
    )
    chunk: Integer = parameter(1, "columns per step where the features are a vector", ge=1)


class CNN2DParameters(PooledParameters):
    """Parameters of ``cnn2d``."""

    filters: Counts = parameter(
        [16, 32], "filters of each convolution over bands", tune=([16, 32], [32, 64], [16, 32, 64]), min_length=1
    )
    kernel: Integer = parameter(3, "width and height of the convolutions", ge=1)
    halvings: Integer = parameter(1, "convolutions over bands, from the first, that halve the number of steps", ge=0)
    units: Integer = parameter(96, "filters of the convolution that spans all bands", ge=1, tune=(48, 96, 144))


class LSTMParameters(PooledParameters):
    """Parameters of ``lstm``."""

    filters: Counts = parameter([64, 64], "filters of each convolution before the memory")
    memory: Literal["lstm", "gru"] = parameter("lstm", "long short-term memory, or gated recurrent units")
    units: Integer = parameter(32, "units of the memory", ge=1, tune=(32, 48, 96))
    bidirectional: bool = parameter(True, "whether the memory reads the clip in both directions")
    chunk: Integer = parameter(16, "columns per step where the features are a vector", ge=1)


def _build_network(network: str, inputs: tuple[str, ...], /, *, seed: int, **parameters: Any) -> Any:
    """Return an untrained network; parameters of neither training nor augmentation shape its architecture."""
    from ser_bench.models.networks.augmentation import Augmentation
    from ser_bench.models.networks.classifier import KerasClassifier

    training = {name: parameters.pop(name) for name in KerasClassifier().get_params() if name in parameters}
    augmentation = {name: parameters.pop(name) for name in Augmentation.__dataclass_fields__ if name in parameters}
    return KerasClassifier(network, parameters, augmentation, inputs=inputs, random_state=seed, **training)


def _model(name: str, network: str, accepts: tuple[Literal["vector", "frames"], ...], **described: Any) -> Model:
    return Model(
        name=name,
        kind="network",
        build=partial(_build_network, network, accepts),
        accepts=accepts,
        takes_groups=True,
        needs=("tensorflow",),
        source=_SOURCE,
        classes=_CLASSES,
        **described,
    )


_ALONG_TIME = {
    "speeds": [*SLOWER_AND_FASTER],
    "refit": True,
    "learning_rate": 5e-3,
    "weight_decay": 1e-2,
    "label_smoothing": 0.1,
    "mixup": 0.5,
    "max_frames": 260,
    "pool": 8,
    "level_bands": 64,
    "stretch": 0.0,
    "band_shift": 0,  # the last columns are not bands
    "mask_bands": 0,
    "mask_frames": 0,
}
"""Parameters of the networks over frames; docs/decisions/23-networks.md has the table of what was tried."""

NETWORKS = (
    _model(
        "mlp-keras",
        "mlp",
        ("vector",),
        summary="multi-layer perceptron (Keras)",
        features="functionals",
        schema=MLPKerasParameters,
        parameters={
            "speeds": [*SLOWER_AND_FASTER],
            "epochs": 25,
            "learning_rate": 2e-3,
            "dropout": 0.5,
            "label_smoothing": 0.1,
            "mixup": 0.3,
            "average": 3,
            "refit": True,
        },
        quick={"speeds": [], "refit": False, "batch_size": 32},
        cost=5.0,
    ),
    _model(
        "cnn1d",
        "cnn1d",
        ("vector", "frames"),
        summary="convolutions along time",
        features="logmel+prosody",
        schema=CNN1DParameters,
        parameters={
            **_ALONG_TIME,
            "epochs": 26,
            "patience": 13,
            "dropout": 0.3,
        },
        quick={"epochs": 16, "pool": 8, "refit": False, "speeds": []},
        cost=11.0,
    ),
    _model(
        "cnn2d",
        "cnn2d",
        ("frames",),
        summary="convolutions over time and frequency",
        features="logmel",
        schema=CNN2DParameters,
        parameters={
            **_ALONG_TIME,
            "epochs": 16,
            "learning_rate": 1e-2,
            "dropout": 0.3,
            "mixup": 0.2,
            "max_frames": 224,
            "gain": 0.0,
            "band_shift": 2,
        },
        quick={"epochs": 12, "refit": False, "speeds": []},
        cost=5.0,
    ),
    _model(
        "lstm",
        "lstm",
        ("vector", "frames"),
        summary="two convolutions, then long short-term memory",
        features="logmel+prosody",
        schema=LSTMParameters,
        parameters={
            **_ALONG_TIME,
            "epochs": 18,
            "patience": 10,
            "dropout": 0.5,
            "halvings": 2,
        },
        quick={"epochs": 12, "refit": False, "speeds": []},
        cost=10.0,
    ),
)
