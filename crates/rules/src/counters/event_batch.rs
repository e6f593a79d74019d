//! The bodies of analytics and error reports, as `fetch` or `navigator.sendBeacon` sends them.

use super::error_report::{ErrorReport, MAX_REPORTS};
use crate::error::Error;
use serde_json::Value;

/// How many events one body may contain.
pub const MAX_EVENTS: usize = 100;

/// The events of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBatch {
    /// How many there are.
    pub events: u32,
    /// The newest of them as error reports, without empty ones: as many as are stored.
    pub reports: Vec<ErrorReport>,
}

/// Parses a body that arrived at `now`, in Unix milliseconds: nothing (one event), one object, or an array of up to
/// [`MAX_EVENTS`] objects.
///
/// # Errors
/// [`Error::InvalidJson`], or [`Error::InvalidRequest`] for JSON of another shape.
pub fn parse(bytes: &[u8], now: u64) -> Result<EventBatch, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(EventBatch {
            events: 1,
            reports: Vec::new(),
        });
    }
    let body: Value = serde_json::from_slice(bytes).map_err(|_| Error::InvalidJson)?;
    let events = match &body {
        Value::Array(events) => events.as_slice(),
        one => std::slice::from_ref(one),
    };
    if events.len() > MAX_EVENTS {
        return Err(Error::invalid("The body", "at most 100 objects"));
    }
    let mut reports = Vec::new();
    for event in events {
        if !event.is_object() {
            let expected = "a JSON object, or an array of up to 100 of them";
            return Err(Error::invalid("The body", expected));
        }
        for name in ["threadId", "thread_id"] {
            if !matches!(event.get(name), None | Some(Value::Null | Value::String(_))) {
                return Err(Error::invalid(name, "a string or null"));
            }
        }
        let report = ErrorReport::parse(event, now);
        if !report.message.is_empty() || !report.stack.is_empty() {
            reports.push(report);
        }
    }
    reports.drain(..reports.len().saturating_sub(MAX_REPORTS));
    Ok(EventBatch {
        events: u32::try_from(events.len()).unwrap_or(u32::MAX),
        reports,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_body_is_one_event_and_an_array_has_as_many_as_its_length() {
        assert_eq!(parse(b"", 0).unwrap().events, 1);
        assert_eq!(parse(b"{}", 0).unwrap().events, 1);
        assert_eq!(parse(br#"{"threadId":null}"#, 0).unwrap().events, 1);
        assert_eq!(parse(b"[]", 0).unwrap().events, 0);
        assert_eq!(parse(b"[{},{}]", 0).unwrap().events, 2);
    }

    #[test]
    fn other_shapes_are_rejected() {
        let many = format!("[{}]", vec!["{}"; 101].join(","));
        for body in ["7", "\"x\"", "[1]", "[{},null]", r#"{"threadId":7}"#, &many] {
            assert!(
                matches!(parse(body.as_bytes(), 0), Err(Error::InvalidRequest { .. })),
                "{body}"
            );
        }
        assert_eq!(parse(b"{", 0), Err(Error::InvalidJson));
    }

    #[test]
    fn of_many_reports_only_the_newest_that_are_stored_are_sent_on() {
        let reports: Vec<String> = (0..100)
            .map(|n| format!(r#"{{"message":"{n}"}}"#))
            .collect();
        let batch = parse(format!("[{}]", reports.join(",")).as_bytes(), 0).unwrap();
        assert_eq!((batch.events, batch.reports.len()), (100, MAX_REPORTS));
        let ends = [&batch.reports[0], &batch.reports[49]].map(|report| report.message.as_str());
        assert_eq!(ends, ["50", "99"]);
    }

    #[test]
    fn an_empty_error_report_is_counted_but_not_stored() {
        let batch = parse(br#"[{"message":"boom"},{"x":1}]"#, 0).unwrap();
        assert_eq!((batch.events, batch.reports.len()), (2, 1));
    }
}
