//! The rate limiters: each does what the test says.

use super::Twin;
use rules::platform::RateLimiters;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What a limiter does with every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limit {
    #[default]
    Within,
    Over,
    Failing,
    NotBound,
}

#[derive(Default)]
pub struct PresetLimiters(RefCell<BTreeMap<String, Limit>>);

impl PresetLimiters {
    /// Says what a limiter does from now on.
    pub fn set(&self, limiter: &str, limit: Limit) {
        self.0.borrow_mut().insert(limiter.to_owned(), limit);
    }

    fn of(&self, limiter: &str) -> Limit {
        self.0.borrow().get(limiter).copied().unwrap_or_default()
    }
}

impl RateLimiters for Twin {
    fn is_bound(&self, limiter: &str) -> bool {
        self.world.limiters.of(limiter) != Limit::NotBound
    }

    async fn is_within_limit(&self, limiter: &str, key: &str) -> Result<bool, String> {
        self.world.note(format!("limiter {limiter} {key}"));
        self.world.clock.turn().await;
        match self.world.limiters.of(limiter) {
            Limit::Within => Ok(true),
            Limit::Over => Ok(false),
            Limit::Failing => Err("Error: internal error".to_owned()),
            Limit::NotBound => panic!("{limiter} is not bound"),
        }
    }
}
