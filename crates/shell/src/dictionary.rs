//! What completion can offer: kept in memory, filled in the background, read at every key press.
//!
//! ```text
//! key press --read--> Dictionary <--write-- one background task: tables, functions, columns, a sample of events
//!        `--wants(table)--> queue of names --'
//! ```
//!
//! Reading never waits: what is not known yet is not offered. Every sampled query has a time limit, and all end
//! with the task, which ends with its owner.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::sample::{self, Sample};
use crate::session::{ColumnFacts, FunctionFacts, Session};

/// Tables that are looked at without being asked for.
const EAGER_TABLES: usize = 4;
/// The column of tables that hold events, of which a sample is taken.
const EVENT_ID: &str = "eventID";
/// Names that may wait to be looked at.
const QUEUE: usize = 64;

/// What is known of one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableWords {
    /// Its columns.
    pub(crate) columns: Vec<ColumnFacts>,
    /// What some of its events hold.
    pub(crate) sample: Sample,
}

impl TableWords {
    /// Finds what a path of names leads to, whatever their case.
    pub(crate) fn find(&self, path: &[String]) -> Option<&ColumnFacts> {
        let (first, rest) = path.split_first()?;
        let by_name = |facts: &[ColumnFacts], name: &str| {
            facts.iter().position(|column| column.name.eq_ignore_ascii_case(name))
        };
        let mut found = &self.columns[by_name(&self.columns, first)?];
        for name in rest {
            found = &found.fields[by_name(&found.fields, name)?];
        }
        Some(found)
    }
}

/// Everything that is known so far.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Names that can stand behind FROM.
    pub(crate) tables: Vec<String>,
    /// Functions, by name.
    pub(crate) functions: Vec<FunctionFacts>,
    /// Tables that were looked at, by name in lower case.
    pub(crate) known: BTreeMap<String, Arc<TableWords>>,
    /// Names of example queries.
    pub(crate) examples: Vec<String>,
    /// Names of parameters that have a value.
    pub(crate) parameters: Vec<String>,
}

/// The words, and the task that learns more of them.
#[derive(Debug)]
pub(crate) struct Dictionary {
    words: RwLock<Words>,
    wanted: mpsc::Sender<String>,
}

/// The task of a dictionary; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Learner(JoinHandle<()>);

impl Drop for Learner {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Dictionary {
    /// Starts to learn the words of a session.
    pub(crate) fn start(session: &Arc<dyn Session>) -> (Arc<Self>, Learner) {
        let (wanted, queue) = mpsc::channel(QUEUE);
        let dictionary = Arc::new(Self { words: RwLock::default(), wanted });
        let (session, words) = (Arc::clone(session), Arc::clone(&dictionary));
        let task = tokio::spawn(async move { learn(session, words, queue).await });
        (dictionary, Learner(task))
    }

    /// Creates a dictionary that knows `words` and learns no more.
    #[cfg(test)]
    pub(crate) fn fixed(words: Words) -> Arc<Self> {
        let (wanted, _) = mpsc::channel(1);
        Arc::new(Self { words: RwLock::new(words), wanted })
    }

    /// Reads what is known.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Words) -> T) -> T {
        read(&self.words.read())
    }

    /// Asks for the words of a table; a full queue forgets the wish.
    pub(crate) fn want(&self, table: &str) {
        let known = self.words.read().known.contains_key(&table.to_lowercase());
        if !known {
            // The wish comes again with the next key.
            let _ = self.wanted.try_send(table.to_owned());
        }
    }

    /// Changes what is known.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Words)) {
        change(&mut self.words.write());
    }
}

async fn learn(session: Arc<dyn Session>, dictionary: Arc<Dictionary>, mut queue: mpsc::Receiver<String>) {
    let functions = session.functions();
    dictionary.update(|words| words.functions = functions);
    let mut seen = HashSet::new();
    let mut tables = session.tables().await.unwrap_or_default();
    dictionary.update(|words| words.tables.clone_from(&tables));
    let eager: Vec<String> =
        tables.iter().filter(|table| !table.starts_with("system.")).take(EAGER_TABLES).cloned().collect();
    for table in eager {
        look_at(&session, &dictionary, &table).await;
        seen.insert(table.to_lowercase());
    }
    while let Some(name) = queue.recv().await {
        if !seen.insert(name.to_lowercase()) {
            continue;
        }
        if !tables.iter().any(|table| table.eq_ignore_ascii_case(&name)) {
            // It may be new; another time it is looked for again.
            seen.remove(&name.to_lowercase());
            tables = session.tables().await.unwrap_or_default();
            dictionary.update(|words| words.tables.clone_from(&tables));
            if !tables.iter().any(|table| table.eq_ignore_ascii_case(&name)) {
                continue;
            }
        }
        look_at(&session, &dictionary, &name).await;
    }
}

/// Learns the columns of a table, then what some of its events hold.
async fn look_at(session: &Arc<dyn Session>, dictionary: &Dictionary, table: &str) {
    let columns = match session.columns(table).await {
        Ok(columns) => columns,
        Err(error) => {
            tracing::debug!(table, error = error.report(), "columns for completion");
            return;
        }
    };
    // A saved query that counts events may take long, and its values help nobody to write conditions.
    let has_events = columns.iter().any(|column| column.name.eq_ignore_ascii_case(EVENT_ID));
    let mut known = TableWords { columns, sample: Sample::default() };
    let key = table.to_lowercase();
    dictionary.update(|words| drop(words.known.insert(key.clone(), Arc::new(known.clone()))));
    if !has_events && !table.starts_with("system.") {
        return;
    }
    match sample::take(session, table).await {
        Ok(sample) => {
            known.sample = sample;
            dictionary.update(|words| drop(words.known.insert(key, Arc::new(known))));
        }
        Err(error) => tracing::debug!(table, error = error.report(), "sample for completion"),
    }
}

/// Counts of words, of which the most frequent are kept.
#[derive(Debug, Default)]
pub(crate) struct Tally(HashMap<String, u32>);

impl Tally {
    /// Counts a word, unless it is new and there are `most` already.
    pub(crate) fn add(&mut self, word: &str, most: usize) {
        if let Some(count) = self.0.get_mut(word) {
            *count += 1;
        } else if self.0.len() < most {
            self.0.insert(word.to_owned(), 1);
        }
    }

    /// Returns the number of different words.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the words, the most frequent first.
    pub(crate) fn into_words(self) -> Vec<String> {
        let mut words: Vec<(String, u32)> = self.0.into_iter().collect();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.into_iter().map(|(word, _)| word).collect()
    }
}
