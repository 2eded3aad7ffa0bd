"""The log: one JSON object a line on standard error. No content of files, and no addresses of clients."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = logging.getLogger("ser_bench.deploy.serve")
_MOST = 200


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"time": when, "event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told)


def set_up() -> None:
    """Send our own lines, and what waitress and Flask complain of, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    for name, level in ((LOGGER.name, logging.INFO), ("waitress", logging.ERROR), ("waitress.queue", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler] if name != "waitress.queue" else [], name == "waitress.queue"
        logger.setLevel(level)
        logger.disabled = False  # as other libraries leave it that set up logging of their own


def log_event(event: str, **fields: object) -> None:
    """Write a line."""
    LOGGER.info(event, extra={"fields": fields})


def log_request(method: str, path: str, status: int, ms: float, size: int) -> None:
    """Write a request's line: ``ms`` from its first byte in our hands to the answer, ``size`` in bytes as sent."""
    log_event("request", method=method[:20], path=path[:_MOST], status=status, ms=round(ms, 2), bytes=size)
