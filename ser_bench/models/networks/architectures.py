"""The architectures of the networks: functions from the shape of the input to a Keras model that ends in a softmax.

Each function takes ``keras`` (the module), ``shape`` (of one clip's input), ``classes`` (their number) and its own
keywords, and returns a ``keras.Model``. The input of a network over sequences has the shape ``(t, d + 1)``:
standardised frames and a last channel that is 1 where the clip has frames; everything behind the clip's end is 0. With
``flat`` the sequence is a vector in steps, whose positions have a meaning, so the network flattens instead of
averaging. Only functions of Keras are used, so that every backend works.
"""

from __future__ import annotations

from typing import Any

Shape = tuple[int, ...]


def mlp(keras: Any, shape: Shape, classes: int, *, hidden: list[int], dropout: float, l2: float) -> Any:
    """Dense layers with dropout over a vector.

    Parameters
    ----------
    keras : module
        Keras.
    shape : tuple of int
        Shape of one clip's input.
    classes : int
        Number of classes.
    hidden : list of int
        Units of each hidden layer.
    dropout : float
        Share of activations set to 0 in training.
    l2 : float
        Strength of the L2 penalty on the kernels.

    Returns
    -------
    keras.Model
    """
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
    """Convolutions along time, halving it between them, then the mean and standard deviation of each filter.

    Parameters
    ----------
    keras : module
        Keras.
    shape : tuple of int
        Shape of one clip's input.
    classes : int
        Number of classes.
    filters : list of int
        Filters of each convolution.
    kernel : int
        Width of the convolutions.
    dropout : float
        Share of activations set to 0 in training.
    flat : bool
        Whether the sequence is a vector in steps.

    Returns
    -------
    keras.Model
    """
    layers = keras.layers
    inputs = keras.Input(shape)
    x, mask = _bands_and_mask(inputs)
    for layer, count in enumerate(filters):
        stride = 2 if flat and layer == 0 else 1
        x = layers.Conv1D(count, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = _normalised(layers, x)
        if layer < len(filters) - 1:
            x, mask = _pooled(layers, x, mask, 4 if flat else 2)
            x = layers.SpatialDropout1D(dropout / 2)(x)
    x = layers.Flatten()(x) if flat else _mean_and_deviation(keras, x, mask)
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
    """Convolutions over time and bands, halving both, then the mean and standard deviation of ``units`` mixtures.

    Parameters
    ----------
    keras : module
        Keras.
    shape : tuple of int
        Shape of one clip's input.
    classes : int
        Number of classes.
    filters : list of int
        Filters of each convolution.
    kernel : int
        Width of the convolutions.
    units : int
        Units of the layer that follows the convolutions.
    dropout : float
        Share of activations set to 0 in training.

    Returns
    -------
    keras.Model
    """
    layers = keras.layers
    inputs = keras.Input(shape)
    x, mask = _bands_and_mask(inputs)
    x = layers.Reshape((*x.shape[1:], 1))(x)
    for layer, count in enumerate(filters):
        stride = 2 if layer == 0 else 1  # the first layer does most of the work
        x = layers.Conv2D(count, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = _normalised(layers, x)
        if stride == 2:
            mask = layers.MaxPooling1D(2, padding="same")(mask)
        if layer < len(filters) - 1:
            x = layers.MaxPooling2D(2, padding="same")(x)
            mask = layers.MaxPooling1D(2, padding="same")(mask)
            x = layers.SpatialDropout2D(dropout / 2)(x)
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    x = layers.Dense(units, activation="relu")(layers.Dropout(dropout)(x))
    x = layers.Dropout(dropout)(_mean_and_deviation(keras, x, mask))
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
    """Convolutions that halve time, long short-term memory, then the mean and standard deviation of its outputs.

    The memory takes time with the number of steps, so convolutions shorten the sequence first. With ``flat`` they are
    left out, because neighbouring steps are not neighbours in time.

    Parameters
    ----------
    keras : module
        Keras.
    shape : tuple of int
        Shape of one clip's input.
    classes : int
        Number of classes.
    filters : list of int
        Filters of each convolution.
    kernel : int
        Width of the convolutions.
    units : int
        Units of the layer that follows the convolutions.
    bidirectional : bool
        Whether the memory reads the clip in both directions.
    dropout : float
        Share of activations set to 0 in training.
    flat : bool
        Whether the sequence is a vector in steps.

    Returns
    -------
    keras.Model
    """
    layers = keras.layers
    inputs = keras.Input(shape)
    x, mask = _bands_and_mask(inputs)
    for count in [] if flat else filters:
        x = _normalised(layers, layers.Conv1D(count, kernel, padding="same", use_bias=False)(x))
        x, mask = _pooled(layers, x, mask, 2)
        x = layers.SpatialDropout1D(dropout / 2)(x)
    memory = layers.LSTM(units, return_sequences=True, use_cudnn=False)
    x = (layers.Bidirectional(memory) if bidirectional else memory)(x)
    x = layers.Flatten()(x) if flat else _mean_and_deviation(keras, x, mask)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def _bands_and_mask(inputs: Any) -> tuple[Any, Any]:
    """Return the bands and the mask of a sequence."""
    return inputs[:, :, :-1], inputs[:, :, -1:]


def _normalised(layers: Any, x: Any) -> Any:
    # Training is a few hundred steps, too few for the usual momentum of 0.99.
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _pooled(layers: Any, x: Any, mask: Any, factor: int) -> tuple[Any, Any]:
    shorter = layers.MaxPooling1D(factor, padding="same")
    return shorter(x), layers.MaxPooling1D(factor, padding="same")(mask)


def _mean_and_deviation(keras: Any, x: Any, mask: Any) -> Any:
    """Return mean and standard deviation over the steps inside the clip, shape ``(b, 2 * channels)``."""
    ops = keras.ops
    steps = ops.sum(mask, axis=1) + 1e-3  # never 0, for a clip without frames
    mean = ops.sum(x * mask, axis=1) / steps
    variance = ops.sum(ops.square(x - ops.expand_dims(mean, 1)) * mask, axis=1) / steps
    return ops.concatenate([mean, ops.sqrt(variance + 1e-3)], axis=-1)
