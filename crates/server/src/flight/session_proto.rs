//! Messages of Flight's session actions, which arrow-flight 59 does not have.
//!
//! # Source
//!
//! `Flight.proto` of Arrow: SetSessionOptions, GetSessionOptions, CloseSession.

use std::collections::HashMap;

/// One value of an option.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SessionOptionValue {
    /// The value; none takes the option away.
    #[prost(oneof = "OptionValue", tags = "1, 2, 3, 4, 5")]
    pub(crate) option_value: Option<OptionValue>,
}

/// The kinds of values.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum OptionValue {
    /// Text.
    #[prost(string, tag = "1")]
    String(String),
    /// True or false.
    #[prost(bool, tag = "2")]
    Bool(bool),
    /// A whole number.
    #[prost(sfixed64, tag = "3")]
    Int64(i64),
    /// A number.
    #[prost(double, tag = "4")]
    Double(f64),
    /// Several texts.
    #[prost(message, tag = "5")]
    StringList(StringListValue),
}

/// Several texts.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StringListValue {
    /// The texts.
    #[prost(string, repeated, tag = "1")]
    pub(crate) values: Vec<String>,
}

/// Sets options.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SetSessionOptionsRequest {
    /// Values by name.
    #[prost(map = "string, message", tag = "1")]
    pub(crate) session_options: HashMap<String, SessionOptionValue>,
}

/// Which options were not set.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SetSessionOptionsResult {
    /// Reasons by name.
    #[prost(map = "string, message", tag = "1")]
    pub(crate) errors: HashMap<String, SetError>,
}

/// Why an option was not set.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct SetError {
    /// 1: no such option, 2: no such value.
    #[prost(int32, tag = "1")]
    pub(crate) value: i32,
}

/// Lists the options.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetSessionOptionsResult {
    /// Values by name.
    #[prost(map = "string, message", tag = "1")]
    pub(crate) session_options: HashMap<String, SessionOptionValue>,
}

/// Tells that the session is closed.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct CloseSessionResult {
    /// 1: closed.
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
}

impl SessionOptionValue {
    /// Returns the value as text; none takes the option away.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self.option_value.as_ref()? {
            OptionValue::String(text) => text.clone(),
            OptionValue::Bool(value) => value.to_string(),
            OptionValue::Int64(value) => value.to_string(),
            OptionValue::Double(value) => value.to_string(),
            OptionValue::StringList(list) => list.values.join(","),
        })
    }

    /// Makes a text value.
    pub(crate) fn of(text: String) -> Self {
        Self { option_value: Some(OptionValue::String(text)) }
    }
}
