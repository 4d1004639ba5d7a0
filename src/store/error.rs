//! Why a store did not do what was asked, and what became of one that could not be used.

use std::path::PathBuf;

/// Why a store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// The directory cannot be made, written or trusted.
    #[error("{path}: {reason}")]
    Directory {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// LMDB refuses.
    #[error("{path}: {reason}")]
    Store {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file is no store of this program's, or no longer one.
    #[error("the store is unusable: {0}")]
    Unusable(Unusable),
    /// An entry is not as it was written.
    #[error("the entry was damaged and has been taken out; ask again")]
    Damaged,
    /// The disk is full, or the file may not grow.
    #[error("the disk is full; free some space, or choose another place")]
    Full,
    /// LMDB's map is full, though the disk need not be.
    #[error("the store's map is full; lower `disk` under [cache]")]
    MapFull,
    /// A write came out short: LMDB does not say whether for want of space.
    #[error("the disk is full or failing; free some space, or choose another place")]
    Failing,
    /// An entry that the budget has no room for, even with everything gone that may go.
    #[error("the answer takes {size} on disk, and the cache has room for {room}; raise `disk` under [cache]")]
    TooLarge {
        /// What it takes.
        size: String,
        /// What could be had for it.
        room: String,
    },
    /// Another process does not let go of the store.
    #[error("another process holds the store; try again when it is done")]
    Busy,
    /// There is no disk tier.
    #[error("no disk tier is open")]
    Closed,
    /// Another process with more address space has grown the store past what this one can map.
    #[error(
        "another process has grown the store past this one's address space; raise its limit, or lower `disk` under [cache]"
    )]
    Grown,
    /// Anything else that the system or LMDB says.
    #[error("{0}")]
    Other(String),
}

/// In which way a store is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is shorter than it says it is.
    #[error("truncated, {0}")]
    Truncated(String),
    /// Its pages contradict each other.
    #[error("damaged, {0}")]
    Damaged(String),
    /// It is laid out in a way that this release does not know.
    #[error("of an unknown version, {0}")]
    Version(String),
    /// Another program wrote it.
    #[error("another program's, {0}")]
    Foreign(String),
}

impl Unusable {
    /// One word, for the name under which the store is kept.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Unusable::Truncated(_) => "truncated",
            Unusable::Damaged(_) => "damaged",
            Unusable::Version(_) => "version",
            Unusable::Foreign(_) => "foreign",
        }
    }
}

/// A store that could not be used was moved, and a new one begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store is {reason}; it was set aside as {} and a new one begun", path.display())]
pub struct SetAside {
    /// Why.
    pub reason: Unusable,
    /// Where it lies now.
    pub path: PathBuf,
}

impl From<heed::Error> for DiskError {
    fn from(error: heed::Error) -> Self {
        use heed::MdbError;
        match error {
            heed::Error::Mdb(MdbError::MapFull) => DiskError::MapFull,
            heed::Error::Mdb(MdbError::MapResized) => DiskError::Grown,
            heed::Error::Mdb(MdbError::Invalid) => {
                DiskError::Unusable(Unusable::Foreign("its header is not LMDB's".to_owned()))
            }
            heed::Error::Mdb(mdb @ MdbError::VersionMismatch) => {
                DiskError::Unusable(Unusable::Version(mdb.to_string()))
            }
            heed::Error::Mdb(mdb @ (MdbError::Corrupted | MdbError::PageNotFound | MdbError::CursorFull)) => {
                DiskError::Unusable(Unusable::Damaged(mdb.to_string()))
            }
            // EIO is LMDB's own word for a short write.
            heed::Error::Io(io) if io.raw_os_error() == Some(5) => DiskError::Failing,
            heed::Error::Io(io) => io.into(),
            other => DiskError::Other(other.to_string()),
        }
    }
}

impl From<std::io::Error> for DiskError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => DiskError::Full,
            _ => DiskError::Other(crate::text::io_reason(&error)),
        }
    }
}
