//! The patterns in which metadata commands name schemas and tables.
//!
//! `%` is any text, `_` any character, and `\` makes the next character stand for itself. Case does not count, as
//! in all names of Lake SQL.

/// A pattern that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LikePattern(Vec<Step>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Exactly(char),
    AnyOne,
    AnyText,
}

impl LikePattern {
    /// Reads a pattern; every text is one. A `\` at the end stands for itself.
    pub(super) fn new(pattern: &str) -> Self {
        let mut steps = Vec::new();
        let mut characters = pattern.chars().flat_map(char::to_lowercase);
        while let Some(character) = characters.next() {
            let step = match character {
                '%' => Step::AnyText,
                '_' => Step::AnyOne,
                '\\' => Step::Exactly(characters.next().unwrap_or('\\')),
                other => Step::Exactly(other),
            };
            if step != Step::AnyText || steps.last() != Some(&Step::AnyText) {
                steps.push(step);
            }
        }
        Self(steps)
    }

    /// Tells whether all of `text` fits the pattern, in time of at most the product of their lengths.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        let (mut at_step, mut at_char) = (0, 0);
        // Where to go on when a later step fails: behind the last `%`, which then takes one character more.
        let mut retry: Option<(usize, usize)> = None;
        while at_char < text.len() {
            match self.0.get(at_step) {
                Some(Step::AnyText) => {
                    at_step += 1;
                    retry = Some((at_step, at_char));
                }
                Some(step) if fits(*step, text[at_char]) => {
                    at_step += 1;
                    at_char += 1;
                }
                _ => match retry {
                    Some((step, start)) => {
                        (at_step, at_char) = (step, start + 1);
                        retry = Some((step, start + 1));
                    }
                    None => return false,
                },
            }
        }
        self.0[at_step..].iter().all(|step| *step == Step::AnyText)
    }
}

fn fits(step: Step, character: char) -> bool {
    match step {
        Step::Exactly(own) => own == character,
        Step::AnyOne => true,
        Step::AnyText => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_like_does() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(LikePattern::new(pattern).matches(text), expected, "{pattern} {text}");
        };
        check("", "", true);
        check("", "a", false);
        check("%", "", true);
        check("trail", "trail", true);
        check("TRAIL", "trail", true);
        check("trail", "trails", false);
        check("tr%", "trail", true);
        check("%ai%", "trail", true);
        check("t_ail", "trail", true);
        check("t_ail", "tail", false);
        check("my_store", "my-store", true);
        check("my\\_store", "my-store", false);
        check("my\\_store", "my_store", true);
        check("100\\%", "100%", true);
        check("100\\%", "1000", false);
        check("a\\", "a\\", true);
        check("%a%b%c%", "xxaxxbxxcxx", true);
        check("%ab", "aab", true);
        check("%aab", "aaab", true);
        check("_%_", "a", false);
        check("__%", "äö", true);
    }

    #[test]
    fn a_hostile_pattern_is_read_once() {
        let pattern = "%a".repeat(50_000) + "%b";
        assert!(!LikePattern::new(&pattern).matches(&"a".repeat(128)));
    }
}
