//! An LMDB file read as plain bytes, to learn whether LMDB may be let near it.
//!
//! LMDB maps its file and follows what it finds there: a page number past the end, or a node past its page, is a
//! SIGBUS or worse. So before the first transaction the file is walked here with ordinary reads, in safe code: both
//! headers, every page that a tree reaches, the list of free pages. What passes cannot lead LMDB astray; what an entry
//! *says* is guarded by its own checksum ([`crate::cache::entry`]). Read from a file that others write, a walk must
//! name the transaction whose pages a reader's slot protects.
//!
//! The layout is that of LMDB's `mdb.c` (`MDB_meta`, `MDB_page`, `MDB_node`, `MDB_db`), data version 1, on a 64-bit
//! little-endian machine; elsewhere nothing is walked ([`KNOWN`]).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::store::{DiskError, Unusable};

/// Whether this machine writes the layout known here.
pub(crate) const KNOWN: bool = cfg!(all(target_pointer_width = "64", target_endian = "little"));

const HEADER: usize = 16;
const META: usize = HEADER + 136;
const DB: usize = 48;
const NODE: usize = 8;
const MAGIC: u32 = 0xBEEF_C0DE;
const VERSION: u32 = 1;
const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const OVERFLOW: u16 = 0x04;
const META_PAGE: u16 = 0x08;
const BIG_DATA: u16 = 0x01;
const SUB_DATA: u16 = 0x02;
const INTEGER_KEY: u16 = 0x08;
/// No tree of LMDB's is deeper: its cursors have no more levels.
const DEEPEST: u16 = 32;
const NO_PAGE: u64 = u64::MAX;

/// Looks at a store's file. `txn` names the transaction to be walked, `None` the last one. Returns the number of pages
/// in its trees. An empty file is a store not yet begun.
///
/// # Errors
/// [`DiskError::Unusable`] with the first contradiction; the system's errors.
pub(crate) fn survey(file: &mut File, txn: Option<u64>) -> Result<u64, DiskError> {
    let length = file.metadata()?.len();
    if length == 0 || !KNOWN {
        return Ok(0);
    }
    let (page_size, meta) = newest_meta(file, length, txn)?;
    let mut walk = Walk {
        file,
        page_size,
        pages: length / page_size as u64,
        last: meta.last,
        txn: meta.txn,
        seen: Vec::new(),
        named: Vec::new(),
        free: Vec::new(),
        tree_pages: 0,
    };
    walk.begin()?;
    walk.tree(&meta.main, Kind::Main)?;
    for db in std::mem::take(&mut walk.named) {
        walk.tree(&db, Kind::Plain)?;
    }
    walk.tree(&meta.free, Kind::Free)?;
    walk.end()?;
    Ok(walk.tree_pages)
}

fn damaged(what: impl Into<String>) -> DiskError {
    DiskError::Unusable(Unusable::Damaged(what.into()))
}

fn truncated(what: impl Into<String>) -> DiskError {
    DiskError::Unusable(Unusable::Truncated(what.into()))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// `MDB_db`: one tree.
#[derive(Debug, Clone, Copy)]
struct Db {
    pad: u32,
    flags: u16,
    depth: u16,
    entries: u64,
    root: u64,
}

impl Db {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            pad: u32_at(bytes, 0)?,
            flags: u16_at(bytes, 4)?,
            depth: u16_at(bytes, 6)?,
            entries: u64_at(bytes, 32)?,
            root: u64_at(bytes, 40)?,
        })
    }
}

/// `MDB_meta`, of which the file has two: the last transaction's and the one's before it.
struct Meta {
    page_size: usize,
    free: Db,
    main: Db,
    last: u64,
    txn: u64,
}

impl Meta {
    fn read(page: &[u8]) -> Result<Self, DiskError> {
        let read = || {
            let meta = page.get(HEADER..)?;
            let free = Db::read(meta.get(24..)?)?;
            Some((
                u32_at(meta, 0)?,
                u32_at(meta, 4)?,
                u16_at(page, 10)?,
                Meta {
                    page_size: usize::try_from(free.pad).ok()?,
                    free,
                    main: Db::read(meta.get(24 + DB..)?)?,
                    last: u64_at(meta, 120)?,
                    txn: u64_at(meta, 128)?,
                },
            ))
        };
        let (magic, version, flags, meta) = read().ok_or_else(|| truncated("its header is cut"))?;
        if magic != MAGIC {
            return Err(DiskError::Unusable(Unusable::Foreign(
                "its header is not LMDB's".to_owned(),
            )));
        }
        if version != VERSION {
            let words = format!("LMDB data version {version}");
            return Err(DiskError::Unusable(Unusable::Version(words)));
        }
        let fits = meta.page_size.is_power_of_two() && (512..=32_768).contains(&meta.page_size);
        if !fits || flags & META_PAGE == 0 {
            return Err(damaged("its header contradicts itself"));
        }
        if meta.free.flags != INTEGER_KEY || meta.main.flags != 0 || meta.main.pad != 0 {
            return Err(damaged("its header has unknown flags"));
        }
        Ok(meta)
    }
}

/// The header that LMDB would go by, or the one of transaction `txn`.
fn newest_meta(file: &mut File, length: u64, txn: Option<u64>) -> Result<(usize, Meta), DiskError> {
    let mut bytes = [0; META];
    if length < META as u64 {
        return Err(truncated("its header is cut"));
    }
    read_at(file, 0, &mut bytes)?;
    let first = Meta::read(&bytes)?;
    let page_size = first.page_size;
    if length < (page_size + META) as u64 {
        return Err(truncated("its second header is missing"));
    }
    read_at(file, page_size as u64, &mut bytes)?;
    let second = Meta::read(&bytes)?;
    if second.page_size != page_size {
        return Err(damaged("its headers disagree"));
    }
    if first.txn.abs_diff(second.txn) > 1 {
        return Err(damaged("its headers are of times too far apart"));
    }
    let (index, meta) = match txn {
        Some(txn) if first.txn == txn => (0, first),
        Some(txn) if second.txn == txn => (1, second),
        Some(_) => return Err(DiskError::Busy),
        None if first.txn < second.txn => (1, second),
        None => (0, first),
    };
    // LMDB finds a transaction's header by its parity.
    if meta.txn & 1 != index {
        return Err(damaged("its headers are in each other's place"));
    }
    Ok((page_size, meta))
}

fn read_at(file: &mut File, at: u64, bytes: &mut [u8]) -> Result<(), DiskError> {
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => truncated("pages are missing at its end"),
        _ => error.into(),
    })
}

/// Whether a page's nodes lie side by side from `upper` to its end, as LMDB leaves them: it moves them by what their
/// sizes add up to.
fn tiles(page: &[u8], lower: usize, upper: usize, is_leaf: bool) -> Option<()> {
    let mut nodes = Vec::with_capacity((lower - HEADER) / 2);
    for slot in (HEADER..lower).step_by(2) {
        let at = usize::from(u16_at(page, slot)?);
        let node = page.get(at..)?;
        let data = match (is_leaf, u16_at(node, 4)?) {
            (false, _) => 0,
            (true, BIG_DATA) => 8,
            (true, _) => u32_at(node, 0)? as usize,
        };
        let size = NODE.checked_add(usize::from(u16_at(node, 6)?))?.checked_add(data)?;
        nodes.push((at, size.next_multiple_of(2)));
    }
    nodes.sort_unstable();
    let end = nodes
        .iter()
        .try_fold(upper, |end, (at, size)| (*at == end).then_some(at + size))?;
    (end == page.len()).then_some(())
}

/// What a tree holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The named trees.
    Main,
    /// Keys and values.
    Plain,
    /// Free pages by transaction.
    Free,
}

struct Walk<'f> {
    file: &'f mut File,
    page_size: usize,
    /// Whole pages in the file.
    pages: u64,
    /// The last page that may be used.
    last: u64,
    /// The transaction walked.
    txn: u64,
    /// A bit a page: reached by a tree, or free.
    seen: Vec<u64>,
    named: Vec<Db>,
    free: Vec<u64>,
    tree_pages: u64,
}

/// A tree on the way.
struct Branch<'d> {
    db: &'d Db,
    kind: Kind,
    entries: u64,
    /// The last key passed, or the separator before what comes.
    floor: Option<Vec<u8>>,
    /// Whether `floor` is a key, which may not come again, or a separator, which may.
    strict: bool,
}

impl Walk<'_> {
    fn begin(&mut self) -> Result<(), DiskError> {
        // Only free pages may lie past the file's end, and their list is in the file.
        let most = self.pages.saturating_mul(1 + self.page_size as u64 / 8);
        if self.last < 1 || self.last >= most {
            return Err(truncated(format!(
                "{} of {} pages are there",
                self.pages,
                self.last.saturating_add(1)
            )));
        }
        let words = usize::try_from(self.last / 64 + 1).map_err(|_| damaged("it is too large"))?;
        self.seen = vec![0; words];
        self.claim(0, 2)
    }

    /// All pages are reached, free or leaked; those past the file's end must be free.
    fn end(&mut self) -> Result<(), DiskError> {
        for page in std::mem::take(&mut self.free) {
            self.claim(page, 1)?;
        }
        for page in self.pages..=self.last {
            if !self.is_seen(page) {
                return Err(truncated(format!(
                    "{} of {} pages are there",
                    self.pages,
                    self.last + 1
                )));
            }
        }
        Ok(())
    }

    fn is_seen(&self, page: u64) -> bool {
        let word = usize::try_from(page / 64).ok().and_then(|w| self.seen.get(w));
        word.is_some_and(|w| w & (1 << (page % 64)) != 0)
    }

    /// Notes pages as used; none is used twice.
    fn claim(&mut self, from: u64, count: u64) -> Result<(), DiskError> {
        for page in from..from.saturating_add(count) {
            if page > self.last || self.is_seen(page) {
                return Err(damaged(format!("page {page} is named twice or not there")));
            }
            if let Some(word) = usize::try_from(page / 64).ok().and_then(|w| self.seen.get_mut(w)) {
                *word |= 1 << (page % 64);
            }
        }
        Ok(())
    }

    fn page(&mut self, number: u64, bytes: &mut [u8]) -> Result<(), DiskError> {
        if number >= self.pages {
            return Err(truncated(format!("page {number} of {} is missing", self.last + 1)));
        }
        read_at(self.file, number * self.page_size as u64, bytes)?;
        if u64_at(bytes, 0) != Some(number) {
            return Err(damaged(format!("page {number} bears another number")));
        }
        Ok(())
    }

    fn tree(&mut self, db: &Db, kind: Kind) -> Result<(), DiskError> {
        if db.root == NO_PAGE {
            let empty = db.depth == 0 && db.entries == 0;
            return if empty {
                Ok(())
            } else {
                Err(damaged("a tree has lost its root"))
            };
        }
        if db.depth == 0 || db.depth > DEEPEST {
            return Err(damaged("a tree is too deep"));
        }
        let mut branch = Branch {
            db,
            kind,
            entries: 0,
            floor: None,
            strict: false,
        };
        self.descend(&mut branch, db.root, 1)?;
        if branch.entries != db.entries {
            return Err(damaged("a tree has lost entries"));
        }
        Ok(())
    }

    fn descend(&mut self, tree: &mut Branch<'_>, number: u64, level: u16) -> Result<(), DiskError> {
        self.claim(number, 1)?;
        self.tree_pages += 1;
        let mut page = vec![0; self.page_size];
        self.page(number, &mut page)?;
        let bad = || damaged(format!("page {number} contradicts itself"));
        let flags = u16_at(&page, 10).ok_or_else(bad)?;
        let lower = usize::from(u16_at(&page, 12).ok_or_else(bad)?);
        let upper = usize::from(u16_at(&page, 14).ok_or_else(bad)?);
        let is_leaf = match flags {
            LEAF => true,
            BRANCH => false,
            _ => return Err(bad()),
        };
        let in_order = lower >= HEADER && lower % 2 == 0 && lower <= upper && upper <= self.page_size;
        if !in_order || is_leaf != (level == tree.db.depth) {
            return Err(bad());
        }
        let count = (lower - HEADER) / 2;
        if count == 0 || (!is_leaf && count < 2) {
            return Err(bad());
        }
        tiles(&page, lower, upper, is_leaf).ok_or_else(bad)?;
        for index in 0..count {
            let at = usize::from(u16_at(&page, HEADER + index * 2).ok_or_else(bad)?);
            let node = page.get(at..).ok_or_else(bad)?;
            let key_size = usize::from(u16_at(node, 6).ok_or_else(bad)?);
            let key = node.get(NODE..NODE + key_size).ok_or_else(bad)?;
            if is_leaf {
                self.leaf(tree, node, key).map_err(|e| e.unwrap_or_else(bad))?;
            } else {
                // The first key of a branch is never looked at.
                if index > 0 {
                    tree.pass(key, false).ok_or_else(bad)?;
                }
                let low = u64::from(u32_at(node, 0).ok_or_else(bad)?);
                let high = u64::from(u16_at(node, 4).ok_or_else(bad)?);
                self.descend(tree, low | high << 32, level + 1)?;
            }
        }
        Ok(())
    }

    /// A node of a leaf; an error of `None` is the page's contradiction.
    fn leaf(&mut self, tree: &mut Branch<'_>, node: &[u8], key: &[u8]) -> Result<(), Option<DiskError>> {
        tree.pass(key, true).ok_or(None)?;
        tree.entries += 1;
        let size = u32_at(node, 0).ok_or(None)? as usize;
        let flags = u16_at(node, 4).ok_or(None)?;
        let data = node.get(NODE + key.len()..).ok_or(None)?;
        let big = flags & BIG_DATA != 0;
        let inline = data.get(..if big { 8 } else { size }).ok_or(None)?;
        match (tree.kind, flags) {
            (Kind::Main, SUB_DATA) => {
                let db = Db::read(inline).filter(|db| inline.len() == DB && db.flags == 0 && db.pad == 0);
                self.named.push(db.ok_or(None)?);
                Ok(())
            }
            (Kind::Plain, 0) => Ok(()),
            // Pages were freed by a transaction that there has been: LMDB takes 0 for none.
            (Kind::Free, _) if u64_at(key, 0).is_none_or(|freed| freed == 0 || freed > self.txn) => Err(None),
            (Kind::Free, 0) => self.free_list(inline).ok_or(None),
            (Kind::Plain | Kind::Free, BIG_DATA) => {
                let first = u64_at(inline, 0).ok_or(None)?;
                let content = self.overflow(first, size, tree.kind == Kind::Free).map_err(Some)?;
                if tree.kind == Kind::Free {
                    self.free_list(&content).ok_or(None)?;
                }
                Ok(())
            }
            _ => Err(None),
        }
    }

    /// A value on pages of its own: their count stands in the first. Returns the content if it is wanted.
    fn overflow(&mut self, first: u64, size: usize, wanted: bool) -> Result<Vec<u8>, DiskError> {
        let mut head = [0; HEADER];
        self.page(first, &mut head)?;
        let bad = || damaged(format!("page {first} contradicts itself"));
        let flags = u16_at(&head, 10).ok_or_else(bad)?;
        let count = u64::from(u32_at(&head, 12).ok_or_else(bad)?);
        let needed = (HEADER + size).div_ceil(self.page_size) as u64;
        if flags != OVERFLOW || count < needed || first.saturating_add(count) > self.last + 1 {
            return Err(bad());
        }
        if first + needed > self.pages {
            return Err(truncated(format!(
                "{} of {} pages are there",
                self.pages,
                self.last + 1
            )));
        }
        self.claim(first, count)?;
        if !wanted {
            return Ok(Vec::new());
        }
        let mut content = vec![0; HEADER + size];
        read_at(self.file, first * self.page_size as u64, &mut content)?;
        Ok(content.split_off(HEADER))
    }

    /// An `MDB_IDL`: a count and that many page numbers.
    fn free_list(&mut self, content: &[u8]) -> Option<()> {
        let count = usize::try_from(u64_at(content, 0)?).ok()?;
        let numbers = content.get(8..count.checked_mul(8)?.checked_add(8)?)?;
        let numbers = numbers.chunks_exact(8).map_while(|n| u64_at(n, 0));
        let mut last = u64::MAX;
        for number in numbers {
            // From the highest down, as LMDB's searches expect.
            if number >= last || number < 2 {
                return None;
            }
            last = number;
            self.free.push(number);
        }
        Some(())
    }
}

impl Branch<'_> {
    /// Passes a key: each comes after the one before it, and not before its separator.
    fn pass(&mut self, key: &[u8], strict: bool) -> Option<()> {
        if key.is_empty() {
            return None;
        }
        // The free list's keys are integers in the machine's order.
        let key = if self.kind == Kind::Free {
            u64_at(key, 0).filter(|_| key.len() == 8)?.to_be_bytes().to_vec()
        } else {
            key.to_vec()
        };
        let in_order = self.floor.as_ref().is_none_or(|floor| match key.cmp(floor) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => !self.strict,
            std::cmp::Ordering::Less => false,
        });
        self.floor = Some(key);
        self.strict = strict;
        in_order.then_some(())
    }
}
