//! An incremental decoder of `text/event-stream`, by the WHATWG's HTML standard.
//!
//! Events go from chunk to chunk as the network cuts them, so the decoder keeps the unfinished line and the unfinished event.
//! Only `data` matters to the Responses API, whose JSON repeats the event's type.
//!
//! An event above the maximum is skipped and reported as [`TooLong`], and decoding goes on after it. A reader can treat it as a
//! malformed event: a lost delta is repaired by the final text of its part, and a lost terminal event shows as a stream that
//! ends without one. So memory is bounded and one bad event does not end an answer.

/// The longest event by default: larger than any event but a generated picture.
pub const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An event was longer than the decoder's maximum and was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an event of the stream is too long")
    }
}

impl std::error::Error for TooLong {}

/// The decoder. Any division of the bytes into chunks gives the same events.
#[derive(Debug, Clone)]
pub struct SseDecoder {
    max: usize,
    /// The unfinished line. Of a line that is too long, its beginning.
    line: Vec<u8>,
    line_is_too_long: bool,
    /// The data of the unfinished event.
    data: Option<Vec<u8>>,
    event_is_too_long: bool,
    /// The last chunk ended with `\r`, so a `\n` at the beginning of the next belongs to it.
    skip_newline: bool,
    /// The first line may begin with a byte order mark.
    is_first_line: bool,
}

impl Default for SseDecoder {
    fn default() -> Self {
        Self::new(MAX_EVENT_BYTES)
    }
}

impl SseDecoder {
    /// A decoder that skips events with more bytes than this in a line or in their data.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            max,
            line: Vec::new(),
            line_is_too_long: false,
            data: None,
            event_is_too_long: false,
            skip_newline: false,
            is_first_line: true,
        }
    }

    /// Takes a chunk and gives the data of the events that it completes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Result<String, TooLong>> {
        let mut events = Vec::new();
        let mut rest = bytes;
        if self.skip_newline && !rest.is_empty() {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.skip_newline = false;
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, ending) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            let (line_end, after) = ending.split_first().unwrap_or((&b'\n', &[]));
            rest = after;
            if *line_end == b'\r' {
                self.skip_newline = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            events.extend(self.finish_line(line));
        }
        self.keep(rest);
        events
    }

    /// The event that the stream ended in, if any. The standard drops it, but some servers end without the last blank line. One
    /// that was cut short is not valid JSON.
    pub fn finish(&mut self) -> Option<Result<String, TooLong>> {
        let last = if self.line.is_empty() {
            None
        } else {
            self.finish_line(&[])
        };
        last.or_else(|| self.dispatch())
    }

    /// Keeps the beginning of a line until its end comes.
    fn keep(&mut self, part: &[u8]) {
        if self.line_is_too_long {
            return;
        }
        if self.line.len().saturating_add(part.len()) > self.max {
            self.line_is_too_long = true;
            // Its first byte says whether it is a comment.
            let first = self.line.first().or_else(|| part.first()).copied();
            self.line = first.into_iter().collect();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    /// Takes the last part of a line. Gives an event if the line was a blank one.
    fn finish_line(&mut self, end: &[u8]) -> Option<Result<String, TooLong>> {
        if self.line.is_empty() && !self.line_is_too_long && end.len() <= self.max {
            return self.take_line(end);
        }
        self.keep(end);
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.line_is_too_long) {
            self.is_first_line = false;
            self.event_is_too_long |= line.first() != Some(&b':');
            return None;
        }
        self.take_line(&line)
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Result<String, TooLong>> {
        let mut line = line;
        if std::mem::take(&mut self.is_first_line) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        let value = match line.strip_prefix(b"data") {
            Some([]) => &[],
            Some([b':', b' ', value @ ..] | [b':', value @ ..]) => value,
            // Comments, `event`, `id`, `retry` and everything else.
            _ => return None,
        };
        if self.event_is_too_long {
            return None;
        }
        let before = self
            .data
            .as_ref()
            .map_or(0, |data| data.len().saturating_add(1));
        if before.saturating_add(value.len()) > self.max {
            self.event_is_too_long = true;
            self.data = None;
            return None;
        }
        match &mut self.data {
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            None => self.data = Some(value.to_vec()),
        }
        None
    }

    fn dispatch(&mut self) -> Option<Result<String, TooLong>> {
        let data = self.data.take();
        if std::mem::take(&mut self.event_is_too_long) {
            return Some(Err(TooLong));
        }
        data.map(|data| {
            Ok(String::from_utf8(data)
                .unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned()))
        })
    }
}
