//! Which crate may see which: `teahouse`, `desktop` → `server`, `client`; `server` → `store` → `chat` → `proto`; `client` → `proto`; `loadtest` → `proto`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use super::File;
use crate::run::{cargo, output};

/// Our crates and those of ours that each may name. A test may name what it likes.
const MAY_SEE: &[(&str, &[&str])] = &[
    ("teahouse-proto", &[]),
    ("teahouse-chat", &["teahouse-proto"]),
    ("teahouse-store", &["teahouse-chat", "teahouse-proto"]),
    ("teahouse-server", &["teahouse-store", "teahouse-chat", "teahouse-proto"]),
    ("teahouse-client", &["teahouse-proto"]),
    ("teahouse", &["teahouse-server", "teahouse-client", "teahouse-proto"]),
    ("teahouse-desktop", &["teahouse-server", "teahouse-client", "teahouse-proto"]),
    ("teahouse-loadtest", &["teahouse-proto"]),
    ("xtask", &[]),
];

/// What a crate must not have below it at any depth: the core has no sockets, no clock, no file; the store no runtime.
const MUST_NOT_HAVE: &[(&str, &[&str])] = &[
    ("teahouse-proto", OUTSIDE_WORLD),
    ("teahouse-chat", OUTSIDE_WORLD),
    ("teahouse-store", &["tokio", "mio", "hyper"]),
    ("teahouse-client", &["rusqlite", "hyper", "axum"]),
];

const OUTSIDE_WORLD: &[&str] =
    &["tokio", "mio", "hyper", "socket2", "rusqlite", "getrandom", "jiff", "chrono", "tempfile", "async-io"];

/// What is compared with while fuzzing is in no program.
const ONLY_FUZZING: &str = "cfg(fuzzing)";

/// The workspace as cargo resolved it: for each package the packages below it, tests and build scripts left out.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Breaches of the import rules.
pub(super) fn check(_: &[File]) -> Result<Vec<String>> {
    let metadata = output(&mut cargo(&["metadata", "--format-version", "1", "--locked"]))?;
    let (ours, graph) =
        read(&serde_json::from_str(&metadata)?).context("the shape of `cargo metadata` is not as known")?;
    Ok(offences(&ours, &graph))
}

fn read(metadata: &Value) -> Option<(BTreeSet<String>, Graph)> {
    let packages = metadata["packages"].as_array()?;
    let names: BTreeMap<&str, &str> = packages
        .iter()
        .map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect::<Option<_>>()?;
    let members = metadata["workspace_members"].as_array()?;
    let ours = members.iter().map(|id| Some((*names.get(id.as_str()?)?).to_owned())).collect::<Option<_>>()?;
    let mut graph = Graph::new();
    for node in metadata["resolve"]["nodes"].as_array()? {
        let below = graph.entry((*names.get(node["id"].as_str()?)?).to_owned()).or_default();
        for dependency in node["deps"].as_array()? {
            let kinds = dependency["dep_kinds"].as_array()?;
            if kinds.iter().any(|kind| kind["kind"].is_null() && kind["target"] != ONLY_FUZZING) {
                below.insert((*names.get(dependency["pkg"].as_str()?)?).to_owned());
            }
        }
    }
    Some((ours, graph))
}

fn offences(ours: &BTreeSet<String>, graph: &Graph) -> Vec<String> {
    let mut offences = Vec::new();
    for name in ours {
        let Some((_, may_see)) = MAY_SEE.iter().find(|(known, _)| known == name) else {
            offences.push(format!("{name}: a new crate; say in {} what it may see", file!()));
            continue;
        };
        for below in graph.get(name).into_iter().flatten().filter(|below| ours.contains(*below)) {
            if !may_see.contains(&below.as_str()) {
                offences.push(format!("{name} must not depend on {below}"));
            }
        }
    }
    for (name, forbidden) in MUST_NOT_HAVE {
        for below in all_below(name, graph).iter().filter(|below| forbidden.contains(&below.as_str())) {
            offences
                .push(format!("{name} must not have {below} below it (`cargo tree -p {name} -i {below}` shows how)"));
        }
    }
    offences
}

fn all_below(name: &str, graph: &Graph) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![name.to_owned()];
    while let Some(next) = waiting.pop() {
        for below in graph.get(&next).into_iter().flatten() {
            if seen.insert(below.clone()) {
                waiting.push(below.clone());
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(edges: &[(&str, &str)], expected: &[&str]) {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        let ours = graph.keys().filter(|name| name.starts_with("teahouse")).cloned().collect();
        assert_eq!(offences(&ours, &graph), expected);
    }

    #[test]
    fn imports_go_down_and_never_up() {
        check(&[("teahouse-server", "teahouse-chat"), ("teahouse-chat", "teahouse-proto")], &[]);
        check(
            &[("teahouse-chat", "teahouse-server"), ("teahouse-server", "teahouse-chat")],
            &["teahouse-chat must not depend on teahouse-server"],
        );
    }

    #[test]
    fn the_core_sees_no_runtime_however_deep_it_hides() {
        check(
            &[("teahouse-chat", "harmless"), ("harmless", "tokio")],
            &["teahouse-chat must not have tokio below it (`cargo tree -p teahouse-chat -i tokio` shows how)"],
        );
    }

    #[test]
    fn a_new_crate_must_say_what_it_may_see() {
        check(
            &[("teahouse-kitchen", "teahouse-proto")],
            &["teahouse-kitchen: a new crate; say in xtask/src/tidy/imports.rs what it may see"],
        );
    }
}
