//! The object is killed at any moment of any answer.

use super::chat_world::{World, add, create};
use super::scripted_responses::{Script, response, says};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

/// A part of a response.
#[derive(Debug, Clone)]
enum Part {
    Reasoning,
    Text(u8),
    UnknownFunction,
}

fn parts() -> impl Strategy<Value = Vec<(Part, u64)>> {
    let part = prop_oneof![
        Just(Part::Reasoning),
        (1_u8..12).prop_map(Part::Text),
        Just(Part::UnknownFunction),
    ];
    proptest::collection::vec((part, 0_u64..700), 1..6)
}

/// One response for each function that is called, and a last one.
fn scripts(parts: &[(Part, u64)]) -> Vec<Script> {
    let mut scripts = Vec::new();
    let mut script = response("r0").pause(50);
    let mut has_text = false;
    for (at, (part, pause)) in parts.iter().enumerate() {
        script = script.pause(*pause);
        script = match part {
            Part::Reasoning => script.reasons(&format!("Reason {at}.")),
            Part::Text(words) => {
                has_text = true;
                let mut script = script.begins(&format!("<{at}>"));
                for word in 0..*words {
                    script = script.pause(*pause / 3).goes_on(&format!(" {at}.{word}"));
                }
                script.ends()
            }
            Part::UnknownFunction => {
                scripts.push(script.calls("rm", &format!("call_{at}"), "{}").completed());
                has_text = false;
                response(&format!("r{}", scripts.len())).pause(50)
            }
        };
    }
    if !has_text {
        script = script.message(&["End"]);
    }
    scripts.push(script.completed());
    scripts
}

fn check_items(world: &World, thread: &str) {
    let items = world.items(thread);
    let ids: HashSet<String> = items.iter().map(|item| item["id"].to_string()).collect();
    assert_eq!(ids.len(), items.len(), "an id comes twice: {items:#?}");
    assert_eq!(items[0]["content"][0]["text"], "Hi");
}

/// Whether the answer goes on and its response has a name. One that has not begun cannot be continued.
fn can_go_on(world: &World) -> bool {
    let runs = world.host.stores.all_runs();
    let progress = runs[0].0.progress.as_deref().unwrap_or("null");
    let progress: Value = serde_json::from_str(progress).unwrap();
    progress["turn"]["answer"]["response_id"].is_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_older_than_a_second_is_lost_and_the_thread_goes_on(parts in parts(), killed_after in 0_u64..6_000) {
        let world = World::new(json!({}));
        world.host.model.answers(scripts(&parts));
        let client = world.post(&create("Hi"));
        world.run_ms(killed_after.saturating_sub(1_000));
        let shown = client.text();
        world.run_ms(killed_after.min(1_000));
        let (thread, run) = (client.thread(), client.run());
        let whole = client.text();
        world.kill();
        let kept = world.answer(&thread);
        prop_assert!(kept.len() >= shown.len() && whole.starts_with(&kept), "{shown} | {kept} | {whole}");
        // The next message works. Its call is checked by the model.
        world.host.model.forget();
        world.host.model.answers([says("next", "Fine")]);
        let next = world.ask(&add(&thread, "Again"));
        prop_assert_eq!((next.error(), next.text()), (None, "Fine".to_owned()));
        check_items(&world, &thread);
        // The replay says what the thread says.
        let attached = world.attach(&run);
        world.finish();
        prop_assert_eq!(attached.text() + "Fine", world.answer(&thread));
        prop_assert!(world.host.stores.all_runs().iter().all(|(run, _)| run.ended_ms.is_some()));
    }

    #[test]
    fn an_answer_in_the_background_is_the_same_as_without_a_kill(parts in parts(), killed_after in 60_u64..4_000, again in 0_u64..1_500) {
        let end = |kills: &[u64]| {
            let world = World::new(json!({"background": true}));
            world.host.model.answers(scripts(&parts));
            let client = world.post_finishing(&create("Hi"));
            world.run_ms(50);
            let thread = client.thread();
            for ms in kills {
                world.run_ms(*ms);
                if can_go_on(&world) {
                    world.kill();
                    world.ring();
                }
            }
            world.finish();
            check_items(&world, &thread);
            let attached = world.attach(&client.run());
            world.finish();
            let shown: Vec<(String, String)> = world
                .items(&thread)
                .iter()
                .map(|item| (item["type"].to_string(), format!("{}{}", item["content"], item["workflow"]["tasks"])))
                .collect();
            (shown, attached.text(), attached.error(), world.counted("answers"), world.counted("input_tokens"))
        };
        prop_assert_eq!(end(&[killed_after, again]), end(&[]));
    }
}
