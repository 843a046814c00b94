//! Advanced event selectors: which events a store takes.
//!
//! ```text
//! event is taken  <=  any selector matches
//! selector        =   all its field selectors hold
//! field selector  =   (no select operator, or any select value hits)  and  no deselect value hits
//! ```
//! A field that the event lacks hits nothing: select operators fail, deselect operators hold.
//!
//! # Source
//!
//! Spec section 6; the JSON form is that of the AWS API.

mod fields;
mod matching;
mod validate;

use serde::{Deserialize, Serialize};

pub use fields::SelectorField;
pub use matching::{Resource, SelectorEvent};

use crate::category::EventCategory;
use crate::error::{Error, Result};

/// The error name of the AWS API for selectors that break a rule.
const ERROR_CODE: &str = "InvalidEventSelectorsException";

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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// The value starts with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// The value ends with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// The value is none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// The value starts with none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// The value ends with none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}

impl FieldSelector {
    /// Returns each operator with its name and values, in the order of the API's documentation.
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
        validate::check(&selectors)?;
        let compiled = selectors.iter().map(matching::Compiled::try_new).collect::<Result<_>>()?;
        Ok(Self { selectors, compiled })
    }

    /// Parses the AWS JSON form: a list of selectors, or an object with `AdvancedEventSelectors`.
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidEventSelectorsException`).
    pub fn parse_json(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<serde_json::Value>),
            Object {
                #[serde(rename = "AdvancedEventSelectors")]
                selectors: Vec<serde_json::Value>,
            },
        }
        let refused = |e: serde_json::Error| {
            Error::invalid(format!("the event selectors are not in the AWS JSON form: {e}"))
                .with_code(ERROR_CODE)
                .with_hint(
                    r#"Write for example [{"Name":"writes","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]."#,
                )
        };
        let (Form::List(selectors) | Form::Object { selectors }) =
            serde_json::from_str(text).map_err(refused)?;
        // Each on its own, so that the message tells the member that is wrong.
        let selectors = selectors.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
        Self::try_new(selectors.map_err(refused)?)
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

    /// Returns the categories that the selectors name.
    pub fn categories(&self) -> impl Iterator<Item = EventCategory> + '_ {
        self.compiled.iter().map(|selector| selector.category)
    }
}

#[cfg(test)]
mod tests;
