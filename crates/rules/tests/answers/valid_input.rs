//! What the Responses API demands of the input of a call.

use serde_json::Value;
use std::collections::HashSet;

/// Panics unless a call's input is valid: calls have one output each, after them; reasoning is followed by what it led to; no item
/// comes twice; nothing is empty.
pub fn check(input: &[Value]) {
    assert!(!input.is_empty(), "the input is empty");
    let (mut ids, mut calls, mut outputs) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (at, item) in input.iter().enumerate() {
        let kind = item["type"].as_str().expect("an item has a type");
        if let Some(id) = item.get("id") {
            assert!(ids.insert(id.to_string()), "{id} comes twice: {input:#?}");
        }
        let call_id = || item["call_id"].as_str().expect("a call has an id");
        match kind {
            "function_call" => {
                assert!(calls.insert(call_id()), "a call comes twice: {input:#?}");
            }
            "function_call_output" => {
                assert!(
                    calls.contains(call_id()),
                    "an output has no call: {input:#?}"
                );
                assert!(
                    outputs.insert(call_id()),
                    "an output comes twice: {input:#?}"
                );
                assert!(item["output"].is_string(), "an output is text: {input:#?}");
            }
            "reasoning" => {
                let next = input.get(at + 1).unwrap_or(&Value::Null);
                let is_models = next["type"] == "reasoning"
                    || next["type"] == "function_call"
                    || next["role"] == "assistant";
                assert!(is_models, "nothing follows reasoning: {input:#?}");
            }
            "message" => {
                let parts = item["content"].as_array().expect("a message has parts");
                let has_text = |part: &Value| {
                    part["text"]
                        .as_str()
                        .or(part["refusal"].as_str())
                        .is_some_and(|text| !text.is_empty())
                };
                assert!(parts.iter().any(has_text), "an empty message: {input:#?}");
            }
            other => panic!("an unknown item: {other}"),
        }
    }
    assert_eq!(calls, outputs, "a call has no output: {input:#?}");
}

#[test]
fn the_check_finds_what_the_api_rejects() {
    use serde_json::json;
    let user = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "c", "output": "1"});
    let reasoning = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    check(&[
        user.clone(),
        reasoning.clone(),
        call.clone(),
        output.clone(),
    ]);
    for wrong in [
        vec![],
        vec![call.clone()],
        vec![output.clone()],
        vec![output.clone(), call.clone()],
        vec![call.clone(), output.clone(), output.clone()],
        vec![call.clone(), call.clone(), output.clone()],
        vec![user.clone(), reasoning.clone()],
        vec![reasoning.clone(), user.clone()],
        vec![call.clone(), reasoning, output],
        vec![json!({"type": "message", "role": "assistant", "content": []})],
    ] {
        let result = std::panic::catch_unwind(|| check(&wrong));
        assert!(result.is_err(), "{wrong:?}");
    }
}
