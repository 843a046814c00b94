//! A bounded map that forgets the oldest.

use std::collections::{HashMap, VecDeque};

/// Values by name; beyond its bound the first put in is forgotten.
#[derive(Debug)]
pub(crate) struct Recent<V> {
    values: HashMap<String, V>,
    /// Names in the order in which they came.
    order: VecDeque<String>,
    bound: usize,
}

impl<V: Clone> Recent<V> {
    /// Creates an empty map for `bound` values.
    pub(crate) fn new(bound: usize) -> Self {
        Self { values: HashMap::new(), order: VecDeque::new(), bound }
    }

    /// Puts a value in, in place of one of the same name.
    pub(crate) fn put(&mut self, name: String, value: V) {
        if self.values.insert(name.clone(), value).is_none() {
            self.order.push_back(name);
        }
        while self.order.len() > self.bound {
            if let Some(oldest) = self.order.pop_front() {
                self.values.remove(&oldest);
            }
        }
    }

    /// Returns a value.
    pub(crate) fn get(&self, name: &str) -> Option<V> {
        self.values.get(name).cloned()
    }

    /// Takes a value away.
    pub(crate) fn remove(&mut self, name: &str) {
        if self.values.remove(name).is_some() {
            self.order.retain(|other| other != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut recent = Recent::new(2);
        for (name, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            recent.put(name.to_owned(), value);
        }
        assert_eq!((recent.get("a"), recent.get("b"), recent.get("c")), (None, Some(2), Some(4)));
        recent.remove("b");
        assert_eq!(recent.get("b"), None);
    }
}
