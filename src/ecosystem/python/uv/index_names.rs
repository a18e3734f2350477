//! Names of package indexes: whose hosts they are.
//!
//! uv finds credentials in variables by the *name* of an index, which a repository may give to any host. They are for
//! hosts that the runner has given that name, and for no others.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::places::{IndexPlace, in_variables, index_folder, index_places, indexes_in_variables};
use crate::http::Url;
use crate::process::Launcher;

/// The names that the runner has given to indexes.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexNames {
    /// The origins of those that have a name. Names are as they stand in variables: `UV_INDEX_<NAME>_PASSWORD`.
    origins: BTreeMap<String, Vec<Origin>>,
}

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin(String, String, Option<u16>);

impl IndexNames {
    /// The names among the runner's indexes.
    pub fn of(indexes: &[IndexPlace<'_>]) -> Self {
        let mut names = Self::default();
        for IndexPlace { name, place } in indexes {
            if let Some((name, origin)) = name.zip(origin(place)) {
                let origins = names.origins.entry(in_variables(name)).or_default();
                origins.push(origin);
            }
        }
        names
    }

    /// Whether the runner has given the name to any host.
    pub fn has(&self, name: &str) -> bool {
        self.origins.contains_key(name)
    }

    /// The first index of a project's settings that has the name of credentials, and another host than the runner gave
    /// to that name: its name, and what the credentials' variables begin with.
    pub fn first_stranger(
        &self,
        settings: &Table,
        launcher: &Launcher,
    ) -> Option<(String, String)> {
        named_indexes(settings).find_map(|(name, address)| {
            let key = in_variables(name);
            let has_login = launcher.index_logins().any(|(login, ..)| login == key);
            let known = self.origins.get(&key).map_or(&[][..], Vec::as_slice);
            // An address that cannot be parsed is not known.
            let is_known = match origin(address) {
                Some(origin) => known.contains(&origin),
                None => index_folder(address).is_some(),
            };
            (has_login && !is_known).then(|| (name.to_owned(), format!("UV_INDEX_{key}_")))
        })
    }
}

/// The indexes that the runner names, in variables and in `settings` of uv.
pub(super) fn runner_indexes<'a>(
    launcher: &'a Launcher,
    settings: &'a Table,
) -> Vec<IndexPlace<'a>> {
    let named = named_indexes(settings).map(|(name, place)| IndexPlace {
        name: Some(name),
        place,
    });
    let all = index_places(settings)
        .into_iter()
        .map(|place| IndexPlace { name: None, place });
    indexes_in_variables(launcher)
        .chain(named)
        .chain(all)
        .collect()
}

/// The names and addresses of the indexes in settings, at the top and in the table `pip`.
fn named_indexes(settings: &Table) -> impl Iterator<Item = (&str, &str)> {
    let pip = settings.get("pip").and_then(Value::as_table);
    let lists = [Some(settings), pip].into_iter().flatten();
    let lists = lists.filter_map(|table| table.get("index")?.as_array());
    lists.flatten().filter_map(|index| {
        let text = |key: &str| index.get(key)?.as_str();
        Some((text("name")?, text("url")?))
    })
}

fn origin(address: &str) -> Option<Origin> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.to_owned();
    Some(Origin(
        url.scheme().to_owned(),
        host,
        url.port_or_known_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launcher(variables: &[(&str, &str)]) -> Launcher {
        let variables = variables.iter();
        Launcher::new(variables.map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn a_name_is_good_for_the_hosts_that_the_runner_gave_it() {
        let launcher = launcher(&[
            (
                "UV_INDEX",
                "https://x/simple my-corp=https://a.example/simple",
            ),
            ("UV_INDEX_MY_CORP_PASSWORD", "p"),
        ]);
        let own = "[[index]]\nname = \"my.corp\"\nurl = \"https://b.example:444/x\"\n";
        let settings = own.parse().unwrap();
        let names = IndexNames::of(&runner_indexes(&launcher, &settings));
        assert!(names.has("MY_CORP") && !names.has("CORP"));
        for (address, is_stranger) in [
            ("https://a.example/other", false),
            ("https://A.example:443/", false),
            ("https://b.example:444", false),
            ("http://a.example/simple", true),
            ("https://a.example:444/simple", true),
            ("https://a.example.evil/simple", true),
            ("https:evil", true),
            ("https://[evil/simple", true),
            ("https://${HOST}/simple", true),
            ("wheels", false),
        ] {
            for name in ["my-corp", "My_Corp"] {
                let index = format!("[[index]]\nname = \"{name}\"\nurl = \"{address}\"\n");
                let settings = index.parse().unwrap();
                let stranger = names.first_stranger(&settings, &launcher);
                assert_eq!(stranger.is_some(), is_stranger, "{address}");
            }
        }
        let other = "[[index]]\nname = \"other\"\nurl = \"https://evil\"\n";
        assert!(
            names
                .first_stranger(&other.parse().unwrap(), &launcher)
                .is_none()
        );
    }
}
