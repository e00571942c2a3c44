"""The OpenAPI 3.1 description of the API, made from the domain types and one table of paths."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic.json_schema import models_json_schema

from app.domain.lexicon import LexicalEntry
from app.domain.project import ListItem, Project

_REF = "#/components/schemas/{model}"
_ENTRY = {"$ref": "#/components/schemas/LexicalEntry"}
_OBJECT: dict[str, Any] = {"type": "object"}

# method, path, id, summary, body schema, status and schema of the answer, scope of the token
_PATHS: tuple[tuple[str, str, str, str, Any, str, Any, str], ...] = (
    ("get", "/openapi.json", "openapi", "This description", None, "200", _OBJECT, ""),
    ("get", "/docs", "docs", "This description as a page", None, "200", None, ""),
    ("get", "/projects", "list_projects", "Your projects", None, "200", _OBJECT, "read"),
    ("post", "/projects", "add_project", "Make a project", _OBJECT, "201", _OBJECT, "write"),
    ("get", "/projects/{slug}", "get_project", "A project", None, "200",
     {"$ref": "#/components/schemas/Project"}, "read"),
    ("patch", "/projects/{slug}", "patch_project", "Change what is said of a project (If-Match)",
     _OBJECT, "200", {"$ref": "#/components/schemas/Project"}, "admin"),
    ("get", "/projects/{slug}/items", "list_items", "Items of the project's lists", None, "200",
     _OBJECT, "read"),
    ("delete", "/projects/{slug}/items/{item}", "delete_item", "Delete an item that nothing holds",
     None, "204", None, "write"),
    ("get", "/projects/{slug}/items/{item}/uses", "item_uses", "How many records hold an item",
     None, "200", _OBJECT, "read"),
    ("post", "/projects/{slug}/items/{item}/merge", "merge_item",
     "Merge an item into another (`into`)", _OBJECT, "202", _OBJECT, "write"),
    ("get", "/projects/{slug}/entries", "list_entries", "Entries in the order of the alphabet",
     None, "200", _OBJECT, "read"),
    ("post", "/projects/{slug}/entries", "add_entry", "Add an entry", _ENTRY, "201", _ENTRY,
     "write"),
    ("get", "/projects/{slug}/entries/{entry}", "get_entry", "An entry", None, "200", _ENTRY,
     "read"),
    ("put", "/projects/{slug}/entries/{entry}", "put_entry", "Replace an entry (If-Match)",
     _ENTRY, "200", _ENTRY, "write"),
    ("patch", "/projects/{slug}/entries/{entry}", "patch_entry", "Change fields of an entry",
     {"$ref": "#/components/schemas/Changes"}, "200", _ENTRY, "write"),
    ("delete", "/projects/{slug}/entries/{entry}", "delete_entry", "Delete an entry (If-Match)",
     None, "204", None, "write"),
    ("get", "/projects/{slug}/occurrences", "list_occurrences",
     "Words and morphs of the texts in their lines", None, "200", _OBJECT, "read"),
    ("get", "/projects/{slug}/frequencies", "list_frequencies",
     "What stands on a line of the texts, the commonest first", None, "200", _OBJECT, "read"),
    ("get", "/projects/{slug}/texts", "list_texts", "Texts, with how far they are glossed", None,
     "200", _OBJECT, "read"),
    ("post", "/projects/{slug}/texts", "add_text",
     "Add a text that is typed: `typed`, parted by the project's rules, and what is known of it",
     _OBJECT, "201", _OBJECT, "write"),
    ("get", "/projects/{slug}/texts/{text}", "get_text", "A text", None, "200", _OBJECT, "read"),
    ("get", "/projects/{slug}/texts/{text}/utterances", "list_utterances",
     "The utterances of a text in their order", None, "200", _OBJECT, "read"),
    ("get", "/projects/{slug}/utterances/next", "next_utterance",
     "The sentence from which most would be learnt if it were glossed next, with why", None, "200",
     _OBJECT, "read"),
    ("get", "/projects/{slug}/utterances/{line}", "get_utterance", "An utterance", None, "200",
     _OBJECT, "read"),
    ("patch", "/projects/{slug}/utterances/{line}", "patch_utterance",
     "Change translations, notes, speaker, time, status of an utterance",
     {"$ref": "#/components/schemas/Changes"}, "200", _OBJECT, "write"),
    ("post", "/projects/{slug}/utterances/{line}/words/{word}", "add_analysis",
     "Make an analysis the chosen one of a word (`analysis`), confirmed", _OBJECT, "200", _OBJECT,
     "write"),
    ("get", "/projects/{slug}/utterances/{line}/guesses", "list_guesses",
     "Likely analyses of the words of an utterance that have none that is confirmed", None, "200",
     _OBJECT, "read"),
    ("get", "/projects/{slug}/utterances/{line}/translations", "list_translations",
     "What the free translation of an utterance may be, `into` a language of translation", None,
     "200", _OBJECT, "read"),
    ("get", "/projects/{slug}/entries/{entry}/suggestions", "list_suggestions",
     "What empty glosses, parts of speech and domains of an entry may be, with the reasons", None,
     "200", _OBJECT, "read"),
    ("get", "/projects/{slug}/changes", "list_changes", "Changes, last first", None, "200",
     _OBJECT, "read"),
    ("get", "/projects/{slug}/changes/{change}", "get_change", "A change", None, "200", _OBJECT,
     "read"),
    ("post", "/projects/{slug}/changes/{change}/undo", "undo_change", "Undo a change", None,
     "200", _OBJECT, "write"),
    ("post", "/projects/{slug}/imports", "add_import", "Upload a file and start its preview",
     "file", "202", _OBJECT, "write"),
    ("get", "/projects/{slug}/imports/{change}", "get_import", "An import and its report", None,
     "200", _OBJECT, "read"),
    ("post", "/projects/{slug}/imports/{change}/confirm", "confirm_import",
     "Carry an import out", None, "202", _OBJECT, "write"),
    ("delete", "/projects/{slug}/imports/{change}", "discard_import", "Forget an import", None,
     "204", None, "write"),
    ("post", "/projects/{slug}/exports", "add_export", "Write the project in a format", _OBJECT,
     "202", _OBJECT, "write"),
    ("get", "/projects/{slug}/models", "list_models",
     "Models, and what there is to learn from for each task", None, "200", _OBJECT, "read"),
    ("post", "/projects/{slug}/models", "add_model",
     "Train a model: `task`, and if need be `engine`, `options`, `texts`, `statuses`, `name`, "
     "`series`, `curve`", _OBJECT, "202", _OBJECT, "write"),
    ("get", "/projects/{slug}/models/{model}", "get_model", "A model with its figures", None,
     "200", _OBJECT, "read"),
    ("patch", "/projects/{slug}/models/{model}", "patch_model",
     "Change `name`, `notes`, `licence`, `is_default` of a model (If-Match)", _OBJECT, "200",
     _OBJECT, "write"),
    ("delete", "/projects/{slug}/models/{model}", "delete_model", "Delete a model", None, "204",
     None, "write"),
    ("post", "/projects/{slug}/models/{model}/restore", "restore_model",
     "Bring a deleted model back", None, "200", _OBJECT, "write"),
    ("post", "/projects/{slug}/models/{model}/share", "share_model",
     "Say who else may use a model: `public`, `projects` by slug, `people` by user name, under a "
     "`licence`", _OBJECT, "200", _OBJECT, "admin"),
    ("get", "/projects/{slug}/models/{model}/report", "get_report",
     "What was measured of a model in detail", None, "200", _OBJECT, "read"),
    ("get", "/projects/{slug}/models/{model}/file", "get_model_file", "A model as a zip file",
     None, "200", None, "read"),
    ("post", "/projects/{slug}/models/{model}/try", "try_model",
     "What a model says of up to 50 `lines`, each with its translation after a tab", _OBJECT, "200",
     _OBJECT, "read"),
    ("get", "/projects/{slug}/models/{model}/compare/{other}", "compare_models",
     "Two models of one task, on the sentences that both were measured on", None, "200", _OBJECT,
     "read"),
    ("get", "/projects/{slug}/models/{model}/since", "confirmed_since",
     "How many sentences were confirmed since a model was trained, and whether a new version is "
     "worth it", None, "200", _OBJECT, "read"),
    ("post", "/projects/{slug}/models/{model}/guesses", "add_guesses",
     "Write what a model says of `texts` in a `format`: csv, jsonl, flextext or json",
     _OBJECT, "202", _OBJECT, "read"),
    ("post", "/projects/{slug}/fills", "add_fill",
     "Work out which words guesses of some `certainty` would fill in, of all `texts` or some",
     _OBJECT, "202", _OBJECT, "write"),
    ("get", "/projects/{slug}/fills/{change}", "get_fill", "What would be filled in, or was",
     None, "200", _OBJECT, "read"),
    ("post", "/projects/{slug}/fills/{change}/confirm", "confirm_fill",
     "Fill in what was worked out", None, "202", _OBJECT, "write"),
    ("delete", "/projects/{slug}/fills/{change}", "discard_fill", "Forget what was worked out",
     None, "204", None, "write"),
    ("post", "/projects/{slug}/models/uploads", "add_model_upload",
     "Upload a model: the field `file` once, or for each file of its folder", "file", "202",
     _OBJECT, "write"),
    ("post", "/projects/{slug}/models/services", "add_model_service",
     "Have a model elsewhere, by its `address`, asked what it is; then it is like an upload",
     _OBJECT, "202", _OBJECT, "admin"),
    ("get", "/projects/{slug}/models/uploads/{offer}", "get_model_upload",
     "What an uploaded model is, and how its last trial went", None, "200", _OBJECT, "write"),
    ("post", "/projects/{slug}/models/uploads/{offer}/trial", "add_model_trial",
     "Try an uploaded model: `name`, `task`, `options`, `others` (leave or keep), `pairs` of "
     "labels, `ws`, `languages`, `licence`", _OBJECT, "202", _OBJECT, "write"),
    ("post", "/projects/{slug}/models/uploads/{offer}/accept", "accept_model_upload",
     "Make an uploaded model one of the project's, as it was tried", None, "201", _OBJECT,
     "write"),
    ("delete", "/projects/{slug}/models/uploads/{offer}", "delete_model_upload",
     "Withdraw an uploaded model", None, "204", None, "write"),
    ("post", "/projects/{slug}/jobs/{job}/cancel", "cancel_job", "Stop a job", None, "202",
     _OBJECT, "write"),
    ("get", "/projects/{slug}/jobs/{job}", "get_job", "How far a job is", None, "200", _OBJECT,
     "read"),
)  # fmt: skip
_QUERY = {
    "list_items": (("list", "string", "Only this list."),),
    "list_entries": (
        ("after", "string", "From `next` of the page before."),
        ("limit", "integer", "How many, at most 500."),
        ("q", "string", "Search."),
        ("mode", "string", "start, inside or regex."),
        ("exact", "string", "`yes`: case and marks count."),
        ("pos", "string", "Id of a part of speech."),
        ("domains", "string", "Id of a semantic domain."),
        ("status", "string", "Id of a status."),
        ("missing", "string", "A field that entries lack."),
    ),
    "list_occurrences": (
        ("line", "string", "word, morph, gloss, category, sense, word-gloss or translation."),
        ("text", "string", "What stands there; of a category or sense its id."),
        ("mode", "string", "whole, start, inside or regex."),
        ("exact", "string", "`yes`: case and marks count."),
        ("near", "string", "morph-before, morph-after, word-before or word-after (of which ...)."),
        ("near_line", "string", "... this line: word, morph, gloss or category."),
        ("near_text", "string", "... has this."),
        ("near_mode", "string", "As `mode`."),
        ("within", "string", "Id of the only text."),
        ("sort", "string", "text, left or right."),
        ("after", "string", "From `next` of the page before."),
        ("limit", "integer", "How many, at most 500."),
    ),
    "list_utterances": (
        ("after", "string", "From `next` of the page before."),
        ("limit", "integer", "How many, at most 500."),
    ),
    "next_utterance": (("passed", "string", "Id of one that is not wanted (again)."),),
    "list_frequencies": (
        ("line", "string", "As for occurrences."),
        ("after", "string", "From `next` of the page before."),
    ),
    "list_changes": (
        ("before", "integer", "Only changes with a smaller number."),
        ("limit", "integer", "How many, at most 200."),
    ),
}
_AREAS = {
    "projects": "Projects",
    "items": "Projects",
    "entries": "Entries",
    "occurrences": "Texts",
    "texts": "Texts",
    "utterances": "Texts",
    "frequencies": "Texts",
    "changes": "Changes",
    "imports": "Import and export",
    "exports": "Import and export",
    "jobs": "Import and export",
    "models": "Models",
    "fills": "Models",
    "openapi.json": "This description",
    "docs": "This description",
}
_CHANGES = {
    "type": "object",
    "required": ["changes"],
    "properties": {
        "changes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path"],
                "properties": {
                    "path": {"type": "array", "items": {"type": "string"}},
                    "before": {},
                    "after": {},
                    "member": {"type": "boolean"},
                    "left": {"type": ["string", "null"]},
                    "right": {"type": ["string", "null"]},
                },
            },
        }
    },
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def paths() -> set[tuple[str, str]]:
    """Every method and path that is described."""
    return {(method, path) for method, path, *_rest in _PATHS}


@lru_cache(maxsize=8)
def make_document(server: str) -> dict[str, Any]:
    """The whole description.

    Args:
        server: address of this server, without a slash at the end.
    """
    _, schemas = models_json_schema(
        [(model, "validation") for model in (LexicalEntry, ListItem, Project)],
        ref_template=_REF,
    )
    described: dict[str, Any] = {}
    for method, path, *rest in _PATHS:
        described.setdefault(path, {})[method] = _operation(path, *rest)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LiFE",
            "version": "1",
            "description": (
                "Projects, lexical entries, changes, import and export. Make a personal token "
                "on your account page and send it as `Authorization: Bearer …`. Errors are "
                "problem+json. The ETag of an entry is its revision; PUT and DELETE want it in "
                "`If-Match`. A retry with the same `Idempotency-Key` is not a second change "
                "and is answered as the first try."
            ),
        },
        "servers": [{"url": f"{server}/api/v1"}],
        "tags": [{"name": name} for name in dict.fromkeys(_AREAS.values())],
        "paths": described,
        "components": {
            "schemas": {**schemas["$defs"], "Changes": _CHANGES, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    path: str, name: str, summary: str, body: Any, status: str, answer: Any, scope: str
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": [_area(path)],
        "parameters": [*_path_parameters(path), *_query_parameters(name)],
        "responses": {status: _response(summary, answer)},
    }
    if scope:
        operation["security"] = [{"token": []}]
        operation["description"] = f"Scope of the token: {scope}."
        operation["responses"]["default"] = {
            "description": "What went wrong",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    if body == "file":
        file = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"content": {"multipart/form-data": {"schema": file}}}
    elif body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation


def _area(path: str) -> str:
    """Under which heading a path stands.

    >>> _area("/projects/{slug}/imports/{change}")
    'Import and export'
    """
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    return _AREAS[parts[-1] if parts[-1] in _AREAS else parts[1]]


def _response(summary: str, answer: Any) -> dict[str, Any]:
    response: dict[str, Any] = {"description": summary}
    if answer is not None:
        response["content"] = {"application/json": {"schema": answer}}
    return response


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _query_parameters(name: str) -> list[dict[str, Any]]:
    return [
        {"name": key, "in": "query", "description": says, "schema": {"type": kind}}
        for key, kind, says in _QUERY.get(name, ())
    ]
