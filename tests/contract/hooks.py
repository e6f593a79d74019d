"""Tells Schemathesis what the description of the API says in words, because JSON Schema has no way to."""

import json
import os

import schemathesis


@schemathesis.hook
def before_load_schema(context, document):
    """Puts what the owner of the Worker under test has set into the schemas; a description for everyone cannot have it."""
    schemas = document["components"]["schemas"]
    names = os.environ["STATE_VARIABLES"].split(",")
    schemas["StateVariables"]["propertyNames"] = {"enum": names}
    if os.environ.get("TRUST_CLIENT_USER") == "true":
        user = {"type": ["string", "null"], "minLength": 1, "maxLength": 512, "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$"}
        schemas["SessionRequest"]["properties"].update(user=user, user_id=user, userId=user)
    for body in document["components"]["requestBodies"].values():
        if text := body["content"].get("text/plain"):
            text["schema"] = text["schema"]["contentSchema"]
            text["example"] = json.loads(text["example"])


@schemathesis.serializer("text/plain")
def json_as_text(context, value):
    """Every text that the API takes is JSON."""
    return json.dumps(value).encode()
