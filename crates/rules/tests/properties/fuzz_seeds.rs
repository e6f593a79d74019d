//! The seeds in `fuzz/corpus`: a few for each target, one for each kind of input.

use super::checks;
use std::fs;
use std::path::Path;

type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 8] = [
    ("counters", checks::check_counters::check),
    ("event_batch", checks::check_event_batch::check),
    ("identity", checks::check_identity::check),
    ("json_object", checks::check_json_object::check),
    ("openai", checks::check_openai::check),
    ("origin", checks::check_origin::check),
    ("session_request", checks::check_session_request::check),
    ("settings", checks::check_settings::check),
];

fn folder(path: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz")
        .join(path);
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_seed_of_every_target_passes_its_check() {
    for (target, check) in TARGETS {
        let corpus = format!("corpus/{target}");
        let seeds = folder(&corpus);
        assert!(seeds.len() >= 5, "{target} has {} seeds", seeds.len());
        for seed in seeds {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../fuzz")
                .join(&corpus)
                .join(&seed);
            let input = fs::read(&path).expect("a seed can be read");
            // If the check panics, this names the seed.
            println!("{target}/{seed}");
            check(&input);
        }
    }
}

#[test]
fn every_fuzz_target_calls_the_check_with_its_name() {
    let targets: Vec<String> = TARGETS
        .iter()
        .map(|(target, _)| format!("{target}.rs"))
        .collect();
    assert_eq!(folder("fuzz_targets"), targets);
    for (target, _) in TARGETS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../../fuzz/fuzz_targets/{target}.rs"));
        let source = fs::read_to_string(path).expect("a target can be read");
        assert!(
            source.contains(&format!("fuzz::checks::check_{target}::check(input)")),
            "{source}"
        );
    }
}
