//! The rules that selectors must keep before they are used.

use std::collections::BTreeSet;

use super::fields::{Rule, SelectorField, rules_of};
use super::{AdvancedEventSelector, ERROR_CODE, FieldSelector};
use crate::category::EventCategory;
use crate::error::{Error, Result};

const MAX_SELECTORS: usize = 5;
const MAX_VALUES: usize = 500;
const MAX_VALUES_OF_OPERATOR: usize = 50;
const MAX_VALUE_CHARS: usize = 2048;
const MAX_NAME_CHARS: usize = 1000;

/// Checks all selectors of a store; returns the category of each.
pub(super) fn check(selectors: &[AdvancedEventSelector]) -> Result<Vec<EventCategory>> {
    let count = selectors.len();
    if count == 0 {
        return Err(refused(format!("0 event selectors given, 1 to {MAX_SELECTORS} are allowed"))
            .with_hint("Leave the event selectors out to take every event."));
    }
    if count > MAX_SELECTORS {
        return Err(refused(format!("{count} event selectors given, 1 to {MAX_SELECTORS} are allowed")));
    }
    let values: usize = selectors.iter().map(count_values).sum();
    if values > MAX_VALUES {
        return Err(refused(format!("the event selectors hold {values} values, {MAX_VALUES} are allowed")));
    }
    let mut categories = Vec::with_capacity(count);
    for (index, selector) in selectors.iter().enumerate() {
        categories.push(check_selector(selector, &describe(index, selector))?);
    }
    let classes: BTreeSet<_> = categories.iter().map(|category| category.class()).collect();
    if classes.len() > 1 {
        return Err(refused("the event selectors mix Insight with other event categories".to_string())
            .with_hint("Make a store of its own for Insight events."));
    }
    Ok(categories)
}

/// Checks one selector; returns its category.
fn check_selector(selector: &AdvancedEventSelector, place: &str) -> Result<EventCategory> {
    if selector.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_CHARS) {
        return Err(refused(format!("the name of {place} is longer than {MAX_NAME_CHARS} characters")));
    }
    let category = category_of(selector, place)?;
    let rules = rules_of(category);
    let mut seen = BTreeSet::new();
    for field_selector in &selector.field_selectors {
        if !seen.insert(field_selector.field.as_str()) {
            return Err(refused(format!("{place} names field `{}` twice", field_selector.field)));
        }
        let rule = rule_of(field_selector, rules, category, place)?;
        check_values(field_selector, rule, place)?;
    }
    match rules.iter().find(|rule| rule.required && !seen.contains(rule.field.as_str())) {
        Some(rule) => Err(refused(format!("{place} lacks field `{}`", rule.field.as_str()))
            .with_hint(format!("A selector of category {category} needs it."))),
        None => Ok(category),
    }
}

/// Reads the one category of a selector.
fn category_of(selector: &AdvancedEventSelector, place: &str) -> Result<EventCategory> {
    let name = SelectorField::EventCategory.as_str();
    let field = selector.field_selectors.iter().find(|field| field.field == name);
    match field.map(|field| field.equals.as_slice()) {
        Some([only]) => EventCategory::from_name(only).ok_or_else(|| {
            let valid = EventCategory::ALL.map(EventCategory::as_str).join(", ");
            refused(format!("{place} selects category `{only}`, which no store takes"))
                .with_hint(format!("Use one of {valid}."))
        }),
        _ => Err(refused(format!("{place} needs `{name}` with Equals and one value"))),
    }
}

/// Finds what a category allows of the field that is named.
fn rule_of(
    selector: &FieldSelector,
    rules: &'static [Rule],
    category: EventCategory,
    place: &str,
) -> Result<&'static Rule> {
    let named = selector.field.as_str();
    if let Some(rule) = rules.iter().find(|rule| rule.field.as_str() == named) {
        return Ok(rule);
    }
    let allowed: Vec<_> = rules.iter().map(|rule| rule.field.as_str()).collect();
    let hint = match allowed.iter().find(|field| field.eq_ignore_ascii_case(named)) {
        Some(meant) => format!("Write `{meant}`: case counts."),
        None => format!("Use one of {}.", allowed.join(", ")),
    };
    Err(refused(format!("{place} names field `{named}`, which category {category} does not take"))
        .with_hint(hint))
}

/// Checks the operators of a field, and how many values each has.
fn check_values(selector: &FieldSelector, rule: &Rule, place: &str) -> Result<()> {
    let field = rule.field.as_str();
    let used: Vec<_> = selector.operators().into_iter().filter(|(_, values)| !values.is_empty()).collect();
    if used.is_empty() {
        return Err(refused(format!("field `{field}` of {place} has no operator")));
    }
    for (operator, values) in used {
        if !rule.operators.contains(&operator) {
            return Err(refused(format!("field `{field}` of {place} does not take {operator}"))
                .with_hint(format!("It takes {}.", rule.operators.join(", "))));
        }
        if values.len() > MAX_VALUES_OF_OPERATOR {
            return Err(refused(format!(
                "{operator} of field `{field}` of {place} has {} values, {MAX_VALUES_OF_OPERATOR} are allowed",
                values.len()
            )));
        }
        if rule.single && values.len() > 1 {
            return Err(refused(format!("{operator} of field `{field}` of {place} takes exactly one value"))
                .with_hint("Write one event selector for each value."));
        }
        for value in values {
            check_value(value, rule, operator, place)?;
        }
    }
    Ok(())
}

/// Checks one value.
fn check_value(value: &str, rule: &Rule, operator: &str, place: &str) -> Result<()> {
    let field = rule.field.as_str();
    let chars = value.chars().count();
    if chars == 0 || chars > MAX_VALUE_CHARS {
        return Err(refused(format!(
            "a value of {operator} of field `{field}` of {place} has {chars} characters, 1 to {MAX_VALUE_CHARS} are allowed"
        )));
    }
    if !rule.values.is_empty() && !rule.values.contains(&value) {
        return Err(refused(format!("{operator} of field `{field}` of {place} does not take `{value}`"))
            .with_hint(format!("It takes {}.", rule.values.join(" or "))));
    }
    Ok(())
}

fn count_values(selector: &AdvancedEventSelector) -> usize {
    selector.field_selectors.iter().flat_map(|field| field.operators()).map(|(_, values)| values.len()).sum()
}

/// Names a selector in errors: by position, counted from 1, and by its name if it has one.
fn describe(index: usize, selector: &AdvancedEventSelector) -> String {
    let number = index + 1;
    match selector.name.as_deref() {
        None | Some("") => format!("event selector {number}"),
        // A name can be long; its beginning tells which one is meant.
        Some(name) => format!("event selector {number} (`{}`)", name.chars().take(60).collect::<String>()),
    }
}

fn refused(message: String) -> Error {
    Error::invalid(message).with_code(ERROR_CODE)
}
