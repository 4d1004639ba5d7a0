//! Bytes to text: byte-order marks, UTF-16, UTF-8, and Windows-1252 for what is neither.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::ReadError;

/// The text of `bytes`.
pub(super) fn text(bytes: &[u8], name: &str) -> Result<String, ReadError> {
    let containers: [(&[u8], &str); 6] = [
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
        (b"SQLite format 3", "an SQLite database"),
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a picture"),
        (b"PAR1", "a Parquet file"),
    ];
    let not_text = |what| ReadError::NotText {
        file: name.to_owned(),
        what,
    };
    if let Some((_, what)) = containers.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(not_text(what));
    }
    let encoding = Encoding::for_bom(bytes).map_or_else(|| guess(bytes), |(encoding, _)| encoding);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    if text.contains('\0') {
        return Err(not_text("binary data"));
    }
    if text.trim().is_empty() {
        return Err(ReadError::Empty(name.to_owned()));
    }
    Ok(text.into_owned())
}

/// Without a mark: zeros at every other byte are UTF-16; valid UTF-8 is that; the rest is an old Windows file.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let head = &bytes[..bytes.len().min(512)];
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let many = head.len() / 4;
    if many > 0 && zeros(1) > many && zeros(0) == 0 {
        UTF_16LE
    } else if many > 0 && zeros(0) > many && zeros(1) == 0 {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}
