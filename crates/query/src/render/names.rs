//! Names of columns that must not repeat.

use std::collections::HashSet;

/// Returns the names with `_1`, `_2` after those that were used before.
///
/// The first of equal names keeps it. A made-up name is never one that another column has by itself.
pub(super) fn unique_names<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let given: HashSet<&str> = names.clone().collect();
    let mut used: HashSet<String> = HashSet::new();
    let mut unique = Vec::new();
    for name in names {
        let mut candidate = name.to_owned();
        let mut number = 0;
        while used.contains(&candidate) || (number > 0 && given.contains(candidate.as_str())) {
            number += 1;
            candidate = format!("{name}_{number}");
        }
        used.insert(candidate.clone());
        unique.push(candidate);
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_take_nobody_elses() {
        let check = |names: &[&str], expected: &[&str]| {
            assert_eq!(unique_names(names.iter().copied()), expected, "{names:?}");
        };
        check(&["arn", "arn", "arn"], &["arn", "arn_1", "arn_2"]);
        check(&["arn", "arn", "arn_1", "arn"], &["arn", "arn_2", "arn_1", "arn_3"]);
        check(&["a_1", "a", "a", "a_1"], &["a_1", "a", "a_2", "a_1_1"]);
        check(&["", ""], &["", "_1"]);
        check(&["a", "A"], &["a", "A"]);
    }
}
