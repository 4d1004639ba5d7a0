//! Packed exports: gzip, and a zip of one file. What they hold is bounded, however little they take.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use super::{LARGEST, ReadError};

/// The bytes of `packed`, unpacked if they are an archive, and the name of the file within.
pub(super) fn unpack<'b>(packed: &'b [u8], name: &str) -> Result<(Cow<'b, [u8]>, Option<String>), ReadError> {
    if packed.starts_with(b"\x1f\x8b") {
        let inner = name.strip_suffix(".gz").map(str::to_owned);
        let bytes = bounded(flate2::read::MultiGzDecoder::new(packed)).map_err(|reason| damaged(name, reason))?;
        return Ok((Cow::Owned(bytes), inner));
    }
    if packed.starts_with(b"PK\x03\x04") {
        return unzip(packed, name).map(|(bytes, inner)| (Cow::Owned(bytes), Some(inner)));
    }
    Ok((Cow::Borrowed(packed), None))
}

fn damaged(name: &str, reason: String) -> ReadError {
    ReadError::Io {
        file: name.to_owned(),
        reason,
    }
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = reader.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| {
        format!(
            "the archive is damaged ({})",
            crate::text::clean_line(&error.to_string())
        )
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err("larger than 1 GiB unpacked".to_owned());
    }
    Ok(bytes)
}

fn unzip(packed: &[u8], name: &str) -> Result<(Vec<u8>, String), ReadError> {
    let broken = |error: zip::result::ZipError| {
        let words = crate::text::clean_line(&error.to_string());
        damaged(name, format!("the archive is damaged ({words})"))
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(packed)).map_err(broken)?;
    // Spreadsheets are zips too, of many parts.
    let files: Vec<String> = archive
        .file_names()
        .flatten()
        .filter(|file| !file.ends_with('/') && !file.starts_with("__MACOSX"))
        .map(std::borrow::Cow::into_owned)
        .collect();
    if files.iter().any(|file| file == "[Content_Types].xml") {
        return Err(ReadError::NotText {
            file: name.to_owned(),
            what: "a spreadsheet",
        });
    }
    let [only] = files.as_slice() else {
        let reason = format!("the archive holds {} files; unpack it and name one", files.len());
        return Err(damaged(name, reason));
    };
    let file = archive.by_name(only).map_err(broken)?;
    let bytes = bounded(file).map_err(|reason| damaged(name, reason))?;
    Ok((bytes, only.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn gzip_and_a_zip_of_one_file_are_unpacked() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"time,open").unwrap();
        let gz = gz.finish().unwrap();
        let (bytes, inner) = unpack(&gz, "a/XAUUSD_H1.csv.gz").unwrap();
        assert_eq!(
            (&*bytes, inner.as_deref()),
            (&b"time,open"[..], Some("a/XAUUSD_H1.csv"))
        );
        assert!(unpack(&gz[..gz.len() - 6], "a.gz").is_err(), "cut");

        let zipped = |names: &[&str]| {
            let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for name in names {
                zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
                zip.write_all(b"time,open").unwrap();
            }
            zip.finish().unwrap().into_inner()
        };
        let one = zipped(&["XAUUSD_H1.csv"]);
        let (bytes, inner) = unpack(&one, "export.zip").unwrap();
        assert_eq!((&*bytes, inner.as_deref()), (&b"time,open"[..], Some("XAUUSD_H1.csv")));
        for (names, words) in [
            (&["a", "b"][..], "holds 2 files"),
            (&["[Content_Types].xml"], "spreadsheet"),
        ] {
            let error = unpack(&zipped(names), "x.zip").unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_is_no_archive_is_left_alone() {
        let (bytes, inner) = unpack(b"time,open", "x.csv").unwrap();
        assert!(matches!(bytes, Cow::Borrowed(_)) && inner.is_none());
    }
}
