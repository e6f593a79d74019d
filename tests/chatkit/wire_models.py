"""Reads what a ChatKit server sends by the models of chatkit-python, and reports what its serializer would not write."""

import json
import re
from typing import get_args

from chatkit.types import (
    Attachment,
    ChatKitReq,
    Page,
    SyncCustomActionResponse,
    Thread,
    ThreadItem,
    ThreadItemUpdate,
    ThreadStreamEvent,
    TranscriptionResult,
)
from pydantic import TypeAdapter, ValidationError

REQUEST = TypeAdapter(ChatKitReq)
EVENT = TypeAdapter(ThreadStreamEvent)
RESULTS = {
    "threads.get_by_id": TypeAdapter(Thread),
    "threads.update": TypeAdapter(Thread),
    "threads.list": TypeAdapter(Page[Thread]),
    "items.list": TypeAdapter(Page[ThreadItem]),
    "attachments.create": TypeAdapter(Attachment),
    "input.transcribe": TypeAdapter(TranscriptionResult),
    "threads.sync_custom_action": TypeAdapter(SyncCustomActionResponse),
}
EMPTY = {"items.feedback", "attachments.delete", "threads.delete"}
STREAMING = {
    "threads.create",
    "threads.add_user_message",
    "threads.add_client_tool_output",
    "threads.add_structured_input",
    "threads.retry_after_item",
    "threads.custom_action",
}
HIDDEN = {"hidden_context_item", "sdk_hidden_context"}

WHOLE_SECOND = re.compile(rb'("created_at":"[^".]+)\.000000Z')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
# 128 random bits take 22 characters of base64, after a prefix and an underscore.
ID = re.compile(r"[a-z]+_[0-9A-Za-z_-]{22,}")
LARGEST_PAGE = 100


def types_of(union):
    """The values of `type` in a union of models, which may be within others."""
    members = get_args(union)
    if not members:
        return [union.model_fields["type"].default]
    return [name for member in members if hasattr(member, "model_fields") or get_args(member) for name in types_of(member)]


def type_names():
    unions = {"requests": ChatKitReq, "events": ThreadStreamEvent, "updates": ThreadItemUpdate, "items": ThreadItem}
    return {kind: sorted(set(types_of(union))) for kind, union in unions.items()}


def shorten(value, length=240):
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= length else f"{text[:length]}…"


def request_problems(body):
    """Whether chatkit-python would accept a request's body."""
    try:
        REQUEST.validate_json(body)
    except ValidationError as error:
        return [f"the request is not one of chatkit-python's: {shorten(error)}"]
    return []


def canonical_problems(adapter, raw):
    """Whether the models accept these bytes, and whether chatkit-python would write the same ones."""
    try:
        value = adapter.validate_json(raw)
    except ValidationError as error:
        return [f"the models reject {shorten(raw)}: {shorten(error)}"]
    written = adapter.dump_json(value, by_alias=True, exclude_none=True, context={"exclude_metadata": True})
    # The Worker always writes six digits. chatkit-python leaves them out for a whole second.
    if WHOLE_SECOND.sub(rb"\1Z", raw) == written:
        return []
    return [f"the serializer writes {shorten(written, 2000)}, not {shorten(raw, 2000)}"]


def frames_of(body):
    """The data of each frame of an event stream, and what is wrong with the framing. A comment is a frame without data."""
    problems = []
    if body and not body.endswith(b"\n\n"):
        problems.append("the stream does not end with a blank line")
    data = []
    for frame in body.split(b"\n\n"):
        if not frame or frame.startswith(b":"):
            continue
        if not frame.startswith(b"data: ") or b"\n" in frame:
            problems.append(f"a frame is not one line of data: {shorten(frame)}")
        else:
            data.append(frame[len(b"data: ") :])
    return data, problems


def objects_in(value):
    """Every JSON object within a value."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(each)


def promise_problems(value):
    """What the Worker promises beyond the types: ids of 128 bits, UTC times of six digits, pages of at most 100 entries."""
    for each in objects_in(value):
        created = each.get("created_at")
        if created is None:
            continue
        if not TIME.fullmatch(created):
            yield f"{created} is not a UTC time with six digits"
        if not ID.fullmatch(each["id"]):
            yield f"{each['id']} is not an id with 128 random bits"
    if isinstance(value, dict) and len(value.get("data", ())) > LARGEST_PAGE:
        yield f"the page has {len(value['data'])} entries"


def result_problems(request_type, raw):
    """The value of a response that is no stream, and what is wrong with it."""
    if request_type in EMPTY:
        return json.loads(raw), [] if raw == b"{}" else [f"the result is {shorten(raw)}, not {{}}"]
    problems = canonical_problems(RESULTS[request_type], raw)
    try:
        value = json.loads(raw)
    except ValueError:
        return None, [*problems, f"the result is not JSON: {shorten(raw)}"]
    hidden = [each["id"] for each in objects_in(value) if each.get("type") in HIDDEN]
    return value, [*problems, *(f"the hidden item {item} is in the result" for item in hidden)]
