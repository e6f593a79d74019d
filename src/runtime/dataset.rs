//! Analytics Engine, if the owner bound a dataset.

use super::{Runtime, bindings};
use rules::platform::Dataset;
use worker::{AnalyticsEngineDataPointBuilder, AnalyticsEngineDataset, Env, EnvBinding};

/// The binding of the dataset.
const EVENTS: &str = "EVENTS";

impl Dataset for Runtime {
    fn write_event(&self, event: &str, code: &str, times: u32) -> Result<(), String> {
        write_event(&self.env, event, code, times)
    }
}

/// Writes an event to the dataset of a deployment.
pub fn write_event(env: &Env, event: &str, code: &str, times: u32) -> Result<(), String> {
    // An unbound dataset is the normal case, for which worker's own look-up would make an error.
    let Some(binding) = bindings::get_binding(env, EVENTS) else {
        return Ok(());
    };
    let point = AnalyticsEngineDataPointBuilder::new()
        .indexes([event])
        .add_blob(event)
        .add_blob(code)
        .add_double(f64::from(times))
        .build();
    AnalyticsEngineDataset::get(binding)
        .and_then(|dataset| dataset.write_data_point(&point))
        .map_err(|error| error.to_string())
}
