//! The LMDB environment: the one place that needs `unsafe`, with the reasons why it is sound here.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{RwLock, RwLockReadGuard};

use heed::{Env, EnvFlags, EnvOpenOptions, RoTxn, RwTxn, WithoutTls};

use crate::store::DiskError;

/// Address space reserved at once, the largest that the machine grants: the map need not be resized under a reader.
pub(crate) const MAP_SIZES: [usize; 5] = [1 << 40, 1 << 36, 1 << 33, 1 << 31, 1 << 28];
const READERS: u32 = 1022;
/// A multiple of every machine's page.
const MAP_STEP: usize = 1 << 20;

/// An open environment. Transactions are begun through it, so that its map is never changed under one.
pub(crate) struct Environment {
    env: Env<WithoutTls>,
    /// Held by every transaction, and alone by a change of the map.
    map: RwLock<()>,
    /// The map's size in bytes.
    size: AtomicU64,
    /// Whether the file is no longer mapped.
    lost: AtomicBool,
}

/// A transaction and its hold on the map, let go in this order.
pub(crate) struct Held<'e, T> {
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
                        // Larger than asked for where the file is.
                        size: AtomicU64::new(env.info().map_size as u64),
                        env,
                        map: RwLock::new(()),
                        lost: AtomicBool::new(false),
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
        if self.is_lost() {
            return Err(DiskError::Grown);
        }
        match begin().map_err(DiskError::from) {
            Ok(txn) => return Ok(Held { txn, _map: hold }),
            Err(DiskError::Grown) => drop(hold),
            Err(error) => return Err(error),
        }
        self.grow()?;
        let hold = self.hold();
        if self.is_lost() {
            return Err(DiskError::Grown);
        }
        let txn = begin().map_err(DiskError::from)?;
        Ok(Held { txn, _map: hold })
    }

    /// Makes the map large enough for what another process, with more address space, has made of the file.
    ///
    /// LMDB unmaps the file before it maps it anew. Should that fail there is no map at all, and LMDB does not know it:
    /// so it is tried first whether the space can be had, and after a failure nothing is begun any more.
    #[allow(unsafe_code)]
    fn grow(&self) -> Result<(), DiskError> {
        let _alone = self.map.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.is_lost() {
            return Err(DiskError::Grown);
        }
        // Room for as much again, so that not every commit of the other's comes to this.
        let size = self.env.real_disk_size().map_err(DiskError::from)?.saturating_mul(2);
        let size = usize::try_from(size)
            .ok()
            .and_then(|size| size.checked_next_multiple_of(MAP_STEP));
        let size = size.ok_or(DiskError::Grown)?;
        let mut probe = Vec::<u8>::new();
        probe.try_reserve_exact(size).map_err(|_| DiskError::Grown)?;
        drop(std::hint::black_box(probe));
        // SAFETY: LMDB's map may be changed while no transaction of this process is open, and each holds the lock that
        // is held here alone.
        unsafe { self.env.resize(size) }.map_err(|error| {
            self.lost.store(true, Ordering::Relaxed);
            tracing::error!(%error, "the store's map is lost: memory goes on alone");
            DiskError::Grown
        })?;
        self.size.store(size as u64, Ordering::Relaxed);
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// The bytes that the map has room for. Asked with a transaction open too, so that it takes no lock.
    pub fn map_size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    /// The number of the last commit, this process's or another's.
    pub fn last_commit(&self) -> usize {
        let _hold = self.hold();
        if self.is_lost() { 0 } else { self.env.info().last_txn_id }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        if self.is_lost() {
            // Closing would unmap once more what is not this environment's any longer: it is left open for good.
            std::mem::forget(self.env.clone());
        }
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
