//! The bodies of analytics and error reports, as `fetch` or `navigator.sendBeacon` send them.

use super::Report;
use crate::error::Error;
use crate::json::Json;

/// How many events one body may carry.
pub const MAX_EVENTS: usize = 100;

/// What a body carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBatch {
    /// How many events.
    pub events: u32,
    /// The same as error reports; only the ones that say anything.
    pub reports: Vec<Report>,
}

/// Reads a body that arrived at `now`, in Unix milliseconds: nothing (one event), one object, or an array of up to
/// [`MAX_EVENTS`] of them.
///
/// # Errors
/// [`Error::InvalidJson`], or [`Error::InvalidRequest`] for JSON of another shape.
pub fn read(bytes: &[u8], now: u64) -> Result<EventBatch, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(EventBatch {
            events: 1,
            reports: Vec::new(),
        });
    }
    let body = Json::parse(bytes).ok_or(Error::InvalidJson)?;
    let events = body.items().unwrap_or(std::slice::from_ref(&body));
    if events.len() > MAX_EVENTS {
        return Err(Error::invalid("The body", "at most 100 objects"));
    }
    let mut reports = Vec::new();
    for event in events {
        if event.fields().is_none() {
            let allowed = "a JSON object, or an array of up to 100 of them";
            return Err(Error::invalid("The body", allowed));
        }
        for name in ["threadId", "thread_id"] {
            if !matches!(event.get(name), None | Some(Json::Null | Json::Text(_))) {
                return Err(Error::invalid(name, "a string or null"));
            }
        }
        let report = Report::read(event, now);
        if !report.message.is_empty() || !report.stack.is_empty() {
            reports.push(report);
        }
    }
    Ok(EventBatch {
        events: u32::try_from(events.len()).unwrap_or(u32::MAX),
        reports,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_one_event_and_an_array_is_as_many_as_it_has() {
        assert_eq!(read(b"", 0).unwrap().events, 1);
        assert_eq!(read(b"{}", 0).unwrap().events, 1);
        assert_eq!(read(br#"{"threadId":null}"#, 0).unwrap().events, 1);
        assert_eq!(read(b"[]", 0).unwrap().events, 0);
        assert_eq!(read(b"[{},{}]", 0).unwrap().events, 2);
    }

    #[test]
    fn other_shapes_are_refused() {
        let many = format!("[{}]", vec!["{}"; 101].join(","));
        for body in ["7", "\"x\"", "[1]", "[{},null]", r#"{"threadId":7}"#, &many] {
            assert!(
                matches!(read(body.as_bytes(), 0), Err(Error::InvalidRequest { .. })),
                "{body}"
            );
        }
        assert_eq!(read(b"{", 0), Err(Error::InvalidJson));
    }

    #[test]
    fn an_error_report_that_says_nothing_is_counted_and_not_kept() {
        let batch = read(br#"[{"message":"boom"},{"x":1}]"#, 0).unwrap();
        assert_eq!((batch.events, batch.reports.len()), (2, 1));
    }
}
