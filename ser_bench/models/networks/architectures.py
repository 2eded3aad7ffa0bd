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


def cnn1d(  # noqa: PLR0913 (a keyword per hyper-parameter)
    keras: Any,
    shape: Shape,
    classes: int,
    *,
    filters: list[int],
    kernel: int,
    halvings: int,
    pooling: str,
    heads: int,
    pooled_layers: str,
    dropout: float,
    flat: bool = False,
) -> Any:
    """Convolutions along time, then statistics over the clip.

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
    halvings : int
        How many convolutions, from the first, are followed by pooling that halves the number of steps.
    pooling : {"statistics", "attention"}
        Mean and standard deviation over the steps of the last layer: of all steps alike, or weighted by ``heads``.
    heads : int
        Number of sets of weights over time that attention learns.
    pooled_layers : {"last", "all"}
        Whether the mean and standard deviation of the input and of each convolution are added to those of the last.
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
    if flat:
        x = layers.Flatten()(_convolved_vector(layers, inputs, filters, kernel, dropout))
    else:
        x, mask, pooled = _convolved(keras, inputs, filters, kernel, halvings, dropout)
        x = _pooled_clip(keras, x, mask, heads if pooling == "attention" else 0)
        x = keras.ops.concatenate([x, *pooled], axis=-1) if pooled_layers == "all" else x
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def cnn2d(  # noqa: PLR0913 (a keyword per hyper-parameter)
    keras: Any,
    shape: Shape,
    classes: int,
    *,
    filters: list[int],
    kernel: int,
    halvings: int,
    units: int,
    pooling: str,
    heads: int,
    pooled_layers: str,
    dropout: float,
) -> Any:
    """Convolutions over time and bands, one along time over all bands that remain, then statistics over the clip.

    Every convolution over bands halves their number, the first twice. The last convolution has its own weights for
    each band: the same shape means something else in a low band than in a high one.

    Parameters
    ----------
    keras : module
        Keras.
    shape : tuple of int
        Shape of one clip's input.
    classes : int
        Number of classes.
    filters : list of int
        Filters of each convolution over time and bands.
    kernel : int
        Width and height of the convolutions.
    halvings : int
        How many convolutions, from the first, halve the number of steps.
    units : int
        Filters of the last convolution.
    pooling : {"statistics", "attention"}
        Mean and standard deviation over the steps of the last layer: of all steps alike, or weighted by ``heads``.
    heads : int
        Number of sets of weights over time that attention learns.
    pooled_layers : {"last", "all"}
        Whether the mean and standard deviation of the input and of the layer before are added to those of the last.
    dropout : float
        Share of activations set to 0 in training.

    Returns
    -------
    keras.Model
    """
    layers = keras.layers
    inputs = keras.Input(shape)
    x, mask = _bands_and_mask(inputs)
    pooled = [_mean_and_deviation(keras, x, mask)]
    x = layers.Reshape((*x.shape[1:], 1))(x)
    for layer, count in enumerate(filters):
        strides, factor = (1, 2 if layer == 0 else 1), 2 if layer < halvings else 1
        x = layers.Conv2D(count, kernel, strides=strides, padding="same", use_bias=False)(x)
        x = layers.MaxPooling2D((factor, 2), padding="same")(x)
        mask = layers.MaxPooling1D(factor, padding="same")(mask)
        x = layers.SpatialDropout2D(dropout / 2)(_normalised(layers, x))  # after pooling, where it takes less time
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    pooled.append(_mean_and_deviation(keras, x, mask))
    x = _normalised(layers, layers.Conv1D(units, kernel, padding="same", use_bias=False)(x))
    x = _pooled_clip(keras, x, mask, heads if pooling == "attention" else 0)
    x = keras.ops.concatenate([x, *pooled], axis=-1) if pooled_layers == "all" else x
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(layers.Dropout(dropout)(x)))


def lstm(  # noqa: PLR0913 (a keyword per hyper-parameter)
    keras: Any,
    shape: Shape,
    classes: int,
    *,
    filters: list[int],
    kernel: int,
    halvings: int,
    memory: str,
    units: int,
    bidirectional: bool,
    pooling: str,
    heads: int,
    pooled_layers: str,
    dropout: float,
    flat: bool = False,
) -> Any:
    """Convolutions that shorten time, long short-term memory, then statistics over the clip.

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
    halvings : int
        How many convolutions, from the first, are followed by pooling that halves the number of steps.
    memory : {"lstm", "gru"}
        Long short-term memory, or gated recurrent units.
    units : int
        Units of the memory.
    bidirectional : bool
        Whether the memory reads the clip in both directions.
    pooling : {"statistics", "attention"}
        Mean and standard deviation over the steps of the memory: of all steps alike, or weighted by ``heads``.
    heads : int
        Number of sets of weights over time that attention learns.
    pooled_layers : {"last", "all"}
        Whether the mean and standard deviation of the input and of each convolution are added to those of the memory.
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
    x, mask, pooled = _convolved(keras, inputs, [] if flat else filters, kernel, halvings, dropout)
    if filters and not flat:
        pooled = [*pooled, _mean_and_deviation(keras, x, mask)]
        x = layers.SpatialDropout1D(dropout / 2)(x)
    cell = {"lstm": layers.LSTM, "gru": layers.GRU}[memory](units, return_sequences=True, use_cudnn=False)
    x = (layers.Bidirectional(cell) if bidirectional else cell)(x)
    if flat:
        x = layers.Flatten()(x)
    else:
        x = _pooled_clip(keras, x, mask, heads if pooling == "attention" else 0)
        x = keras.ops.concatenate([x, *pooled], axis=-1) if pooled_layers == "all" else x
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def _convolved(
    keras: Any, inputs: Any, filters: list[int], kernel: int, halvings: int, dropout: float
) -> tuple[Any, Any, list[Any]]:
    """Return the last convolution, its mask, and the statistics of the input and of each convolution but the last."""
    layers = keras.layers
    x, mask = _bands_and_mask(inputs)
    pooled = [_mean_and_deviation(keras, x, mask)]
    for layer, count in enumerate(filters):
        x = _normalised(layers, layers.Conv1D(count, kernel, padding="same", use_bias=False)(x))
        if layer < halvings:
            x, mask = (layers.MaxPooling1D(2, padding="same")(part) for part in (x, mask))
        if layer < len(filters) - 1:
            pooled.append(_mean_and_deviation(keras, x, mask))
            x = layers.SpatialDropout1D(dropout / 2)(x)
    return x, mask, pooled


def _convolved_vector(layers: Any, inputs: Any, filters: list[int], kernel: int, dropout: float) -> Any:
    """Return the last convolution over a vector in steps; the first and the pooling between them shorten it."""
    x, _ = _bands_and_mask(inputs)
    for layer, count in enumerate(filters):
        stride = 2 if layer == 0 else 1
        x = _normalised(layers, layers.Conv1D(count, kernel, strides=stride, padding="same", use_bias=False)(x))
        if layer < len(filters) - 1:
            x = layers.SpatialDropout1D(dropout / 2)(layers.MaxPooling1D(4, padding="same")(x))
    return x


def _bands_and_mask(inputs: Any) -> tuple[Any, Any]:
    """Return the bands and the mask of a sequence."""
    return inputs[:, :, :-1], inputs[:, :, -1:]


def _normalised(layers: Any, x: Any) -> Any:
    # Training is a few hundred steps, too few for the usual momentum of 0.99.
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _pooled_clip(keras: Any, x: Any, mask: Any, heads: int) -> Any:
    """Return mean and standard deviation over the clip, shape ``(b, 2 * channels)``, or that for each head."""
    if not heads:
        return _mean_and_deviation(keras, x, mask)
    layers, ops = keras.layers, keras.ops
    scores = layers.Dense(heads)(x) + (mask - 1) * 1e4  # no weight behind the clip's end
    weights = ops.transpose(ops.softmax(scores, axis=1), (0, 2, 1))
    mean = ops.matmul(weights, x)
    variance = ops.matmul(weights, ops.square(x)) - ops.square(mean)
    deviation = ops.sqrt(ops.maximum(variance, 0.0) + 1e-3)
    return layers.Flatten()(ops.concatenate([mean, deviation], axis=-1))


def _mean_and_deviation(keras: Any, x: Any, mask: Any) -> Any:
    """Return mean and standard deviation over the steps inside the clip, shape ``(b, 2 * channels)``."""
    ops = keras.ops
    steps = ops.sum(mask, axis=1) + 1e-3  # never 0, for a clip without frames
    mean = ops.sum(x * mask, axis=1) / steps
    variance = ops.sum(ops.square(x - ops.expand_dims(mean, 1)) * mask, axis=1) / steps
    return ops.concatenate([mean, ops.sqrt(variance + 1e-3)], axis=-1)
