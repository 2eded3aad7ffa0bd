"""What the text after ``ssl:`` names: a model, its revision, layers and pooling."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features.pooling import DEFAULT_POOLING, check_pooling

FORM = "ssl:NAME_OR_FOLDER[#layer=N|#layers=all][#pool=POOLING]"

_OPTIONS = ("layer", "layers", "pool")


@dataclass(frozen=True)
class Choice:
    """What to take from a network.

    Attributes
    ----------
    model : str
        A folder, or a name of the hub with or without ``@REVISION``.
    layer : int or None
        Number of the layer; None for the last layer.
    all_layers : bool
        Whether to take every layer.
    pooling : str
        Statistics over the frames of each layer.
    """

    model: str
    layer: int | None = None
    all_layers: bool = False
    pooling: str = DEFAULT_POOLING

    @property
    def options(self) -> str:
        """The options as a part of a name; empty for the defaults."""
        layer = "" if self.layer is None else f"#layer={self.layer}"
        layers = "#layers=all" if self.all_layers else ""
        pooling = "" if self.pooling == DEFAULT_POOLING else f"#pool={self.pooling}"
        return f"{layer}{layers}{pooling}"


def parse_choice(text: str) -> Choice:
    """Return what the text after ``ssl:`` names.

    Parameters
    ----------
    text : str
        ``NAME_OR_FOLDER[#layer=N|#layers=all][#pool=POOLING]``.

    Returns
    -------
    Choice

    Raises
    ------
    ConfigError
        If the model is empty, or an option is unknown, repeated or invalid.
    """
    model, *parts = text.split("#")
    if not model.strip():
        raise ConfigError(f"feature set ssl:{text} names no model; write {FORM}")
    options: dict[str, str] = {}
    for part in parts:
        name, _, value = part.partition("=")
        if name not in _OPTIONS:
            raise UnknownNameError(f"option of ssl:{model}", name, _OPTIONS)
        if name in options:
            raise ConfigError(f"feature set ssl:{text} has #{name} twice; give it once")
        options[name] = value
    if "layer" in options and "layers" in options:
        raise ConfigError(f"feature set ssl:{text} has #layer and #layers; give one of them")
    if options.get("layers", "all") != "all":
        raise ConfigError(f"invalid #layers={options['layers']} in ssl:{text}: expected all, or #layer=N for one layer")
    if "layer" in options and not re.fullmatch(r"\d{1,3}", options["layer"], re.ASCII):
        raise ConfigError(f"invalid #layer={options['layer']} in ssl:{text}: expected an integer from 0")
    layer = int(options["layer"]) if "layer" in options else None
    return Choice(model, layer, "layers" in options, check_pooling(options.get("pool", DEFAULT_POOLING)))
