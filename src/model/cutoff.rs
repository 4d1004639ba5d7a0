//! When models were trained: of what lies before, an answer may be remembered and not foreseen.

use jiff::civil::Date;

use super::name::ModelName;

static TABLE: &str = include_str!("../../assets/cutoffs.tsv");

/// The last day of what `model` was trained on, as far as its maker says; the first of the month after the one named.
pub fn cutoff(model: &ModelName) -> Option<Date> {
    let name = model.model().to_ascii_lowercase();
    let begins_word = |at: usize| at == 0 || !name.as_bytes()[at - 1].is_ascii_alphanumeric();
    rows()
        .filter(|(part, _)| name.match_indices(part).any(|(at, _)| begins_word(at)))
        .max_by_key(|(part, _)| part.len())
        .and_then(|(_, month)| month)
}

fn rows() -> impl Iterator<Item = (&'static str, Option<Date>)> {
    let rows = TABLE.lines().filter(|l| !l.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t')).map(|(part, month)| {
        let first = format!("{month}-01").parse::<Date>().ok();
        (part, first.and_then(|d| d.last_of_month().tomorrow().ok()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_part_of_a_name_counts() {
        let of = |name: &str| cutoff(&ModelName::parse(name, &[]).unwrap()).map(|d| d.to_string());
        assert_eq!(of("openai/gpt-4o-mini-2024-07-18").as_deref(), Some("2023-11-01"));
        assert_eq!(of("anthropic/claude-sonnet-4-5").as_deref(), Some("2025-08-01"));
        assert_eq!(of("anthropic/claude-sonnet-4-20250514").as_deref(), Some("2025-04-01"));
        assert_eq!(of("groq/llama-3.3-70b-versatile").as_deref(), Some("2024-01-01"));
        assert_eq!(of("openai/foo1"), None, "o1 is no part of a word");
        assert_eq!(of("offline"), None);
        assert!(rows().count() > 20 && rows().all(|(_, month)| month.is_some()));
    }
}
