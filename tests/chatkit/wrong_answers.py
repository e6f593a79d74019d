"""Ways in which a ChatKit server can be wrong. Each changes what the official server sends, and the model check must see it."""

import copy
import json
import re

UPDATED = "thread.item.updated"


def compact(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def framed(events):
    return b"".join(b"data: " + compact(event) + b"\n\n" for event in events)


def first(events, kind, update=None):
    return next(
        i
        for i, event in enumerate(events)
        if event["type"] == kind and (update is None or event["update"]["type"].endswith(update))
    )


def on_events(change):
    """A fault that changes the list of events in place."""

    def change_body(body):
        events = [json.loads(frame[len(b"data: ") :]) for frame in body.split(b"\n\n") if frame]
        change(events)
        return framed(events)

    return change_body


def early_update(events):
    events.insert(first(events, "thread.item.added"), events.pop(first(events, UPDATED)))


def without(kind, update=None):
    return lambda events: events.pop(first(events, kind, update))


def repeat(kind, update=None):
    return lambda events: events.insert(at := first(events, kind, update), copy.deepcopy(events[at]))


def append(event):
    return lambda events: events.append(event)


def hidden_item(events):
    shown = copy.deepcopy(events[first(events, "thread.item.done")])
    item = {key: shown["item"][key] for key in ("id", "thread_id", "created_at")}
    item |= {"id": "msg_hidden", "type": "sdk_hidden_context", "content": "secret"}
    events.append({"type": "thread.item.done", "item": item})


def never_done(events):
    """The last item with updates stays open."""
    events.pop(1 + max(i for i, event in enumerate(events) if event["type"] == UPDATED))


def set_field(kind, path, value, update=None):
    def change(events):
        target = events[first(events, kind, update)]
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value

    return on_events(change)


FAULTS = {
    # Bytes.
    "spaces between tokens": lambda body: body.replace(b'":', b'": ', 1),
    "escaped characters": lambda body: body.replace("日本".encode(), rb"\u65e5\u672c"),
    "a missing default": lambda body: body.replace(b',"metadata":{}', b"", 1),
    "a missing field": lambda body: body.replace(b',"allow_cancel":true', b"").replace(b'"allow_cancel":true', b""),
    "fields in another order": lambda body: re.sub(rb'("type":"stream_options"),("stream_options":\{[^}]*\})', rb"\2,\1", body),
    "a null": lambda body: body.replace(b'"thread":{', b'"thread":{"title":null,', 1),
    "an unknown field": lambda body: body.replace(b'"thread":{', b'"thread":{"owner":"me",', 1),
    "milliseconds": lambda body: re.sub(rb'("created_at":"[^".]+\.\d{3})\d{3}', rb"\1", body, count=1),
    "no blank line at the end": lambda body: body.removesuffix(b"\n"),
    "an event line": lambda body: b"event: message\n" + body,
    "the mark of OpenAI's streams": lambda body: body + b"data: [DONE]\n\n",
    # Types.
    "an unknown event": on_events(append({"type": "thread.archived"})),
    "an unknown update": set_field(UPDATED, ["update", "type"], "assistant_message.content_part.changed"),
    "an unknown error code": on_events(append({"type": "error", "code": "rate_limited", "allow_retry": True})),
    "an unknown icon": set_field("progress_update", ["icon"], "upload"),
    # Order.
    "no stream options": on_events(without("stream_options")),
    "two stream options": on_events(repeat("stream_options")),
    "no user message": on_events(without("thread.item.done")),
    "a hidden item": on_events(hidden_item),
    "an update before its item": on_events(early_update),
    "an update of nothing": set_field(UPDATED, ["item_id"], "msg_unknown"),
    "an item that is added twice": on_events(repeat("thread.item.added")),
    "an item that is done twice": on_events(repeat("thread.item.done")),
    "a delta without its part": on_events(without(UPDATED, "content_part.added")),
    "a delta that is missing": on_events(without(UPDATED, "text_delta")),
    "a part that is added twice": on_events(repeat(UPDATED, "content_part.added")),
    "an annotation with a gap": set_field(UPDATED, ["update", "annotation_index"], 1, "annotation_added"),
    "a task with a gap": set_field(UPDATED, ["update", "task_index"], 1, "task.added"),
    "a task that is not there": set_field(UPDATED, ["update", "task_index"], 1, "task.updated"),
    "a task that is missing at the end": on_events(without(UPDATED, "task.updated")),
    "an item that is never done": on_events(never_done),
}

# Of a list of items.
RESULT_FAULTS = {
    "spaces between tokens": FAULTS["spaces between tokens"],
    "a missing default": lambda body: body.replace(b'"attachments":[],', b"", 1),
    "a null": lambda body: body.replace(b'"has_more"', b'"after":null,"has_more"'),
    "an unknown field": lambda body: body.replace(b'"has_more"', b'"total":2,"has_more"'),
    "an unknown item": lambda body: body.replace(b'"type":"assistant_message"', b'"type":"reasoning"'),
    "a hidden item": lambda body: re.sub(
        rb'"type":"assistant_message","content":\[[^]]*\][^]]*\]', rb'"type":"sdk_hidden_context","content":"secret"', body
    ),
    "a page without its mark": lambda body: body.replace(b',"has_more":false', b""),
    "text that is not JSON": lambda body: body[:-1],
}
