//! A request's canonical bytes: what its key is the hash of, and what it can be read back from.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::name::ModelName;
use super::request::{Params, Request};
use crate::message::{Message, Role};

/// The version of the encoding: another one shares no entry with this.
const ENCODING: &[u8] = b"wickdesk request 1";
/// No parameter is nested deeper.
const DEEPEST: usize = 64;

impl Request {
    /// The bytes that stand for this request: every field in a fixed order, each with its length before it, numbers as
    /// their value (0 and 0.0 are one). Whether it streams is not in it.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256 + self.text_len());
        field(&mut bytes, ENCODING);
        field(&mut bytes, self.model.provider().as_bytes());
        field(&mut bytes, self.model.model().as_bytes());
        field(&mut bytes, self.base_url.as_deref().unwrap_or_default().as_bytes());
        length(&mut bytes, self.messages.len());
        for message in &self.messages {
            field(&mut bytes, message.role.name().as_bytes());
            field(&mut bytes, message.text.as_bytes());
        }
        length(&mut bytes, self.params.iter().count());
        for (name, value) in self.params.iter() {
            field(&mut bytes, name.as_bytes());
            encode(&mut bytes, value);
        }
        bytes
    }

    /// The request that these canonical bytes stand for; `None` when they are none.
    pub fn from_canonical(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.field()? != ENCODING {
            return None;
        }
        let model = ModelName::of(reader.text()?, reader.text()?);
        let base_url = Some(reader.text()?).filter(|url| !url.is_empty());
        let messages = (0..reader.length()?).map(|_| reader.message()).collect::<Option<_>>()?;
        let mut params = Params::default();
        for _ in 0..reader.length()? {
            params.set(&reader.text()?, reader.value(0)?);
        }
        reader.0.is_empty().then_some(Self {
            model,
            base_url,
            messages,
            params,
        })
    }
}

fn length(bytes: &mut Vec<u8>, n: usize) {
    bytes.extend_from_slice(&(n as u64).to_le_bytes());
}

fn field(bytes: &mut Vec<u8>, content: &[u8]) {
    length(bytes, content.len());
    bytes.extend_from_slice(content);
}

fn encode(bytes: &mut Vec<u8>, value: &Json) {
    match value {
        Json::Null => bytes.push(b'n'),
        Json::Bool(b) => bytes.push(if *b { b't' } else { b'f' }),
        Json::Number(n) => match n.as_i64() {
            Some(i) => {
                bytes.push(b'i');
                bytes.extend_from_slice(&i.to_le_bytes());
            }
            // Beyond 63 bits a float would round: two such numbers are not to be one.
            None if n.is_u64() => {
                bytes.push(b'x');
                field(bytes, n.to_string().as_bytes());
            }
            None => encode_float(bytes, n.as_f64().unwrap_or(f64::NAN), &n.to_string()),
        },
        Json::String(s) => {
            bytes.push(b's');
            field(bytes, s.as_bytes());
        }
        Json::Array(items) => {
            bytes.push(b'a');
            length(bytes, items.len());
            items.iter().for_each(|item| encode(bytes, item));
        }
        Json::Object(members) => {
            bytes.push(b'o');
            length(bytes, members.len());
            let sorted: BTreeMap<_, _> = members.iter().collect();
            for (key, member) in sorted {
                field(bytes, key.as_bytes());
                encode(bytes, member);
            }
        }
    }
}

fn encode_float(bytes: &mut Vec<u8>, value: f64, text: &str) {
    // Exactly representable whole numbers are the integers they equal.
    if value.fract() == 0.0 && value.abs() < 9e15 {
        bytes.push(b'i');
        bytes.extend_from_slice(&(value as i64).to_le_bytes());
    } else if value.is_finite() && text.len() < 20 {
        bytes.push(b'd');
        bytes.extend_from_slice(&value.to_bits().to_le_bytes());
    } else {
        bytes.push(b'x');
        field(bytes, text.as_bytes());
    }
}

/// Reads what the functions above write.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }

    /// A count of things that each take at least a byte.
    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(u64::from_le_bytes(self.eight()?)).ok()?;
        (length <= self.0.len()).then_some(length)
    }

    fn field(&mut self) -> Option<&'b [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.field()?.to_vec()).ok()
    }

    fn message(&mut self) -> Option<Message> {
        let name = self.text()?;
        let role = [Role::System, Role::User, Role::Assistant]
            .into_iter()
            .find(|r| r.name() == name)?;
        let text = self.text()?;
        Some(Message { role, text })
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEEPEST {
            return None;
        }
        Some(match self.take(1)? {
            b"n" => Json::Null,
            b"t" => Json::Bool(true),
            b"f" => Json::Bool(false),
            b"i" => Json::from(i64::from_le_bytes(self.eight()?)),
            b"d" => Json::from(f64::from_le_bytes(self.eight()?)),
            b"x" => serde_json::from_str(&self.text()?).ok()?,
            b"s" => Json::String(self.text()?),
            b"a" => {
                let items = (0..self.length()?)
                    .map(|_| self.value(depth + 1))
                    .collect::<Option<Vec<_>>>();
                Json::Array(items?)
            }
            b"o" => {
                let mut members = serde_json::Map::new();
                for _ in 0..self.length()? {
                    members.insert(self.text()?, self.value(depth + 1)?);
                }
                Json::Object(members)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_encoded_is_read_back(
            texts in prop::collection::vec(("[a-z ]{0,20}", any::<bool>()), 0..4),
            url in prop::option::of("https?://[a-z]{1,8}/v1"),
            temperature in prop::option::of(-1e3..1e3f64),
            seed in prop::option::of(any::<i64>()),
            stop in prop::collection::vec("[a-z]{0,5}", 0..3),
        ) {
            let mut params = Params::default();
            params.set("stop", Json::from(stop));
            params.set("logit_bias", serde_json::json!({"a": [1.5, null, true], "b": {"c": 1e300}}));
            temperature.into_iter().for_each(|t| params.set("temperature", t.into()));
            seed.into_iter().for_each(|s| params.set("seed", s.into()));
            let message = |(text, system): (String, bool)| Message {
                role: if system { Role::System } else { Role::Assistant },
                text,
            };
            let messages = texts.into_iter().map(message).collect();
            let request = Request::new(ModelName::of("a".to_owned(), "b/c".to_owned()), url, messages, params);
            let bytes = request.canonical();
            let read = Request::from_canonical(&bytes).unwrap();
            prop_assert_eq!(read.canonical(), bytes);
            prop_assert_eq!(read.messages, request.messages);
        }

        #[test]
        fn other_bytes_are_none(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..150usize) {
            prop_assert_eq!(Request::from_canonical(&bytes), None);
            let whole = Request::new(ModelName::offline(), None, vec![], Params::default()).canonical();
            prop_assert_eq!(Request::from_canonical(&whole[..cut.min(whole.len() - 1)]), None);
        }
    }
}
