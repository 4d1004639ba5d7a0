//! Entries in one portable file: lines of JSON, each with its checksum, written and read without holding them.
//!
//! The first line names the format, the last says how many entries there are:
//!
//! ```text
//! {"wickdesk_cache":1,"notice":"Research, not advice."}
//! {"sum":"…","entry":{"key":"…","header":{…},"text":"…","asked":"…base64…"}}
//! {"end":1,"sum":"…"}
//! ```
//!
//! A line's `sum` is the BLAKE3 hash of its entry's bytes as they stand there; the last one is that of all sums. Where
//! the request is there, its hash must be the key: an answer cannot be passed off as one to another question.

use std::io::{self, BufRead, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Cache, DiskError, Entry, Header, Key, Receipt};
use crate::text::{clean, clean_line, io_reason};

const FORMAT: u32 = 1;
/// A longer line is no entry.
const LONGEST_LINE: u64 = 64 << 20;
/// Entries on their way to disk at once.
const WINDOW: usize = 256;

#[derive(Serialize, Deserialize)]
struct Head {
    wickdesk_cache: u32,
    notice: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    sum: String,
    entry: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
struct End {
    end: u64,
    sum: String,
}

#[derive(Serialize, Deserialize)]
struct Portable {
    key: String,
    header: Header,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
}

/// What an export did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Exported {
    /// Entries written.
    pub written: u64,
    /// Entries that were damaged: they are not in it, and no longer in the store.
    pub damaged: u64,
}

/// Why nothing, or nothing more, was exported or imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortableError {
    /// The file cannot be read or written.
    #[error("{0}")]
    File(String),
    /// It is no export of this program's.
    #[error("this is no file that `wickdesk cache export` wrote")]
    NoExport,
    /// It is one of another release's.
    #[error("the file is of format {0}, which this release does not know; update wickdesk")]
    Format(u32),
    /// The store fails.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl From<io::Error> for PortableError {
    fn from(error: io::Error) -> Self {
        PortableError::File(io_reason(&error))
    }
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Imported {
    /// Entries stored.
    pub stored: u64,
    /// Entries that were there already.
    pub known: u64,
    /// Entries whose time was up.
    pub expired: u64,
    /// Lines that were damaged.
    pub refused: u64,
    /// Whether the file ends as it should; else entries may be missing.
    pub whole: bool,
}

impl Imported {
    /// Waits for an entry; one that there is no room for is refused, and the others go on.
    fn settle(&mut self, receipt: Receipt) -> Result<(), DiskError> {
        match receipt.wait() {
            Ok(_) => Ok(()),
            Err(DiskError::TooLarge { .. }) => {
                self.stored -= 1;
                self.refused += 1;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn sum(bytes: &[u8]) -> String {
    let hash = blake3::hash(bytes).to_hex();
    hash.chars().take(32).collect()
}

impl Cache {
    /// Writes all entries that have not expired by `now`.
    ///
    /// # Errors
    /// [`PortableError`] when the store cannot be read or `out` written.
    pub fn export(
        &self,
        out: &mut impl Write,
        now: i64,
        mut progress: impl FnMut(u64),
    ) -> Result<Exported, PortableError> {
        let json = |value: serde_json::Result<String>| value.map_err(|e| PortableError::File(e.to_string()));
        let head = Head {
            wickdesk_cache: FORMAT,
            notice: "Research, not advice.".to_owned(),
        };
        writeln!(out, "{}", json(serde_json::to_string(&head))?)?;
        let mut sums = blake3::Hasher::new();
        let (mut count, mut damaged) = (0, 0);
        // The oldest first, so that who reads it numbers the samples of a question as they came.
        for listed in self.list().oldest_first() {
            let listed = listed?;
            if !self.is_live(&listed.header, now) {
                continue;
            }
            let entry = match self.sample(&listed.key, listed.header.sample) {
                Ok(Some(entry)) => entry,
                // Removed meanwhile.
                Ok(None) => continue,
                Err(DiskError::Damaged) => {
                    damaged += 1;
                    self.stats().session.corrupt += 1;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let portable = Portable {
                key: listed.key.to_string(),
                header: entry.header,
                text: entry.text,
                asked: self
                    .asked(&listed.key)
                    .ok()
                    .flatten()
                    .map(|asked| STANDARD.encode(asked)),
                pinned: listed.pinned,
            };
            let entry = json(serde_json::to_string(&portable))?;
            let sum = sum(entry.as_bytes());
            sums.update(sum.as_bytes());
            writeln!(out, "{{\"sum\":\"{sum}\",\"entry\":{entry}}}")?;
            count += 1;
            progress(count);
        }
        let end = End {
            end: count,
            sum: sums.finalize().to_hex().chars().take(32).collect(),
        };
        writeln!(out, "{}", json(serde_json::to_string(&end))?)?;
        out.flush()?;
        Ok(Exported {
            written: count,
            damaged,
        })
    }

    /// Adds the entries of an export that have not expired by `now` and are not here already. `refuse` hears the number
    /// of each damaged line and what is wrong with it; the others are taken.
    ///
    /// # Errors
    /// [`PortableError`] when the file is none, cannot be read, or the store cannot be written. What was stored before
    /// stays.
    pub fn import(
        &self,
        from: &mut impl BufRead,
        now: i64,
        mut refuse: impl FnMut(u64, &str),
    ) -> Result<Imported, PortableError> {
        let head = read_line(from)?.ok_or(PortableError::NoExport)?;
        let head: Head = serde_json::from_slice(&head).map_err(|_| PortableError::NoExport)?;
        if head.wickdesk_cache != FORMAT {
            return Err(PortableError::Format(head.wickdesk_cache));
        }
        let mut done = Imported::default();
        let mut on_their_way = std::collections::VecDeque::new();
        let mut sums = blake3::Hasher::new();
        let (mut lines, mut number) = (0, 1);
        // Several exports may stand behind one another.
        let (mut ended, mut all_whole) = (false, true);
        let mut seen = std::collections::HashSet::new();
        let mut pinned = Vec::new();
        while let Some(line) = read_line(from)? {
            number += 1;
            if let Ok(end) = serde_json::from_slice::<End>(&line) {
                let sum: String = sums.finalize().to_hex().chars().take(32).collect();
                all_whole &= !ended && end.end == lines && end.sum == sum;
                ended = true;
                continue;
            }
            if ended
                && let Ok(head) = serde_json::from_slice::<Head>(&line)
                && head.wickdesk_cache == FORMAT
            {
                (ended, lines) = (false, 0);
                sums = blake3::Hasher::new();
                continue;
            }
            if ended {
                done.refused += 1;
                refuse(number, "behind the end of the export");
                continue;
            }
            lines += 1;
            // A damaged entry's own sum still counts towards the file's: it is the entry that is amiss, not the file.
            if let Ok(legible) = serde_json::from_slice::<Line>(&line) {
                sums.update(legible.sum.as_bytes());
            }
            match parse(&line) {
                Err(reason) => {
                    done.refused += 1;
                    refuse(number, reason);
                }
                Ok((key, mut entry, asked, pin)) => {
                    // An entry that stands twice in the file is one.
                    let again = !seen.insert((key, entry.header.sample, entry.header.created));
                    if !self.is_live(&entry.header, now) {
                        done.expired += 1;
                    } else if again || self.knows(&key, &entry)? {
                        done.known += 1;
                    } else {
                        // Its own number, unless another answer has it.
                        if self.peek(&key, super::Want::Sample(entry.header.sample), now).is_some() {
                            entry.header.sample = self.next_sample(&key);
                        }
                        if pin {
                            pinned.push((key, entry.header.sample));
                        }
                        on_their_way.push_back(self.take_in(&key, entry, &asked, now));
                        done.stored += 1;
                    }
                }
            }
            while on_their_way.len() > WINDOW
                && let Some(receipt) = on_their_way.pop_front()
            {
                done.settle(receipt)?;
            }
        }
        for receipt in on_their_way {
            done.settle(receipt)?;
        }
        for (key, sample) in pinned {
            self.pin(&key, sample, true)?;
        }
        done.whole = ended && all_whole;
        Ok(done)
    }

    /// Whether this very answer is here, under whatever sample number.
    fn knows(&self, key: &Key, entry: &Entry) -> Result<bool, DiskError> {
        let same = |header: &Header| {
            let mut renumbered = header.clone();
            renumbered.sample = entry.header.sample;
            renumbered == entry.header
        };
        Ok(self.samples(key)?.iter().any(same))
    }
}

/// The next line without its end; `None` at the file's end.
fn read_line(from: &mut impl BufRead) -> Result<Option<Vec<u8>>, PortableError> {
    let mut line = Vec::new();
    let read = from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if read as u64 == LONGEST_LINE {
        // The rest of a line that is none.
        from.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

type Parsed = (Key, Entry, Vec<u8>, bool);

fn parse(line: &[u8]) -> Result<Parsed, &'static str> {
    let line: Line = serde_json::from_slice(line).map_err(|_| "not an entry")?;
    let raw = line.entry.get();
    if sum(raw.as_bytes()) != line.sum {
        return Err("not as it was exported");
    }
    let portable: Portable = serde_json::from_str(raw).map_err(|_| "an entry with a field amiss")?;
    let key: Key = portable.key.parse().map_err(|_| "its key is none")?;
    let asked = portable.asked.map_or(Ok(Vec::new()), |asked| STANDARD.decode(asked));
    let asked = asked.map_err(|_| "its request is not legible")?;
    if !asked.is_empty() && Key::of(&asked) != key {
        return Err("its key is another request's");
    }
    // Text from outside is data: it is made harmless as a model's answer is.
    let text = clean(&portable.text);
    let mut header = portable.header;
    for name in [&mut header.model, &mut header.requested_model, &mut header.label] {
        *name = clean_line(name).chars().take(super::entry::LONGEST_NAME).collect();
    }
    header.text_len = text.len() as u64;
    // No call costs or takes more; sums of such stay numbers.
    let sensible = |n: f64| (0.0..=1e9).contains(&n);
    if !sensible(header.latency_ms) || header.cost_usd.is_some_and(|cost| !sensible(cost)) {
        return Err("its cost or latency is none");
    }
    Ok((key, Entry { header, text }, asked, portable.pinned))
}
