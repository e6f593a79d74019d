//! What is asked of a JSON number's size, from its digits.

/// Half a step beyond the greatest double, where rounding leaves the range: the exponent and the digits of [`normal`].
const BEYOND: (i64, &[u8]) = (309, b"1797693134862315807937");

/// Whether a number is one that a double can come near to.
pub fn is_in_range(number: &str) -> bool {
    let (digits, exponent) = normal(number);
    let (beyond, most) = BEYOND;
    exponent < beyond || (exponent == beyond && digits.as_slice() < most) || digits.is_empty()
}

/// The number rounded up to a whole one; 0 for those below zero, [`u64::MAX`] for those beyond it.
pub fn rounded_up(number: &str) -> u64 {
    let (digits, exponent) = normal(number);
    if number.starts_with('-') || digits.is_empty() {
        return 0;
    }
    let Ok(places) = usize::try_from(exponent) else {
        return 1;
    };
    // No more than this many have any room.
    let places = places.min(21);
    let whole = digits.iter().chain(std::iter::repeat(&b'0')).take(places);
    let whole = whole.fold(0_u64, |whole, digit| {
        let digit = u64::from(digit.saturating_sub(b'0'));
        whole.saturating_mul(10).saturating_add(digit)
    });
    whole.saturating_add(u64::from(digits.len() > places))
}

/// The number without its sign as `0.DIGITS` times a power of ten; the digits have no zeros around them.
fn normal(number: &str) -> (Vec<u8>, i64) {
    let (mantissa, power) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches(['-', '0']);
    let mut digits = [whole.as_bytes(), fraction.as_bytes()].concat();
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.drain(..zeros);
    let places = i64::try_from(whole.len()).unwrap_or(i64::MAX);
    let zeros = i64::try_from(zeros).unwrap_or(i64::MAX);
    // More digits than an `i64` has room for are a power that is out of all bounds.
    let power: i64 = power.parse().unwrap_or(match power.as_bytes() {
        [b'-', ..] => i64::MIN,
        _ => i64::MAX,
    });
    (digits, power.saturating_add(places.saturating_sub(zeros)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_range_where_a_double_is_finite() {
        for text in [
            "0",
            "-0",
            "0e999",
            "0.0E+99999999999999999999",
            "1e308",
            "1.7976931348623157e308",
            "1e-999",
            "1e-99999999999999999999",
            "1.8e308",
            "-1.8e308",
            "1e309",
            "0.1e310",
            "0.01e310",
            "100e307",
            "18e307",
            "0.00018e312",
            "1e99999999999999999999",
            "179769313486231580793e288",
        ] {
            let double: f64 = text.parse().unwrap();
            assert_eq!(is_in_range(text), double.is_finite(), "{text}");
        }
        for (length, fits) in [(309, true), (310, false)] {
            assert_eq!(is_in_range(&"1".repeat(length)), fits, "{length} digits");
        }
    }

    #[test]
    fn any_spelling_is_rounded_up() {
        for (text, whole) in [
            ("0", 0),
            ("-0.0", 0),
            ("-7.5", 0),
            ("7", 7),
            ("7.0", 7),
            ("7.01", 8),
            ("0.001", 1),
            ("1e-9", 1),
            ("1.5e3", 1500),
            ("1500000e-3", 1500),
            ("1500001e-3", 1501),
            ("12e2", 1200),
            ("100", 100),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", u64::MAX),
            ("1e300", u64::MAX),
        ] {
            assert_eq!(rounded_up(text), whole, "{text}");
        }
    }
}
