//! `wickdesk candles`: the data card, and canonical CSV.

use super::args::{Args, CandlesArgs};
use super::load;
use super::output::{self, Exit, Failure};
use crate::market::canonical;
use crate::market::read::Loaded;

pub(super) fn run(global: &Args, args: &CandlesArgs) -> Result<Exit, Failure> {
    if args.export.is_some() && args.files.len() > 1 {
        return Err(Failure::new("--export writes one file's candles; name one file"));
    }
    let to_stdout = args.export.as_deref().is_some_and(|p| p.as_os_str() == "-");
    let mut failed = None;
    for (at, file) in args.files.iter().enumerate() {
        let loaded = match load::read(file, &args.read, || super::settings(global)) {
            Ok(loaded) => loaded,
            // One bad file of several does not keep the others from being read.
            Err(failure) if args.files.len() > 1 => {
                failed = Some(failure.report());
                continue;
            }
            Err(failure) => return Err(failure),
        };
        if args.json && !to_stdout {
            output::json(&loaded.card)?;
        } else if !to_stdout {
            card(&loaded, at > 0)?;
        }
        for warning in loaded.card.warnings() {
            output::warn(&warning);
        }
        if let Some(path) = &args.export {
            let csv = canonical(loaded.series.candles());
            if to_stdout {
                output::out(&csv)?;
            } else {
                if same_file(path, file) {
                    let reason = "--export would overwrite the file that is read; name another";
                    return Err(Failure::new(format!("{}: {reason}", path.display())));
                }
                crate::files::write_whole(path, csv.as_bytes())
                    .map_err(|e| Failure::new(format!("{}: {}", path.display(), crate::text::io_reason(&e))))?;
            }
        }
    }
    Ok(failed.unwrap_or(Exit::Done))
}

fn same_file(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

pub(super) fn card(loaded: &Loaded, further: bool) -> Result<(), Failure> {
    if further {
        output::line("")?;
    }
    for (label, value) in loaded.card.lines() {
        output::line(&format!("{label:<15} {}", crate::text::clean_line(&value)))?;
    }
    Ok(())
}
