//! Requests that read, rename, rate and delete.

use super::memory_server::{Server, ids};
use chatkit::protocol::{FeedbackKind, ItemBody};
use chatkit::server::server_error::ServerError;
use chatkit::server::store::EntryKind;
use chatkit::server::thread_title::set_title;
use serde_json::{Value, json};

#[test]
fn threads_are_paged_both_ways() {
    let mut server = Server::default();
    let mut threads: Vec<String> = (0..25).map(|n| server.create(&n.to_string())).collect();
    for order in ["asc", "desc"] {
        for limit in [1, 7, 24, 25, 9_999] {
            let (mut seen, mut after) = (Vec::new(), Value::Null);
            loop {
                let page = server.json(
                    "threads.list",
                    json!({"limit": limit, "order": order, "after": after}),
                );
                seen.extend(ids(&page).into_iter().map(str::to_owned));
                if page["has_more"] == false {
                    assert_eq!(page.get("after"), None);
                    break;
                }
                assert_eq!(page["after"], json!(seen.last()));
                after = page["after"].clone();
            }
            let mut expected = threads.clone();
            if order == "desc" {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{order} {limit}");
        }
    }
    // Without a limit there are 20, the newest first.
    threads.reverse();
    let page = server.json("threads.list", json!({}));
    assert_eq!(ids(&page), &threads[..20]);
    assert!(
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|thread| thread["items"]["data"] == json!([]))
    );
    let unknown = server.json("threads.list", json!({"after": "thr_unknown"}));
    assert_eq!(unknown, json!({"data": [], "has_more": false}));
}

#[test]
fn items_are_paged_without_hidden_ones_and_at_most_100() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    for n in 0..150 {
        server.answer(&thread, &format!("a{n:03}"));
        let content = "secret".to_owned();
        server.put(
            &thread,
            &format!("h{n}"),
            ItemBody::SdkHiddenContext { content },
            EntryKind::Hidden,
        );
    }
    let newest = server.json("items.list", json!({"thread_id": thread, "limit": 9_999}));
    assert_eq!((ids(&newest).len(), ids(&newest)[0]), (100, "a149"));
    assert_eq!(newest["has_more"], true);
    let rest = server.json(
        "items.list",
        json!({"thread_id": thread, "limit": 9_999, "after": newest["after"]}),
    );
    assert_eq!((ids(&rest).len(), &rest["has_more"]), (51, &json!(false)));
    let oldest = server.json(
        "items.list",
        json!({"thread_id": thread, "limit": 3, "order": "asc", "after": "a001"}),
    );
    assert_eq!(ids(&oldest), ["a002", "a003", "a004"]);
    assert!(!format!("{newest}{rest}").contains("secret"));
    let unknown = server.json("items.list", json!({"thread_id": thread, "after": "h1"}));
    assert_eq!(ids(&unknown), Vec::<&str>::new());
}

#[test]
fn a_thread_comes_with_its_first_20_items() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    (0..30).for_each(|n| server.answer(&thread, &format!("a{n:02}")));
    let got = server.json("threads.get_by_id", json!({"thread_id": thread}));
    let items = ids(&got["items"]);
    assert_eq!((items.len(), items[1], items[19]), (20, "a00", "a18"));
    assert_eq!(
        (&got["items"]["has_more"], &got["items"]["after"]),
        (&json!(true), &json!("a18"))
    );
    // In the order in which the reference writes its fields.
    let keys: Vec<&String> = got.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["title", "id", "created_at", "status", "metadata", "items"]
    );
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    let input = json!({"content": [{"type": "input_text", "text": "x"}]});
    for (kind, params) in [
        ("threads.get_by_id", json!({"thread_id": "thr_x"})),
        ("items.list", json!({"thread_id": "thr_x"})),
        (
            "items.feedback",
            json!({"thread_id": "thr_x", "item_ids": [], "kind": "positive"}),
        ),
        (
            "threads.update",
            json!({"thread_id": "thr_x", "title": "t"}),
        ),
        ("threads.delete", json!({"thread_id": "thr_x"})),
        ("attachments.delete", json!({"attachment_id": "atc_x"})),
        (
            "threads.add_user_message",
            json!({"thread_id": "thr_x", "input": input}),
        ),
        (
            "threads.add_client_tool_output",
            json!({"thread_id": thread, "result": 1}),
        ),
        (
            "threads.add_structured_input",
            json!({"thread_id": thread, "item_id": "x", "input": {}}),
        ),
        (
            "threads.retry_after_item",
            json!({"thread_id": thread, "item_id": "x"}),
        ),
        (
            "threads.custom_action",
            json!({"thread_id": thread, "item_id": "x", "action": {"type": "a"}}),
        ),
        (
            "threads.sync_custom_action",
            json!({"thread_id": "thr_x", "action": {"type": "a"}}),
        ),
    ] {
        let error = server.handle(kind, params).unwrap_err();
        assert!(
            matches!(error, ServerError::NotFound(_)),
            "{kind}: {error:?}"
        );
    }
    assert_eq!(server.store.entry_count(), 1);
}

#[test]
fn the_newest_opinion_of_an_item_counts_and_unknown_items_are_ignored() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    server.answer(&thread, "a1");
    server.answer(&thread, "a2");
    for (items, kind) in [
        (json!(["a1", "a2", "unknown"]), "negative"),
        (json!(["a1"]), "positive"),
    ] {
        let reply = server.json(
            "items.feedback",
            json!({"thread_id": thread, "item_ids": items, "kind": kind}),
        );
        assert_eq!(reply, json!({}));
    }
    let feedback = server.store.feedback();
    let mut kept: Vec<(&str, FeedbackKind)> = feedback
        .iter()
        .map(|(_, item, kind, _)| (item.as_str(), *kind))
        .collect();
    kept.sort_by_key(|(item, _)| *item);
    assert_eq!(
        kept,
        [
            ("a1", FeedbackKind::Positive),
            ("a2", FeedbackKind::Negative)
        ]
    );
}

#[test]
fn a_title_is_trimmed_and_never_blank() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    let updated = server.json(
        "threads.update",
        json!({"thread_id": thread, "title": "  A \n title "}),
    );
    assert_eq!(
        (&updated["title"], &updated["items"]["data"]),
        (&json!("A title"), &json!([]))
    );
    assert!(
        server
            .handle("threads.update", json!({"thread_id": thread, "title": " "}))
            .is_err()
    );
    let got = server.json("threads.get_by_id", json!({"thread_id": thread}));
    assert_eq!(got["title"], "A title");
    // A title that comes late does not replace it.
    assert!(set_title(&thread, "Late", &server.store).unwrap().is_none());
}

#[test]
fn deleting_a_thread_deletes_all_that_belongs_to_it() {
    let mut server = Server::default();
    let (thread, other) = (server.create("Hi"), server.create("Other"));
    server.answer(&thread, "a1");
    server.json(
        "items.feedback",
        json!({"thread_id": thread, "item_ids": ["a1"], "kind": "positive"}),
    );
    assert_eq!(
        server.json("threads.delete", json!({"thread_id": thread})),
        json!({})
    );
    assert_eq!(
        (server.store.entry_count(), server.store.feedback().len()),
        (1, 0)
    );
    assert_eq!(ids(&server.json("threads.list", json!({}))), [other]);
}

#[test]
fn a_hidden_item_is_no_item_to_a_page() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    let body = ItemBody::HiddenContextItem {
        content: json!("secret"),
    };
    server.put(&thread, "h1", body, EntryKind::Hidden);
    for (kind, params) in [
        (
            "threads.retry_after_item",
            json!({"thread_id": thread, "item_id": "h1"}),
        ),
        (
            "threads.custom_action",
            json!({"thread_id": thread, "item_id": "h1", "action": {"type": "a"}}),
        ),
    ] {
        assert!(
            matches!(server.handle(kind, params), Err(ServerError::NotFound(_))),
            "{kind}"
        );
    }
}

#[test]
fn items_of_one_thread_are_not_found_in_another() {
    let mut server = Server::default();
    let (thread, other) = (server.create("Hi"), server.create("Other"));
    let message = ids(&server.json("items.list", json!({"thread_id": thread})))[0].to_owned();
    let params = json!({"thread_id": other, "item_id": message});
    assert!(matches!(
        server.handle("threads.retry_after_item", params),
        Err(ServerError::NotFound(_))
    ));
    server.json(
        "items.feedback",
        json!({"thread_id": other, "item_ids": [message], "kind": "positive"}),
    );
    assert!(server.store.feedback().is_empty());
}
