//! Advanced event selectors: which events a store takes.
//!
//! ```text
//! event is taken  <=  any selector matches
//! selector        =   all its field selectors hold
//! field selector  =   (no select operator, or any select value hits)  and  no deselect value hits
//! ```
//! A field that the event lacks hits nothing: select operators fail, deselect operators hold. Of the
//! event's `resources`, those of the selector's `resources.type` count.
//!
//! # Source
//!
//! Spec section 6; the JSON form is that of the AWS API.

mod fields;
mod matching;
mod validate;

use serde::{Deserialize, Deserializer, Serialize};

pub use fields::SelectorField;
pub use matching::{Resource, SelectorEvent};

use crate::category::{CategoryClass, EventCategory};
use crate::error::{Error, Result};

/// The error name of the AWS API for selectors that break a rule.
const ERROR_CODE: &str = "InvalidEventSelectorsException";

/// What errors show as the right form.
const EXAMPLE: &str = r#"[{"Name":"writes","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]"#;

/// One advanced event selector in the JSON form of the AWS API.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvancedEventSelector {
    /// What people call it; up to 1,000 characters.
    #[serde(rename = "Name", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Conditions that must all hold.
    #[serde(rename = "FieldSelectors")]
    pub field_selectors: Vec<FieldSelector>,
}

/// Conditions on one field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FieldSelector {
    /// Name of the field, for example `resources.ARN`.
    pub field: String,
    /// The value is one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "at_least_one")]
    pub equals: Vec<String>,
    /// The value starts with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "at_least_one")]
    pub starts_with: Vec<String>,
    /// The value ends with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "at_least_one")]
    pub ends_with: Vec<String>,
    /// The value is none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "at_least_one")]
    pub not_equals: Vec<String>,
    /// The value starts with none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "at_least_one")]
    pub not_starts_with: Vec<String>,
    /// The value ends with none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "at_least_one")]
    pub not_ends_with: Vec<String>,
}

impl FieldSelector {
    /// Returns each operator's name and values, in the order of the API's documentation.
    pub(crate) fn operators(&self) -> [(&'static str, &Vec<String>); 6] {
        [
            ("Equals", &self.equals),
            ("StartsWith", &self.starts_with),
            ("EndsWith", &self.ends_with),
            ("NotEquals", &self.not_equals),
            ("NotStartsWith", &self.not_starts_with),
            ("NotEndsWith", &self.not_ends_with),
        ]
    }
}

/// The selectors of a store, checked against the rules.
///
/// - At least one selector, each with exactly one `eventCategory`.
/// - Fields and operators are those that the category allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSelectors {
    selectors: Vec<AdvancedEventSelector>,
    compiled: Vec<matching::Compiled>,
}

impl EventSelectors {
    /// Checks selectors.
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidEventSelectorsException`) naming selector, field and operator.
    pub fn try_new(selectors: Vec<AdvancedEventSelector>) -> Result<Self> {
        let categories = validate::check(&selectors)?;
        let compiled =
            selectors.iter().zip(categories).map(|(s, category)| matching::Compiled::new(s, category));
        let compiled = compiled.collect();
        Ok(Self { selectors, compiled })
    }

    /// Parses the AWS JSON form: a list of selectors, or an object with `AdvancedEventSelectors` (as the
    /// AWS command line prints them; other members are passed over).
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidEventSelectorsException`) naming line and column, or as [`Self::try_new`].
    pub fn parse_json(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Document {
            #[serde(rename = "AdvancedEventSelectors")]
            selectors: Vec<AdvancedEventSelector>,
        }
        // Editors on Windows write a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        let selectors = if text.trim_start().starts_with('[') {
            serde_json::from_str(text)
        } else {
            serde_json::from_str(text).map(|document: Document| document.selectors)
        };
        let selectors = selectors.map_err(|e| {
            Error::invalid(format!("the event selectors are not in the AWS JSON form: {e}"))
                .with_code(ERROR_CODE)
                .with_hint(format!("Write for example {EXAMPLE}."))
        })?;
        Self::try_new(selectors)
    }

    /// Checks that a store of `class` can take what the selectors select.
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidEventSelectorsException`) when they select events of another class.
    pub fn check_class(&self, class: CategoryClass) -> Result<()> {
        match self.categories().find(|category| category.class() != class) {
            None => Ok(()),
            Some(other) => {
                let message =
                    format!("the event selectors select {other} events, the store takes {class} events");
                Err(Error::invalid(message)
                    .with_code(ERROR_CODE)
                    .with_hint("Management, Data and NetworkActivity share a store; Insight needs its own."))
            }
        }
    }

    /// Tells whether any selector takes the event.
    pub fn matches(&self, event: &SelectorEvent<'_>) -> bool {
        self.compiled.iter().any(|selector| selector.matches(event))
    }

    /// Returns the selectors in the AWS form.
    pub fn selectors(&self) -> &[AdvancedEventSelector] {
        &self.selectors
    }

    /// Gives the selectors in the AWS form away.
    pub fn into_selectors(self) -> Vec<AdvancedEventSelector> {
        self.selectors
    }

    /// Returns the category of each selector.
    pub fn categories(&self) -> impl Iterator<Item = EventCategory> + '_ {
        self.compiled.iter().map(|selector| selector.category)
    }
}

/// Reads the values of an operator, which may be left out but not empty.
fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let values = Vec::<String>::deserialize(deserializer)?;
    if values.is_empty() {
        return Err(serde::de::Error::custom("an operator has no value"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
