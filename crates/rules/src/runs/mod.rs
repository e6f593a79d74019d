//! Answers of the agent, in the object of one user. An answer is a run.
//!
//! - [`chat_object`]: what the object does with an [`object_request`]; [`object_reply`]: JSON, or a stream of a run. `run_beginning`
//!   stores a request with its run, `run_task` starts its tasks.
//! - [`live_run`]: a run that is going on, its frames and those who read them. [`run_record`]: what is stored of a run.
//! - [`run_loop`]: the course of a run: stores and publishes; `response_reading` calls the model and reads its stream, `run_report`
//!   counts and logs its end. [`model_client`]: one call, with retries before its
//!   first event. [`model_failure`]: what a failure of the model means. [`agent_call`]: what a call carries.
//! - [`paid_once`]: which run a repeated request joins. [`run_recovery`]: runs that a restart of the object interrupted.
//! - [`title_call`]: the title of a new thread. [`run_counts`]: what is counted.
//! - [`run_host`]: what all of this needs of the object. [`object_env`]: what ChatKit's server needs of it.

pub mod agent_call;
pub mod chat_object;
pub mod live_run;
pub mod model_client;
pub mod model_failure;
pub mod object_env;
pub mod object_reply;
pub mod object_request;
pub mod paid_once;
mod response_reading;
mod run_beginning;
pub mod run_counts;
pub mod run_host;
pub mod run_loop;
pub mod run_record;
pub mod run_recovery;
mod run_report;
mod run_task;
pub mod title_call;
