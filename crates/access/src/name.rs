//! The names of users, checked once and then carried as a type.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use auditlake_model::{Error, Result};

/// Principal of everybody on a server without users.
pub(crate) const ANONYMOUS: &str = "anonymous";
/// The rule that every error about a name repeats.
const RULE: &str = "A user name has 1 to 64 of the characters a-z A-Z 0-9 . _ - @ +, begins with a letter or a digit, \
                    and is not `anonymous`.";
const MAX_CHARS: usize = 64;

/// The name of a user.
///
/// - 1 to 64 characters of `a-z A-Z 0-9 . _ - @ +`, the first a letter or a digit.
/// - Not `anonymous`, which stands in the history of a server without users.
/// - Two names that differ in case only name the same user: compare by [`UserName::fold`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(String);

impl UserName {
    /// Checks a name.
    ///
    /// # Errors
    /// `Invalid`; the hint is the rule.
    pub fn parse(text: &str) -> Result<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-@+".contains(&b);
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_name = starts_well && text.len() <= MAX_CHARS && text.bytes().all(allowed);
        match is_name && !text.eq_ignore_ascii_case(ANONYMOUS) {
            true => Ok(Self(text.to_owned())),
            false => Err(Error::invalid(format!("`{text}` is no user name")).with_hint(RULE)),
        }
    }

    /// Returns the name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name in lower case, the form in which names are unique.
    pub fn fold(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Display for UserName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for UserName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_the_rule_are_taken_as_they_are() {
        for name in ["a", "Ann", "ann.lee+bi@example.com", "7of9", &"x".repeat(64)] {
            assert_eq!(UserName::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(UserName::parse("Ann").unwrap().fold(), "ann");
    }

    #[test]
    fn names_outside_the_rule_are_refused() {
        for name in ["", "-ann", "a b", "a:b", "a/b", "größe", "Anonymous", "a\n", &"x".repeat(65)] {
            assert_eq!(UserName::parse(name).unwrap_err().hint(), Some(RULE), "{name}");
        }
    }
}
