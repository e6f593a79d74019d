"""Stores of chatkit-python in memory, for the official server of the tests."""

from chatkit.store import AttachmentStore, NotFoundError, Store
from chatkit.types import AttachmentUploadDescriptor, FileAttachment, ImageAttachment, Page


def page_of(rows, after, limit, order):
    """A page of rows, which are in the order in which they were stored."""
    rows = list(reversed(rows)) if order == "desc" else list(rows)
    if after is not None:
        rows = rows[next(i for i, row in enumerate(rows) if row.id == after) + 1 :]
    page = rows[:limit]
    has_more = len(rows) > limit
    copies = [row.model_copy(deep=True) for row in page]
    return Page(data=copies, has_more=has_more, after=page[-1].id if has_more else None)


class MemoryStore(Store):
    def __init__(self):
        self.threads = {}
        self.items = {}
        self.attachments = {}

    def thread_items(self, thread_id):
        if thread_id not in self.threads:
            raise NotFoundError(f"Thread {thread_id} not found")
        return self.items.setdefault(thread_id, {})

    async def load_thread(self, thread_id, context):
        self.thread_items(thread_id)
        return self.threads[thread_id].model_copy(deep=True)

    async def save_thread(self, thread, context):
        self.threads[thread.id] = thread.model_copy(deep=True)

    async def load_threads(self, limit, after, order, context):
        return page_of(list(self.threads.values()), after, limit, order)

    async def delete_thread(self, thread_id, context):
        self.threads.pop(thread_id, None)
        self.items.pop(thread_id, None)

    async def load_thread_items(self, thread_id, after, limit, order, context):
        return page_of(list(self.thread_items(thread_id).values()), after, limit, order)

    async def add_thread_item(self, thread_id, item, context):
        self.thread_items(thread_id)[item.id] = item.model_copy(deep=True)

    async def save_item(self, thread_id, item, context):
        await self.add_thread_item(thread_id, item, context)

    async def load_item(self, thread_id, item_id, context):
        item = self.thread_items(thread_id).get(item_id)
        if item is None:
            raise NotFoundError(f"Item {item_id} not found")
        return item.model_copy(deep=True)

    async def delete_thread_item(self, thread_id, item_id, context):
        self.thread_items(thread_id).pop(item_id, None)

    async def save_attachment(self, attachment, context):
        self.attachments[attachment.id] = attachment.model_copy(deep=True)

    async def load_attachment(self, attachment_id, context):
        if attachment_id not in self.attachments:
            raise NotFoundError(f"Attachment {attachment_id} not found")
        return self.attachments[attachment_id].model_copy(deep=True)

    async def delete_attachment(self, attachment_id, context):
        self.attachments.pop(attachment_id, None)


class UploadsElsewhere(AttachmentStore):
    """Attachments whose bytes nobody uploads."""

    async def create_attachment(self, input, context):
        attachment_id = self.generate_attachment_id(input.mime_type, context)
        shared = {
            "id": attachment_id,
            "name": input.name,
            "mime_type": input.mime_type,
            "upload_descriptor": AttachmentUploadDescriptor(
                url=f"https://files.example/{attachment_id}", method="POST", headers={}
            ),
        }
        if input.mime_type.startswith("image/"):
            return ImageAttachment(**shared, preview_url=f"https://files.example/{attachment_id}/preview")
        return FileAttachment(**shared)

    async def delete_attachment(self, attachment_id, context):
        pass
