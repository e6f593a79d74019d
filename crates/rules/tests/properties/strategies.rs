//! Strategies that generate inputs for more than one group of parsers.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Any bytes, up to a few hundred.
pub fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..400)
}

/// JSON values of every type except objects and arrays.
pub fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(Value::from),
    ]
}

/// JSON of any shape. Its objects have these names and values, among others.
pub fn json_with(
    names: &'static [&'static str],
    values: &'static [&'static str],
) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![leaf(), prop::sample::select(values).prop_map(Value::from),];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        let name = prop_oneof![
            4 => prop::sample::select(names).prop_map(str::to_owned),
            1 => ".{0,8}",
        ];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::btree_map(name, inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A text that contains a generated part, and that part.
pub fn around(inner: impl Strategy<Value = String>) -> impl Strategy<Value = (String, String)> {
    (".{0,40}", inner, ".{0,40}")
        .prop_map(|(before, inner, after)| (format!("{before}{inner}{after}"), inner))
}
