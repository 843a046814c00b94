//! What a caller sees of a running import.
//!
//! The stream looks at the import at its own pace and holds nothing of it up: a caller who reads slowly sees fewer
//! counts, and every failure that is kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use auditlake_proto::v1;
use auditlake_proto::v1::import_event::Event;
use futures::Stream;
use tokio::time::Instant;
use tonic::Status;

use super::convert;
use super::running::{Ended, RunningImport};
use crate::control::call::too_late;
use crate::status::to_status_of;

/// Returns the events of an import until its end or `deadline`, whichever is first; the import does not mind.
pub(super) fn events(
    import: Arc<RunningImport>,
    interval: Duration,
    deadline: Option<Duration>,
    request_id: Arc<str>,
) -> impl Stream<Item = Result<v1::ImportEvent, Status>> + Send + use<> {
    let started = Ok(Event::Started(convert::started(&import)));
    let watch = Watch {
        import,
        request_id,
        interval,
        deadline: deadline.and_then(|deadline| Instant::now().checked_add(deadline)),
        told: 0,
        waiting: VecDeque::from([started]),
        over: false,
    };
    futures::stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        let event = event.map(|event| v1::ImportEvent { event: Some(event) });
        Some((event, watch))
    })
}

/// One caller who watches.
struct Watch {
    import: Arc<RunningImport>,
    /// How errors name the request.
    request_id: Arc<str>,
    interval: Duration,
    deadline: Option<Instant>,
    /// Failures told so far.
    told: usize,
    /// Events that are due.
    waiting: VecDeque<Result<Event, Status>>,
    /// Whether those are the last.
    over: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Result<Event, Status>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            self.look().await;
        }
    }

    /// Waits for the next thing to tell.
    async fn look(&mut self) {
        let next = Instant::now() + self.interval;
        let is_last = self.deadline.is_some_and(|deadline| deadline <= next);
        let until = self.deadline.map_or(next, |deadline| deadline.min(next));
        let ended = tokio::time::timeout_at(until, self.import.ended()).await;
        self.tell_failures();
        match ended {
            Ok(ended) => self.tell_end(&ended),
            Err(_) if is_last => {
                self.waiting.push_back(Err(to_status_of(&too_late(), &self.request_id)));
                self.over = true;
            }
            Err(_) => {
                let progress = convert::progress(self.import.progress());
                self.waiting.push_back(Ok(Event::Progress(progress)));
            }
        }
    }

    fn tell_failures(&mut self) {
        let failures = self.import.failures(self.told);
        self.told += failures.len();
        let events = failures.iter().map(|failure| Ok(Event::Failure(convert::failure(failure))));
        self.waiting.extend(events);
    }

    fn tell_end(&mut self, ended: &Ended) {
        let event = match ended.as_ref() {
            Ok(summary) => Ok(Event::Completed(convert::summary(summary))),
            Err(error) => Err(to_status_of(error, &self.request_id)),
        };
        self.waiting.push_back(event);
        self.over = true;
    }
}
