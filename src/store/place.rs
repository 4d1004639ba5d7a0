//! The directory of a store: whether it may be trusted with one, who else uses it, and how its last user left it.
//!
//! Beside the store's own directory lies a lock file. Every process with the store open holds it shared; who finds it
//! free is alone, and may look at the file with ordinary reads, set it aside, or put another in its place. The lock goes
//! with its process, however that ends. Inside, a *stamp* says that the last user closed the store in order.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::pages::survey;
use crate::store::{DiskError, SetAside, Unusable};
use crate::text::io_reason;

/// The version of the store's layout: another one lies beside it.
const LAYOUT: &str = "v1";
const DATA: &str = "data.mdb";
const LOCK_TABLE: &str = "lock.mdb";
const STAMP: &str = "stamp";
/// Its being there says that somebody has met damage.
const SUSPECT: &str = "suspect";
const BESIDE: &str = "compacting-";
/// How long to wait for a process that has the store to itself.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// Stores that this process holds.
static CLAIMED: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

fn claimed() -> MutexGuard<'static, HashSet<PathBuf>> {
    // A set of paths: a panic leaves it whole.
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until this process no longer holds the store, and claims it.
fn wait_for_own(store: &Path) -> Result<(), DiskError> {
    let begun = Instant::now();
    while !claimed().insert(store.to_owned()) {
        if begun.elapsed() > PATIENCE {
            return Err(DiskError::Busy);
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// How the lock is held.
#[derive(Clone, Copy)]
enum Hold {
    Alone,
    Shared,
}

/// A directory fit for a store, and this process's hold on it.
pub(crate) struct Place {
    store: PathBuf,
    lock: Option<File>,
    alone: bool,
    /// Whether the store is to be left with a stamp.
    in_order: AtomicBool,
}

impl Place {
    /// Makes the directory if need be, and takes hold of it.
    pub fn claim(directory: &Path) -> Result<Self, DiskError> {
        let refuse = |reason: String| DiskError::Directory {
            path: directory.display().to_string(),
            reason,
        };
        let system = |error: io::Error| refuse(io_reason(&error));
        // Without a slash at its end: with one, a link is followed before it is looked at.
        let directory = &directory.components().collect::<PathBuf>();
        trusted(directory).map_err(refuse)?;
        crate::files::private_directory(directory).map_err(system)?;
        trusted(directory).map_err(refuse)?;
        let directory = directory.canonicalize().map_err(system)?;
        if let Some(kind) = network(&directory) {
            return Err(refuse(format!(
                "it lies on a network file system ({kind}), where LMDB's locks and maps do not hold"
            )));
        }
        keep_private(&directory).map_err(system)?;
        let store = directory.join(LAYOUT);
        trusted(&store).map_err(refuse)?;
        crate::files::private_directory(&store).map_err(system)?;
        private(&store, 0o700).map_err(system)?;
        for name in [DATA, LOCK_TABLE] {
            let file = store.join(name);
            trusted(&file).map_err(refuse)?;
            if file.exists() {
                private(&file, 0o600).map_err(system)?;
            }
        }
        let path = directory.join(format!("{LAYOUT}.lock"));
        trusted(&path).map_err(refuse)?;
        // The writability of the directory is what LMDB would only say as a number.
        writable(&store).map_err(system)?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        wait_for_own(&store)?;
        // From here on the claim is let go by dropping it.
        let mut place = Self {
            store,
            lock: None,
            alone: false,
            in_order: AtomicBool::new(false),
        };
        place.lock = Some(options.open(&path).map_err(system)?);
        private(&path, 0o600).map_err(system)?;
        place.alone = place.hold()?;
        if place.alone {
            place.clear_away();
        }
        Ok(place)
    }

    /// The directory that the environment lies in.
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// Whether no other process has the store open.
    pub fn alone(&self) -> bool {
        self.alone
    }

    /// The file of the store.
    pub fn data(&self) -> PathBuf {
        self.store.join(DATA)
    }

    /// Sets the modes of the files that LMDB has made.
    pub fn keep_files_private(&self) {
        for name in [DATA, LOCK_TABLE] {
            // Made a moment ago by this process with this mode, or set when the place was claimed.
            let _ = private(&self.store.join(name), 0o600);
        }
    }

    /// Lets others in.
    pub fn share(&mut self) -> Result<(), DiskError> {
        self.alone = false;
        if self.lock(Hold::Shared) {
            Ok(())
        } else {
            Err(DiskError::Busy)
        }
    }

    /// Holds the lock alone if it is free, else shared. Who holds it alone does so for moments, or says that it is busy.
    fn hold(&self) -> Result<bool, DiskError> {
        if self.lock(Hold::Alone) {
            return Ok(true);
        }
        let begun = Instant::now();
        while !self.lock(Hold::Shared) {
            if begun.elapsed() > PATIENCE {
                return Err(DiskError::Busy);
            }
            std::thread::sleep(PAUSE);
        }
        // Who had it alone may have died before it was done with looking.
        Ok(self.lock(Hold::Alone))
    }

    /// Takes the lock, if it can be had at once.
    ///
    /// On Unix this is a lock of the process: unlike one of the open file, a program that is being started does not hold
    /// it too for a moment, and make this process believe that it is not alone. Closing any handle of the file lets go of
    /// it, so a process has one ([`CLAIMED`]).
    fn lock(&self, hold: Hold) -> bool {
        let Some(lock) = &self.lock else { return false };
        #[cfg(unix)]
        {
            use rustix::fs::{FlockOperation, fcntl_lock};
            let operation = match hold {
                Hold::Alone => FlockOperation::NonBlockingLockExclusive,
                Hold::Shared => FlockOperation::NonBlockingLockShared,
            };
            fcntl_lock(lock, operation).is_ok()
        }
        #[cfg(not(unix))]
        match hold {
            Hold::Alone => lock.try_lock().is_ok(),
            Hold::Shared => lock.try_lock_shared().is_ok(),
        }
    }

    /// Looks at the store's file, if nobody else has it open: who has, has looked. A store that was left in order, and not
    /// written since, is believed: bytes that rot unseen by the file system are found by checksums, or by the next
    /// opening after a crash.
    pub fn examine(&self) -> Result<(), DiskError> {
        let mut file = match File::open(self.data()) {
            Ok(file) if self.alone => file,
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let in_order = self.read_stamp().is_some_and(|stamp| Some(stamp) == self.stamp());
        // Without the stamp, a crash from here on is evidence.
        let _ = fs::remove_file(self.store.join(STAMP));
        let suspect = self.store.join(SUSPECT);
        if in_order && !suspect.exists() {
            return Ok(());
        }
        let pages = survey(&mut file, None)?;
        tracing::debug!(pages, "the store was looked at");
        let _ = fs::remove_file(suspect);
        Ok(())
    }

    /// Says whether the store is in order, as far as is known: if so it will be left with a stamp.
    pub fn vouch(&self, in_order: bool) {
        self.in_order.store(in_order, Ordering::Relaxed);
        if !in_order {
            // Others may leave it in order for all they know: this tells the next who is alone to look.
            let _ = fs::write(self.store.join(SUSPECT), "");
            let _ = private(&self.store.join(SUSPECT), 0o600);
        }
    }

    /// What tells that the file has not been written since: its length and time.
    fn stamp(&self) -> Option<String> {
        let data = fs::metadata(self.data()).ok()?;
        let time = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{} {}", data.len(), time.as_nanos()))
    }

    /// Gives the file a time to the nanosecond. Whoever writes it later, be it in the same instant, leaves another: the
    /// system's own times are coarser.
    fn mark_time(&self) -> io::Result<()> {
        File::options()
            .write(true)
            .open(self.data())?
            .set_modified(std::time::SystemTime::now())
    }

    fn read_stamp(&self) -> Option<String> {
        fs::read_to_string(self.store.join(STAMP)).ok()
    }

    /// Moves the store under a name that says when and why, so that a new one can be begun.
    pub fn set_aside(&self, reason: Unusable, now: i64) -> Result<SetAside, DiskError> {
        if !self.alone {
            return Err(DiskError::Unusable(reason));
        }
        let when = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
        let when = when.strftime("%Y%m%dT%H%M%SZ");
        let name = format!("{LAYOUT}-{}-{when}", reason.word());
        let path = (1..)
            .map(|n| match n {
                1 => self.store.with_file_name(&name),
                n => self.store.with_file_name(format!("{name}-{n}")),
            })
            .find(|path| !path.exists())
            .ok_or(DiskError::Closed)?;
        fs::rename(&self.store, &path)?;
        crate::files::private_directory(&self.store)?;
        tracing::warn!(%reason, aside = %path.display(), "the cache's store was set aside and a new one begun");
        Ok(SetAside { reason, path })
    }

    /// A new file in the store's directory; one that a killed process left is cleared away by the next.
    pub fn beside(&self) -> io::Result<tempfile::NamedTempFile> {
        tempfile::Builder::new().prefix(BESIDE).tempfile_in(&self.store)
    }

    fn clear_away(&self) {
        let left = fs::read_dir(&self.store).into_iter().flatten().flatten();
        for file in left.filter(|file| file.file_name().to_string_lossy().starts_with(BESIDE)) {
            // What cannot be removed takes room and does no harm.
            let _ = fs::remove_file(file.path());
        }
    }

    /// The file of a store at rest, its lock table gone: another may be put in its place.
    pub fn replace(&self, with: tempfile::NamedTempFile) -> Result<(), DiskError> {
        with.as_file().sync_all()?;
        with.persist(self.data()).map_err(|error| error.error)?;
        match fs::remove_file(self.store.join(LOCK_TABLE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(sync_directory(&self.store)?),
        }
    }

    /// Whether nothing more can be written.
    pub fn is_full(&self) -> bool {
        self.free() == Some(0)
    }

    /// Bytes that can still be written, above what is kept free so that deletes go on working.
    pub fn free(&self) -> Option<u64> {
        #[cfg(unix)]
        {
            /// Kept free: a fiftieth of the file system, within reason.
            const FLOOR: std::ops::RangeInclusive<u64> = (256 << 10)..=(32 << 20);
            let system = rustix::fs::statvfs(&self.store).ok()?;
            let floor = (system.f_blocks.saturating_mul(system.f_frsize) / 50).clamp(*FLOOR.start(), *FLOOR.end());
            Some(system.f_bavail.saturating_mul(system.f_frsize).saturating_sub(floor))
        }
        #[cfg(not(unix))]
        None
    }
}

/// Leaves the store with a stamp, if it is in order and nobody else has it open. The environment is closed by then.
impl Drop for Place {
    fn drop(&mut self) {
        if self.in_order.load(Ordering::Relaxed)
            && self.lock(Hold::Alone)
            && self.mark_time().is_ok()
            && let Some(stamp) = self.stamp()
        {
            // Without one the next opening only takes longer.
            let _ = fs::write(self.store.join(STAMP), stamp);
            let _ = private(&self.store.join(STAMP), 0o600);
        }
        drop(self.lock.take());
        claimed().remove(&self.store);
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.store.display())
    }
}

/// Refuses what could lead elsewhere or belongs to someone else. What is not there is no danger.
fn trusted(path: &Path) -> Result<(), String> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_reason(&error)),
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    if found.is_symlink() {
        return Err(format!("{name} is a symbolic link; name the directory it leads to"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(format!("{name} belongs to another user"));
        }
    }
    Ok(())
}

/// Whether files can be made in a directory.
fn writable(directory: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)
    }
    #[cfg(not(unix))]
    tempfile::NamedTempFile::new_in(directory).map(|_| ())
}

/// Sets the mode of what is ours, whatever the umask was.
fn private(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let there = fs::metadata(path)?.permissions().mode() & 0o777;
        // What others may do is taken away; what its owner may not do, he has chosen.
        let private = there & mode;
        if there != private {
            fs::set_permissions(path, fs::Permissions::from_mode(private))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

/// A directory with nothing but ours in it is made private; one that holds other things is someone's who chose its mode.
fn keep_private(directory: &Path) -> io::Result<()> {
    let ours = fs::read_dir(directory)?
        .flatten()
        .all(|entry| entry.file_name().to_string_lossy().starts_with(LAYOUT));
    if ours { private(directory, 0o700) } else { Ok(()) }
}

/// A rename is safe once its directory is.
fn sync_directory(directory: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}

/// The kind of network file system that this lies on, if it does.
fn network(directory: &Path) -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        let device = fs::metadata(directory).ok()?.dev();
        let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
        network_mount(&fs::read_to_string("/proc/self/mountinfo").ok()?, &device)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = directory;
        None
    }
}

/// The file system of the mount of this device, in the words of `/proc/self/mountinfo`, if it is one over a network.
#[cfg(target_os = "linux")]
fn network_mount(mounts: &str, device: &str) -> Option<String> {
    const NETWORK: [&str; 21] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "coda",
        "lustre",
        "gpfs",
        "beegfs",
        "orangefs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.glusterfs",
        "fuse.davfs2",
        "fuse.ceph",
        "fuse.smbnetfs",
        "davfs",
    ];
    let kind = mounts.lines().find_map(|line| {
        let (front, back) = line.split_once(" - ")?;
        (front.split(' ').nth(2)? == device).then(|| back.split(' ').next())?
    })?;
    NETWORK.contains(&kind).then(|| kind.to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_mount() {
        let mounts = "22 1 0:20 / /proc rw - proc proc rw\n\
            30 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
            41 30 0:52 / /home rw shared:9 - nfs4 server:/home rw,vers=4.2\n\
            42 30 0:53 / /mnt/x rw - fuse.sshfs me@there:/ rw\n";
        assert_eq!(network_mount(mounts, "0:52").as_deref(), Some("nfs4"));
        assert_eq!(network_mount(mounts, "0:53").as_deref(), Some("fuse.sshfs"));
        assert_eq!(network_mount(mounts, "8:1"), None);
        assert_eq!(network_mount(mounts, "9:9"), None);
    }
}
