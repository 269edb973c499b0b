//! Blocks of bytes between the network's task and the disk's thread: bounded, and used again and again.

use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Bytes of one block.
pub(super) const BLOCK: usize = 256 * 1024;
/// Blocks of one transfer: what one side may be ahead of the other.
const BLOCKS: usize = 4;

/// A block, filled up to some point.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Box<[u8]>,
    filled: usize,
}

impl Block {
    /// What is in it.
    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Its room, from the start.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The first `count` bytes of the room are filled now.
    pub(super) fn set_filled(&mut self, count: usize) {
        self.filled = count.min(self.bytes.len());
    }
}

/// The end that fills blocks.
#[derive(Debug)]
pub(super) struct Filler {
    full: Sender<Block>,
    empty: Receiver<Block>,
    made: usize,
}

/// The end that empties blocks.
#[derive(Debug)]
pub(super) struct Drainer {
    full: Receiver<Block>,
    empty: Sender<Block>,
}

/// Both ends. Dropping one ends the other.
pub(super) fn belt() -> (Filler, Drainer) {
    let (full, full_out) = channel(BLOCKS);
    let (empty_in, empty) = channel(BLOCKS);
    (Filler { full, empty, made: 0 }, Drainer { full: full_out, empty: empty_in })
}

impl Filler {
    fn ready(&mut self) -> Option<Block> {
        if let Ok(block) = self.empty.try_recv() {
            return Some(block);
        }
        if self.made == BLOCKS {
            return None;
        }
        self.made += 1;
        Some(Block { bytes: vec![0; BLOCK].into_boxed_slice(), filled: 0 })
    }

    /// A block to fill; `None` when the other end is gone.
    pub(super) async fn empty(&mut self) -> Option<Block> {
        match self.ready() {
            Some(block) => Some(block),
            None => self.empty.recv().await,
        }
    }

    /// A block to fill, on a thread that may block.
    pub(super) fn blocking_empty(&mut self) -> Option<Block> {
        match self.ready() {
            Some(block) => Some(block),
            None => self.empty.blocking_recv(),
        }
    }

    /// Hands a block over; false when the other end is gone.
    pub(super) async fn put(&self, block: Block) -> bool {
        self.full.send(block).await.is_ok()
    }

    /// Hands a block over, on a thread that may block.
    pub(super) fn blocking_put(&self, block: Block) -> bool {
        self.full.blocking_send(block).is_ok()
    }
}

impl Drainer {
    /// The next block; `None` at the end.
    pub(super) async fn full(&mut self) -> Option<Block> {
        self.full.recv().await
    }

    /// The next block, on a thread that may block.
    pub(super) fn blocking_full(&mut self) -> Option<Block> {
        self.full.blocking_recv()
    }

    /// Gives an emptied block back.
    pub(super) fn give_back(&self, block: Block) {
        // There is room for all blocks; a filler that is gone needs none.
        let _ = self.empty.try_send(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_side_that_is_slow_holds_up_the_other() {
        let (mut filler, mut drainer) = belt();
        for _ in 0..BLOCKS {
            let block = filler.ready().unwrap();
            assert!(filler.put(block).await);
        }
        assert!(filler.ready().is_none(), "no more memory than these blocks");
        let block = drainer.full().await.unwrap();
        assert!(filler.ready().is_none(), "it is not empty yet");
        drainer.give_back(block);
        assert!(filler.ready().is_some());
    }
}
