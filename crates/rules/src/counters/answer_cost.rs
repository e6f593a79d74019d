//! What an answer costs, by the prices that its agent's settings name.

/// The `price` of an agent, in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Price {
    /// Tokens that the model reads.
    pub input: f64,
    /// Tokens that the model reads from its cache; without it they cost as much as the others.
    pub cached_input: Option<f64>,
    /// Tokens that the model writes, those of its reasoning included.
    pub output: f64,
}

impl Price {
    /// The cost in millionths of a US dollar, rounded. A dollar for a million tokens is a millionth of a dollar for one.
    /// Cached tokens are part of the input tokens.
    #[must_use]
    pub fn cost_micros(&self, input: u64, cached_input: u64, output: u64) -> u64 {
        let cached = cached_input.min(input);
        let parts = [
            (input.saturating_sub(cached), self.input),
            (cached, self.cached_input.unwrap_or(self.input)),
            (output, self.output),
        ];
        let cost: f64 = parts
            .iter()
            .map(|(tokens, price)| *tokens as f64 * price)
            .sum();
        // The conversion saturates: a negative or undefined cost is 0.
        cost.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price {
        input: 1.25,
        cached_input: Some(0.125),
        output: 10.0,
    };

    #[test]
    fn cached_tokens_are_part_of_the_input_and_have_a_price_of_their_own() {
        assert_eq!(PRICE.cost_micros(1_000_000, 0, 0), 1_250_000);
        assert_eq!(PRICE.cost_micros(1_000_000, 1_000_000, 0), 125_000);
        assert_eq!(PRICE.cost_micros(1_000, 600, 200), 500 + 75 + 2_000);
    }

    #[test]
    fn without_a_price_for_cached_tokens_they_cost_as_much_as_the_others() {
        let price = Price {
            cached_input: None,
            ..PRICE
        };
        assert_eq!(price.cost_micros(1_000, 600, 0), 1_250);
    }

    #[test]
    fn usage_and_prices_that_make_no_sense_never_panic() {
        assert_eq!(PRICE.cost_micros(10, u64::MAX, 0), 1);
        assert_eq!(PRICE.cost_micros(u64::MAX, 0, u64::MAX), u64::MAX);
        for output in [-1.0, f64::NAN] {
            assert_eq!(Price { output, ..PRICE }.cost_micros(0, 0, 9), 0);
        }
    }
}
