//! Shows what is longer than the screen in a pager, and what is not without one.
//!
//! ```text
//! bytes --held back until they fill the screen--> pager's stdin      (flat memory: a full pipe holds the query up)
//!                                           `---> stdout, at the end, when they never do
//! ```

use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use unicode_width::UnicodeWidthStr;

/// Where a result goes when a person reads it.
pub(crate) struct PagedOut {
    command: String,
    columns: usize,
    rows: usize,
    held: Vec<u8>,
    pager: Option<Running>,
}

struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl PagedOut {
    /// Creates the way out to a screen of `columns` and `rows`; `command` is given to `sh` when it is needed.
    pub(crate) fn new(command: &str, (columns, rows): (usize, usize)) -> Self {
        Self { command: command.to_owned(), columns, rows, held: Vec::new(), pager: None }
    }

    /// Tells whether the pager has the screen.
    pub(crate) fn is_paging(&self) -> bool {
        self.pager.is_some()
    }

    /// Ends the input of the pager and waits until the user leaves it.
    pub(crate) fn close(mut self) -> io::Result<()> {
        match self.pager.take() {
            Some(pager) => pager.wait(),
            None => show(&self.held),
        }
    }

    fn start(&mut self) -> io::Result<()> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.command).stdin(Stdio::piped());
        // Lines are not folded, and keys work as less users expect, unless the user chose otherwise.
        if std::env::var_os("LESS").is_none() {
            command.env("LESS", "FRSX");
        }
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        self.pager = Some(Running { child, stdin });
        let held = std::mem::take(&mut self.held);
        self.write_all(&held)
    }
}

impl Write for PagedOut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(pager) = &mut self.pager {
            return match &mut pager.stdin {
                Some(stdin) => stdin.write(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            };
        }
        self.held.extend_from_slice(bytes);
        if lines_on_screen(&self.held, self.columns) >= self.rows {
            self.start()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.pager {
            Some(Running { stdin: Some(stdin), .. }) => stdin.flush(),
            _ => Ok(()),
        }
    }
}

impl Drop for PagedOut {
    fn drop(&mut self) {
        if let Some(pager) = self.pager.take() {
            // Nobody is left to tell.
            let _ = pager.wait();
        }
    }
}

impl Running {
    fn wait(mut self) -> io::Result<()> {
        drop(self.stdin.take());
        self.child.wait().map(|_| ())
    }
}

/// Writes to stdout; a reader that went away is no error.
fn show(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Counts the lines that text takes on a screen that folds long ones.
fn lines_on_screen(text: &[u8], columns: usize) -> usize {
    let text = String::from_utf8_lossy(text);
    text.lines().map(|line| line.width().div_ceil(columns.max(1)).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_count_as_they_fold() {
        assert_eq!(lines_on_screen(b"", 10), 0);
        assert_eq!(lines_on_screen(b"a\n\nb\n", 10), 3);
        assert_eq!(lines_on_screen("0123456789x\n日本日本日本\n".as_bytes(), 10), 4);
    }

    #[test]
    fn a_pager_starts_when_the_screen_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seen");
        let mut out = PagedOut::new(&format!("cat > {}", file.display()), (80, 4));
        out.write_all(b"1\n2\n3\n").unwrap();
        assert!(!out.is_paging());
        out.write_all(b"4\n").unwrap();
        assert!(out.is_paging());
        out.write_all(b"5\n").unwrap();
        out.close().unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "1\n2\n3\n4\n5\n");
    }

    #[test]
    fn a_pager_that_was_left_closes_the_pipe() {
        let mut out = PagedOut::new("exit 0", (80, 1));
        let line = vec![b'x'; 1 << 16];
        let failed = (0..100).find_map(|_| out.write_all(&line).err());
        assert_eq!(failed.unwrap().kind(), io::ErrorKind::BrokenPipe);
        out.close().unwrap();
    }
}
