//! The request: all that can change an answer, and its canonical bytes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::name::ModelName;
use crate::message::Message;

/// Sampling parameters by name, in the names of OpenAI's chat; whatever is set is sent, and is part of the key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params {
    set: BTreeMap<String, Json>,
}

impl Params {
    /// Sets a parameter; dotprompt's spellings (`maxOutputTokens`, `topP`) are the same parameters.
    pub fn set(&mut self, name: &str, value: Json) {
        let name = match name {
            "maxOutputTokens" | "max_output_tokens" => "max_tokens",
            "topP" => "top_p",
            "topK" => "top_k",
            "stopSequences" | "stop_sequences" => "stop",
            other => other,
        };
        self.set.insert(name.to_owned(), value);
    }

    /// The parameters in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.set.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.set.get(name)
    }

    /// Takes a parameter away.
    pub fn drop(&mut self, name: &str) {
        self.set.remove(name);
    }
}

/// What is asked of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who is asked.
    pub model: ModelName,
    /// Where, without a trailing slash; `None` for the offline analyst.
    pub base_url: Option<String>,
    /// What is said.
    pub messages: Vec<Message>,
    /// How it is to answer.
    pub params: Params,
}

impl Request {
    /// A request without the parameters that the model is known to refuse.
    pub fn new(model: ModelName, base_url: Option<String>, messages: Vec<Message>, mut params: Params) -> Self {
        for name in refused(&model) {
            params.drop(name);
        }
        Self {
            model,
            base_url,
            messages,
            params,
        }
    }

    /// All the text it holds, for estimates.
    pub fn text_len(&self) -> usize {
        self.messages.iter().map(|m| m.text.len()).sum()
    }
}

/// Parameters that a model is known to refuse: OpenAI's reasoning models sample in their own way.
fn refused(model: &ModelName) -> &'static [&'static str] {
    let reasons = ["o1", "o3", "o4", "gpt-5"].iter().any(|p| model.model().starts_with(p));
    if model.provider() == "openai" && reasons {
        &[
            "temperature",
            "top_p",
            "presence_penalty",
            "frequency_penalty",
            "logprobs",
        ]
    } else {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Role;
    use proptest::prelude::*;
    use serde_json::json;

    fn request(messages: &[(&str, Role)], params: &[(&str, Json)]) -> Request {
        let messages = messages
            .iter()
            .map(|(text, role)| Message {
                role: *role,
                text: (*text).to_owned(),
            })
            .collect();
        let mut set = Params::default();
        for (name, value) in params {
            set.set(name, value.clone());
        }
        Request::new(ModelName::offline(), None, messages, set)
    }

    #[test]
    fn numbers_and_order_are_normalised() {
        let ask = [("hi", Role::User)];
        let a = request(&ask, &[("temperature", json!(0)), ("seed", json!(1))]);
        let b = request(&ask, &[("seed", json!(1.0)), ("temperature", json!(0.0))]);
        assert_eq!(a.canonical(), b.canonical());
        assert_ne!(a.canonical(), request(&ask, &[("temperature", json!(0))]).canonical());
        assert_ne!(
            request(&ask, &[]).canonical(),
            request(&ask, &[("seed", json!(null))]).canonical()
        );
    }

    #[test]
    fn where_a_text_ends_matters() {
        let one = request(&[("ab", Role::User), ("c", Role::User)], &[]);
        let other = request(&[("a", Role::User), ("bc", Role::User)], &[]);
        assert_ne!(one.canonical(), other.canonical());
    }

    #[test]
    fn a_refused_parameter_is_not_in_the_key() {
        let model = ModelName::parse("openai/o3-mini", &[]).unwrap();
        let mut params = Params::default();
        params.set("temperature", json!(0.2));
        let with = Request::new(model.clone(), None, vec![], params);
        assert_eq!(
            with.canonical(),
            Request::new(model, None, vec![], Params::default()).canonical()
        );
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(|b| json!(b)),
            any::<i32>().prop_map(|i| json!(i)),
            (-1e6..1e6f64).prop_map(|f| json!(f)),
            "[a-c]{0,3}".prop_map(|s| json!(s)),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
                prop::collection::btree_map("[a-b]{1,2}", inner, 0..3).prop_map(|m| json!(m)),
            ]
        })
    }

    proptest! {
        #[test]
        fn different_requests_never_share_bytes(
            a in prop::collection::btree_map("[a-c]{1,2}", any_json(), 0..3),
            b in prop::collection::btree_map("[a-c]{1,2}", any_json(), 0..3),
            texts in prop::collection::vec("[a-b]{0,3}", 0..3),
            others in prop::collection::vec("[a-b]{0,3}", 0..3),
        ) {
            let make = |texts: &[String], params: &BTreeMap<String, Json>| {
                let messages: Vec<_> = texts.iter().map(|t| (t.as_str(), Role::User)).collect();
                let params: Vec<_> = params.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
                request(&messages, &params)
            };
            let (one, other) = (make(&texts, &a), make(&others, &b));
            let same = texts == others && format!("{a:?}") == format!("{b:?}");
            prop_assume!(same || !equal_values(&a, &b) || texts != others);
            prop_assert_eq!(one.canonical() == other.canonical(), same);
        }
    }

    /// Whether two parameter sets differ in spelling only (0 and 0.0).
    fn equal_values(a: &BTreeMap<String, Json>, b: &BTreeMap<String, Json>) -> bool {
        let plain = |m: &BTreeMap<String, Json>| format!("{m:?}").replace(".0)", ")");
        plain(a) == plain(b)
    }
}
