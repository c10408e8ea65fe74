"""Operations described as OpenAPI 3.1, for people who read it and programs that make clients from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from archive.web.answers import JsonObject

JSON = ("application/json",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter as OpenAPI describes it; in the path when the path names it."""

    name: str
    text: str
    schema: dict[str, Any]  # Any: JSON Schema
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One address: who answers, and what the description says."""

    path: str
    answer: Callable[[Request], Response]
    text: str
    parameters: tuple[Parameter, ...] = ()
    media_types: tuple[str, ...] = JSON
    """Of the answer; empty when it only says where to go."""


def whole_number(least: int, most: int) -> dict[str, Any]:  # Any: JSON Schema
    return {"type": "integer", "minimum": least, "maximum": most}


def openapi(operations: Sequence[Operation]) -> JsonObject:
    """The OpenAPI 3.1 description of ``/api/``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Perilune",
            "version": "1",
            "description": "An archive of space news, read only. Fields: docs/api.md and docs/formats.md.",
        },
        "paths": {operation.path: {"get": described(operation)} for operation in operations},
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["detail"],
                    "properties": {
                        "detail": {"type": "string"},
                        "parameter": {"type": "string"},
                        "query": {"type": "string"},
                        "position": {"type": "integer"},
                    },
                }
            }
        },
    }


def described(operation: Operation) -> JsonObject:
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    content = {name: {"schema": {"type": json_type(name)}} for name in operation.media_types}
    responses: JsonObject = {"200": {"description": "The answer.", "content": content}}
    if not operation.media_types:
        responses = {"302": {"description": "Where it is."}}
    if operation.parameters:
        responses |= {"400": {"description": "A parameter can't be read.", **error}}
    if "{" in operation.path or not operation.media_types:
        responses |= {"404": {"description": "There is none.", **error}}
    return {
        "operationId": operation.answer.__name__,
        "summary": operation.text,
        "parameters": [
            {
                "name": parameter.name,
                "in": "path" if f"{{{parameter.name}}}" in operation.path else "query",
                "required": parameter.is_required,
                "description": parameter.text,
                "schema": parameter.schema,
            }
            for parameter in operation.parameters
        ],
        "responses": responses,
    }


def json_type(media_type: str) -> str:
    """Of an answer: ours are objects, CSL-JSON is a list; what is no JSON is bytes."""
    if media_type in JSON:
        return "object"
    return "array" if media_type.endswith("+json") else "string"
