//! What the server needs of its host: the time and ids that nobody can guess.

use crate::protocol::Timestamp;

/// The host's clock and random source.
pub trait Env {
    /// The time.
    fn now(&self) -> Timestamp;
    /// A new id, such as `msg_06afvz5t4mhx8q2r9k3wdecn7b`. See [`id_from`].
    fn id(&mut self, prefix: &str) -> String;
}

/// Crockford's base 32: no letter can be mistaken for a digit.
const DIGITS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j',
    'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
];

/// An id from 128 random bits: the prefix, `_` and 26 digits.
#[must_use]
pub fn id_from(prefix: &str, random: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(random);
    let digits = (0..26_u32).rev().filter_map(|place| {
        let digit = bits.unbounded_shr(place.saturating_mul(5)) & 31;
        DIGITS.get(usize::try_from(digit).ok()?)
    });
    let mut id = String::with_capacity(prefix.len().saturating_add(27));
    id.push_str(prefix);
    id.push('_');
    id.extend(digits);
    id
}

/// A host for tests: the clock stands still until it is moved, and ids count up.
#[derive(Debug, Clone, Default)]
pub struct CountingEnv {
    /// The time.
    pub time: Timestamp,
    /// How many ids were made.
    pub ids: u64,
}

impl CountingEnv {
    /// Moves the clock.
    pub fn pass(&mut self, seconds: u64) {
        let micros = seconds.saturating_mul(1_000_000);
        self.time = Timestamp::from_micros(self.time.micros().saturating_add(micros));
    }
}

impl Env for CountingEnv {
    fn now(&self) -> Timestamp {
        self.time
    }

    fn id(&mut self, prefix: &str) -> String {
        self.ids = self.ids.saturating_add(1);
        id_from(prefix, u128::from(self.ids).to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_all_random_bits() {
        assert_eq!(id_from("msg", [0; 16]), "msg_00000000000000000000000000");
        assert_eq!(id_from("wf", [255; 16]), "wf_7zzzzzzzzzzzzzzzzzzzzzzzzz");
        let ids: std::collections::BTreeSet<String> = (0..128)
            .map(|bit| id_from("m", (1_u128 << bit).to_be_bytes()))
            .collect();
        assert_eq!(ids.len(), 128);
    }

    #[test]
    fn ids_of_the_host_for_tests_differ_and_its_clock_moves_on_demand() {
        let mut env = CountingEnv::default();
        assert_ne!(env.id("msg"), env.id("msg"));
        assert_eq!(env.now(), Timestamp::default());
        env.pass(3);
        assert_eq!(env.now().seconds_since(Timestamp::default()), 3);
    }
}
