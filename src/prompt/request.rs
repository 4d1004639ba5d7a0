//! The `request` of a prompt's facts block, from the template and the values that fill its sentences.
//!
//! | field | from |
//! |---|---|
//! | `bias` | the variable `bias`, else `either` |
//! | `least_reward` | the variable `least_reward`, else `risk_reward`, else it is omitted |
//! | `valid_bars` | the variable `valid_bars`, else `ext.wickdesk.valid_bars`, else 12 where a setup is asked for |
//! | `emphasis` | `ext.wickdesk.emphasis`, else `confluence` |
//! | `setup` | `false` where the template asks for no `setup` block, else it is omitted |

use serde_json::{Number, Value as Json};

use super::template::Template;
use super::values::Filled;
use crate::facts::{BlockRequest, Emphasis, VALID_BARS};

/// A number or word that can be used is shorter. A longer value is whole in the prompt's own sentences.
const LONGEST: usize = 80;

/// The request of a prompt that was written without a template: it asks for no setup.
pub(super) fn without_template() -> BlockRequest {
    BlockRequest {
        bias: Some(Json::from("either")),
        emphasis: Some(Json::from(Emphasis::default().name())),
        setup: false,
        ..BlockRequest::default()
    }
}

/// The request of `template` filled with `values`.
pub(super) fn of_template(template: &Template, values: &[Filled]) -> BlockRequest {
    let value = |name: &str| {
        let filled = values.iter().find(|f| f.name == name)?;
        Some(filled.text.trim()).filter(|text| !text.is_empty()).map(json)
    };
    let setup = template.asks_for_setup;
    BlockRequest {
        bias: value("bias").or_else(|| Some(Json::from("either"))),
        least_reward: value("least_reward").or_else(|| value("risk_reward")),
        valid_bars: value("valid_bars")
            .or_else(|| template.valid_bars.map(Json::from))
            .or_else(|| setup.then(|| Json::from(VALID_BARS))),
        emphasis: Some(Json::from(template.emphasis.name())),
        setup,
    }
}

/// A number where `text` is one, else the text: a reader of the request says what is wrong with it.
fn json(text: &str) -> Json {
    if let Ok(whole) = text.parse::<i64>() {
        return Json::from(whole);
    }
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or_else(
        || Json::from(crate::text::clean_line(text).chars().take(LONGEST).collect::<String>()),
        Json::Number,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Values;

    /// The request of a template with these lines under `schema`, these under `wickdesk`, and this body.
    fn request(schema: &str, own: &str, body: &str, set: &[(&str, &str)]) -> String {
        let source = format!(
            "---\ninput:\n  schema:\n    note?: string\n{schema}\next:\n  wickdesk:\n    tags: []\n{own}\n---\n{body}"
        );
        let template = Template::parse(&source, "t", "t.prompt").unwrap();
        let mut values = Values::default();
        for (name, text) in set {
            values.set(*name, text);
        }
        serde_json::to_string(&of_template(&template, &values.fill(&template, None))).unwrap()
    }

    #[test]
    fn a_plain_template_asks_for_nothing_special() {
        assert_eq!(
            request("", "", "{{ facts }}", &[]),
            r#"{"bias":"either","emphasis":"confluence","setup":false}"#
        );
        assert_eq!(
            request("", "", "{{ facts }} {{ setup_contract }}", &[]),
            r#"{"bias":"either","valid_bars":12,"emphasis":"confluence"}"#
        );
    }

    #[test]
    fn variables_of_known_names_fill_it() {
        let schema = "    bias: string\n    risk_reward: number\n    valid_bars: integer";
        let set = [("bias", "long"), ("risk_reward", "2.50"), ("valid_bars", "7")];
        assert_eq!(
            request(
                schema,
                "    emphasis: rsi\n    valid_bars: 16",
                "{{ setup_contract }}",
                &set
            ),
            r#"{"bias":"long","least_reward":2.5,"valid_bars":7,"emphasis":"rsi"}"#
        );
        let both = "    least_reward: number\n    risk_reward: number";
        let text = request(both, "", "x", &[("least_reward", "3"), ("risk_reward", "2")]);
        assert!(text.contains("\"least_reward\":3"), "{text}");
    }

    #[test]
    fn a_value_that_cannot_be_used_stays_as_it_is() {
        let schema = "    bias: string\n    risk_reward: string";
        for odd in ["lots", "nan", "1e999", "2:1", "-inf"] {
            let text = request(schema, "", "x", &[("bias", "side\nways"), ("risk_reward", odd)]);
            assert!(text.contains(&format!("\"least_reward\":\"{odd}\"")), "{text}");
            assert!(text.contains("\"bias\":\"side ways\""), "{text}");
        }
        let long = request(schema, "", "x", &[("bias", &"a".repeat(10_000)), ("risk_reward", "1")]);
        assert!(long.len() < 200, "{long}");
    }
}
