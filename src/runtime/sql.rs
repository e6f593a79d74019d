//! Statements and transactions of SQLite in an object.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use worker::durable::State;
use worker::{Result, SqlStorage, SqlStorageValue};

#[wasm_bindgen]
extern "C" {
    /// The object's storage, for transactions.
    pub type Transactions;
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &Transactions,
        work: &mut dyn FnMut() -> std::result::Result<(), JsValue>,
    ) -> std::result::Result<JsValue, JsValue>;
}

impl Transactions {
    /// The transactions of an object. Without them every call fails and says so.
    pub fn of(state: &State) -> Self {
        let storage = state.as_raw().storage();
        storage
            .map_or(JsValue::UNDEFINED, JsValue::from)
            .unchecked_into()
    }

    /// Runs statements, all or none of them: an error undoes those before it.
    pub fn run<T>(&self, work: impl FnOnce() -> Result<T>) -> std::result::Result<T, JsValue> {
        let mut work = Some(work);
        let mut output = None;
        self.transaction_sync(&mut || {
            if let Some(work) = work.take() {
                output = Some(work()?);
            }
            Ok(())
        })?;
        output.ok_or_else(|| JsValue::from_str("the transaction did not run"))
    }
}

/// Values for the placeholders of a statement.
pub type Values = Vec<SqlStorageValue>;

/// Runs a statement whose rows are not needed.
pub fn run(sql: &SqlStorage, statement: &str, values: Values) -> Result<()> {
    sql.exec(statement, values).map(|_| ())
}

/// The rows of a query.
pub fn rows<T: DeserializeOwned>(sql: &SqlStorage, query: &str, values: Values) -> Result<Vec<T>> {
    sql.exec(query, values)?.to_array()
}

/// The first row of a query.
pub fn first<T: DeserializeOwned>(
    sql: &SqlStorage,
    query: &str,
    values: Values,
) -> Result<Option<T>> {
    rows(sql, query, values).map(|rows| rows.into_iter().next())
}

/// The number in the first row of a query, under the name `value`.
pub fn number(sql: &SqlStorage, query: &str, values: Values) -> Result<Option<u64>> {
    #[derive(Deserialize)]
    struct Row {
        value: u64,
    }
    Ok(first(sql, query, values)?.map(|row: Row| row.value))
}

/// The text in the first row of a query, under the name `value`.
pub fn text(sql: &SqlStorage, query: &str) -> Result<Option<String>> {
    #[derive(Deserialize)]
    struct Row {
        value: String,
    }
    Ok(first(sql, query, Values::new())?.map(|row: Row| row.value))
}

/// A whole number as SQLite gets it from JavaScript. Times and counts are far below 2^53.
pub fn integer(number: u64) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
