//! The shape of the workspace: arrows point down, and every test and example is run by somebody.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Layers of ARCHITECTURE: a crate may name only crates of lower layers.
const LAYERS: &[(&str, u32)] = &[
    ("model", 0),
    ("proto", 0),
    ("events", 1),
    ("evidence", 1),
    ("synth", 1),
    ("store", 2),
    ("functions", 2),
    ("access", 3),
    ("ingest", 3),
    ("dialect", 3),
    ("query", 4),
    ("jobs", 5),
    ("client", 5),
    ("server", 6),
    ("shell", 6),
    ("cli", 7),
];
/// Crates that may name DataFusion.
const DATAFUSION: &[&str] = &["functions", "dialect", "query", "jobs", "server", "shell", "cli"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn short(name: &str) -> Option<&str> {
    name.strip_prefix("auditlake-")
}

#[test]
fn arrows_point_down_only() {
    let layers: BTreeMap<&str, u32> = LAYERS.iter().copied().collect();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let Some(layer) = short(name).and_then(|name| layers.get(name)) else { continue };
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"] == "dev" {
                continue;
            }
            let target = dependency["name"].as_str().unwrap();
            if let Some(below) = short(target).map(|target| layers.get(target)) {
                let below = below.unwrap_or_else(|| panic!("{name} uses {target}, which is for tests only"));
                assert!(below < layer, "{name} (layer {layer}) uses {target} (layer {below})");
            }
            if target == "datafusion" {
                assert!(DATAFUSION.contains(&short(name).unwrap()), "{name} names DataFusion");
            }
        }
    }
}

#[test]
fn every_file_of_tests_belongs_to_somebody() {
    let declared: Vec<String> = packages()
        .iter()
        .flat_map(|package| package["targets"].as_array().unwrap().clone())
        .filter(|target| target["kind"][0] == "test" || target["kind"][0] == "bench")
        .map(|target| target["src_path"].as_str().unwrap().to_owned())
        .collect();
    for folder in ["tests", "benches"] {
        let Ok(entries) = std::fs::read_dir(root().join(folder)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let main = if path.is_dir() { path.join("main.rs") } else { path.clone() };
            if main.extension().is_some_and(|e| e == "rs") && main.exists() {
                let found = declared.iter().any(|target| Path::new(target).canonicalize().unwrap() == main);
                assert!(found, "{} is declared by no package", main.display());
            }
        }
    }
}
