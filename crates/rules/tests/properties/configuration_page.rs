//! docs/configuration.md agrees with the settings: the same names, defaults, bounds and sentences.

use super::checks::check_settings::NAMES;
use rules::error::SettingError;
use rules::settings::Settings;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A value that every variable rejects, except those that accept any text.
const WRONG: &str = "\u{7f} wrong";

/// The minimum that sessions need.
const ENOUGH: [(&str, &str); 2] = [
    ("OPENAI_API_KEY", "sk-test"),
    ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1"),
];

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    fs::read_to_string(path).expect("a file of the repository")
}

/// The text of a section of the page, including its subsections.
fn section(heading: &str) -> String {
    let page = file("docs/configuration.md");
    let rest = page.split(&format!("\n## {heading}\n")).nth(1);
    let rest = rest.expect("a section");
    rest.split("\n## ").next().unwrap_or_default().to_owned()
}

/// The rows of a section's tables that begin with a name in code style, as cells. The name has no backticks.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = section(heading);
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let row = row.trim_end_matches('|').replacen('`', "", 1);
        row.split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

/// Reads [`ENOUGH`] and these variables, which take precedence. An empty text unsets a variable.
fn read(variables: &[(&str, &str)]) -> Settings {
    Settings::read(|name| {
        let all = variables.iter().chain(&ENOUGH);
        let mut found = all.filter(|(variable, _)| *variable == name);
        found.next().map(|(_, text)| (*text).to_owned())
    })
}

fn sentences(variables: &[(&str, &str)]) -> Vec<String> {
    let errors = read(variables).backend.err().unwrap_or_default();
    errors.iter().map(SettingError::to_string).collect()
}

#[test]
fn the_page_has_exactly_one_row_for_each_variable() {
    let mut listed: Vec<String> = [rows("Secrets"), rows("Variables")]
        .concat()
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, Vec::from_iter(NAMES.iter().cloned()));
}

#[test]
fn the_error_for_a_wrong_value_names_what_the_table_allows() {
    for row in rows("Variables") {
        let (name, allowed) = (&row[0], &row[2]);
        let said = sentences(&[(name, WRONG)]);
        assert_eq!(said, [format!("{name} must be {allowed}.")]);
        let for_owner = read(&[(name, WRONG)]).backend.expect_err("it is wrong");
        let expected = format!("{name} is \"wrong\" and must be {allowed}.");
        assert_eq!(for_owner[0].for_owner(), expected);
    }
    for row in rows("Secrets") {
        // Secrets accept any text and have no such column. A malformed API key and a short secret have sentences of their own.
        let said = sentences(&[(&row[0], &WRONG.repeat(8))]);
        assert!(
            said.is_empty() || row[0] == "OPENAI_API_KEY",
            "{row:?}: {said:?}"
        );
    }
}

#[test]
fn a_number_is_accepted_within_the_bounds_in_the_table() {
    let mut numbers = 0;
    for row in rows("Variables") {
        let (name, allowed) = (row[0].as_str(), &row[2]);
        let Some(bounds) = allowed.strip_prefix("a whole number from ") else {
            continue;
        };
        numbers += 1;
        let (least, most) = bounds.split_once(" to ").expect("two bounds");
        let most: u64 = most.parse().expect("a number");
        for right in [least, &most.to_string()] {
            assert!(
                read(&[(name, right)]).backend.is_ok(),
                "{name} takes {right}"
            );
        }
        for wrong in ["0", &(most + 1).to_string()] {
            assert_eq!(sentences(&[(name, wrong)]).len(), 1, "{name} = {wrong}");
        }
    }
    assert!(numbers > 5, "{numbers}");
}

#[test]
fn a_default_in_the_table_equals_leaving_the_variable_out() {
    let unset = format!("{:?}", read(&[]));
    let mut defaults = 0;
    for row in [rows("Variables"), rows("Secrets")].concat() {
        let (name, default) = (row[0].as_str(), row[1].as_str());
        if let Some(value) = default
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'))
        {
            defaults += 1;
            assert_eq!(format!("{:?}", read(&[(name, value)])), unset, "{name}");
        } else if default.ends_with("required") {
            assert_eq!(sentences(&[(name, "")]).len(), 1, "{name}");
        } else {
            assert!(read(&[(name, "")]).backend.is_ok(), "{name}");
        }
    }
    assert!(defaults > 5, "{defaults}");
}

#[test]
fn the_page_lists_exactly_the_other_error_sentences() {
    let (jwt, access) = (("AUTH", "jwt"), ("AUTH", "access"));
    let keys = ("AUTH_JWKS_URL", "https://id.example/keys");
    let secret = ("AUTH_JWT_SECRET", "s-0123456789abcdef0123456789abcd");
    let trusting = ("TRUST_CLIENT_USER", "true");
    let tools = ("TOOLS_SECRET", "tools-0123456789abcdef");
    let (remote, server) = (
        ("BACKEND", "remote"),
        ("CHATKIT_SERVER_URL", "https://a.example"),
    );
    let wrong: [&[(&str, &str)]; 18] = [
        &[("OPENAI_API_KEY", "")],
        &[("OPENAI_API_KEY", "sk test")],
        &[("OPENAI_CHATKIT_WORKFLOW_ID", "")],
        &[
            ("OPENAI_API_KEY", "sk-0123456789"),
            ("CHATKIT_JS_URL", "https://cdn.example/sk-0123456789"),
        ],
        &[jwt],
        &[jwt, secret, keys],
        &[jwt, keys],
        &[access, ("AUTH_ISSUER", "team"), ("AUTH_AUDIENCE", "a")],
        &[jwt, secret, trusting, ("PROXY_SECRET", "p")],
        &[trusting],
        &[("ADMIN_TOKEN", "fifteen-bytes-x")],
        &[("AUTH_JWT_SECRET", "thirty-one-bytes-0123456789abcd")],
        &[("TOOLS_SECRET", "fifteen-bytes-x")],
        &[("BACKEND", "agent")],
        &[("BACKEND", "remote"), tools],
        &[server, remote],
        &[server, remote, tools, ("OPENAI_API_KEY", "")],
        &[("AGENT", r#"{"model":"m"}"#)],
    ];
    let said: BTreeSet<String> = wrong.iter().flat_map(|set| sentences(set)).collect();
    let text = section("What else is said");
    let listed = text.lines().filter_map(|line| line.strip_prefix("- "));
    assert_eq!(listed.map(str::to_owned).collect::<BTreeSet<_>>(), said);
}

#[test]
fn example_files_and_scripts_name_only_known_variables() {
    let example = file(".dev.vars.example");
    let example = example.lines().map(|line| line.trim_start_matches('#'));
    let named = example.filter_map(|line| line.split_once('=').map(|(name, _)| name.to_owned()));
    let wrangler = file("wrangler.toml");
    let vars = wrangler
        .split("# [vars]\n")
        .nth(1)
        .expect("the variables that most people set");
    let vars = vars
        .lines()
        .filter_map(|line| line.trim_start_matches(['#', ' ']).split_once(" = "));
    let named: Vec<String> = named.chain(vars.map(|(name, _)| name.to_owned())).collect();
    assert!(named.len() >= 4, "{named:?}");
    for name in named {
        assert!(NAMES.contains(&name), "{name}");
    }
    // The variables that `npm start` reads from the shell.
    let script = file("scripts/dotenv.mjs");
    let listed = script.split('`').find(|text| text.contains("ADMIN_TOKEN"));
    let listed = listed.expect("the list of settings").split_whitespace();
    assert_eq!(listed.map(str::to_owned).collect::<BTreeSet<_>>(), *NAMES);
}

/// What the page's table says of a binding in `wrangler.toml`: its name, its kind, and what it is set to.
fn bindings(config: &toml::Table) -> Vec<[String; 3]> {
    let list = |keys: &[&str]| {
        let mut value = config.get(keys[0]);
        for key in &keys[1..] {
            value = value.and_then(|value| value.get(key));
        }
        let list = value.and_then(toml::Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let text = |value: &toml::Value, key: &str| {
        let text = value.get(key).and_then(toml::Value::as_str);
        text.expect("a text").to_owned()
    };
    let mut rows = vec![[
        text(&config["assets"], "binding"),
        "static assets".to_owned(),
        format!("`{}`", text(&config["assets"], "directory")),
    ]];
    for object in list(&["durable_objects", "bindings"]) {
        let class = text(&object, "class_name");
        // Cloudflare rejects an object whose class no migration creates.
        let is_created = |migration: &toml::Value| {
            let classes = migration
                .get("new_sqlite_classes")
                .and_then(toml::Value::as_array);
            classes.is_some_and(|classes| classes.contains(&class.clone().into()))
        };
        assert!(list(&["migrations"]).iter().any(is_created), "{class}");
        let kind = "Durable Object".to_owned();
        rows.push([text(&object, "name"), kind, format!("class `{class}`")]);
    }
    for namespace in list(&["kv_namespaces"]) {
        let set_to = "made by the first `wrangler deploy`".to_owned();
        rows.push([
            text(&namespace, "binding"),
            "KV namespace".to_owned(),
            set_to,
        ]);
    }
    for limiter in list(&["ratelimits"]) {
        let simple = &limiter["simple"];
        let set_to = format!("{} in {} seconds", simple["limit"], simple["period"]);
        rows.push([text(&limiter, "name"), "rate limiter".to_owned(), set_to]);
    }
    rows
}

#[test]
fn the_bindings_are_those_of_wrangler_toml_and_the_optional_one() {
    let config: toml::Table = file("wrangler.toml").parse().expect("TOML");
    let mut expected = bindings(&config);
    let optional = ["EVENTS", "Analytics Engine dataset", "not bound"];
    expected.push(optional.map(str::to_owned));
    expected.sort();
    let mut listed: Vec<[String; 3]> = rows("Bindings")
        .into_iter()
        .map(|row| [row[0].clone(), row[1].clone(), row[2].clone()])
        .collect();
    listed.sort();
    assert_eq!(listed, expected);
}
