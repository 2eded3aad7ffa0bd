"""The service described for programs, in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from ser_bench.core.versions import __version__
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.serve.settings import Settings

_ERRORS = {
    "400": "Not understood: no clip or several, or a Host header that names another machine.",
    "413": "The file is too large.",
    "415": "Not multipart/form-data, or a file in a format that is not read here.",
    "422": "A clip that cannot be used: damaged, too short, too long, or silent.",
    "429": "Too many clips at once.",
    "500": "The clip made the service fail; the service goes on.",
    "503": "Starting, stopping, or not done in time.",
}
_RETRY = {"Retry-After": {"description": "Seconds until another try.", "schema": {"type": "integer"}}}
_STEPS = ("wait", "decode", "features", "predict", "total")


def describe(info: Manifest, settings: Settings) -> dict[str, Any]:
    """Return the description of a service that answers by the model ``info`` tells of."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ser-bench serve",
            "version": __version__,
            "description": f"{info.model.name}: {info.target} of a clip of speech. {info.intended_use}",
        },
        "paths": {
            "/predict": {"post": _predict(settings)},
            "/health": {"get": _health()},
            "/model": {"get": _read("model", "What the model's file says of itself.", _json({"type": "object"}))},
            "/openapi.json": {"get": _read("description", "This description.", _json({"type": "object"}))},
            "/": {"get": _read("page", "A page to try it.", {"text/html": {"schema": {"type": "string"}}})},
        },
        "components": {"schemas": {"Answer": _answer(list(info.labels)), "Error": _object({"error": _TEXT})}},
    }


_TEXT = {"type": "string"}


def _predict(settings: Settings) -> dict[str, Any]:
    clip = {"type": "string", "format": "binary", "description": "WAV, FLAC, OGG or MP3."}
    limits = f"At most {settings.max_bytes:,} bytes and {settings.max_seconds:g} seconds."
    return {
        "operationId": "predict",
        "summary": "The emotion of a clip.",
        "description": limits,
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _object({"file": clip}, closed=False)}},
        },
        "responses": {
            "200": {"description": "The answer.", "content": _json({"$ref": "#/components/schemas/Answer"})},
            **_errors(*_ERRORS),
        },
    }


def _health() -> dict[str, Any]:
    state = {"type": "string", "enum": ["ready", "starting", "stopping"]}
    content = _json(_object({"status": state}))
    answers = {
        "200": {"description": "A clip sent now is answered.", "content": content},
        "503": {"description": "It is starting or stopping.", "content": content},
    }
    return _read("health", "Whether clips are answered.", content) | {"responses": answers | _errors("400")}


def _read(name: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    done = {"200": {"description": summary, "content": content}}
    return {"operationId": name, "summary": summary, "responses": done | _errors("400")}


def _errors(*statuses: str) -> dict[str, Any]:
    content = _json({"$ref": "#/components/schemas/Error"})
    told = {status: {"description": _ERRORS[status], "content": content} for status in statuses}
    return {s: one | ({"headers": _RETRY} if s in ("429", "503") else {}) for s, one in told.items()}


def _answer(labels: list[str]) -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    steps = {step: {"type": "number", "minimum": 0} for step in _STEPS}
    return _object(
        {
            "clip": _TEXT | {"description": "The file's name as sent, for display."},
            "emotion": {"type": "string", "enum": labels},
            "probabilities": _object(dict.fromkeys(labels, share)),
            "timings": _object(steps) | {"description": "Milliseconds."},
        }
    )


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _object(properties: dict[str, Any], *, closed: bool = True) -> dict[str, Any]:
    """Return an object's schema, all of whose properties are required."""
    shut = {"additionalProperties": False} if closed else {}
    return {"type": "object", "properties": properties, "required": list(properties), **shut}
