"""An official ChatKit server as its guide builds one: an agent of the Agents SDK, whose run `stream_agent_response` converts."""

import json

from agents import Agent, FunctionTool, Runner, StopAtTools, set_tracing_disabled
from agents.models.openai_responses import OpenAIResponsesModel
from chatkit.agents import AgentContext, ClientToolCall, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from openai import AsyncOpenAI

# Traces would go to OpenAI.
set_tracing_disabled(True)


def client_tool(name):
    """A tool that the page calls: the run stops at it, and the stream ends with the call."""

    async def invoke(tool_context, arguments):
        tool_context.context.client_tool_call = ClientToolCall(name=name, arguments=json.loads(arguments))
        return ""

    schema = {"type": "object", "properties": {}}
    return FunctionTool(name, "", params_json_schema=schema, on_invoke_tool=invoke, strict_json_schema=False)


class AgentServer(ChatKitServer):
    def __init__(self, store, responses, client_tools):
        super().__init__(store)
        client = AsyncOpenAI(base_url=responses, api_key="sk-unused", max_retries=0)
        self.agent = Agent(
            name="Reference",
            model=OpenAIResponsesModel("gpt-5.2", client),
            tools=[client_tool(name) for name in client_tools],
            tool_use_behavior=StopAtTools(stop_at_tool_names=client_tools),
        )

    async def respond(self, thread, input_user_message, context):
        page = await self.store.load_thread_items(thread.id, None, 100, "asc", context)
        agent_input = await simple_to_agent_input(page.data)
        agent_context = AgentContext(thread=thread, store=self.store, request_context=context)
        run = Runner.run_streamed(self.agent, agent_input, context=agent_context)
        async for event in stream_agent_response(agent_context, run):
            yield event
