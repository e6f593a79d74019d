//! What a run is counted as: messages and threads when it begins, an answer when it ends.

use super::run_host::RunHost;
use crate::counters::answer_counts::AnswerCounts;
use crate::counters::event::Event;
use crate::counters::recorder::{Destination, record_answer, record_event};
use crate::log::LogLine;
use crate::settings::Settings;

/// Counts an answer. A failure is logged.
pub fn count_answer<H: RunHost>(
    answer: &AnswerCounts,
    settings: &Settings,
    request_id: &str,
    host: &H,
) {
    log(
        record_answer(answer, destination(settings, request_id), host),
        request_id,
        host,
    );
}

/// Counts a message, and a new thread. A failure is logged.
pub fn count_message<H: RunHost>(
    is_new_thread: bool,
    settings: &Settings,
    request_id: &str,
    host: &H,
) {
    let to = destination(settings, request_id);
    log(record_event(&Event::Message, to, host), request_id, host);
    if is_new_thread {
        log(
            record_event(&Event::ThreadChange, to, host),
            request_id,
            host,
        );
    }
}

fn destination<'a>(settings: &Settings, request_id: &'a str) -> Destination<'a> {
    Destination {
        shards: settings.counter_shards,
        publish_seconds: settings.counter_publish_seconds,
        request_id,
    }
}

fn log<H: RunHost>(counted: Result<(), String>, request_id: &str, host: &H) {
    if let Err(cause) = counted {
        let cause = format!("Analytics Engine failed: {cause}");
        host.write(&LogLine {
            level: "error",
            event: "dataset.failed",
            request_id: Some(request_id),
            cause: Some(&cause),
            ..LogLine::default()
        });
    }
}
