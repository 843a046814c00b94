//! Names of columns that do not repeat.

use std::collections::HashSet;

/// Returns the names with `_1`, `_2` after those that were used before, in whatever case.
///
/// The first of equal names keeps it. A made-up name is never one that another column has by itself.
pub(super) fn unique_names<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let given: HashSet<String> = names.clone().map(str::to_lowercase).collect();
    let mut used: HashSet<String> = HashSet::new();
    let mut unique = Vec::new();
    for name in names {
        let mut candidate = name.to_owned();
        let mut key = candidate.to_lowercase();
        let mut number = 0;
        while used.contains(&key) || (number > 0 && given.contains(&key)) {
            number += 1;
            candidate = format!("{name}_{number}");
            key = candidate.to_lowercase();
        }
        used.insert(key);
        unique.push(candidate);
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_whatever_their_case() {
        let check = |names: &[&str], expected: &[&str]| {
            assert_eq!(unique_names(names.iter().copied()), expected, "{names:?}");
        };
        check(&["arn", "arn", "arn"], &["arn", "arn_1", "arn_2"]);
        check(&["arn", "ARN", "arn_1", "Arn"], &["arn", "ARN_2", "arn_1", "Arn_3"]);
        check(&["a_1", "a", "a", "a_1"], &["a_1", "a", "a_2", "a_1_1"]);
        check(&["", ""], &["", "_1"]);
    }
}
