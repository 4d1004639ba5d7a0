//! Why the disk tier did not do what was asked.

/// Why the disk tier did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// The directory cannot be made or written.
    #[error("cache directory {path}: {reason}; answers are kept in memory only, choose another with --cache-dir")]
    Directory {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// LMDB refuses.
    #[error("cache in {path}: {reason}; answers are kept in memory only, clear it or choose another with --cache-dir")]
    Store {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file is no store of this program's.
    #[error("the file is damaged or another program's: {0}")]
    NoStore(String),
    /// An entry is not as it was written.
    #[error("a damaged entry")]
    Damaged,
    /// The disk, or the store's budget, is full.
    #[error("the disk is full")]
    Full,
    /// There is no disk tier.
    #[error("no disk tier is open")]
    Closed,
    /// Anything else that LMDB says.
    #[error("{0}")]
    Other(String),
}

impl From<heed::Error> for DiskError {
    fn from(error: heed::Error) -> Self {
        match error {
            heed::Error::Mdb(heed::MdbError::MapFull) => DiskError::Full,
            heed::Error::Mdb(
                mdb @ (heed::MdbError::Invalid | heed::MdbError::VersionMismatch | heed::MdbError::Corrupted),
            ) => DiskError::NoStore(mdb.to_string()),
            heed::Error::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => DiskError::Full,
            other => DiskError::Other(other.to_string()),
        }
    }
}
