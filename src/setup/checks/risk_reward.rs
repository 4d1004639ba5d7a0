//! risk_reward: the ratio claimed is that of a target, within a tenth.

use super::{Case, Check, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "risk_reward";
    let Some(entry) = case.entry() else {
        return Some(Check::unknown(NAME, "the entry is missing"));
    };
    let ratios = case.setup.ratios(entry);
    let real: Vec<String> = ratios.iter().map(|r| format!("{r:.2}")).collect();
    let real = real.join(", ");
    Some(match (case.setup.risk_reward, ratios.as_slice()) {
        (_, []) => Check::unknown(NAME, "stop or targets are missing, or the stop is on the wrong side"),
        (None, _) => Check::unknown(NAME, format!("not claimed; the targets give {real}")),
        (Some(claimed), ratios) => {
            let near = ratios.iter().any(|r| (claimed - r).abs() <= 0.1 * r.abs());
            let status = if near { Status::Pass } else { Status::Fail };
            Check::new(NAME, status, format!("claimed {claimed}, the targets give {real}"))
        }
    })
}
