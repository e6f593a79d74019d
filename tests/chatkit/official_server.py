"""Serves chatkit-python over HTTP, with scripted answers or with those of a model, and prints its address.

`--responses URL`: a Responses API to get answers from, by the Agents SDK. `--client-tools NAME …`: tools that the page has.
A request with the header `x-fault` gets an answer with that fault.
"""

import argparse
import json
import socket
from urllib.parse import unquote

import uvicorn
from chatkit.server import StreamingResult
from reference_store import MemoryStore, UploadsElsewhere
from scripted_server import ScriptedServer
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from wrong_answers import FAULTS, RESULT_FAULTS


def application(server):
    async def chatkit(request):
        result = await server.process(await request.body(), {})
        fault = request.headers.get("x-fault")
        streams = isinstance(result, StreamingResult)
        media_type = "text/event-stream" if streams else "application/json"
        if fault is None:
            answer = StreamingResponse if streams else Response
            return answer(result if streams else result.json, media_type=media_type)
        body = b"".join([event async for event in result]) if streams else result.json
        wrong = (FAULTS if streams else RESULT_FAULTS)[unquote(fault)](body)
        # A fault that changes nothing would test nothing.
        status = 200 if wrong != body else 500
        return Response(wrong, status, media_type=media_type)

    return Starlette(routes=[Route("/chatkit", chatkit, methods=["POST"])])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses")
    parser.add_argument("--client-tools", nargs="*", default=[])
    options = parser.parse_args()
    if options.responses:
        # The Agents SDK takes a second to load, and only these answers need it.
        from agent_server import AgentServer

        server = AgentServer(MemoryStore(), options.responses, options.client_tools)
    else:
        server = ScriptedServer(MemoryStore(), UploadsElsewhere())
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/chatkit"
    faults = {"faults": list(FAULTS), "resultFaults": list(RESULT_FAULTS)}
    print(json.dumps({"ready": True, "url": url, **faults}), flush=True)
    config = uvicorn.Config(application(server), lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
