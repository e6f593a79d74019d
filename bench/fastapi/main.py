"""The endpoints as a FastAPI service, as guides show them: it does not check the caller and counts nothing."""

import logging
import os

import httpx
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

logging.basicConfig(level=logging.WARNING)
app = FastAPI()
# One client for all requests, so that its connections stay open.
openai = httpx.AsyncClient(
    base_url=os.environ["OPENAI_BASE_URL"],
    headers={"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "OpenAI-Beta": "chatkit_beta=v1"},
    timeout=30,
)


class SessionRequest(BaseModel):
    user_id: str | None = None


@app.post("/api/chatkit/session")
async def create_session(request: SessionRequest | None = None):
    session = {
        "workflow": {"id": os.environ["OPENAI_CHATKIT_WORKFLOW_ID"]},
        "user": (request and request.user_id) or "anonymous",
    }
    try:
        answer = await openai.post("/chatkit/sessions", json=session)
        answer.raise_for_status()
        return {"client_secret": answer.json()["client_secret"]}
    except Exception as error:
        logging.exception("Error creating ChatKit session")
        raise HTTPException(status_code=500, detail="Failed to create chat session") from error


@app.post("/api/analytics/message")
async def track_message(data: dict):
    logging.info("Message event: %s", data)
    return {"status": "tracked"}


@app.get("/health")
async def health():
    return {"status": "healthy"}
