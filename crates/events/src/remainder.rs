//! The remainder of an event: what no typed column holds, as one JSON object with the event's nesting.
//!
//! ```text
//! {"eventName":"X","responseElements":null,"userIdentity":{"type":"Root","credentialId":"c"},"x":[1]}
//!   columns:   eventName, userIdentity.type
//!   remainder: {"responseElements":null,"x":[1],"userIdentity":{"credentialId":"c"}}
//! ```
//!
//! Laid over the columns it gives the event back: objects merge member by member, any other value of
//! the remainder replaces what a column says. So a value that a column holds only nearly (a time in an
//! odd form, a list with an odd item) stands in both places.

use std::ops::Range;

use crate::plan::Node;

/// A member that goes to the remainder, as ranges of the text it was read from.
#[derive(Debug, Clone)]
pub(crate) struct Odd {
    /// Id of the struct that the member belongs to.
    pub(crate) node: usize,
    /// The name with its quotes.
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// Appends the remainder made of `odds` of a struct and the structs inside it.
pub(crate) fn write_remainder(node: &Node, odds: &[Odd], text: &str, out: &mut String) {
    out.push('{');
    let mut separator = "";
    for odd in odds.iter().filter(|odd| odd.node == node.id) {
        out.push_str(separator);
        out.push_str(&text[odd.name.clone()]);
        out.push(':');
        out.push_str(&text[odd.value.clone()]);
        separator = ",";
    }
    if odds.iter().any(|odd| odd.node != node.id) {
        for (name, below) in node.structs() {
            let inside: Vec<Odd> =
                odds.iter().filter(|odd| (below.id..below.end).contains(&odd.node)).cloned().collect();
            if !inside.is_empty() {
                out.push_str(separator);
                out.push('"');
                out.push_str(name);
                out.push_str("\":");
                write_remainder(below, &inside, text, out);
                separator = ",";
            }
        }
    }
    out.push('}');
}
