//! Files and directories of the user: private, and written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file being written: what is at its path stays until it is whole.
#[derive(Debug)]
pub struct Writing(Way);

#[derive(Debug)]
enum Way {
    /// Beside it, to be moved over it.
    Beside(tempfile::NamedTempFile, PathBuf),
    /// Straight to what is no file: a pipe, a terminal, `/dev/null`.
    Straight(fs::File),
}

impl Writing {
    /// Begins to write `path`. Directories are made; the file is the user's alone; a link stays, and leads to the new file.
    ///
    /// # Errors
    /// The system's, when the directory or file cannot be written.
    pub fn begin(path: &Path) -> io::Result<Self> {
        if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let straight = fs::OpenOptions::new().write(true).open(path)?;
            return Ok(Self(Way::Straight(straight)));
        }
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let directory = path
            .parent()
            .filter(|d| !d.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        private_directory(directory)?;
        Ok(Self(Way::Beside(tempfile::NamedTempFile::new_in(directory)?, path)))
    }

    /// Puts what was written in its place.
    ///
    /// # Errors
    /// The system's; then what was at the path is as it was.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Way::Beside(file, path) => {
                // A file that was there keeps its mode.
                #[cfg(unix)]
                if let Ok(there) = fs::metadata(&path) {
                    file.as_file().set_permissions(there.permissions())?;
                }
                file.as_file().sync_all()?;
                file.persist(path).map_err(|error| error.error)?;
            }
            Way::Straight(mut file) => file.flush()?,
        }
        Ok(())
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Way::Beside(file, _) => file.write(bytes),
            Way::Straight(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Way::Beside(file, _) => file.flush(),
            Way::Straight(file) => file.flush(),
        }
    }
}

/// Writes `bytes` to `path`, whole or not at all, as [`Writing`] does.
///
/// # Errors
/// The system's; then `path` is as it was.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = Writing::begin(path)?;
    file.write_all(bytes)?;
    file.finish()
}

/// Makes `directory` and its parents, those made by this call the user's alone (0700). One that exists is left as it is.
///
/// # Errors
/// The system's.
pub fn private_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn links_stay_and_devices_are_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("real"), "old").unwrap();
        std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
        write_whole(&at("link"), b"new").unwrap();
        assert_eq!(fs::read(at("real")).unwrap(), b"new");
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        std::os::unix::fs::symlink("/dev/null", at("nothing")).unwrap();
        write_whole(&at("nothing"), b"gone").unwrap();
        assert!(fs::symlink_metadata(at("nothing")).unwrap().is_symlink());
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(write_whole(directory.path(), b"x").is_err(), "a directory is none");
    }
}
