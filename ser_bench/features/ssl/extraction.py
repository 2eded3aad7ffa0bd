"""The values of a frozen network for one clip; each worker process opens a network once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import FeatureError, SerBenchError
from ser_bench.features.pooling import pool, pooled_columns
from ser_bench.features.ssl.description import Network, read_network
from ser_bench.features.ssl.identity import identity
from ser_bench.features.ssl.locating import ModelFolder
from ser_bench.features.ssl.naming import Choice

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis
    from ser_bench.features.ssl.encoder import Encoder

_ENCODERS: dict[tuple[str, str], Encoder | str] = {}
"""The networks of this process, or why they cannot be opened, by folder and identity."""


@dataclass(frozen=True)
class FrozenNetwork:
    """Computes the layers of a network on a clip; pickles without the network.

    Attributes
    ----------
    folder : str
        Absolute folder of the model.
    commit : str
        The commit of the hub; empty for a folder of the user.
    identity : str
        The commit, or the SHA-256 of the files.
    layers : tuple of int
        Numbers of the layers.
    pooling : str
        Statistics over the frames of each layer.
    """

    folder: str
    commit: str
    identity: str
    layers: tuple[int, ...]
    pooling: str

    def __call__(self, analysis: Analysis) -> np.ndarray:
        """Return a vector, or frames of shape ``(t, d)`` for the pooling ``none``."""
        import numpy as np

        from ser_bench.audio.resample import resample

        encoder = self._encoder()
        frames = encoder.frames(resample(analysis.y, analysis.sr, encoder.network.rate), self.layers)
        return np.concatenate([pool(layer, self.pooling) for layer in frames], axis=-1)

    def _encoder(self) -> Encoder:
        """Return the network of this process."""
        key = self.folder, self.identity
        if key not in _ENCODERS:
            try:
                _ENCODERS[key] = self._open()
            except SerBenchError as error:  # not tried again for each clip
                _ENCODERS[key] = str(error)
        encoder = _ENCODERS[key]
        if isinstance(encoder, str):
            raise FeatureError(encoder)
        return encoder

    def _open(self) -> Encoder:
        """Open the network, if its files are still those of the plan."""
        from ser_bench.features.ssl.encoder import Encoder

        path = Path(self.folder)
        network = read_network(ModelFolder(path, path.name, "", self.commit))
        if self.identity not in identity(network).values():
            raise FeatureError(f"the files of {path.name} changed after the run began; run the command again")
        return Encoder(network)


def layer_numbers(network: Network, choice: Choice) -> tuple[int, ...]:
    """Return the layers that a choice names; the last one by default.

    Parameters
    ----------
    network : Network
        The model.
    choice : Choice
        Layers and pooling.

    Returns
    -------
    tuple of int
    """
    if choice.all_layers:
        return tuple(range(network.depth + 1))
    return (network.depth if choice.layer is None else choice.layer,)


def columns(network: Network, choice: Choice) -> tuple[str, ...]:
    """Return the column names: all statistics of a layer before those of the next.

    Parameters
    ----------
    network : Network
        The model.
    choice : Choice
        Layers and pooling.

    Returns
    -------
    tuple of str
    """
    digits, width_digits = len(str(network.depth)), len(str(network.width - 1))
    return tuple(
        column
        for layer in layer_numbers(network, choice)
        for column in pooled_columns(
            (f"layer{layer:0{digits}d}_{i:0{width_digits}d}" for i in range(network.width)), choice.pooling
        )
    )
