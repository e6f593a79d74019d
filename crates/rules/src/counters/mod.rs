//! What is counted, stored and published, and for how long.
//!
//! - [`event`]: what is counted, under which names. [`day`]: the UTC day it counts for, and which days are kept.
//! - [`recorder`]: writes an event to the ledger and to Analytics Engine.
//! - [`collect`]: the endpoints that take events and error reports; [`event_batch`] and [`error_report`] parse them.
//! - [`event_budget`]: the rows that events may write in a day. [`refusals`]: refused sessions, written together.
//! - [`snapshot`]: one shard's counters as published to KV; [`publish_schedule`]: when.
//! - [`reporting`]: the admin's endpoints; [`stats`] adds up the shards.

pub mod collect;
pub mod day;
pub mod error_report;
pub mod event;
pub mod event_batch;
pub mod event_budget;
pub mod publish_schedule;
pub mod recorder;
pub mod refusals;
pub mod reporting;
pub mod snapshot;
pub mod stats;
