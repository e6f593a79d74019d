"""Puts into the description what the Worker under test is set to, and what JSON Schema has no words for."""

import json
import os

import schemathesis


@schemathesis.hook
def before_load_schema(context, document):
    """Narrows what is the same for every Worker to what is right for this one."""
    components = document["components"]
    schemas = components["schemas"]
    schemas["StateVariables"]["propertyNames"] = {"enum": os.environ["STATE_VARIABLES"].split(",")}
    if os.environ["TRUST_CLIENT_USER"] == "true":
        user = {"type": ["string", "null"], "minLength": 1, "maxLength": 512, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"}
        schemas["SessionRequest"]["properties"].update(user=user, user_id=user, userId=user)
    # AUTH decides which of the proofs counts.
    accepted = {"adminToken", os.environ["PROOF"]}
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "security" in operation:
                operation["security"] = [proofs for proofs in operation["security"] if accepted.issuperset(proofs)]
    for body in components["requestBodies"].values():
        if text := body["content"].get("text/plain"):
            text["schema"] = text["schema"]["contentSchema"]
            text["example"] = json.loads(text["example"])


@schemathesis.serializer("text/plain")
def json_as_text(context, value):
    """Every text that the API takes is JSON."""
    return json.dumps(value).encode()
