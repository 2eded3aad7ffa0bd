"""Log of the service: one JSON object per line on standard error, without file contents and client addresses."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = logging.getLogger("ser_bench.deploy.serve")
_MAX_PATH_LENGTH = 200


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        timestamp = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": timestamp, "event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_up() -> None:
    """Send the service's log, and errors of waitress, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    for name, level in ((LOGGER.name, logging.INFO), ("waitress", logging.ERROR), ("waitress.queue", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler] if name != "waitress.queue" else [], name == "waitress.queue"
        logger.setLevel(level)
        logger.disabled = False  # libraries that configure logging disable existing loggers


def log_event(event: str, **fields: object) -> None:
    """Log an event.

    Parameters
    ----------
    event : str
        Name of the event.
    **fields : object
        Further fields of its line.
    """
    LOGGER.info(event, extra={"fields": fields})


def log_request(method: str, path: str, status: int, ms: float, size: int) -> None:
    """Log a request.

    Parameters
    ----------
    method, path : str
        Method and path of the request.
    status : int
        HTTP status of the response.
    ms : float
        Time from the received request to the response, in ms.
    size : int
        Size of the request body in bytes.
    """
    path = path[:_MAX_PATH_LENGTH]
    log_event("request", method=method[:20], path=path, status=status, ms=round(ms, 2), bytes=size)
