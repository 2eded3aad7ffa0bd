"""The networks: each a function from the shape of its input to a Keras model that ends in a softmax.

A network over sequences is given ``(t, d + 1)``: standardised frames, zero behind the clip's end, and
a last channel that is one where the clip has sound and zero behind it. With ``flat`` the sequence
is a vector cut into steps: places then mean something, so they are kept instead of averaged.
Only names of Keras are used, so that any of its backends will do.
"""

from __future__ import annotations

from typing import Any

Shape = tuple[int, ...]


def mlp(keras: Any, shape: Shape, classes: int, *, hidden: list[int], dropout: float, l2: float) -> Any:
    """Dense layers with dropout over a vector ``(d,)``."""
    layers = keras.layers
    x = inputs = keras.Input(shape)
    for units in hidden:
        x = layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.L2(l2))(x)
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def cnn1d(
    keras: Any,
    shape: Shape,
    classes: int,
    *,
    filters: list[int],
    kernel: int,
    dropout: float,
    flat: bool = False,
) -> Any:
    """Convolutions along time, halving it between them, then the mean and spread of each filter."""
    layers = keras.layers
    inputs = keras.Input(shape)
    x, mask = _parted(inputs)
    for place, count in enumerate(filters):
        stride = 2 if flat and place == 0 else 1
        x = layers.Conv1D(count, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = _activated(layers, x)
        if place < len(filters) - 1:
            x, mask = _halved(layers, x, mask, 4 if flat else 2)
            x = layers.SpatialDropout1D(dropout / 2)(x)
    x = layers.Flatten()(x) if flat else _mean_and_spread(keras, x, mask)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def cnn2d(
    keras: Any,
    shape: Shape,
    classes: int,
    *,
    filters: list[int],
    kernel: int,
    units: int,
    dropout: float,
) -> Any:
    """Convolutions over time and bands, halving both, then the mean and spread of ``units`` mixtures."""
    layers = keras.layers
    inputs = keras.Input(shape)
    x, mask = _parted(inputs)
    x = layers.Reshape((*x.shape[1:], 1))(x)
    for place, count in enumerate(filters):
        stride = 2 if place == 0 else 1  # the first layer sees every frame and band: most of the work
        x = layers.Conv2D(count, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = _activated(layers, x)
        if stride == 2:
            mask = layers.MaxPooling1D(2, padding="same")(mask)
        if place < len(filters) - 1:
            x = layers.MaxPooling2D(2, padding="same")(x)
            mask = layers.MaxPooling1D(2, padding="same")(mask)
            x = layers.SpatialDropout2D(dropout / 2)(x)
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    x = layers.Dense(units, activation="relu")(layers.Dropout(dropout)(x))
    x = layers.Dropout(dropout)(_mean_and_spread(keras, x, mask))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def lstm(  # noqa: PLR0913 (a keyword per hyper-parameter)
    keras: Any,
    shape: Shape,
    classes: int,
    *,
    filters: list[int],
    kernel: int,
    units: int,
    bidirectional: bool,
    dropout: float,
    flat: bool = False,
) -> Any:
    """Convolutions that halve time, then long short-term memory; the mean and spread of its outputs.

    On a processor the memory's cost is its number of steps, so the convolutions shorten the
    sequence first. With ``flat`` they are left out, for neighbouring steps are no neighbours in time.
    """
    layers = keras.layers
    inputs = keras.Input(shape)
    x, mask = _parted(inputs)
    for count in [] if flat else filters:
        x = _activated(layers, layers.Conv1D(count, kernel, padding="same", use_bias=False)(x))
        x, mask = _halved(layers, x, mask, 2)
        x = layers.SpatialDropout1D(dropout / 2)(x)
    memory = layers.LSTM(units, return_sequences=True, use_cudnn=False)
    x = (layers.Bidirectional(memory) if bidirectional else memory)(x)
    x = layers.Flatten()(x) if flat else _mean_and_spread(keras, x, mask)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def _parted(inputs: Any) -> tuple[Any, Any]:
    """Return the bands and the mask of a sequence."""
    return inputs[:, :, :-1], inputs[:, :, -1:]


def _activated(layers: Any, x: Any) -> Any:
    # Training is a few hundred steps, too few for the usual momentum of 0.99.
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _halved(layers: Any, x: Any, mask: Any, factor: int) -> tuple[Any, Any]:
    shorter = layers.MaxPooling1D(factor, padding="same")
    return shorter(x), layers.MaxPooling1D(factor, padding="same")(mask)


def _mean_and_spread(keras: Any, x: Any, mask: Any) -> Any:
    """Return the mean and standard deviation over the steps that have sound, ``(b, 2 · channels)``."""
    ops = keras.ops
    steps = ops.sum(mask, axis=1) + 1e-3  # a clip without sound divides by this
    mean = ops.sum(x * mask, axis=1) / steps
    variance = ops.sum(ops.square(x - ops.expand_dims(mean, 1)) * mask, axis=1) / steps
    return ops.concatenate([mean, ops.sqrt(variance + 1e-3)], axis=-1)
