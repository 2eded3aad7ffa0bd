"""Settings of the service, validated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ser_bench.audio import MAX_SECONDS, MIN_SECONDS
from ser_bench.core.errors import ConfigError
from ser_bench.deploy.coverage import COVERAGE, check_coverage

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Settings:
    """Address and limits of the service.

    Attributes
    ----------
    file : Path
        File of the model.
    host, port : str, int
        Address to listen on; port 0 selects a free one.
    threads : int
        Number of clips that are processed at once; further ones are refused.
    jobs : int
        Number of worker processes.
    max_bytes : int
        Size limit of a file.
    max_seconds : float
        Duration limit of a clip in seconds.
    decode_timeout : float
        Time limit of a prediction in seconds.
    prepare : callable or None
        Called in each worker before the model is loaded; registers a plugin.
    coverage : float
        Coverage of the prediction sets.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    file: Path
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 16
    jobs: int = 2
    max_bytes: int = 10 * MEGABYTE
    max_seconds: float = 60.0
    decode_timeout: float = 10.0
    prepare: Callable[[], object] | None = None
    coverage: float = COVERAGE

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_coverage(self.coverage)
        limits: tuple[tuple[str, float, float, float], ...] = (
            ("--port", self.port, 0, 65_535),
            ("--threads", self.threads, 1, 256),
            ("--jobs", self.jobs, 1, 256),
            ("--max-bytes", self.max_bytes, 1_000, 1_000 * MEGABYTE),
            ("--max-seconds", self.max_seconds, MIN_SECONDS, MAX_SECONDS),
            ("--decode-timeout", self.decode_timeout, 0.1, 3600),
        )
        for name, value, low, high in limits:
            if not low <= value <= high:
                raise ConfigError(f"invalid value for {name}: expected {low:g} to {high:g}, got {value:g}")
