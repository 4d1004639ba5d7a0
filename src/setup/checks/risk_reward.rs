//! risk_reward: the ratio claimed is that of a target, or the mean of all of them, within a tenth.

use super::{Case, Check, Part, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "risk_reward";
    let missing = case.missing(&[Part::Side, Part::Entry, Part::Stop, Part::Targets]);
    if let Some(missing) = missing {
        return Some(Check::unknown(NAME, missing));
    }
    let entry = case.entry()?;
    let ratios = case.setup.ratios(entry);
    let real: Vec<String> = ratios.iter().map(|r| format!("{r:.2}")).collect();
    let real = real.join(", ");
    Some(match (case.setup.risk_reward, ratios.as_slice()) {
        (_, []) => Check::unknown(NAME, "the stop is on the wrong side of the entry"),
        (None, _) => Check::unknown(NAME, format!("not claimed, the targets give {real}")),
        (Some(claimed), ratios) => {
            let is_near = |ratio: f64| (claimed - ratio).abs() <= 0.1 * ratio.abs();
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            match ratios.iter().position(|r| is_near(*r)) {
                Some(at) => Check::new(
                    NAME,
                    Status::Pass,
                    format!("claimed {claimed}: target {} gives {:.2}", at + 1, ratios[at]),
                ),
                None if is_near(mean) => {
                    let detail = format!("claimed {claimed}: the mean of the targets is {mean:.2} ({real})");
                    Check::new(NAME, Status::Pass, detail)
                }
                None => Check::new(
                    NAME,
                    Status::Fail,
                    format!("claimed {claimed}, the targets give {real}"),
                ),
            }
        }
    })
}
