//! What is counted, stored and published, and for how long.
//!
//! - [`event`]: what is counted, under which names. [`day`]: the UTC day it counts for, and which days are kept.
//! - [`answer_counts`]: what is counted of an answer; [`answer_cost`] and [`first_token`]: its cost and how long it took to begin.
//! - [`numbers`]: the counters that have a number in total and for each day.
//! - [`recorder`]: writes an event to the ledger and to Analytics Engine.
//! - [`collect`]: the endpoints that take events and error reports; [`event_batch`] and [`error_report`] parse them.
//! - [`event_budget`]: the rows that events may write in a day. [`refusals`]: refused sessions, written together.
//! - [`snapshot`]: one shard's counters as published to KV; [`publish_schedule`]: when.
//! - [`reporting`]: the admin's endpoints; [`stats`] adds up the shards, [`metrics_text`] writes them for Prometheus.

pub mod answer_cost;
pub mod answer_counts;
pub mod collect;
pub mod day;
pub mod error_report;
pub mod event;
pub mod event_batch;
pub mod event_budget;
pub mod first_token;
pub mod metrics_text;
pub mod numbers;
pub mod publish_schedule;
pub mod recorder;
pub mod refusals;
pub mod reporting;
pub mod snapshot;
pub mod stats;
