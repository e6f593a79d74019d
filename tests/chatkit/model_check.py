"""Sends requests to a ChatKit server and reads every byte of the responses by chatkit-python's models.

Each line of stdin is a JSON object with `id`, `url`, and optionally `method`, `headers`, `body` (text), `type` (of the request,
where the body does not tell), `strict` and `leave_after` (close the connection after so many events). Each line of stdout has
the `id`, `status`, `headers`, `events` or `result`, and `problems`, which is empty if chatkit-python would have sent the same.
A line with `bytes` in place of `url` has an event to read, or the result of a `type`.
"""

import json
import socket
import struct
import sys
import threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

from event_order import Order
from wire_models import (
    EVENT,
    STREAMING,
    canonical_problems,
    frames_of,
    promise_problems,
    request_problems,
    result_problems,
    type_names,
)

output = threading.Lock()


def read_body(response, leave_after):
    if leave_after is None:
        return response.read()
    body = b""
    # A comment is a frame too, but no event.
    while sum(frame.startswith(b"data: ") for frame in body.split(b"\n\n")[:-1]) < leave_after:
        line = response.readline()
        if not line:
            break
        body += line
    return body


def read_stream(body, request_type, strict, partial):
    data, problems = frames_of(body)
    for frame in data:
        problems += canonical_problems(EVENT, frame)
    if problems:
        return [], problems
    events = [json.loads(frame) for frame in data]
    problems += Order(request_type, strict=strict, partial=partial).check(events)
    return events, problems


def check(job):
    address = urlsplit(job["url"])
    body = job.get("body")
    request_type = job.get("type")
    problems = []
    if body is not None and request_type is None:
        problems = request_problems(body)
        request_type = json.loads(body).get("type")
    strict = job.get("strict", False)
    leave_after = job.get("leave_after")

    connection = HTTPConnection(address.hostname, address.port, timeout=60)
    path = address.path + (f"?{address.query}" if address.query else "")
    headers = {"content-type": "application/json"} if body is not None else {}
    connection.request(job.get("method", "POST"), path, body and body.encode(), {**headers, **job.get("headers", {})})
    response = connection.getresponse()
    report = {"id": job["id"], "status": response.status, "headers": response.getheaders()}
    content_type = response.getheader("content-type", "")
    raw = read_body(response, leave_after)
    if leave_after is not None:
        # A reset, which a server notices without writing. Browsers reset the stream too.
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    response.close()
    connection.close()

    if response.status != 200:
        # Not chatkit-python's: it has no status except 200. The caller says whether it expects this.
        return {**report, "text": raw.decode(), "problems": problems}
    streams = request_type in STREAMING
    expected = "text/event-stream" if streams else "application/json"
    if not content_type.startswith(expected):
        problems.append(f"the content type is {content_type}, not {expected}")
    if streams:
        value, more = read_stream(raw, request_type, strict, leave_after is not None)
        report["events"] = value
    else:
        value, more = result_problems(request_type, raw)
        report["result"] = value
    return {**report, "problems": [*problems, *more, *(promise_problems(value) if strict else ())]}


def check_bytes(job):
    raw = job["bytes"].encode()
    problems = result_problems(job["type"], raw)[1] if "type" in job else canonical_problems(EVENT, raw)
    return {"id": job["id"], "problems": problems}


def run(line):
    job = json.loads(line)
    try:
        report = check_bytes(job) if "bytes" in job else check(job)
    except Exception as error:  # A report is due in any case; the caller waits for it.
        report = {"id": job["id"], "status": 0, "headers": [], "problems": [f"{type(error).__name__}: {error}"]}
    with output:
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    print(json.dumps({"ready": True, "types": type_names()}), flush=True)
    for line in sys.stdin:
        threading.Thread(target=run, args=(line,), daemon=True).start()
