//! Decides whether an event is taken: category class, selectors, retention, time range.

use auditlake_model::{CategoryClass, EventCategory, Resource, SelectorEvent};

use crate::decode::Decoder;
use crate::facts::Facts;

/// Why an event is left out. The first reason in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Category,
    Selector,
    Retention,
    TimeRange,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Take,
    Filter(Reason),
}

/// Events left out so far, by reason.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filtered {
    pub(crate) by_category: u64,
    pub(crate) by_selector: u64,
    pub(crate) by_retention: u64,
    pub(crate) by_time_range: u64,
}

impl Filtered {
    pub(crate) fn count(&mut self, reason: Reason) {
        let counter = match reason {
            Reason::Category => &mut self.by_category,
            Reason::Selector => &mut self.by_selector,
            Reason::Retention => &mut self.by_retention,
            Reason::TimeRange => &mut self.by_time_range,
        };
        *counter += 1;
    }
}

/// Judges the row that was staged last; `derived` is its category if the event does not tell one.
pub(crate) fn judge(facts: &Facts<'_>, derived: Option<EventCategory>, decoder: &Decoder) -> Verdict {
    let filter = decoder.filter();
    let told = || facts.told_category().and_then(EventCategory::from_name);
    // A category that we do not know is an activity.
    let class = derived.or_else(told).map_or(CategoryClass::Activity, EventCategory::class);
    if class != decoder.options().class {
        return Verdict::Filter(Reason::Category);
    }
    if let Some(selectors) = &filter.selectors {
        let resources = facts.resources();
        let event = selector_event(facts, derived, &resources);
        if !event.is_some_and(|event| selectors.matches(&event)) {
            return Verdict::Filter(Reason::Selector);
        }
    }
    let time = facts.time();
    if let (Some(time), Some(cutoff)) = (time, filter.retention_cutoff)
        && time < cutoff
    {
        return Verdict::Filter(Reason::Retention);
    }
    let in_range = time.map_or(filter.range.is_all(), |time| filter.range.contains(time));
    if in_range { Verdict::Take } else { Verdict::Filter(Reason::TimeRange) }
}

/// Returns the event as selectors see it; `None` for a category that no selector can name.
fn selector_event<'a>(
    facts: &Facts<'a>,
    derived: Option<EventCategory>,
    resources: &'a [Resource<'a>],
) -> Option<SelectorEvent<'a>> {
    let category = derived.or_else(|| facts.told_category().and_then(EventCategory::from_name))?;
    let slots = facts.slots;
    Some(SelectorEvent {
        read_only: facts.flag(slots.read_only),
        event_source: facts.text(slots.source),
        event_name: facts.text(slots.name),
        event_type: facts.text(slots.event_type),
        session_credential_from_console: facts.text(slots.from_console),
        user_identity_arn: facts.text(slots.identity_arn),
        error_code: facts.text(slots.error_code),
        vpc_endpoint_id: facts.text(slots.vpc_endpoint),
        resources,
        ..SelectorEvent::new(category)
    })
}
