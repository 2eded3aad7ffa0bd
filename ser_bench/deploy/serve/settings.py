"""What the service was told on the command line, checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ser_bench.audio import MAX_SECONDS, MIN_SECONDS
from ser_bench.core.errors import ConfigError

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Settings:
    """Where to listen, and what a request may cost; sizes in bytes, times in seconds."""

    file: Path
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 16
    jobs: int = 2
    max_bytes: int = 10 * MEGABYTE
    max_seconds: float = 60.0
    decode_timeout: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what cannot be, with :class:`ConfigError`."""
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
                raise ConfigError(f"{name} {value:g}: must be from {low:g} to {high:g}")
