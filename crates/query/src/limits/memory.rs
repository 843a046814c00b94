//! The memory pool of one query inside the budget of all queries.
//!
//! Within a query the memory is shared fairly between operators that can spill; across queries the budget is
//! first come, first served. What a cancelled query still holds counts until its last operator ends.

use std::fmt::{self, Display, Formatter};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use auditlake_model::Error;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use tokio::sync::OwnedSemaphorePermit;

use super::QueryConfig;

/// The memory of all queries together.
#[derive(Debug)]
pub(crate) struct SharedBudget {
    limit: usize,
    used: AtomicUsize,
}

impl SharedBudget {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), used: AtomicUsize::new(0) }
    }

    /// Returns the bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn try_take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn take(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The memory of one query, and its slot among those that run at once.
///
/// Every operator holds the pool. So the slot is free when the last operator is gone, and not when somebody
/// stops waiting for it.
#[derive(Debug)]
pub(crate) struct QueryPool {
    own: FairSpillPool,
    own_limit: usize,
    shared: Arc<SharedBudget>,
    /// Set when the query leaves the queue.
    slot: OnceLock<OwnedSemaphorePermit>,
}

impl QueryPool {
    /// Creates the pool of a query that has no slot yet.
    pub(crate) fn new(config: &QueryConfig, shared: Arc<SharedBudget>) -> Self {
        let own_limit = usize::try_from(config.query_memory_limit_bytes).unwrap_or(usize::MAX);
        Self { own: FairSpillPool::new(own_limit), own_limit, shared, slot: OnceLock::new() }
    }

    /// Keeps a slot as long as any operator of the query lives.
    pub(crate) fn occupy(&self, slot: OwnedSemaphorePermit) {
        // A query runs once, so there is no other slot to lose.
        let _ = self.slot.set(slot);
    }

    fn exhausted(&self, reservation: &MemoryReservation, limit: usize, name: &'static str) -> Error {
        let operator = reservation.consumer().name();
        let operator = operator.split('[').next().unwrap_or(operator);
        Error::resources_exhausted(format!("query needs more than {limit} bytes of memory"))
            .with_context("limit", name)
            .with_context("operator", operator)
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.shared.take(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.shared.give_back(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if self.own.try_grow(reservation, additional).is_err() {
            return Err(exhausted(self.exhausted(reservation, self.own_limit, "query_memory_limit_bytes")));
        }
        if !self.shared.try_take(additional) {
            self.own.shrink(reservation, additional);
            return Err(exhausted(self.exhausted(reservation, self.shared.limit, "memory_limit_bytes")));
        }
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.own_limit.min(self.shared.limit))
    }
}

impl Display for QueryPool {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "query({} of {} bytes)", self.own.reserved(), self.own_limit)
    }
}

/// Operators spill when they see the engine's own variant, so the error travels as its text.
fn exhausted(error: Error) -> DataFusionError {
    DataFusionError::ResourcesExhausted(error.report())
}
