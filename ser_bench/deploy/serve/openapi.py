"""OpenAPI 3.1 description of the service."""

from __future__ import annotations

from typing import Any

from ser_bench.core.versions import __version__
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.serve.settings import Settings

_ERRORS = {
    "400": "Malformed request: not exactly one clip, or a Host header that names another machine.",
    "413": "The file is too large.",
    "415": "Not multipart/form-data, or an unsupported audio format.",
    "422": "Unusable clip: damaged, too short, too long, or silent.",
    "429": "Too many clips at once; retry.",
    "500": "Internal error on this clip; the service continues.",
    "503": "Starting, stopping, or timed out; retry.",
}
_RETRY = {"Retry-After": {"description": "Seconds to wait before a retry.", "schema": {"type": "integer"}}}
_STEPS = ("wait", "decode", "features", "predict", "total")


def describe(manifest: Manifest, settings: Settings) -> dict[str, Any]:
    """Describe a service.

    Parameters
    ----------
    manifest : Manifest
        Description of its model.
    settings : Settings
        Its limits.

    Returns
    -------
    dict
        The OpenAPI document.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ser-bench serve",
            "version": __version__,
            "description": f"{manifest.model.name}: {manifest.target} of a clip of speech. {manifest.intended_use}",
        },
        "paths": {
            "/predict": {"post": _predict(settings)},
            "/health": {"get": _health()},
            "/model": {"get": _read("model", "Description of the model.", _json({"type": "object"}))},
            "/openapi.json": {"get": _read("description", "This description.", _json({"type": "object"}))},
            "/": {"get": _read("page", "A page to try the model.", {"text/html": {"schema": {"type": "string"}}})},
        },
        "components": {"schemas": {"Answer": _answer(manifest, settings), "Error": _object({"error": _TEXT})}},
    }


_TEXT = {"type": "string"}


def _predict(settings: Settings) -> dict[str, Any]:
    clip = {"type": "string", "format": "binary", "description": "WAV, FLAC, OGG or MP3."}
    limits = f"At most {settings.max_bytes:,} bytes and {settings.max_seconds:g} seconds."
    return {
        "operationId": "predict",
        "summary": "Predict the label of a clip.",
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
    responses = {
        "200": {"description": "Ready.", "content": content},
        "503": {"description": "Starting or stopping.", "content": content},
    }
    return _read("health", "Whether the service is ready.", content) | {"responses": responses | _errors("400")}


def _read(name: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    success = {"200": {"description": summary, "content": content}}
    return {"operationId": name, "summary": summary, "responses": success | _errors("400")}


def _errors(*statuses: str) -> dict[str, Any]:
    content = _json({"$ref": "#/components/schemas/Error"})
    headers = {status: {"headers": _RETRY} if status in ("429", "503") else {} for status in statuses}
    return {s: {"description": _ERRORS[s], "content": content} | headers[s] for s in statuses}


def _answer(manifest: Manifest, settings: Settings) -> dict[str, Any]:
    labels = list(manifest.labels)
    share = {"type": "number", "minimum": 0, "maximum": 1}
    steps = {step: {"type": "number", "minimum": 0} for step in _STEPS}
    texts = {"type": "array", "items": _TEXT}
    return _object(
        {
            "clip": _TEXT | {"description": "File name as sent, for display."},
            "emotion": {"type": "string", "enum": labels},
            "probabilities": _object(dict.fromkeys(labels, share)),
            "confidence": share | {"description": "The probability of the emotion."},
            "set": _set(manifest, settings),
            "reliable": {
                "type": "boolean",
                "description": "False for a clip without speech or unlike the training data.",
            },
            "reasons": texts | {"description": "Why the prediction is not reliable."},
            "warnings": texts | {"description": "Why the prediction may be wrong, the reasons included."},
            "condition": _condition(manifest),
            "timings": _object(steps) | {"description": "Milliseconds."},
        }
    )


def _set(manifest: Manifest, settings: Settings) -> dict[str, Any]:
    """Return the schema of a prediction set: null for a model that is not calibrated."""
    if manifest.calibration is None:
        return {"type": "null", "description": "The model is not calibrated, so there are no prediction sets."}
    return {
        "type": "array",
        "items": {"type": "string", "enum": list(manifest.labels)},
        "minItems": 1,
        "description": f"The labels that hold the true one for {100 * settings.coverage:g} % of clips of new speakers.",
    }


def _condition(manifest: Manifest) -> dict[str, Any]:
    """Return the schema of the nearest condition: null for a model that states no score under conditions."""
    share = {"type": "number", "minimum": 0, "maximum": 1}
    unknown = {"type": "null", "description": "The model states no score under recording conditions."}
    if manifest.conditions is None:
        return unknown
    values = {
        "name": {"type": "string", "enum": [tested.name for tested in manifest.conditions.tested]},
        "speech": _TEXT | {"description": "How a sentence names it, such as speech on the telephone."},
        "like": {"type": "boolean", "description": "False for a clip unlike every tested condition."},
        "uar": share | {"description": "The UAR of the cross-validation under the condition."},
        "low": {"type": ["number", "null"], "description": "Lower end of its 95 % interval over speakers."},
        "high": {"type": ["number", "null"], "description": "Upper end of its 95 % interval over speakers."},
        "heard": {"type": "boolean", "description": "Whether the model was trained on clips of its family."},
    }
    described = {"description": "The tested recording condition that the clip resembles most."}
    return {"oneOf": [_object(values) | described, {"type": "null"}]}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _object(properties: dict[str, Any], *, closed: bool = True) -> dict[str, Any]:
    """Return the schema of an object with required properties."""
    extra = {"additionalProperties": False} if closed else {}
    return {"type": "object", "properties": properties, "required": list(properties), **extra}
