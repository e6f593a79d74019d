"""An official ChatKit server whose answers are scripts: they have every event, item and update of the protocol."""

import asyncio
from datetime import datetime

from chatkit.server import ChatKitServer
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientEffectEvent,
    ClientToolCallItem,
    CustomTask,
    EndOfTurnItem,
    GeneratedImage,
    GeneratedImageItem,
    GeneratedImageUpdated,
    HiddenContextItem,
    NoticeEvent,
    ProgressUpdateEvent,
    SDKHiddenContextItem,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    SyncCustomActionResponse,
    TaskItem,
    ThoughtTask,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    TranscriptionResult,
    URLSource,
    WidgetComponentUpdated,
    WidgetItem,
    WidgetRootUpdated,
    WidgetStreamingTextValueDelta,
    Workflow,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)
from chatkit.widgets import Card, Text


class ScriptedServer(ChatKitServer):
    def item(self, thread, kind, **fields):
        item_id = self.store.generate_item_id("message", thread, None)
        return kind(id=item_id, thread_id=thread.id, created_at=datetime.now(), **fields)

    def message(self, thread, text):
        return self.item(thread, AssistantMessageItem, content=[AssistantMessageContent(text=text)])

    async def respond(self, thread, input_user_message, context):
        text = input_user_message.content[0].text if input_user_message else "continue"
        if text == "fail":
            raise ValueError("The script fails.")
        script = {"everything": self.everything, "ask": self.ask, "call": self.call, "wait": self.wait}.get(text, self.echo)
        async for event in script(thread, text):
            yield event

    async def echo(self, thread, text):
        async for event in self.streamed_message(thread, ["You wrote: ", text]):
            yield event

    async def wait(self, thread, text):
        item = self.item(thread, AssistantMessageItem, content=[])
        yield ThreadItemAddedEvent(item=item)
        content = AssistantMessageContent(text="")
        yield changed(item, AssistantMessageContentPartAdded(content_index=0, content=content))
        yield changed(item, AssistantMessageContentPartTextDelta(content_index=0, delta="The beginning"))
        await asyncio.sleep(60)

    async def ask(self, thread, text):
        options = [StructuredInputMultipleChoiceOption(value=value) for value in ("Red", "Blue")]
        choice = StructuredInputMultipleChoice(id="color", question="Which color?", options=options)
        details = StructuredInputFreeform(id="details", question="Anything else?", description="Optional")
        yield ThreadItemDoneEvent(item=self.item(thread, StructuredInputItem, inputs=[choice, details]))

    async def call(self, thread, text):
        arguments = {"place": "Zürich", "zoom": None}
        call = self.item(thread, ClientToolCallItem, call_id="call_1", name="show_on_map", arguments=arguments)
        yield ThreadItemDoneEvent(item=call)

    async def streamed_message(self, thread, deltas, annotations=()):
        item = self.item(thread, AssistantMessageItem, content=[])
        yield ThreadItemAddedEvent(item=item)
        content = AssistantMessageContent(text="")
        yield changed(item, AssistantMessageContentPartAdded(content_index=0, content=content))
        for delta in deltas:
            yield changed(item, AssistantMessageContentPartTextDelta(content_index=0, delta=delta))
        for number, annotation in enumerate(annotations):
            yield changed(
                item,
                AssistantMessageContentPartAnnotationAdded(
                    content_index=0, annotation_index=number, annotation=annotation
                ),
            )
        whole = AssistantMessageContent(text="".join(deltas), annotations=list(annotations))
        yield changed(item, AssistantMessageContentPartDone(content_index=0, content=whole))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [whole]}))

    async def everything(self, thread, text):
        yield ProgressUpdateEvent(icon="search", text="Searching")
        yield NoticeEvent(level="warning", message="The **first** notice", title="Notice")
        yield ClientEffectEvent(name="highlight", data={"id": None})
        thread.title = "Every event, 日本"
        async for event in self.workflow(thread):
            yield event
        source = URLSource(url="https://example.com", title="Example", description="A page")
        async for event in self.streamed_message(thread, ['Hé "q"\n', "<b>\u2028"], [Annotation(source=source, index=3)]):
            yield event
        async for event in self.widget_and_image(thread):
            yield event
        removed = self.message(thread, "removed")
        yield ThreadItemDoneEvent(item=removed)
        yield ThreadItemRemovedEvent(item_id=removed.id)
        replaced = self.message(thread, "before")
        yield ThreadItemDoneEvent(item=replaced)
        content = [AssistantMessageContent(text="after")]
        yield ThreadItemReplacedEvent(item=replaced.model_copy(update={"content": content}))
        yield ThreadItemDoneEvent(item=self.item(thread, TaskItem, task=CustomTask(title="A task", content="Done")))
        yield ThreadItemDoneEvent(item=self.item(thread, HiddenContextItem, content={"secret": None}))
        yield ThreadItemDoneEvent(item=self.item(thread, SDKHiddenContextItem, content="secret"))
        yield ThreadItemDoneEvent(item=self.item(thread, EndOfTurnItem))

    async def workflow(self, thread):
        item = self.item(thread, WorkflowItem, workflow=Workflow(type="reasoning", tasks=[]))
        yield ThreadItemAddedEvent(item=item)
        task = ThoughtTask(content="First", status_indicator="loading")
        yield changed(item, WorkflowTaskAdded(task_index=0, task=task))
        task = ThoughtTask(content="First, then second", status_indicator="complete")
        yield changed(item, WorkflowTaskUpdated(task_index=0, task=task))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"workflow": Workflow(type="reasoning", tasks=[task])}))

    async def widget_and_image(self, thread):
        item = self.item(thread, WidgetItem, widget=Card(children=[Text(id="text", value="")]))
        yield ThreadItemAddedEvent(item=item)
        yield changed(item, WidgetStreamingTextValueDelta(component_id="text", delta="Hello", done=False))
        yield changed(item, WidgetComponentUpdated(component_id="text", component=Text(id="text", value="Hello!")))
        widget = Card(children=[Text(id="text", value="Hello, all!")])
        yield changed(item, WidgetRootUpdated(widget=widget))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"widget": widget}))
        item = self.item(thread, GeneratedImageItem)
        yield ThreadItemAddedEvent(item=item)
        image = GeneratedImage(id="image_1", url="https://files.example/image_1")
        yield changed(item, GeneratedImageUpdated(image=image, progress=0.5))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"image": image}))

    async def action(self, thread, action, sender, context):
        widget = Card(children=[Text(value=action.type)])
        if sender is not None:
            yield ThreadItemReplacedEvent(item=sender.model_copy(update={"widget": widget}))
        else:
            yield ThreadItemDoneEvent(item=self.item(thread, WidgetItem, widget=widget))

    async def sync_action(self, thread, action, sender, context):
        widget = Card(children=[Text(value=action.type)])
        return SyncCustomActionResponse(updated_item=sender.model_copy(update={"widget": widget}))

    async def transcribe(self, audio_input, context):
        return TranscriptionResult(text=f"{len(audio_input.data)} bytes of {audio_input.media_type}")


def changed(item, update):
    return ThreadItemUpdatedEvent(item_id=item.id, update=update)
