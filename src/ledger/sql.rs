//! Statements of SQLite in an object.

use serde::de::DeserializeOwned;
use worker::{Result, SqlStorage, SqlStorageValue};

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

/// A whole number as SQLite gets it from JavaScript. Times and counts are far below 2^53.
pub fn integer(number: u64) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
