//! Agents in the settings, and which backend is active.

use super::*;
use crate::counters::answer_cost::Price;
use serde_json::json;

const KEY: (&str, &str) = ("OPENAI_API_KEY", "sk-test-0123456789");
const AGENT: (&str, &str) = ("AGENT", r#"{"model":"gpt-5.2"}"#);
const WORKFLOW: (&str, &str) = ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1");
const SERVER: (&str, &str) = ("CHATKIT_SERVER_URL", "https://chat.example/chatkit");
const TOOLS: (&str, &str) = ("TOOLS_SECRET", "tools-0123456789abcdef");
const VISITORS: (&str, &str) = ("VISITOR_SECRET", "visitors-0123456789");

fn read(variables: &[(&str, &str)]) -> Settings {
    Settings::read(|name| {
        let mut all = variables.iter();
        let found = all.find(|(variable, _)| *variable == name);
        found.map(|(_, text)| (*text).to_owned())
    })
}

fn errors(variables: &[(&str, &str)]) -> Vec<String> {
    let errors = read(variables).backend.expect_err("the settings are wrong");
    errors.iter().map(SettingError::to_string).collect()
}

fn chat(variables: &[(&str, &str)]) -> ChatSettings {
    read(&[variables, &[KEY]].concat()).chat().unwrap().clone()
}

fn agent(table: &serde_json::Value, more: &[(&str, &str)]) -> AgentSettings {
    let text = table.to_string();
    let chat = chat(&[&[("AGENT", text.as_str())], more].concat());
    chat.agents.first().unwrap().clone()
}

fn faults(table: &serde_json::Value) -> Vec<String> {
    errors(&[KEY, ("AGENT", &table.to_string())])
}

#[test]
fn the_backend_is_the_only_one_that_is_set_up_or_the_one_that_is_named() {
    let kind =
        |variables: &[(&str, &str)]| read(variables).backend.map(|backend| backend.kind().name());
    assert_eq!(kind(&[KEY, WORKFLOW]), Ok("hosted"));
    assert_eq!(kind(&[KEY, AGENT]), Ok("agent"));
    assert_eq!(
        kind(&[KEY, ("AGENTS", r#"{"a":{"model":"m"}}"#)]),
        Ok("agent")
    );
    assert_eq!(kind(&[KEY, SERVER, TOOLS]), Ok("remote"));
    for name in ["hosted", "agent", "remote", "Agent"] {
        let all = [KEY, WORKFLOW, AGENT, SERVER, TOOLS, ("BACKEND", name)];
        assert_eq!(kind(&all), Ok(name.to_ascii_lowercase().as_str()));
    }
}

#[test]
fn several_backends_without_a_choice_and_a_choice_that_is_not_set_up_are_errors() {
    let several = "BACKEND is not set, and OPENAI_CHATKIT_WORKFLOW_ID and AGENT are: set BACKEND to hosted, agent or remote.";
    assert_eq!(errors(&[KEY, WORKFLOW, AGENT]), [several]);
    for (name, begin) in [
        ("hosted", "No workflow ID configured"),
        ("agent", "AGENT is not set, and BACKEND is agent"),
        (
            "remote",
            "CHATKIT_SERVER_URL is not set, and BACKEND is remote",
        ),
    ] {
        let found = errors(&[KEY, TOOLS, ("BACKEND", name)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(begin), "{found:?}");
    }
    let nothing = errors(&[KEY]);
    assert!(nothing[0].starts_with("No workflow ID configured: ") && nothing[0].contains("AGENT"));
    // A wrong AGENT is not "no backend" too.
    assert_eq!(errors(&[KEY, ("AGENT", "x")]).len(), 1);
    assert_eq!(errors(&[KEY, ("BACKEND", "both"), AGENT]).len(), 1);
}

#[test]
fn a_remote_server_needs_a_secret_to_sign_with_and_no_api_key() {
    assert!(read(&[SERVER, TOOLS, VISITORS]).backend.is_ok());
    let found = errors(&[SERVER]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("VISITOR_SECRET is not set, and there is no OPENAI_API_KEY"));
    assert!(found[1].starts_with("TOOLS_SECRET is not set, and with BACKEND=remote"));
    let short = errors(&[SERVER, VISITORS, ("TOOLS_SECRET", "fifteen-bytes-x")]);
    assert_eq!(short.len(), 1, "{short:?}");
    assert!(errors(&[AGENT])[0].starts_with("OPENAI_API_KEY is not set"));
    let plain = errors(&[
        TOOLS,
        VISITORS,
        ("CHATKIT_SERVER_URL", "http://chat.example/"),
    ]);
    assert_eq!(plain, ["CHATKIT_SERVER_URL must be an https address."]);
}

#[test]
fn an_agent_keeps_the_fields_of_the_api_in_their_order() {
    let agent = agent(
        &json!({
            "top_p": 0.5, "model": "gpt-5.2", "reasoning": {"effort": "low"}, "name": "Shop", "a_new_field": [1],
            "include": ["reasoning.encrypted_content"], "instructions": "Be kind.", "metadata": null,
        }),
        &[],
    );
    let names: Vec<&String> = agent.fields.keys().collect();
    assert_eq!(names, ["top_p", "reasoning", "a_new_field", "include"]);
    assert_eq!(
        (agent.id.as_str(), agent.model.as_str()),
        ("default", "gpt-5.2")
    );
    assert_eq!(
        (agent.history, agent.base_url.as_str()),
        (200, "https://api.openai.com/v1")
    );
}

#[test]
fn the_workers_own_fields_are_read() {
    let agent = agent(
        &json!({
            "model": "m", "base_url": "http://localhost:9/v1/", "history": 40, "models": "m, n", "title_model": "t",
            "actions_url": "https://shop.example/actions", "price": {"input": 1.25, "output": 10},
            "headers": {"Authorization": "Bearer $GATEWAY"},
        }),
        &[
            ("GATEWAY", "g-secret"),
            ("OPENAI_BASE_URL", "https://other.example/v1"),
        ],
    );
    assert_eq!(agent.base_url, "http://localhost:9/v1");
    assert_eq!(
        (agent.history, agent.title_model.as_deref()),
        (40, Some("t"))
    );
    assert_eq!(agent.models, ["m", "n"]);
    let price = Price {
        input: 1.25,
        cached_input: None,
        output: 10.0,
    };
    assert_eq!(agent.price, Some(price));
    let (name, value) = &agent.headers[0];
    assert_eq!(
        (name.as_str(), value.expose()),
        ("Authorization", "Bearer g-secret")
    );
    assert!(!format!("{agent:?}").contains("g-secret"));
}

#[test]
fn agents_are_found_by_name_and_the_default_is_first() {
    let more = ("AGENTS", r#"{"sales":{"model":"a"},"help":{"model":"b"}}"#);
    let both = chat(&[AGENT, more]);
    assert_eq!(both.agent(None).unwrap().model, "gpt-5.2");
    assert_eq!(both.agent(Some("help")).unwrap().model, "b");
    assert!(both.agent(Some("other")).is_none());
    assert_eq!(chat(&[more]).agent(None).unwrap().id, "sales");
    let named = (
        "AGENTS",
        r#"{"sales":{"model":"a"},"default":{"model":"b"}}"#,
    );
    assert_eq!(chat(&[named]).agent(None).unwrap().model, "b");
    assert_eq!(
        errors(&[KEY, AGENT, named]),
        ["AGENTS.default must have another name: AGENT is the default agent."]
    );
}

#[test]
fn tools_of_the_page_are_told_from_the_others_and_secrets_are_filled_in() {
    let agent = agent(
        &json!({"model": "m", "tools": [
            {"type": "web_search"},
            {"type": "function", "name": "show_on_map", "client": true, "parameters": {"type": "object"}},
            {"type": "mcp", "server_label": "shop", "authorization": "$SHOP", "headers": {"x-key": "k $SHOP"}},
        ]}),
        &[("SHOP", "shop-secret")],
    );
    assert_eq!(agent.tools.client(), ["show_on_map"]);
    assert_eq!(
        agent.tools.sent(),
        [
            json!({"type": "web_search"}),
            json!({"type": "function", "name": "show_on_map", "parameters": {"type": "object"}}),
            json!({"type": "mcp", "server_label": "shop", "authorization": "shop-secret", "headers": {"x-key": "k shop-secret"}}),
        ]
    );
    assert!(!format!("{agent:?}").contains("shop-secret"));
}

#[test]
fn every_fault_is_found_and_names_the_path_of_its_field() {
    let found = faults(&json!({
        "store": true, "user": "me", "temperature": 3, "max_output_tokens": 0, "tool_choice": 1, "include": [1],
        "instructions": "{{now}}", "base_url": "http://api.example", "history": 0, "models": [1], "price": {"input": -1},
        "prompts": ["", {"label": "x"}, {"prompt": 1}], "headers": {"a b": "x", "x-key": "$MISSING", "x-int": 1},
        "tools": [1, {}, {"type": "function"}, {"type": "function", "name": "f", "url": "https://a.example"},
                  {"type": "function", "name": "f", "client": true}, {"type": "mcp", "headers": []}],
    }));
    let paths: Vec<&str> = found
        .iter()
        .map(|fault| fault.split([' ', ':']).next().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "AGENT.store",
            "AGENT.user",
            "AGENT.include",
            "AGENT.max_output_tokens",
            "AGENT.temperature",
            "AGENT.tool_choice",
            "AGENT.model",
            "AGENT.instructions",
            "AGENT.base_url",
            "AGENT.history",
            "AGENT.tools[0]",
            "AGENT.tools[1].type",
            "AGENT.tools[2].name",
            "AGENT.tools[2].client",
            "AGENT.tools[3].url",
            "AGENT.tools[4].name",
            "AGENT.tools[5].headers",
            "AGENT.headers",
            "AGENT.headers.x-key",
            "AGENT.headers.x-int",
            "AGENT.prompts[0]",
            "AGENT.prompts[1].prompt",
            "AGENT.prompts[2].prompt",
            "AGENT.models",
            "AGENT.price.input",
            "AGENT.price.output",
        ]
    );
    assert!(found.iter().all(|fault| fault.ends_with('.')), "{found:#?}");
}

#[test]
fn a_managed_field_a_url_tool_and_an_unknown_placeholder_say_what_to_do() {
    let found = faults(
        &json!({"model": "m", "previous_response_id": "r", "instructions": "{{vars.plan}}", "tools": [
            {"type": "function", "name": "f", "url": "https://a.example"},
        ]}),
    );
    assert_eq!(
        found[0],
        "AGENT.previous_response_id is set by the Worker for each call: remove it."
    );
    assert!(
        found[1].contains("{{vars.NAME}} with a name of STATE_VARIABLES"),
        "{found:?}"
    );
    assert!(
        found[2].starts_with(
            "AGENT.tools[0].url: tools that the Worker calls come with a later version."
        )
    );
    let plan = json!({"model": "m", "instructions": "{{vars.plan}} {{claims.name}}"});
    assert!(
        agent(&plan, &[("STATE_VARIABLES", "plan")])
            .instructions
            .is_some()
    );
}

#[test]
fn no_secret_is_shown_in_a_fault_or_to_pages() {
    let key = KEY.1;
    for table in [
        json!({"model": "m", "greeting": format!("Hi {key}")}),
        json!({"model": key}),
        json!({"model": "m", "instructions": format!("{{{{{key}}}}}")}),
        json!({"model": "m", "headers": {"x": format!("${}", "ABCDEFGH12345678")}}),
        json!({"model": "m", "tools": [{"type": key, "headers": {key: 1}}]}),
    ] {
        let text = table.to_string();
        let settings = read(&[KEY, ("AGENT", &text), ("ADMIN_TOKEN", "ABCDEFGH12345678")]);
        let errors = settings.backend.expect_err("the settings are wrong");
        for error in errors {
            let shown = format!("{error} {}", error.for_owner());
            assert!(
                !shown.contains(key) && !shown.contains("ABCDEFGH12345678"),
                "{shown}"
            );
        }
    }
    let agents = json!({key: {"model": "m"}}).to_string();
    assert!(!errors(&[KEY, ("AGENTS", &agents)]).concat().contains(key));
}

#[test]
fn what_is_not_a_table_is_an_error_of_the_variable() {
    for text in ["gpt-5.2", "[]", "7", "{"] {
        let found = errors(&[KEY, ("AGENT", text)]);
        assert_eq!(
            found,
            ["AGENT must be a table, or the same as JSON."],
            "{text}"
        );
    }
    for text in ["{}", "[{}]", r#""a""#] {
        let found = errors(&[KEY, ("AGENTS", text)]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with("AGENTS must be a table with a table for each agent"));
    }
    assert_eq!(
        errors(&[KEY, ("AGENTS", r#"{"a":1}"#)]),
        ["AGENTS.a must be a table."]
    );
    assert_eq!(
        errors(&[KEY, ("AGENTS", r#"{"a b":{"model":"m"}}"#)]).len(),
        1
    );
}

#[test]
fn an_endpoint_of_another_backend_says_what_to_use() {
    let settings = read(&[KEY, AGENT]);
    assert!(settings.chat().is_ok());
    assert_eq!(
        settings.sessions().unwrap_err(),
        Error::WrongBackend {
            active: "agent",
            instead: "POST /chatkit"
        }
    );
    let hosted = read(&[KEY, WORKFLOW]);
    assert_eq!(
        hosted.chat().unwrap_err(),
        Error::WrongBackend {
            active: "hosted",
            instead: "POST /api/chatkit/session"
        }
    );
}
