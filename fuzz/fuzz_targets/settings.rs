#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::checks::check_settings::check(input));
