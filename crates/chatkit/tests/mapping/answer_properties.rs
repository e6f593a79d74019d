//! Properties of an answer: whatever the model sends, in whatever order, the page gets a stream that it can show.

use super::model_script::*;
use chatkit::protocol::{AssistantContent, ItemBody, ItemUpdate, StreamEvent, Task, ThreadItem};
use chatkit::responses::ModelEvent;
use chatkit::server::answer::{Answer, Ending};
use chatkit::server::env::CountingEnv;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn item() -> impl Strategy<Value = Value> {
    let text = prop_oneof![Just(""), Just(" "), Just("Hi"), Just("Hi there")];
    let parts = proptest::collection::vec(text.prop_map(output_text), 0..3);
    let kinds = vec![
        "web_search_call",
        "file_search_call",
        "mcp_call",
        "mcp_list_tools",
        "code_interpreter_call",
        "image_generation_call",
        "function_call",
        "new_call",
    ];
    prop_oneof![
        3 => parts.prop_map(|parts| message(&parts)),
        1 => Just(reasoning(&[])),
        1 => Just(reasoning(&["Hm", "Well"])),
        3 => prop::sample::select(kinds).prop_map(|kind| json!({"type": kind, "id": "x", "name": "f", "call_id": "c", "error": "e",
            "action": {"query": "q"}, "results": [{"filename": "a"}]})),
    ]
}

fn event() -> impl Strategy<Value = Value> {
    let citation = json!({"type": "url_citation", "url": "https://e.com", "end_index": 1});
    let text = prop::sample::select(vec!["", " ", "a", "Hi", " there"]);
    let known = (0..14_u8, 0..4_u64, 0..3_u64, item(), text).prop_map(
        move |(kind, index, part, item, text)| match kind {
            0..3 => added(index, &item),
            3..6 => done(index, &item),
            6 => part_added(index, part, &output_text(text)),
            7..9 => delta(index, part, text),
            9 => text_done(index, part, text),
            10 => part_done(index, part, &output_text(text)),
            11 => annotated(index, part, &citation),
            12 => summary_delta(index, part, text),
            _ => summary_done(index, part, text),
        },
    );
    // Some servers leave out the index, the id, or both.
    (known, 0..8_u8).prop_map(|(mut event, lacks)| {
        let fields = event.as_object_mut().expect("an object");
        if lacks & 6 == 6 {
            fields.remove("output_index");
        }
        if lacks & 1 == 1 {
            fields.remove("item_id");
        }
        event
    })
}

fn events() -> impl Strategy<Value = Vec<Value>> {
    let end = prop_oneof![
        6 => Just(None),
        1 => Just(Some(completed())),
        1 => Just(Some(json!({"type": "response.incomplete", "response": {"output": [message(&[output_text("Rest")]), reasoning(&["x"])]}}))),
        1 => Just(Some(json!({"type": "error"}))),
    ];
    (
        proptest::collection::vec(event(), 0..30),
        end,
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut events, end, place)| {
            let at = place.index(events.len().saturating_add(1));
            events.splice(at..at, end);
            events
        })
}

/// What the page has of an open item.
#[derive(Debug, PartialEq)]
enum Known {
    Parts(Vec<AssistantContent>),
    Tasks(Vec<Task>),
}

/// A page that shows the events and refuses what does not fit.
#[derive(Default)]
struct Page {
    open: BTreeMap<String, Known>,
    seen: BTreeSet<String>,
}

impl Page {
    fn show(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::ItemAdded { item } => {
                assert!(self.seen.insert(item.id.clone()), "{} comes twice", item.id);
                self.open.insert(item.id.clone(), known(item));
            }
            StreamEvent::ItemUpdated { item_id, update } => {
                let open = self
                    .open
                    .get_mut(item_id)
                    .expect("only open items are updated");
                update_known(open, update);
            }
            StreamEvent::ItemDone { item } => {
                if self.open.remove(&item.id).is_none() {
                    assert!(
                        self.seen.insert(item.id.clone()),
                        "{} is done twice",
                        item.id
                    );
                }
            }
            StreamEvent::ItemRemoved { item_id } => {
                assert!(
                    self.open.remove(item_id).is_some(),
                    "only open items are removed"
                );
            }
            StreamEvent::Notice { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

fn known(item: &ThreadItem) -> Known {
    match &item.body {
        ItemBody::AssistantMessage { content } => Known::Parts(content.clone()),
        ItemBody::Workflow { workflow } => Known::Tasks(workflow.tasks.clone()),
        other => panic!("{other:?}"),
    }
}

fn update_known(known: &mut Known, update: &ItemUpdate) {
    match (known, update) {
        (
            Known::Parts(parts),
            ItemUpdate::ContentPartAdded {
                content_index,
                content,
            },
        ) => {
            assert_eq!(*content_index, parts.len() as u64);
            parts.push(content.clone());
        }
        (
            Known::Parts(parts),
            ItemUpdate::TextDelta {
                content_index,
                delta,
            },
        ) => {
            parts[*content_index as usize].text.push_str(delta);
        }
        (
            Known::Parts(parts),
            ItemUpdate::AnnotationAdded {
                content_index,
                annotation_index,
                annotation,
            },
        ) => {
            let annotations = &mut parts[*content_index as usize].annotations;
            assert_eq!(*annotation_index, annotations.len() as u64);
            annotations.push((**annotation).clone());
        }
        (
            Known::Parts(parts),
            ItemUpdate::ContentPartDone {
                content_index,
                content,
            },
        ) => {
            parts[*content_index as usize] = content.clone();
        }
        (Known::Tasks(tasks), ItemUpdate::TaskAdded { task_index, task }) => {
            assert_eq!(*task_index, tasks.len() as u64);
            tasks.push(task.clone());
        }
        (Known::Tasks(tasks), ItemUpdate::TaskUpdated { task_index, task }) => {
            tasks[*task_index as usize] = task.clone();
        }
        (known, update) => panic!("{known:?} {update:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_events_give_a_stream_that_a_page_can_show(events in events(), ending in prop::sample::select(vec![Ending::Finished, Ending::Stopped, Ending::Interrupted])) {
        let mut page = Page::default();
        let mut script = Script::new();
        for event in &events {
            let before = script.events.len();
            script.play(std::slice::from_ref(event));
            for event in &script.events[before..] {
                page.show(event);
            }
            let open: BTreeMap<String, Known> = script.answer.open_items().iter().map(|item| (item.id.clone(), known(item))).collect();
            let is_message = |known: &Known| matches!(known, Known::Parts(_));
            prop_assert_eq!(open.keys().collect::<Vec<_>>(), page.open.keys().collect::<Vec<_>>());
            for (id, known) in open.iter().filter(|(_, known)| is_message(known)) {
                prop_assert_eq!(known, &page.open[id]);
            }
        }
        let before = script.events.len();
        script.close(ending);
        for event in &script.events[before..] {
            page.show(event);
        }
        prop_assert!(page.open.is_empty(), "open after the close: {:?}", page.open);
    }

    #[test]
    fn an_answer_that_is_stored_at_any_point_goes_on_as_if_it_were_not(events in events(), at in any::<prop::sample::Index>()) {
        let parsed: Vec<ModelEvent> = events.iter().map(|event| ModelEvent::parse(&event.to_string()).expect("an object")).collect();
        let at = at.index(parsed.len().saturating_add(1));
        let (mut answer, mut env) = (Answer::new("thr_1"), CountingEnv::default());
        for event in &parsed[..at] {
            answer.accept(event, &mut env);
        }
        let stored = serde_json::to_string(&answer).expect("JSON");
        let mut restored: Answer = serde_json::from_str(&stored).expect("an answer");
        prop_assert_eq!(&restored, &answer);
        let mut env_2 = env.clone();
        for event in &parsed[at..] {
            prop_assert_eq!(restored.accept(event, &mut env_2), answer.accept(event, &mut env));
        }
        prop_assert_eq!(restored.close(Ending::Stopped, &mut env_2), answer.close(Ending::Stopped, &mut env));
        prop_assert_eq!(restored.take_model_items(), answer.take_model_items());
        prop_assert_eq!(restored, answer);
    }

    #[test]
    fn no_reasoning_ends_the_model_items(events in events(), take_at in any::<prop::sample::Index>()) {
        let mut script = Script::new();
        let at = take_at.index(events.len().saturating_add(1));
        script.play(&events[..at]);
        let mut items = script.model_items();
        script.play(&events[at..]);
        script.close(Ending::Interrupted);
        items.extend(script.model_items());
        let last = items.last().map(|item| item["type"].clone());
        prop_assert_ne!(last, Some(json!("reasoning")));
    }
}
