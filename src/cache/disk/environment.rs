//! The LMDB environment: the one place that needs `unsafe`, with the reasons why it is sound here.

use std::path::Path;
use std::sync::{RwLock, RwLockReadGuard};

use heed::{Env, EnvFlags, EnvOpenOptions, RoTxn, RwTxn, WithoutTls};

use crate::cache::error::DiskError;

/// Address space reserved at once, the largest that the machine grants: the map need not be resized under a reader.
pub(super) const MAP_SIZES: [usize; 5] = [1 << 40, 1 << 36, 1 << 33, 1 << 31, 1 << 28];
const READERS: u32 = 1022;

/// An open environment. Transactions are begun through it, so that its map is never changed under one.
pub(super) struct Environment {
    env: Env<WithoutTls>,
    /// Held by every transaction, and alone by a change of the map.
    map: RwLock<()>,
}

/// A transaction and its hold on the map, let go in this order.
pub(super) struct Held<'e, T> {
    pub txn: T,
    _map: RwLockReadGuard<'e, ()>,
}

impl<T> std::ops::Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.txn
    }
}

impl Environment {
    /// Opens the environment in `directory` with the first of these map sizes that the machine grants.
    pub fn open(directory: &Path, sizes: &[usize]) -> Result<Self, DiskError> {
        let mut last = DiskError::Closed;
        for size in sizes {
            match open_env(directory, *size) {
                Ok(env) => {
                    return Ok(Self {
                        env,
                        map: RwLock::new(()),
                    });
                }
                // One of this process's is on its way out: not a question of size.
                Err(heed::Error::EnvAlreadyOpened) => return Err(DiskError::Busy),
                Err(error) => last = error.into(),
            }
            if matches!(last, DiskError::Unusable(_) | DiskError::Full) {
                break;
            }
        }
        Err(last)
    }

    /// The environment itself, for what is no transaction.
    pub fn env(&self) -> &Env<WithoutTls> {
        &self.env
    }

    fn hold(&self) -> RwLockReadGuard<'_, ()> {
        // It guards no data: a panic under it leaves nothing half done.
        self.map.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn read(&self) -> Result<Held<'_, RoTxn<'_, WithoutTls>>, DiskError> {
        self.begin(|| self.env.read_txn())
    }

    /// Waits for another process's write transaction, if there is one.
    pub fn write(&self) -> Result<Held<'_, RwTxn<'_>>, DiskError> {
        self.begin(|| self.env.write_txn())
    }

    fn begin<T>(&self, begin: impl Fn() -> heed::Result<T>) -> Result<Held<'_, T>, DiskError> {
        let hold = self.hold();
        match begin().map_err(DiskError::from) {
            Ok(txn) => return Ok(Held { txn, _map: hold }),
            Err(DiskError::Grown) => drop(hold),
            Err(error) => return Err(error),
        }
        self.adopt_size()?;
        let hold = self.hold();
        let txn = begin().map_err(DiskError::from)?;
        Ok(Held { txn, _map: hold })
    }

    /// Takes on the size that another process has grown the map to.
    #[allow(unsafe_code)]
    fn adopt_size(&self) -> Result<(), DiskError> {
        let _alone = self.map.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: LMDB's map may be changed while no transaction of this process is open, and each holds the lock that
        // is held here alone. Size 0 is LMDB's word for "the size in the file".
        unsafe { self.env.resize(0) }.map_err(DiskError::from)
    }
}

/// Opens LMDB. The default sync is kept: NO_SYNC can leave a broken file after a power loss, and WRITE_MAP ends in SIGBUS
/// on a full disk.
#[allow(unsafe_code)]
fn open_env(path: &Path, size: usize) -> heed::Result<Env<WithoutTls>> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(size).max_dbs(8).max_readers(READERS);
    // SAFETY: a map is sound while nobody but LMDB changes the file. The directory is the user's own and private
    // (`super::place`), the file has been walked (`super::pages`), the environment is opened once a process
    // (`super::OPEN`), and NO_READ_AHEAD turns nothing off that guards it.
    unsafe {
        options.flags(EnvFlags::NO_READ_AHEAD);
        options.open(path)
    }
}
