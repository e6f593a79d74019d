//! Secrets stay where they belong: the API key shows only in requests to OpenAI, a session's secret only in its response.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::{TestRequest, delete, get, post, start};
use super::twins::{ADMIN_TOKEN, API_KEY, Reply, SESSIONS_URL, World};
use rules::platform::ReadError;
use std::rc::Rc;

/// Every piece of the key of this length is looked for.
const PIECE: usize = 8;

/// Panics if a text has a piece of the API key, except for the prefix of all keys.
fn assert_no_key(text: &str) {
    let secret_part = API_KEY.strip_prefix("sk-proj-").expect("the usual prefix");
    for start in 0..=secret_part.len() - PIECE {
        let piece = &secret_part[start..start + PIECE];
        assert!(!text.contains(piece), "{piece} is in {text}");
    }
}

/// Everything that the world keeps or writes.
fn kept(world: &Rc<World>) -> String {
    let events = world.dataset.all();
    format!(
        "{}\n{}\n{events:?}",
        world.lines.text(),
        world.ledger.stored()
    )
}

/// Everything that a client gets.
fn shown(reply: &Reply) -> String {
    format!("{:?}\n{}", reply.headers(), reply.text())
}

/// Answers of OpenAI, or of whatever is at its address, that echo the key.
fn echoes() -> Vec<Answer> {
    let message = format!("Incorrect API key provided: {API_KEY}");
    let masked = format!("Incorrect: sk-pr****{}", &API_KEY[API_KEY.len() - PIECE..]);
    let header = format!("req {API_KEY}");
    vec![
        Answer::error(401, &message),
        Answer::error(401, &masked),
        Answer::error(429, &message).header("retry-after", &message),
        Answer::new(503, message.clone()),
        Answer::new(200, message.clone()),
        Answer::new(200, format!(r#"{{"client_secret":7,"id":"{API_KEY}"}}"#)),
        Answer::status(500).header("x-request-id", &header),
        Answer::no_connection(&message),
        Answer::unreadable(200, ReadError::Failed(message.clone())),
        Answer::unreadable(200, ReadError::Timeout(message)),
    ]
}

#[test]
fn the_api_key_shows_in_no_log_line_no_response_and_no_stored_value() {
    for answer in echoes() {
        let world = World::new(&[("DAILY_SESSION_LIMIT", "9")]);
        world.upstream.answer_always(SESSIONS_URL, answer);
        let reply = world.serve(start());
        assert!(reply.status() >= 429, "{reply:?}");
        assert_no_key(&shown(&reply));
        assert_no_key(&kept(&world));
        let line = world.lines.last();
        assert!(line.get("cause").is_some() || line.get("openai_request_id").is_some());
        assert!(!world.upstream.sent().is_empty(), "OpenAI was asked");
    }
}

#[test]
fn the_doctor_and_a_cancellation_do_not_show_the_api_key_either() {
    let cancel_url = format!("{SESSIONS_URL}/cksess_1/cancel");
    for answer in echoes() {
        let world = World::new(&[]);
        let cookie = world.serve(start()).cookie();
        world.upstream.answer_always(&cancel_url, answer.clone());
        let path = "/api/chatkit/session/cksess_1";
        let reply = world.serve(delete(path).cookie(cookie));
        assert_no_key(&shown(&reply));
        world.upstream.answer_always(SESSIONS_URL, answer);
        let reply = world.serve(post("/api/chatkit/doctor").admin());
        assert_eq!(reply.status(), 200);
        assert_no_key(&shown(&reply));
        assert_no_key(&kept(&world));
    }
}

#[test]
fn a_sessions_secret_is_only_in_its_response() {
    let world = World::new(&[]);
    let reply = world.serve(start());
    assert_eq!(reply.json()["client_secret"], "ek_secret_1");
    assert!(!kept(&world).contains("ek_secret"));
    let shown_record = world.serve(get("/api/chatkit/session/cksess_1").cookie(reply.cookie()));
    assert!(!shown(&shown_record).contains("ek_secret"));
}

#[test]
fn what_a_client_sends_in_the_wrong_place_is_redacted_in_the_log() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    let requests: [TestRequest; 4] = [
        get("/api/chatkit/session/ek_secret_9").cookie(&cookie),
        get("/api/ek_secret_9/nowhere"),
        post("/api/chatkit/session?client_secret=ek_secret_9"),
        post("/api/errors").body(r#"{"message":"boom ek_secret_9","url":"/p?s=ek_secret_9"}"#),
    ];
    for request in requests {
        world.serve(request);
    }
    assert_eq!(world.lines.all().len(), 5);
    assert_eq!(world.ledger.reports().len(), 1);
    assert!(!kept(&world).contains("secret_9"), "{}", kept(&world));
    assert!(
        world
            .lines
            .text()
            .contains("/api/chatkit/session/[redacted]")
    );
}

#[test]
fn openais_words_are_logged_without_the_user_and_the_state_variables() {
    let world = World::new(&[
        ("TRUST_CLIENT_USER", "true"),
        ("PROXY_SECRET", "proxy"),
        ("STATE_VARIABLES", "plan,name"),
    ]);
    let message =
        "User 'jane@shop.example' (plan pro, name Jane Doe) is over the limit of this project.";
    world
        .upstream
        .answer_always(SESSIONS_URL, Answer::error(400, message));
    let body = r#"{"user":"jane@shop.example","state_variables":{"plan":"pro","name":"Jane Doe"}}"#;
    let request = start().header("X-ChatKit-Proxy-Secret", "proxy").body(body);
    assert_eq!(world.serve(request).status(), 502);
    assert_eq!(
        world.lines.last()["cause"],
        "User '[redacted]' (plan [redacted], name [redacted]) is over the limit of this project."
    );
}

#[test]
fn what_proves_a_visitor_is_neither_logged_nor_stored_wherever_it_is_sent() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    let (_, value) = cookie.split_once('=').expect("a value");
    let report = format!(
        r#"{{"message":"failed: {value} Bearer {value}","stack":"at https://me:word@a.example/x;jsessionid=0A1B","url":"https://a.example/{value}"}}"#
    );
    world.serve(post("/api/errors").body(report));
    world.serve(get(&format!("/api/chatkit/session/{value}")).cookie(&cookie));
    world.serve(get(&format!("/api/{value}/nowhere")));
    let (id, signature) = value.split_once('.').expect("a signed value");
    for secret in [id, signature, "me:word", "0A1B"] {
        assert!(
            !kept(&world).contains(secret),
            "{secret} is in {}",
            kept(&world)
        );
    }
    let reports = world.ledger.reports();
    assert_eq!(reports[0].message, "failed: [redacted] Bearer [redacted]");
    assert_eq!(reports[0].stack, "at https://a.example/x");
}

#[test]
fn users_and_cookies_are_not_logged_and_users_are_stored_as_hashes() {
    let world = World::new(&[("DAILY_SESSIONS_PER_USER", "5")]);
    let cookie = world.serve(start()).cookie();
    world.serve(start().cookie(&cookie));
    world.serve(get("/api/chatkit/session/cksess_1").cookie(&cookie));
    let value = cookie.split('=').nth(1).expect("a value");
    let (id, signature) = value.split_once('.').expect("a signed value");
    let (_, signature) = signature.split_once('.').expect("a time");
    let user = world.upstream.sent()[0].user();
    assert_eq!(user, format!("visitor_{id}"));
    for secret in [id, signature] {
        assert!(!kept(&world).contains(secret), "{secret}");
    }
}

#[test]
fn a_wrong_setting_is_quoted_for_the_admin_and_a_secret_in_it_for_nobody() {
    let world = World::new(&[
        ("OPENAI_BASE_URL", API_KEY),
        ("AUTH", ADMIN_TOKEN),
        ("HISTORY", "maybe"),
    ]);
    let reply = world.serve(start());
    assert_eq!(reply.outcome(), (500, "not_configured".to_owned()));
    let doctor = world.serve(post("/api/chatkit/doctor").admin());
    let quoted = |value: &str| format!(" is \\\"{value}\\\" and must be ");
    assert!(
        reply
            .text()
            .contains("OPENAI_BASE_URL must be an https address"),
        "{reply:?}"
    );
    assert!(!reply.text().contains("maybe"), "{reply:?}");
    for value in ["[redacted]", "maybe"] {
        assert!(doctor.text().contains(&quoted(value)), "{doctor:?}");
    }
    assert!(!kept(&world).contains("maybe"));
    for reply in [&reply, &doctor] {
        assert_no_key(&shown(reply));
        assert!(!shown(reply).contains(ADMIN_TOKEN));
    }
    assert_no_key(&kept(&world));
}

#[test]
fn the_isolate_shows_no_secret_in_debug_output() {
    let world = World::new(&[]);
    world.serve(start());
    let debug = format!("{:?}", world.isolate);
    assert_no_key(&debug);
    assert!(!debug.contains(ADMIN_TOKEN) && !debug.contains("ek_secret"));
}
