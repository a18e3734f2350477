//! One published version in each destination, on the terminal and as JSON.

use crate::layer::Statement;
use crate::plan::PackageVersions;
use crate::reconcile::{FileGroup, ShownVersion};
use crate::render::terminal::{BOLD, styled, wrapped};
use crate::render::wording::{count, size, visible};

/// Renders a version in each destination that has it.
pub fn render_shown(shown: &[ShownVersion]) -> String {
    let texts: Vec<_> = shown.iter().map(render_version).collect();
    texts.join("\n")
}

fn render_version(shown: &ShownVersion) -> String {
    let version = &shown.version;
    let metadata = &version.metadata;
    let name = format!("{}:{}", shown.layer, version.number);
    let mut text = format!("{}: {name}\n", styled(BOLD, &shown.destination));
    let rows = [
        ("arn", visible(&version.arn)),
        ("description", or_none([visible(&metadata.description)])),
        ("created", visible(&version.created)),
        ("runtimes", or_none(&metadata.runtimes)),
        ("architectures", or_none(&metadata.architectures)),
        ("license", or_none(metadata.license.as_deref().map(visible))),
        ("size", sizes(shown)),
        ("sha256", shown.sha256.to_string()),
    ];
    for (label, value) in rows {
        push_row(&mut text, label, &value);
    }
    push_rows(&mut text, "access", &access(shown));
    match (&shown.packages, &shown.files) {
        (Some(packages), Some(files)) => {
            let packages = packages.iter().map(package).collect::<Vec<_>>();
            push_row(&mut text, "packages", &or_none([packages.join(", ")]));
            push_rows(
                &mut text,
                "own files",
                &files.iter().map(own_files).collect::<Vec<_>>(),
            );
        }
        _ => push_row(&mut text, "content", "the archive could not be read"),
    }
    text
}

/// The items in one line, or `none`.
fn or_none<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items = items.into_iter().map(|item| item.to_string());
    let items: Vec<_> = items.filter(|item| !item.is_empty()).collect();
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}

fn push_row(text: &mut String, label: &str, value: &str) {
    let lines = wrapped(&format!("  {label:13}  "), value);
    text.push_str(&(lines.join("\n") + "\n"));
}

fn push_rows(text: &mut String, label: &str, values: &[String]) {
    if values.is_empty() {
        push_row(text, label, "none");
    }
    for (index, value) in values.iter().enumerate() {
        push_row(text, if index == 0 { label } else { "" }, value);
    }
}

fn sizes(shown: &ShownVersion) -> String {
    let zipped = format!("{} zipped", size(shown.size));
    match shown.unpacked_size {
        Some(unpacked) => format!("{zipped}, {} unpacked", size(unpacked)),
        None => zipped,
    }
}

fn access(shown: &ShownVersion) -> Vec<String> {
    let Some(statements) = &shown.statements else {
        return vec!["known only to its own account".to_owned()];
    };
    let mut lines = vec!["the owning account".to_owned()];
    lines.extend(statements.iter().map(|shown| {
        let Statement { id, grantee } = &shown.statement;
        let whom = match grantee {
            Some(grantee) => grantee.to_string(),
            None => "something other than a grant by lls".to_owned(),
        };
        let managed = if shown.is_managed {
            ""
        } else {
            ", not managed by lls"
        };
        format!("{whom} (statement {}{managed})", visible(&id.to_string()))
    }));
    lines
}

fn package(package: &PackageVersions) -> String {
    let versions: Vec<_> = package
        .versions
        .iter()
        .map(|version| visible(version))
        .collect();
    format!("{} {}", package.name, versions.join(" and "))
}

fn own_files(files: &FileGroup) -> String {
    let size = size(files.size);
    if files.path.ends_with('/') {
        format!("{}  {}, {size}", files.path, count(files.files, "file"))
    } else {
        format!("{}  {size}", files.path)
    }
}
