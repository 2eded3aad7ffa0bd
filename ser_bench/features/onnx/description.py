"""The description of a chain of networks: the keys of its TOML file, their types and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.text import listed
from ser_bench.features.pooling import POOLINGS

Axis = Literal["batch", "time", "features", "one"]
"""What an axis of a network's input or output is; ``one`` is an axis of length 1."""

_MAX_SHOWN = 80
"""Longer values are cut in error messages."""

_MAX_FACTOR = 1e30
"""The largest number that samples and bands are multiplied by, divided by or shifted by; float32 ends at 3e38."""

_PLAIN = r"^([\p{L}\p{N}_][\p{L}\p{N}_.-]*)?$"
_PRINTABLE = r"^[^\p{C}\p{Zl}\p{Zp}]*$"

_WORDS = {
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a table",
    "too_short": "at least one entry",
    "too_long": "fewer entries",
}
"""What is expected, by the type of the fault, where pydantic names types of Python."""

Line = Annotated[str, Field(max_length=500, pattern=_PRINTABLE)]
"""A text without control characters and line breaks."""


class _Table(BaseModel):
    """A table of the TOML file; values keep their types, and keys are known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _list_to_tuple(cls, value: Any) -> Any:
        """Return a tuple for a list of TOML."""
        return tuple(value) if isinstance(value, list) else value


class Network(_Table):
    """A network of the chain, in the order of computation.

    Parameters
    ----------
    file : str
        An ONNX file in the folder of the TOML file, or ``package:DISTRIBUTION/PATH`` for one of an installed package.
    input, output : str
        Names of the input and of the output or intermediate tensor; empty for the only input and the first output.
    input_axes, output_axes : tuple of str
        What each axis is; empty to infer it.
    scale, offset : float
        The network's input is ``scale * values + offset``.
    window, hop : int, optional
        Length of a window and distance between windows, in samples of a waveform or in frames; None for the whole clip
        or, for ``hop``, for adjacent windows.
    """

    file: str = ""
    input: str = ""
    output: str = ""
    input_axes: tuple[Axis, ...] = ()
    output_axes: tuple[Axis, ...] = ()
    scale: float = Field(1.0, ge=-_MAX_FACTOR, le=_MAX_FACTOR)
    offset: float = Field(0.0, ge=-_MAX_FACTOR, le=_MAX_FACTOR)
    window: int | None = Field(None, ge=1, le=10_000_000)
    hop: int | None = Field(None, ge=1, le=10_000_000)


_Shift = Annotated[float, Field(ge=-_MAX_FACTOR, le=_MAX_FACTOR)]
_Divisor = Annotated[float, Field(ge=1 / _MAX_FACTOR, le=_MAX_FACTOR)]


class Mel(_Table):
    """A mel spectrogram in the terms of librosa; rows are frames.

    Parameters
    ----------
    n_fft, hop_length, n_mels : int
        FFT length and hop in samples, and the number of bands.
    win_length : int, optional
        Length of the Hann window; None for ``n_fft``.
    fmin, fmax : float
        Lowest and highest frequency in Hz; None for half the sampling rate.
    htk : bool
        Whether the mel scale is HTK's; else Slaney's.
    norm : {'slaney', 'none'}
        Whether each filter has an area of 1 or a peak of 1.
    power : float
        Exponent of the magnitude.
    log : {'db', 'ln', 'log10', 'none'}
        Logarithm of the energies.
    floor : float
        Smaller energies are raised to it before the logarithm.
    range : float, optional
        After the logarithm, values further than this below the clip's largest value are raised.
    center : bool
        Whether the first frame is centred at the first sample.
    pad_mode : {'constant', 'reflect'}
        What is beyond the ends: zeros or the mirrored clip.
    mean, std : float or tuple of float
        Subtracted and divided by, for all bands or for each.
    """

    n_fft: int = Field(ge=16, le=65536)
    hop_length: int = Field(ge=1, le=1_000_000)
    n_mels: int = Field(ge=1, le=1024)
    win_length: int | None = Field(None, ge=2, le=65536)
    fmin: float = Field(0.0, ge=0, allow_inf_nan=False)
    fmax: float | None = Field(None, gt=0, allow_inf_nan=False)
    htk: bool = False
    norm: Literal["slaney", "none"] = "slaney"
    power: float = Field(2.0, ge=0.1, le=4)
    log: Literal["db", "ln", "log10", "none"]
    floor: float = Field(1e-10, ge=1e-30, le=_MAX_FACTOR)
    range: float | None = Field(None, gt=0, allow_inf_nan=False)
    center: bool = True
    pad_mode: Literal["constant", "reflect"] = "constant"
    mean: _Shift | tuple[_Shift, ...] = 0.0
    std: _Divisor | tuple[_Divisor, ...] = 1.0

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        """Check what depends on two keys."""
        if (self.win_length or 0) > self.n_fft:
            raise ValueError(f"win_length at most n_fft, {self.n_fft}")
        if self.fmax is not None and self.fmax <= self.fmin:
            raise ValueError(f"fmax above fmin, {self.fmin:g} Hz")
        for key in ("mean", "std"):
            values = getattr(self, key)
            if isinstance(values, tuple) and len(values) != self.n_mels:
                raise ValueError(f"one number in {key}, or {self.n_mels}, one for each band")
        return self


class Description(_Table):
    """A feature set from a chain of networks.

    Parameters
    ----------
    name : str
        The name of the set; empty for that of the file.
    sampling_rate : int
        Rate in Hz to which clips are resampled.
    layout : {'waveform', 'mel'}
        What the first network takes.
    mel : Mel, optional
        The spectrogram, if ``layout`` is ``mel``.
    normalize : bool
        Whether the waveform is brought to zero mean and unit variance.
    trim : bool
        Whether the silence at both ends is removed first.
    longest : float
        Seconds; longer clips are cut into equal parts, so that memory is bounded.
    short : {'error', 'pad'}
        What happens to clips that are shorter than a window.
    pool : str, optional
        Statistics over the frames.
    network : tuple of Network
        The chain.
    licence : str
        Licence of the networks.
    corpora : tuple of str, optional
        The corpora on which the networks were trained; None if unknown.
    complete : bool
        Whether ``corpora`` are all of them.
    unheard : tuple of str
        Corpora whose recordings are not among them, under any name.
    source : str
        Where the networks come from.
    """

    name: str = Field("", pattern=_PLAIN, max_length=60)
    sampling_rate: int = Field(ge=1000, le=384_000)
    layout: Literal["waveform", "mel"]
    mel: Mel | None = None
    normalize: bool = False
    trim: bool = False
    longest: float = Field(60.0, ge=1, le=3600)
    short: Literal["error", "pad"] = "error"
    pool: str | None = None
    network: tuple[Network, ...] = Field(min_length=1, max_length=8)
    licence: Line = ""
    corpora: tuple[Line, ...] | None = None
    complete: bool = True
    unheard: tuple[Line, ...] = ()
    source: Line = ""

    @field_validator("pool")
    @classmethod
    def _check_pool(cls, name: str | None) -> str | None:
        """Check the name of a pooling."""
        if name is not None and name not in POOLINGS:
            raise PydanticCustomError("pooling", "one of {names}", {"names": ", ".join(POOLINGS)})
        return name

    @model_validator(mode="after")
    def _check_front_end(self) -> Self:
        """Check that a mel spectrogram is described exactly where the layout asks for it, and its frequencies."""
        if (self.layout == "mel") != (self.mel is not None):
            raise ValueError("layout = 'mel' and a table [mel], both or neither")
        half = self.sampling_rate / 2
        if self.mel and max(self.mel.fmin, self.mel.fmax or 0) > half:
            raise ValueError(f"fmin and fmax at most half of sampling_rate, {half:g} Hz")
        if self.mel and self.mel.fmin == half:
            raise ValueError(f"fmin below half of sampling_rate, {half:g} Hz")
        samples = self.network[0].window if self.mel is None else None
        if samples and samples > self.longest * self.sampling_rate:
            raise ValueError(f"a window of at most {self.longest:g} s (the key longest), got {samples:,} samples")
        return self


NETWORK_KEYS = tuple(Network.model_fields)
"""Keys of a ``[[network]]``; for a single network they may be at the top."""


class _Networks(BaseModel):
    """The networks of a description alone."""

    model_config = ConfigDict(strict=True)

    network: list[Network] = Field(min_length=1, max_length=8)


def with_networks(content: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Return the content of a TOML file with the keys of a single network in a table ``[[network]]``.

    Parameters
    ----------
    content : mapping
        The content of the file.
    origin : str
        The file, for messages.

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        If keys of a network are at the top and in a table.
    """
    at_top = [key for key in NETWORK_KEYS if key in content]
    if "network" in content and at_top:
        raise ConfigError(f"invalid key {at_top[0]!r} in {origin}: write it into a [[network]] table")
    tables = content.get("network", [{key: content[key] for key in at_top}])
    return {**{key: value for key, value in content.items() if key not in at_top}, "network": tables}


def parse_networks(content: Mapping[str, Any], origin: str) -> tuple[Network, ...]:
    """Return the networks of a description alone; other keys may be missing.

    Parameters
    ----------
    content : mapping
        The result of :func:`with_networks`.
    origin : str
        The file, for messages.

    Returns
    -------
    tuple of Network

    Raises
    ------
    ConfigError
        If a key is unknown or a value is invalid.
    """
    try:
        return tuple(_Networks.model_validate({"network": content["network"]}).network)
    except ValidationError as error:
        raise _as_config_error(error, origin) from None


def parse(content: Mapping[str, Any], origin: str, example: str = "") -> Description:
    """Return the description that a TOML file states.

    Parameters
    ----------
    content : mapping
        The content of the file.
    origin : str
        The file, for messages.
    example : str
        Lines of TOML with the missing keys, for the message.

    Returns
    -------
    Description

    Raises
    ------
    ConfigError
        If a key is unknown or missing, or a value is invalid.
    """
    try:
        return Description.model_validate(with_networks(content, origin))
    except ValidationError as error:
        raise _as_config_error(error, origin, example) from None


def _as_config_error(error: ValidationError, origin: str, example: str = "") -> ConfigError:
    """Return the first fault of a description as an error; all missing keys at once."""
    faults = error.errors(include_url=False)
    unknown = next((fault for fault in faults if fault["type"] == "extra_forbidden"), None)
    if unknown:
        *parents, key = unknown["loc"]
        return UnknownNameError(f"key in {origin}{_table(parents)}:", str(key)[:_MAX_SHOWN], _known_keys(parents))
    missing = [_key(fault["loc"]) for fault in faults if fault["type"] == "missing"]
    if missing:
        hint = f", for example\n{example}" if example else ""
        return ConfigError(
            f"{origin} does not state {listed(missing)}; add {'it' if len(missing) == 1 else 'them'}{hint}"
        )
    fault = faults[0]
    expected = _expected(fault)
    key = _key(fault["loc"])
    if not key or fault["type"] == "value_error":
        return ConfigError(f"invalid description {origin}: expected {expected}")
    return ConfigError(f"invalid value for {key} in {origin}: expected {expected}, got {_shown(fault['input'])}")


def _expected(fault: Any) -> str:
    """Return what a fault says that was expected."""
    if fault["type"] == "string_pattern_mismatch":
        is_name = fault["ctx"]["pattern"] == _PLAIN
        return "letters, digits and . _ -, a letter or digit first" if is_name else "text without control characters"
    for bound, words in (("ge", "at least"), ("le", "at most")):
        limit = fault.get("ctx", {}).get(bound)
        if limit is not None:
            return f"a number of {words} {limit:,}" if isinstance(limit, int) else f"a number of {words} {limit:g}"
    message = (
        str(fault["msg"])
        .removeprefix("Input should be ")
        .removeprefix("Value error, ")
        .removeprefix("String should have ")
    )
    return _WORDS.get(fault["type"], message)


def _key(location: tuple[int | str, ...]) -> str:
    """Return the place of a value, for example ``network 2 window``."""
    keys = [part for part in location if isinstance(part, int) or (part.isidentifier() and part != "float")]
    return " ".join(str(key + 1) if isinstance(key, int) else key for key in keys)  # pydantic adds types of unions


def _table(parents: list[int | str]) -> str:
    """Return the table in which a key is, for a message."""
    return f", {_key(tuple(parents))}" if parents else ""


def _known_keys(parents: list[int | str]) -> list[str]:
    """Return the keys that a table may have."""
    if not parents:
        return [*Description.model_fields, *NETWORK_KEYS]
    return list(Mel.model_fields if parents[0] == "mel" else NETWORK_KEYS)


def _shown(value: Any) -> str:
    """Return a value for an error message."""
    text = ascii(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
