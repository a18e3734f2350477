//! A grantee is read only from a statement that says nothing else; above all "everyone" only where nothing limits it.
//!
//! The statements are read a second time here, by a reader that keeps every key, those that stand twice included.

#![no_main]

use std::fmt;

use libfuzzer_sys::fuzz_target;
use lls::layer::{Grantee, Policy};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

fuzz_target!(|text: &str| {
    let Ok(policy) = Policy::parse(text, None) else {
        return;
    };
    let document: Json = serde_json::from_str(text).expect("the policy was JSON");
    let [statements] = document.all("Statement")[..] else {
        panic!("`Statement` stands twice");
    };
    let statements = match statements {
        Json::List(statements) => statements.iter().collect(),
        statement => vec![statement],
    };
    assert_eq!(statements.len(), policy.statements.len());
    for (json, statement) in statements.into_iter().zip(&policy.statements) {
        assert_eq!(json.all("Sid"), [&Json::Text(statement.id.0.clone())]);
        if let Some(grantee) = &statement.grantee {
            check(json, grantee);
        }
    }
});

fn check(statement: &Json, grantee: &Grantee) {
    assert_eq!(statement.all("Effect"), [&text("Allow")]);
    assert_eq!(statement.all("Action"), [&text("lambda:GetLayerVersion")]);
    let [principal] = statement.all("Principal")[..] else {
        panic!("not one principal");
    };
    let principal = match principal {
        Json::Text(principal) => principal,
        Json::Map(keys) => match keys.as_slice() {
            [(key, Json::Text(principal))] if key == "AWS" => principal,
            _ => panic!("another principal: {keys:?}"),
        },
        other => panic!("no principal: {other:?}"),
    };
    let conditions = statement.all("Condition");
    match grantee {
        Grantee::Public => assert!(principal == "*" && conditions.is_empty()),
        Grantee::Account(account) => {
            assert!(principal.contains(account.as_str()) && conditions.is_empty());
        }
        Grantee::Organization(organization) => {
            let key = |name: &str, value| Json::Map(vec![(name.to_owned(), value)]);
            let [Json::Map(operators)] = conditions[..] else {
                panic!("not one condition: {conditions:?}");
            };
            let [(_, Json::Map(keys))] = operators.as_slice() else {
                panic!("not one operator: {operators:?}");
            };
            let name = keys[0].0.as_str();
            assert!(name.eq_ignore_ascii_case("aws:PrincipalOrgID"));
            let expected = key("StringEquals", key(name, text(organization.as_str())));
            assert!(principal == "*" && *conditions[0] == expected);
        }
    }
}

/// JSON in which no key hides another one.
#[derive(Debug, PartialEq)]
enum Json {
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
    Other,
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

impl Json {
    /// Every value under `key`.
    fn all(&self, key: &str) -> Vec<&Self> {
        match self {
            Self::Map(keys) => keys
                .iter()
                .filter(|(name, _)| name == key)
                .map(|(_, value)| value)
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut keys = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            keys.push(entry);
        }
        Ok(Json::Map(keys))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }
}
