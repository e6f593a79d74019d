//! The rows that events of pages may write in a day, and what error reports cost.

use super::twins::test_client::{get, post, start};
use super::twins::{NOON, World};
use serde_json::json;

const MESSAGE: &str = "/api/analytics/message";
const ERRORS: &str = "/api/errors";

#[test]
fn events_are_refused_until_midnight_once_the_days_rows_are_used_up() {
    let world = World::new(&[("DAILY_EVENT_ROWS", "10")]);
    for _ in 0..3 {
        assert_eq!(
            world.serve(post(MESSAGE)).json(),
            json!({"status": "tracked"})
        );
    }
    for path in [MESSAGE, ERRORS] {
        let reply = world.serve(post(path).body(r#"{"message":"boom"}"#));
        assert_eq!(reply.outcome(), (429, "daily_limit_reached".to_owned()));
        assert_eq!(reply.header("Retry-After"), Some("43200"));
        let detail = "No more events are stored today. The next day begins at 00:00 UTC.";
        assert_eq!(reply.json()["detail"], detail);
    }
    assert_eq!(world.ledger.counted("messages"), 3);
    assert_eq!(world.ledger.reports(), []);
    assert_eq!(world.serve(start()).status(), 200, "sessions still start");
    assert_eq!(
        world.ledger.counted("sessions_created"),
        1,
        "and are counted"
    );
    world.clock.advance(43_200_000);
    assert_eq!(
        world.serve(post(MESSAGE)).json(),
        json!({"status": "tracked"})
    );
}

#[test]
fn once_the_rows_are_used_up_the_ledger_is_not_asked_again_that_day() {
    let world = World::new(&[("DAILY_EVENT_ROWS", "3")]);
    for _ in 0..20 {
        world.serve(post(MESSAGE));
    }
    let calls = world.calls();
    let asked = calls.iter().filter(|call| *call == "ledger count").count();
    assert_eq!(
        asked, 2,
        "the one that was counted, and the first that was not"
    );
    assert_eq!(world.dataset.all().len(), 2);
}

#[test]
fn events_weigh_the_rows_that_they_write_whatever_their_number() {
    let batch = format!("[{}]", vec!["{}"; 100].join(","));
    let reports = format!("[{}]", vec![r#"{"message":"boom"}"#; 100].join(","));
    for (path, body, cost) in [
        (MESSAGE, "{}", 3),
        (MESSAGE, &batch, 3),
        (ERRORS, r#"{"message":"boom"}"#, 4),
        (ERRORS, &reports, 4),
    ] {
        for (rows, fits) in [(2 * cost, 2), (2 * cost - 1, 1)] {
            let world = World::new(&[("DAILY_EVENT_ROWS", &rows.to_string())]);
            let replies = world.serve_all((0..4).map(|_| post(path).body(body)));
            let stored = replies.iter().filter(|reply| reply.status() == 200);
            assert_eq!(stored.count(), fits, "{path} {rows} {}", body.len());
        }
    }
}

#[test]
fn the_shards_share_the_rows_of_the_day() {
    let world = World::new(&[("DAILY_EVENT_ROWS", "24"), ("COUNTER_SHARDS", "4")]);
    let replies = world.serve_all((0..100).map(|_| post(MESSAGE)));
    let stored = replies.iter().filter(|reply| reply.status() == 200).count();
    assert!((2..=8).contains(&stored), "{stored}");
    assert_eq!(world.ledger.counted("messages"), stored as u64);
}

#[test]
fn of_a_hundred_reports_in_one_request_the_newest_fifty_are_stored_and_all_are_counted() {
    let world = World::new(&[]);
    let reports: Vec<String> = (0..100)
        .map(|n| format!(r#"{{"message":"boom {n}"}}"#))
        .collect();
    let reply = world.serve(post(ERRORS).body(format!("[{}]", reports.join(","))));
    assert_eq!(reply.json(), json!({"status": "logged"}));
    assert_eq!(world.ledger.counted("client_errors"), 100);
    let shown = world.serve(get(ERRORS).admin()).json();
    let shown = shown["reports"].as_array().expect("reports");
    assert_eq!(shown.len(), 50);
    assert_eq!(
        (&shown[0]["message"], &shown[49]["message"]),
        (&json!("boom 99"), &json!("boom 50"))
    );
    assert_eq!(shown[0]["at"], NOON);
}
