"""Adapts the API description to the settings of the Worker under test, and to rules that JSON Schema cannot express."""

import json
import os

import schemathesis


@schemathesis.hook
def before_load_schema(context, document):
    """Narrows the schemas to the settings of this Worker."""
    components = document["components"]
    schemas = components["schemas"]
    schemas["StateVariables"]["propertyNames"] = {"enum": os.environ["STATE_VARIABLES"].split(",")}
    if os.environ["TRUST_CLIENT_USER"] == "true":
        user = {"type": ["string", "null"], "maxLength": 512, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}
        properties = schemas["SessionRequest"]["properties"]
        properties["user"] = user
        # Two different users are rejected, which a schema cannot express, so the generated requests use one of the names.
        del properties["user_id"], properties["userId"]
    # AUTH decides which security scheme is accepted.
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
    """The API expects JSON in text/plain bodies."""
    return json.dumps(value).encode()
