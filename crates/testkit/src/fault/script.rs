//! Decides which call fails, and keeps the log. No I/O: storage is called between `begin` and `finish`.

use std::fmt::{self, Debug, Formatter};

use object_store::Result;
use object_store::path::Path;
use parking_lot::Mutex;

use super::call::{Call, CallKind, Outcome, When};
use super::error::{Failure, crash_error};
use crate::path_class::PathClass;

/// Picks the calls that a rule is about.
type Predicate = Box<dyn Fn(&Call) -> bool + Send + Sync>;

/// What a rule does to the call it picks.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Fail(Failure),
    Crash,
}

/// Faults for the calls that a predicate picks.
pub(crate) struct Rule {
    pub(crate) picks: Predicate,
    pub(crate) when: When,
    pub(crate) fault: Fault,
    /// How many calls it still strikes; `None` for all.
    pub(crate) times: Option<usize>,
}

/// What a call is told when it begins.
#[derive(Debug)]
pub(crate) struct Ticket {
    epoch: u64,
    index: usize,
    path: Path,
    pub(crate) fault: Option<(When, Fault)>,
}

impl Ticket {
    /// Returns whether a put shall write the first half of its bytes only.
    pub(crate) fn is_torn(&self) -> bool {
        matches!(self.fault, Some((When::Torn, _)))
    }

    /// Returns whether the call must not reach storage.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.fault, Some((When::Before, _)))
    }
}

/// The log and the rules of one `FaultStore` and its clones.
#[derive(Default)]
pub(crate) struct Script {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Counts resets, so that a call that began before one does not write into the log after it.
    epoch: u64,
    calls: Vec<Call>,
    mutations: usize,
    refused: usize,
    crashed: bool,
    rules: Vec<Rule>,
}

impl Debug for Script {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("Script")
            .field("calls", &state.calls.len())
            .field("rules", &state.rules.len())
            .field("crashed", &state.crashed)
            .finish()
    }
}

impl Script {
    pub(crate) fn add(&self, rule: Rule) {
        self.state.lock().rules.push(rule);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state.lock().calls.clone()
    }

    pub(crate) fn count(&self, picks: impl Fn(&Call) -> bool) -> usize {
        self.state.lock().calls.iter().filter(|call| picks(call)).count()
    }

    pub(crate) fn is_crashed(&self) -> bool {
        self.state.lock().crashed
    }

    pub(crate) fn refused(&self) -> usize {
        self.state.lock().refused
    }

    pub(crate) fn reset(&self) {
        let mut state = self.state.lock();
        let epoch = state.epoch + 1;
        *state = State { epoch, ..State::default() };
    }

    pub(crate) fn disarm(&self) {
        let mut state = self.state.lock();
        state.rules.clear();
        state.crashed = false;
    }

    /// Logs a call and decides its fate. A crash that strikes before the effect is in force on return.
    ///
    /// # Errors
    /// The crash error when the process is gone already; the call is then counted as refused, not logged.
    pub(crate) fn begin(
        &self,
        kind: CallKind,
        path: &Path,
        from: Option<&Path>,
        bytes: u64,
    ) -> Result<Ticket> {
        let mut state = self.state.lock();
        if state.crashed {
            state.refused += 1;
            return Err(crash_error());
        }
        let mutation = kind.is_mutating().then(|| {
            state.mutations += 1;
            state.mutations
        });
        let index = state.calls.len();
        let call = Call {
            number: index + 1,
            mutation,
            kind,
            path: path.clone(),
            from: from.cloned(),
            class: PathClass::of(path),
            bytes,
            outcome: Outcome::Pending,
        };
        let fault = state.take_fault(&call);
        if let Some((When::Before, Fault::Crash)) = fault {
            state.crashed = true;
        }
        state.calls.push(call);
        Ok(Ticket { epoch: state.epoch, index, path: path.clone(), fault })
    }

    /// Notes how many bytes the answer to a read holds.
    pub(crate) fn set_bytes(&self, ticket: &Ticket, bytes: u64) {
        if let Some(call) = self.state.lock().call(ticket) {
            call.bytes = bytes;
        }
    }

    /// Logs how the call ended and returns what its caller gets to see.
    ///
    /// `result` is the storage's answer, or `None` when the call never reached it.
    pub(crate) fn finish<T>(&self, ticket: &Ticket, result: Option<Result<T>>) -> Result<T> {
        let mut state = self.state.lock();
        let (outcome, answer) = match (&ticket.fault, result) {
            (Some((when, Fault::Crash)), _) => {
                // A reset has brought the process back: an old call must not kill it again.
                state.crashed |= state.epoch == ticket.epoch;
                (Outcome::Faulted(*when), Err(crash_error()))
            }
            (Some((when, Fault::Fail(failure))), _) => {
                (Outcome::Faulted(*when), Err(failure.error(&ticket.path)))
            }
            (None, Some(Ok(value))) => (Outcome::Succeeded, Ok(value)),
            (None, Some(Err(error))) => (Outcome::Failed(error.to_string()), Err(error)),
            // Only a faulted call stops short of storage.
            (None, None) => (Outcome::Pending, Err(crash_error())),
        };
        if let Some(call) = state.call(ticket) {
            call.outcome = outcome;
        }
        // A process that died meanwhile does not hear the answer, though the effect stays.
        if state.crashed { Err(crash_error()) } else { answer }
    }
}

impl State {
    /// Returns the logged call of `ticket`, unless a reset has dropped it.
    fn call(&mut self, ticket: &Ticket) -> Option<&mut Call> {
        if self.epoch == ticket.epoch { self.calls.get_mut(ticket.index) } else { None }
    }

    /// Uses up and returns the first rule that picks `call`.
    fn take_fault(&mut self, call: &Call) -> Option<(When, Fault)> {
        let index = self.rules.iter().position(|rule| (rule.picks)(call))?;
        let rule = &mut self.rules[index];
        let when = if rule.when == When::Torn && !call.kind.is_put() { When::Before } else { rule.when };
        let fault = (when, rule.fault.clone());
        if let Some(times) = &mut rule.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.rules.remove(index);
            }
        }
        Some(fault)
    }
}
