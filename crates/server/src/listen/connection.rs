//! A connection that ends when its time is up, or when the server says so.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::ops::metrics::Counted;

/// How long a client may take to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// So many bytes within a time; after them the protocol above keeps watch.
    First {
        /// The bytes.
        bytes: usize,
        /// The time.
        within: Duration,
    },
    /// Something within each such time.
    Always {
        /// The time.
        within: Duration,
    },
}

/// What a connection holds as long as it is open.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) _slot: OwnedSemaphorePermit,
    pub(super) _counted: Counted,
}

enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A client's connection.
pub struct Connection {
    io: Io,
    info: TcpConnectInfo,
    patience: Option<(Patience, Pin<Box<Sleep>>)>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    _hold: Hold,
}

impl Connection {
    pub(super) fn plain(stream: TcpStream, patience: Patience, cut: &CancellationToken, hold: Hold) -> Self {
        let info = stream.connect_info();
        Self::new(Io::Plain(stream), info, patience, cut, hold)
    }

    pub(super) fn encrypted(
        stream: TlsStream<TcpStream>,
        patience: Patience,
        cut: &CancellationToken,
        hold: Hold,
    ) -> Self {
        let info = stream.get_ref().0.connect_info();
        Self::new(Io::Tls(Box::new(stream)), info, patience, cut, hold)
    }

    fn new(io: Io, info: TcpConnectInfo, patience: Patience, cut: &CancellationToken, hold: Hold) -> Self {
        // A token of its own: the connections of a server then share no lock.
        let cut = Box::pin(cut.child_token().cancelled_owned());
        let (Patience::First { within, .. } | Patience::Always { within }) = patience;
        let patience = Some((patience, Box::pin(tokio::time::sleep(within))));
        Self { io, info, patience, cut, _hold: hold }
    }

    /// Returns where the client is.
    pub fn address(&self) -> Option<SocketAddr> {
        self.info.remote_addr()
    }

    /// Fails when the connection is to end.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the server stops"));
        }
        if let Some((_, sleep)) = &mut self.patience
            && sleep.as_mut().poll(cx).is_ready()
        {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the client sends nothing"));
        }
        Ok(())
    }

    /// Notes that the client sent something.
    fn received(&mut self, count: usize) {
        match &mut self.patience {
            Some((Patience::First { bytes, .. }, _)) if *bytes <= count => self.patience = None,
            Some((Patience::First { bytes, .. }, _)) => *bytes -= count,
            Some((Patience::Always { within }, sleep)) => sleep.as_mut().reset(Instant::now() + *within),
            None => {}
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let before = buffer.filled().len();
        let read = match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Io::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        };
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.received(count);
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Io::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A client that takes nothing must not hold up the end.
        self.check(cx)?;
        match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bytes),
            Io::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Plain(stream) => stream.is_write_vectored(),
            Io::Tls(stream) => stream.is_write_vectored(),
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.info.clone()
    }
}

impl Debug for Connection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("address", &self.address()).finish_non_exhaustive()
    }
}
