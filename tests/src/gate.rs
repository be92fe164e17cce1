//! A way to another server that can be shut: refused, or silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Result, server};

/// A port that leads to another one.
pub struct Gate {
    url: String,
    way: Arc<AtomicU8>,
    accept: JoinHandle<()>,
}

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// They lead to the other server.
    Open,
    /// They are closed at once, those that exist too.
    Shut,
    /// Nothing comes through, in either direction, until it is open again.
    Silent,
}

const LOOK: Duration = Duration::from_millis(5);

impl Gate {
    /// Opens a way to the server at `url`.
    pub async fn start(url: &str) -> Result<Self> {
        let target = url.trim_start_matches("http://").to_owned();
        let listener = server::loopback().await?;
        let own = format!("http://{}", listener.local_addr()?);
        let way = Arc::new(AtomicU8::new(Way::Open as u8));
        let accept = tokio::spawn(serve(listener, target, Arc::clone(&way)));
        Ok(Self { url: own, way, accept })
    }

    /// Where the way begins.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens or shuts it, for the connections that there are, too.
    pub async fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::SeqCst);
        // A call takes less time than a connection needs to notice.
        tokio::time::sleep(4 * LOOK).await;
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

async fn serve(listener: TcpListener, target: String, way: Arc<AtomicU8>) {
    while let Ok((near, _)) = listener.accept().await {
        let (target, way) = (target.clone(), Arc::clone(&way));
        tokio::spawn(async move {
            if is(&way, Way::Shut) {
                return;
            }
            if let Ok(far) = TcpStream::connect(&target).await {
                relay(near, far, &way).await;
            }
        });
    }
}

/// Hands bytes on as long as the way is open.
async fn relay(near: TcpStream, far: TcpStream, way: &AtomicU8) {
    let (mut near, mut far) = (near, far);
    loop {
        while is(way, Way::Silent) {
            tokio::time::sleep(LOOK).await;
        }
        let copying = tokio::io::copy_bidirectional(&mut near, &mut far);
        tokio::select! {
            _ = copying => return,
            () = until_not_open(way) => if is(way, Way::Shut) { return },
        }
    }
}

async fn until_not_open(way: &AtomicU8) {
    while is(way, Way::Open) {
        tokio::time::sleep(LOOK).await;
    }
}

fn is(way: &AtomicU8, expected: Way) -> bool {
    way.load(Ordering::SeqCst) == expected as u8
}
