//! Texts that are stored or logged: they contain no secret.

use rules::redact::redact;
use rules::secret::Secret;
use std::collections::HashSet;

/// The prefixes of keys, client secrets and tokens.
const BEGINNINGS: [&str; 4] = ["sk-", "ek_", "cs_", "eyJ"];

/// A text after redaction is one line without the prefix of any secret.
pub fn is_clean(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    for beginning in BEGINNINGS {
        assert!(!text.contains(beginning), "{beginning} in {text:?}");
    }
    assert!(!text.contains("**"), "{text:?}");
}

/// Redacts a text and checks that no piece of the key remains that would help to guess it.
pub fn redacted(text: &str, key: &str) {
    let clean = redact(text, Some(&Secret::new(key)));
    is_clean(&clean);
    assert!(clean.chars().count() <= 1_000);
    assert!(
        pieces(&clean).is_disjoint(&pieces(key)),
        "a piece of {key:?} is in {clean:?}"
    );
    assert_eq!(redact(&clean, Some(&Secret::new(key))), clean);
}

/// Every eight consecutive bytes, as numbers, which compare faster.
fn pieces(text: &str) -> HashSet<u64> {
    let windows = text.as_bytes().windows(8);
    let numbers = windows.filter_map(|piece| piece.try_into().ok().map(u64::from_ne_bytes));
    numbers.collect()
}
