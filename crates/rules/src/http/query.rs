//! The query of a URL, as forms write it.

use crate::json::Json;

/// The fields of a query as an object of texts. A part without `=` is passed over.
#[must_use]
pub fn fields(query: &str) -> Json<'_> {
    let fields = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name, Json::from(percent_decode(value))))
    });
    Json::object(fields.collect())
}

/// What is no escape of UTF-8 stays as it is.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = (
            ahead.next().and_then(hex_digit),
            ahead.next().and_then(hex_digit),
        );
        match (byte, digits) {
            (b'%', (Some(high), Some(low))) => {
                bytes.push(high << 4 | low);
                rest = ahead;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_fields_whose_escapes_are_resolved() {
        let query = fields("x&user=a%40b+c%2B%zz&y=%ff&z=");
        for (name, value) in [
            ("x", None),
            ("user", Some("a@b c+%zz")),
            ("y", Some("%ff")),
            ("z", Some("")),
        ] {
            assert_eq!(query.get(name).and_then(Json::text), value, "{name}");
        }
    }
}
