"""Checks the order of a stream's events: what may come first, which updates fit which item, and what must be closed."""

import copy

from wire_models import HIDDEN

UPDATES = {
    "assistant_message": "assistant_message",
    "widget": "widget",
    "workflow": "workflow",
    "generated_image": "generated_image",
}

# What a request's stream begins with; any other begins with its options.
BEGINNINGS = {
    "threads.create": ["thread.created", "thread.item.done", "stream_options"],
    "threads.add_user_message": ["thread.item.done", "stream_options"],
    "threads.add_structured_input": ["stream_options", "thread.item.replaced"],
}


class Order:
    """`strict` adds what only the Worker promises: chatkit-python breaks it in ways that docs/parity.md lists."""

    def __init__(self, request_type, strict=False, partial=False):
        self.beginning = BEGINNINGS.get(request_type, ["stream_options"])
        self.strict = strict
        # The reader left before the end.
        self.partial = partial
        self.open = {}
        self.closed = set()
        self.problems = []

    def check(self, events):
        for number, event in enumerate(events):
            before = len(self.problems)
            self.step(event)
            for i in range(before, len(self.problems)):
                self.problems[i] = f"event {number} ({event['type']}): {self.problems[i]}"
        self.check_beginning([event["type"] for event in events])
        self.check_end(events)
        return self.problems

    def check_beginning(self, types):
        expected = self.beginning
        if types == ["error"] or (self.partial and types == expected[: len(types)]):
            return
        if types[: len(expected)] != expected:
            self.problems.append(f"the stream begins with {types[: len(expected)]}, not with {expected}")
        for once in ("stream_options", "thread.created"):
            if types.count(once) > 1:
                self.problems.append(f"{once} comes {types.count(once)} times")

    def check_end(self, events):
        if self.partial or any(event["type"] == "error" for event in events):
            return
        for item in self.open.values():
            # chatkit-python stores a workflow that is still open, without an event.
            if self.strict or item["type"] != "workflow":
                self.problems.append(f"{item['type']} {item['id']} is never done")

    def step(self, event):
        item = event.get("item")
        if item and item["type"] in HIDDEN:
            self.problems.append(f"the hidden item {item['id']} is sent")
        match event["type"]:
            case "thread.item.added":
                if item["id"] in self.open or item["id"] in self.closed:
                    self.problems.append(f"{item['id']} was already added")
                self.open[item["id"]] = copy.deepcopy(item)
            case "thread.item.updated":
                self.update(event["item_id"], event["update"])
            case "thread.item.done":
                if item["id"] in self.closed:
                    self.problems.append(f"{item['id']} is done twice")
                self.compare(self.open.pop(item["id"], None), item)
                self.closed.add(item["id"])
            case "thread.item.replaced":
                self.open.pop(item["id"], None)
                self.closed.add(item["id"])
            case "thread.item.removed":
                self.open.pop(event["item_id"], None)
                self.closed.discard(event["item_id"])
            case "thread.created" | "thread.updated":
                if event["thread"]["items"]["data"]:
                    self.problems.append("the thread has items")

    def update(self, item_id, update):
        item = self.open.get(item_id)
        if item is None:
            self.problems.append(f"{item_id} is not open")
            return
        kind, _, rest = update["type"].partition(".")
        if UPDATES[kind] != item["type"]:
            self.problems.append(f"{update['type']} is for a {item['type']}")
        elif kind == "assistant_message":
            self.update_message(item["content"], rest.partition(".")[2], update)
        elif kind == "workflow":
            self.put(item["workflow"]["tasks"], update["task_index"], update["task"], rest == "task.added")

    def put(self, entries, index, entry, is_new):
        """A new entry goes to the end of its list; an update needs one that is there."""
        if is_new and index == len(entries):
            entries.append(copy.deepcopy(entry))
        elif not is_new and index < len(entries):
            entries[index] = copy.deepcopy(entry)
        else:
            self.problems.append(f"index {index} does not fit a list of {len(entries)}")

    def update_message(self, content, change, update):
        index = update["content_index"]
        if change == "added":
            self.put(content, index, update["content"], True)
            return
        if index >= len(content):
            self.problems.append(f"part {index} was not added")
            return
        part = content[index]
        if change == "text_delta":
            part["text"] += update["delta"]
        elif change == "annotation_added":
            self.put(part["annotations"], update["annotation_index"], update["annotation"], True)
        else:
            self.compare_parts(part, update["content"])

    def compare_parts(self, streamed, whole):
        if streamed["text"] != whole["text"]:
            self.problems.append(f"the text is {whole['text']!r}, the deltas give {streamed['text']!r}")
        if self.strict and streamed["annotations"] != whole["annotations"]:
            self.problems.append("the annotations differ from those that were streamed")

    def compare(self, streamed, item):
        """An item at its end is what its updates made of it."""
        if streamed is None:
            return
        if streamed["type"] != item["type"]:
            self.problems.append(f"a {streamed['type']} became a {item['type']}")
            return
        if self.strict and streamed["created_at"] != item["created_at"]:
            self.problems.append(f"created_at was {streamed['created_at']}, and is {item['created_at']}")
        if item["type"] == "assistant_message":
            if len(streamed["content"]) != len(item["content"]):
                self.problems.append(f"{len(item['content'])} parts, {len(streamed['content'])} were streamed")
            for part, whole in zip(streamed["content"], item["content"]):
                self.compare_parts(part, whole)
        elif item["type"] == "workflow" and streamed["workflow"]["tasks"] != item["workflow"]["tasks"]:
            self.problems.append("the tasks differ from those that were streamed")
