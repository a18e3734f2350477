//! Saved plans that a repository brings along: nothing in them is executed, and none is shown.

use lls::digest::Sha256;

use crate::hostile_repositories::row::Row;
use crate::hostile_repositories::site::Site;

const APPLY: &[&[&str]] = &[&["apply", "plan.json"]];

/// Plans at the attacker's home.
fn save(site: &Site) {
    site.as_attacker(&["plan", "--out", "plan.json"]);
    std::fs::remove_dir_all(site.project.path(".lls")).ok();
}

/// A plan that is changed, with a checksum that fits.
fn changed(name: &'static str, from: &'static str, to: &'static str) -> Row {
    Row::hello(name)
        .with(move |site| {
            save(site);
            let text = site.project.read("plan.json");
            assert!(text.contains(from), "{text}");
            site.project
                .write("plan.json", with_checksum(&text.replace(from, to)));
        })
        .commands(APPLY)
        .refused(&["hint:"])
}

/// The text with the checksum over it, in which the checksum itself is empty.
fn with_checksum(text: &str) -> String {
    let start = text.find("\"checksum\": \"").unwrap() + "\"checksum\": \"".len();
    let (head, tail) = (&text[..start], &text[start + 64..]);
    format!("{head}{}{tail}", Sha256::of(head.to_owned() + tail))
}

pub fn rows() -> Vec<Row> {
    let file = |name| {
        Row::hello(name)
            .commands(APPLY)
            .refused(&["plan.json", "hint:"])
    };
    let large = |name| file(name).stopped();
    vec![
        changed(
            "saved plans: another target",
            "\"target\": \"local\"",
            "\"target\": \"production\"",
        ),
        changed(
            "saved plans: a region",
            "\"region\": null",
            "\"region\": \"us-east-1\"",
        ),
        changed(
            "saved plans: another layer",
            "\"layer\": \"hello\"",
            "\"layer\": \"other\"",
        ),
        changed(
            "saved plans: everybody may use it",
            "\"kind\": \"account\"",
            "\"kind\": \"public\"",
        ),
        changed(
            "saved plans: another description",
            "\"v1.0.0\"",
            "\"v9.0.0\"",
        ),
        changed(
            "saved plans: a name that acts",
            "\"layer\": \"hello\"",
            "\"layer\": \"\\u001b[2J::error::x\"",
        ),
        changed(
            "saved plans: a selection that never ends",
            "\"selection\": []",
            "\"selection\": [\"{{{{{{{{{{{{a,b},c},d}*}*}*}*}*}*}*}*}*}*\"]",
        ),
        Row::hello("saved plans: another archive")
            .with(|site| {
                save(site);
                let text = site.project.read("plan.json");
                let start = text.find("\"archive\"").unwrap();
                let start =
                    start + text[start..].find("\"sha256\": \"").unwrap() + "\"sha256\": \"".len();
                let text = format!(
                    "{}{}{}",
                    &text[..start],
                    Sha256::of("evil"),
                    &text[start + 64..]
                );
                site.project.write("plan.json", with_checksum(&text));
            })
            .commands(APPLY)
            .refused(&["plan.json", "hint:"]),
        Row::hello("saved plans: sources that changed since")
            .with(|site| {
                save(site);
                site.project.write("layers/hello/hello.py", "import evil\n");
            })
            .commands(APPLY)
            .refused(&["plan.json", "hint:"]),
        file("saved plans: the credentials of the user")
            .link("plan.json", "{around}/home/.aws/credentials"),
        file("saved plans: the environment").link("plan.json", "/proc/self/environ"),
        file("saved plans: text that acts").file("plan.json", "\u{1b}[2J::error::x\u{202e}"),
        file("saved plans: a folder").file("plan.json/x", "x"),
        large("saved plans: a pipe").fifo("plan.json"),
        large("saved plans: one that never ends").link("plan.json", "/dev/zero"),
        large("saved plans: a terabyte").sparse("plan.json", 1 << 40),
        large("saved plans: 300 megabytes of brackets")
            .bytes("plan.json", || vec![b'['; 300_000_000]),
        large("saved plans: a hundred thousand levels").bytes("plan.json", || {
            format!(
                "{{\"format_version\":{}1{}}}",
                "[".repeat(100_000),
                "]".repeat(100_000)
            )
            .into_bytes()
        }),
        large("saved plans: one that is written to a pipe")
            .fifo("plan.json")
            .commands(&[&["validate"]])
            .accepted(&[]),
    ]
}
