//! Compacting: a copy of what is there takes the file's place, and the disk gets the rest back.

use std::path::Path;

use heed::CompactionOption;

use super::open_databases;
use crate::store::DiskError;
use crate::store::place::Place;

/// What a compaction did, in bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Compacted {
    /// Before it.
    pub before: u64,
    /// After it.
    pub after: u64,
}

/// Compacts the store in `directory`. LMDB cannot give a file's space back while it is open elsewhere: a process that
/// kept the old file would write where nobody reads.
///
/// # Errors
/// [`DiskError::Busy`] while another process has the store open; [`DiskError::Full`] without room for the copy. Then the
/// store is as it was.
pub fn compact(directory: &Path) -> Result<Compacted, DiskError> {
    let place = Place::claim(directory)?;
    if !place.alone() {
        return Err(DiskError::Busy);
    }
    let length = || std::fs::metadata(place.data()).map_or(0, |data| data.len());
    let databases = open_databases(&place)?;
    let before = length();
    let mut copy = place.beside()?;
    let env = databases.environment.env();
    env.copy_to_file(copy.as_file_mut(), CompactionOption::Enabled)?;
    drop(databases);
    place.replace(copy)?;
    place.vouch(true);
    Ok(Compacted {
        before,
        after: length(),
    })
}
