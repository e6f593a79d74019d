//! The query of a URL, in form encoding.

use percent_encoding::percent_decode_str;

/// The first value of the first of `names` that the query contains, with its name.
#[must_use]
pub fn first<'n>(query: &str, names: &[&'n str]) -> Option<(&'n str, String)> {
    names
        .iter()
        .find_map(|name| Some((*name, value(query, name)?)))
}

/// The last value of a name. A part without `=` is skipped.
#[must_use]
pub fn value(query: &str, name: &str) -> Option<String> {
    query
        .rsplit('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(other, value)| (other == name).then(|| decode(value)))
}

/// Invalid escapes are left unchanged, and so is a value that is not UTF-8.
fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => decoded.into_owned(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_invalid_escapes_are_left_unchanged() {
        let query = "x&user=a%40b+c%2B%zz&y=%ff&z=";
        for (name, expected) in [
            ("x", None),
            ("user", Some("a@b c+%zz")),
            ("y", Some("%ff")),
            ("z", Some("")),
        ] {
            assert_eq!(value(query, name).as_deref(), expected, "{name}");
        }
    }
}
