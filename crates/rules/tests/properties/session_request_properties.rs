//! Session requests: the body, and the query of the owner's proxy.

use super::checks::check_session_request::{check, settings};
use super::strategies::{bytes, json_with};
use proptest::prelude::*;
use rules::error::Error;
use rules::hosted::session_request::SessionRequest;
use rules::http::response::to_json;
use rules::identity::named_user::in_query;
use serde_json::{Value, json};

const NAMES: [&str; 15] = [
    "workflow",
    "workflowId",
    "workflow_id",
    "id",
    "user",
    "user_id",
    "userId",
    "thread_id",
    "threadId",
    "state_variables",
    "plan",
    "chatkit_configuration",
    "file_upload",
    "enabled",
    "client_secret",
];
const VALUES: [&str; 3] = ["wf_1", "wf_2", "cthr_1"];

proptest! {
    #[test]
    fn any_bytes_are_parsed_as_a_body_or_rejected_with_a_clear_error(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_json_is_parsed_as_a_body_or_rejected_with_a_clear_error(body in json_with(&NAMES, &VALUES)) {
        check(body.to_string().as_bytes());
    }

    #[test]
    fn a_body_gets_what_it_requests_if_the_settings_allow_it(
        workflow in prop::sample::select(vec!["wf_1", "wf_2"]), at in 0usize..3,
        thread in prop::option::of("[A-Za-z0-9_-]{1,256}"), user in r"[^\x00-\x1f\x7f-\x9f]{1,512}",
        plan in ".{0,30}", seats in any::<i32>(), uploads in any::<bool>(),
    ) {
        let mut body = json!({
            "threadId": thread,
            "user_id": user,
            "state_variables": {"plan": plan, "seats": seats},
            "chatkit_configuration": {"file_upload": {"enabled": uploads}},
        });
        match at {
            0 => body["workflowId"] = json!(workflow),
            1 => body["workflow_id"] = json!(workflow),
            _ => body["workflow"] = json!({"id": workflow}),
        }
        let body = body.to_string();
        let all = SessionRequest::parse(body.as_bytes(), "", &settings(true)).expect("it may be");
        prop_assert_eq!(&all.workflow, workflow);
        prop_assert_eq!(all.thread, Some(thread));
        let user = user.trim();
        prop_assert_eq!(all.user.as_deref(), (!user.is_empty()).then_some(user));
        prop_assert_eq!(all.uploads, uploads);
        let granted: Value = serde_json::from_str(&to_json(&all.state_variables)).expect("JSON");
        prop_assert_eq!(granted, json!({"plan": plan, "seats": seats}));
        let little = SessionRequest::parse(body.as_bytes(), "", &settings(false)).expect("it may be");
        prop_assert_eq!((little.user, little.uploads), (None, false));
    }

    #[test]
    fn a_workflow_that_is_not_listed_is_rejected(workflow in "(wf_)?[12]?.{0,12}") {
        prop_assume!(!["wf_1", "wf_2", ""].contains(&workflow.trim()));
        for body in [json!({"workflowId": workflow}), json!({"workflow": {"id": workflow}})] {
            let body = body.to_string();
            let error = SessionRequest::parse(body.as_bytes(), "", &settings(true)).err();
            prop_assert_eq!(error, Some(Error::WorkflowNotAllowed));
        }
    }

    #[test]
    fn any_user_is_decoded_from_a_query_and_trimmed(
        user in r"([^\x00-\x1f\x7f-\x9f]| ){1,60}", plain in any::<[bool; 60]>(),
        before in "([a-z]{1,5}=[a-z%+]{0,5}&){0,3}",
    ) {
        let mut query = before;
        query.push_str("userId=");
        for (c, plain) in user.chars().zip(plain) {
            if plain && !matches!(c, '%' | '+' | '&') {
                query.push(if c == ' ' { '+' } else { c });
            } else {
                let mut buffer = [0; 4];
                query.extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02x}")));
            }
        }
        let user = user.trim();
        let expected = (!user.is_empty()).then(|| user.to_owned());
        prop_assert_eq!(in_query(&query), Ok(expected));
    }

    #[test]
    fn any_query_is_parsed_without_a_panic(query in "(user|userId|x)?=?[%0-9a-fA-F+&=]{0,20}.{0,20}") {
        check(query.as_bytes());
    }
}
