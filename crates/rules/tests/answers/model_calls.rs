//! What a call of the model carries besides the thread.

use super::chat_world::{World, add, content, create};
use super::object_host::API_KEY;
use super::scripted_responses::says;
use rules::chat::chat_call::ChatCall;
use serde_json::{Value, json};

fn create_with(options: &Value) -> Value {
    json!({"type": "threads.create", "params": {"input": {"content": content("Hi"), "inference_options": options}}})
}

#[test]
fn a_call_is_stateless_and_names_the_thread_and_the_hash_of_the_user() {
    let world = World::new(json!({"temperature": 0.5, "headers": {"X-Gateway": "edge"}}));
    world.host.model.answers([says("a", "x")]);
    let thread = world.ask(&create("Hi")).thread();
    let call = world.host.model.last();
    assert_eq!(
        (call.method, call.url.as_str()),
        ("POST", "https://api.openai.com/v1/responses")
    );
    for (field, value) in [
        ("model", json!("gpt-5.2")),
        ("temperature", json!(0.5)),
        ("store", json!(false)),
        ("stream", json!(true)),
        ("prompt_cache_key", json!(thread)),
        ("safety_identifier", json!("hash-of-the-user")),
        ("include", json!(["reasoning.encrypted_content"])),
    ] {
        assert_eq!(call.body[field], value, "{field}");
    }
    let headers: Vec<(&str, &str)> = call
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let key = format!("Bearer {API_KEY}");
    assert!(headers.contains(&("authorization", key.as_str())));
    assert!(
        headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("x-gateway") && *value == "edge")
    );
}

#[test]
fn instructions_have_the_day_the_user_the_locale_the_claims_and_the_variables() {
    let instructions =
        "{{today}} {{user}} {{locale}} {{claims.name}} {{vars.plan}} {{vars.other}}.";
    let settings = [
        ("THREAD_TITLES", "false"),
        ("STATE_VARIABLES", "plan, other"),
        ("AUTH", "jwt"),
        ("AUTH_JWT_SECRET", "a-secret-of-at-least-thirty-two-bytes"),
    ];
    let world = World::with(json!({"instructions": instructions}), &settings);
    world.host.model.answers([says("a", "x")]);
    let mut request = create("Hi");
    request["metadata"] =
        json!({"state_variables": {"plan": "pro", "unknown": "x", "other": ["no"]}});
    let call = ChatCall {
        locale: Some("de-CH".to_owned()),
        claims: [("name".to_owned(), json!("Ada"))].into_iter().collect(),
        ..world.call()
    };
    world.post_as(call, &request);
    world.finish();
    assert_eq!(
        world.host.model.last().body["instructions"],
        "2026-11-21 user_1 de-CH Ada pro ."
    );
}

#[test]
fn a_thread_keeps_its_agent() {
    let agents =
        json!({"sales": {"model": "gpt-5-mini"}, "other": {"model": "gpt-5-nano"}}).to_string();
    let world = World::with(
        json!({}),
        &[("THREAD_TITLES", "false"), ("AGENTS", &agents)],
    );
    let by = |agent: &str| ChatCall {
        agent: Some(agent.to_owned()),
        ..world.call()
    };
    world
        .host
        .model
        .answers([says("a", "x"), says("b", "y"), says("c", "z")]);
    let client = world.post_as(by("sales"), &create("Hi"));
    world.finish();
    assert_eq!(world.host.model.last().body["model"], "gpt-5-mini");
    for call in [by("other"), world.call()] {
        world.post_as(call, &add(&client.thread(), "And?"));
        world.finish();
        assert_eq!(world.host.model.last().body["model"], "gpt-5-mini");
    }
}

#[test]
fn a_visitor_chooses_among_the_models_and_tools_of_the_agent() {
    let tool = json!({"type": "function", "name": "show", "client": true, "parameters": {"type": "object", "properties": {}}});
    let agent = json!({"models": ["gpt-5-mini"], "tools": [tool, {"type": "web_search"}]});
    let world = World::new(agent);
    for (options, model, choice) in [
        (json!({}), "gpt-5.2", Value::Null),
        (json!({"model": "gpt-5-mini"}), "gpt-5-mini", Value::Null),
        (json!({"model": "gpt-5.2"}), "gpt-5.2", Value::Null),
        (
            json!({"tool_choice": {"id": "show"}}),
            "gpt-5.2",
            json!({"type": "function", "name": "show"}),
        ),
        (
            json!({"tool_choice": {"id": "web_search"}}),
            "gpt-5.2",
            json!({"type": "web_search"}),
        ),
    ] {
        world.host.model.answers([says("a", "x")]);
        world.ask(&create_with(&options));
        let body = world.host.model.last().body;
        assert_eq!(
            (body["model"].as_str().unwrap(), &body["tool_choice"]),
            (model, &choice)
        );
        // What is for the Worker is not sent.
        assert_eq!(body["tools"][0].get("client"), None);
    }
    let entries = world.host.stores.threads.entry_count();
    for options in [
        json!({"model": "gpt-4o"}),
        json!({"tool_choice": {"id": "rm"}}),
    ] {
        assert!(world.ask(&create_with(&options)).error().is_some());
    }
    assert_eq!(world.host.stores.threads.entry_count(), entries);
}

#[test]
fn a_chosen_tool_is_for_the_first_response_only() {
    let tool = json!({"type": "function", "name": "show", "client": true, "parameters": {"type": "object", "properties": {}}});
    let world = World::new(json!({"tools": [tool]}));
    let call = super::scripted_responses::response("a")
        .calls("show", "c1", "[]")
        .completed();
    world.host.model.answers([call, says("b", "x")]);
    world.ask(&create_with(&json!({"tool_choice": {"id": "show"}})));
    assert_eq!(world.host.model.last().body.get("tool_choice"), None);
}

#[test]
fn a_call_carries_whole_turns_up_to_the_agents_history() {
    let world = World::new(json!({"history": 4}));
    world
        .host
        .model
        .answers((0..5).map(|n| says(&format!("r{n}"), &format!("Answer {n}"))));
    let thread = world.ask(&create("Question 0")).thread();
    for n in 1..5 {
        world.ask(&add(&thread, &format!("Question {n}")));
    }
    let input = world.host.model.last().input().clone();
    assert_eq!(input.len(), 3, "{input:?}");
    assert_eq!(input[0]["content"][0]["text"], "Question 3");
}
