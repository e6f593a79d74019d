//! The ledger: Durable Objects of one class, with SQLite.
//!
//! - [`stub`]: the calls that the Worker makes.
//! - [`object`]: the class, its methods and its alarm.
//! - [`counter_tables`], [`report_table`], [`record_table`], [`grant_table`], [`quota_table`]: its SQL, by what is stored. An
//!   object uses the tables of its purpose: `counters-N`, `records-N` or `limits`.

mod counter_tables;
mod grant_table;
mod object;
mod quota_table;
mod record_table;
mod report_table;
mod stub;

pub use stub::{call_error, start_count};
