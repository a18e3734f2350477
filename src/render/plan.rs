//! A plan on the terminal: a line for each layer that changes, what changes below it, and the sum at the end.

use anstyle::Style;

use super::style::{ADD, BAD, CHANGE, DIM, styled};
use super::text::{count, joined, size, wrapped};
use crate::layer::{Statement, VersionNumber};
use crate::plan::{
    Action, Changes, DestinationPlan, FileChange, LayerPlan, PackageChange, PermissionPlan, Plan,
    Standing, VersionReference,
};

/// Renders a plan; `manifest` is how the manifest is called.
pub fn render_plan(plan: &Plan, manifest: &str) -> String {
    let foreign = render_unmanaged(plan);
    if plan
        .layers
        .iter()
        .all(|layer| layer.standing() == Standing::Unchanged)
    {
        let layers = count(plan.layers.len(), "layer");
        let verb = if plan.layers.len() == 1 {
            "matches"
        } else {
            "match"
        };
        return format!("No changes. {layers} {verb} {manifest}.\n{foreign}");
    }
    let mut text = format!("{}\n\n", render_target(plan));
    let name_width = plan
        .layers
        .iter()
        .map(|layer| layer.layer.as_str().len())
        .max()
        .unwrap_or(0);
    let description_width = plan
        .layers
        .iter()
        .map(|layer| layer.description.as_str().len())
        .max()
        .unwrap_or(0);
    let columns = Columns {
        name: name_width,
        description: description_width,
    };
    for layer in &plan.layers {
        for group in groups(layer) {
            text.push_str(&render_group(
                layer,
                &group,
                &columns,
                plan.destinations.len(),
                manifest,
            ));
        }
    }
    if !foreign.is_empty() {
        text.push_str(&format!("\n{}", foreign.trim_end_matches('\n')));
        text.push('\n');
    }
    text.push_str(&format!("\n{}\n", render_count(plan)));
    text
}

fn render_target(plan: &Plan) -> String {
    let account = plan
        .account
        .as_ref()
        .map(|account| format!("account {account}, "))
        .unwrap_or_default();
    format!("{}: {account}{}", plan.target, joined(&plan.destinations))
}

struct Columns {
    name: usize,
    description: usize,
}

/// Destinations in which the same happens to a layer, for the same reason.
struct Group<'a> {
    destinations: Vec<&'a DestinationPlan>,
}

impl<'a> Group<'a> {
    fn first(&self) -> &'a DestinationPlan {
        self.destinations[0]
    }

    /// `us-east-1:2, eu-west-1:1`, or `:2` in a target with one destination.
    fn versions(&self, destinations: usize) -> String {
        let reference = |plan: &DestinationPlan| match reference(&plan.action) {
            Some(version) if destinations == 1 => format!(":{}", version.number),
            Some(version) => format!("{}:{}", plan.destination, version.number),
            None => plan.destination.clone(),
        };
        self.destinations
            .iter()
            .map(|plan| reference(plan))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn names(&self) -> Vec<&'a str> {
        self.destinations
            .iter()
            .map(|plan| plan.destination.as_str())
            .collect()
    }
}

fn reference(action: &Action) -> Option<&VersionReference> {
    match action {
        Action::Create => None,
        Action::Publish { after: version, .. }
        | Action::Unchanged {
            current: version, ..
        }
        | Action::Blocked {
            published: version, ..
        } => Some(version),
    }
}

/// The destinations of a layer in which something is to be said, grouped.
fn groups(layer: &LayerPlan) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for plan in layer
        .destinations
        .iter()
        .filter(|plan| plan.is_change() || plan.is_blocked())
    {
        match groups
            .iter_mut()
            .find(|group| is_alike(group.first(), plan))
        {
            Some(group) => group.destinations.push(plan),
            None => groups.push(Group {
                destinations: vec![plan],
            }),
        }
    }
    groups
}

/// Whether two destinations differ in their names and version numbers alone.
fn is_alike(first: &DestinationPlan, second: &DestinationPlan) -> bool {
    let kind = |plan: &DestinationPlan| std::mem::discriminant(&plan.action);
    let description =
        |plan: &DestinationPlan| reference(&plan.action).map(|version| version.description.clone());
    kind(first) == kind(second)
        && description(first) == description(second)
        && changes(&first.action) == changes(&second.action)
        && ungranted(&first.action) == ungranted(&second.action)
        && first.permission.grant == second.permission.grant
        && first.permission.revoke == second.permission.revoke
}

fn changes(action: &Action) -> Option<&Changes> {
    match action {
        Action::Create | Action::Unchanged { .. } => None,
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => Some(changes),
    }
}

/// The number of an equal version that is not taken, for another came before it.
fn ungranted(action: &Action) -> Option<VersionNumber> {
    match action {
        Action::Blocked { ungranted, .. } => ungranted.as_ref().map(|version| version.number),
        _ => None,
    }
}

fn render_group(
    layer: &LayerPlan,
    group: &Group<'_>,
    columns: &Columns,
    destinations: usize,
    manifest: &str,
) -> String {
    let (sign, style) = sign(&group.first().action);
    let headline = headline(layer, group, destinations);
    let name = format!(
        "{:name$}  {:description$}",
        layer.layer,
        layer.description,
        name = columns.name,
        description = columns.description
    );
    let mut lines = wrapped(&format!("  {sign} {name}   "), &headline);
    lines[0] = lines[0].replacen(sign, &styled(style, sign), 1);
    for detail in details(layer, &group.first().action, &group.first().permission) {
        let (sign, style, text) = detail;
        let first = if sign.is_empty() {
            "        ".to_owned()
        } else {
            format!("        {sign} ")
        };
        let wrapped = wrapped(&first, &text);
        lines.extend(wrapped.into_iter().map(|line| {
            if style == Style::new() {
                line
            } else {
                styled(style, line)
            }
        }));
    }
    if group.first().is_blocked() {
        let hint = match layer.description_position {
            Some(position) => format!("hint: raise `description` in {manifest}:{}", position.line),
            None => "hint: publish it as another version".to_owned(),
        };
        lines.push(format!("        {}", styled(DIM, hint)));
    }
    lines.join("\n") + "\n"
}

fn sign(action: &Action) -> (&'static str, Style) {
    match action {
        Action::Create => ("+", ADD),
        Action::Publish { .. } => ("^", ADD),
        Action::Unchanged { .. } => ("~", CHANGE),
        Action::Blocked { .. } => ("!", BAD),
    }
}

fn headline(layer: &LayerPlan, group: &Group<'_>, destinations: usize) -> String {
    let everywhere = group.destinations.len() == destinations;
    let place = if everywhere {
        String::new()
    } else {
        format!(" in {}", joined(&group.names()))
    };
    match &group.first().action {
        Action::Create => match &layer.archive {
            Some(archive) => {
                let (zipped, unpacked) = (size(archive.size), size(archive.unpacked_size));
                format!("new layer{place}, {zipped} zipped, {unpacked} unpacked")
            }
            None => format!("new layer{place}"),
        },
        Action::Publish { after, changes } => {
            let same = if changes.same_content {
                ", same content"
            } else {
                ""
            };
            let described = if after.description.is_empty() {
                "a version without description"
            } else {
                &after.description
            };
            format!("after {described} ({}){same}", group.versions(destinations))
        }
        Action::Unchanged { .. } => {
            let permission = &group.first().permission;
            let what = match (permission.grant.is_some(), permission.revoke.is_empty()) {
                (true, true) => "not granted",
                (true, false) => "granted to another",
                (false, _) => "granted by other statements too",
            };
            format!(
                "published as {}, {what}{place}",
                group.versions(destinations)
            )
        }
        Action::Blocked { changes, .. } => {
            let what = if changes.same_content {
                "other metadata"
            } else {
                "other content"
            };
            format!(
                "already published as {} with {what}",
                group.versions(destinations)
            )
        }
    }
}

type Detail = (&'static str, Style, String);

fn details(layer: &LayerPlan, action: &Action, permission: &PermissionPlan) -> Vec<Detail> {
    let mut details = Vec::new();
    match action {
        Action::Create => {
            let packages = layer.archive.iter().flat_map(|archive| &archive.packages);
            let packages: Vec<_> = packages
                .map(|package| format!("{} {}", package.name, package.version))
                .collect();
            if !packages.is_empty() {
                details.push(("+", ADD, packages.join(", ")));
            }
        }
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => {
            details.extend(change_details(changes));
            let equal =
                ungranted(action).map(|number| format!(":{number} is equal, but not granted"));
            details.extend(equal.map(|text| ("", Style::new(), text)));
        }
        Action::Unchanged { .. } => {}
    }
    if let Some(grantee) = &permission.grant {
        details.push(("", Style::new(), format!("grant {grantee}")));
    }
    details.extend(
        permission
            .revoke
            .iter()
            .map(|statement| ("", CHANGE, format!("revoke {}", described(statement)))),
    );
    details
}

fn described(statement: &Statement) -> String {
    match &statement.grantee {
        Some(grantee) => format!("{grantee} (statement {})", statement.id),
        None => format!("statement {}", statement.id),
    }
}

fn change_details(changes: &Changes) -> Vec<Detail> {
    let mut details: Vec<Detail> = changes.packages.iter().map(package_detail).collect();
    details.extend(changes.files.iter().map(file_detail));
    details.extend(changes.metadata.iter().map(|change| {
        (
            "~",
            CHANGE,
            format!("{}: {} -> {}", change.field, change.before, change.after),
        )
    }));
    if let Some(sizes) = changes
        .size
        .filter(|sizes| size(sizes.before) != size(sizes.after))
    {
        details.push((
            "",
            Style::new(),
            format!("{} -> {} zipped", size(sizes.before), size(sizes.after)),
        ));
    }
    if !changes.compared && !changes.same_content && changes.size.is_some() {
        details.push((
            "",
            Style::new(),
            "the published archive could not be read to compare it".to_owned(),
        ));
    }
    details
}

fn package_detail(change: &PackageChange) -> Detail {
    let versions = |versions: &std::collections::BTreeSet<String>| {
        versions.iter().cloned().collect::<Vec<_>>().join(", ")
    };
    let (before, after) = (versions(&change.before), versions(&change.after));
    match (change.before.is_empty(), change.after.is_empty()) {
        (true, _) => ("+", ADD, format!("{} {after}", change.name)),
        (_, true) => ("-", BAD, format!("{} {before}", change.name)),
        _ if before == after => (
            "~",
            CHANGE,
            format!("{} {after}, another build", change.name),
        ),
        _ => ("~", CHANGE, format!("{} {before} -> {after}", change.name)),
    }
}

fn file_detail(change: &FileChange) -> Detail {
    let path = &change.path;
    let (Some(before), Some(after)) = (change.before, change.after) else {
        let (sign, style) = if change.before.is_none() {
            ("+", ADD)
        } else {
            ("-", BAD)
        };
        return (sign, style, path.to_string());
    };
    let mut text = path.to_string();
    if before.size != after.size {
        text.push_str(&format!("  {} -> {}", size(before.size), size(after.size)));
    }
    if before.mode != after.mode {
        text.push_str(&format!(
            "  mode {:o} -> {:o}",
            before.mode.unix(),
            after.mode.unix()
        ));
    }
    ("~", CHANGE, text)
}

/// What others granted, which stays.
fn render_unmanaged(plan: &Plan) -> String {
    let mut text = String::new();
    for layer in &plan.layers {
        for destination in &layer.destinations {
            for statement in &destination.permission.unmanaged {
                let (name, place) = (&layer.layer, &destination.destination);
                let note = format!(
                    "{name} in {place}: {} is not managed by lls and stays",
                    described(statement)
                );
                text.push_str(&wrapped("note: ", &note).join("\n"));
                text.push('\n');
            }
        }
    }
    text
}

fn render_count(plan: &Plan) -> String {
    let number = |standing| plan.count(standing);
    let granting = |layer: &&LayerPlan| {
        layer
            .destinations
            .iter()
            .all(|plan| plan.permission.revoke.is_empty())
    };
    let changing = plan
        .layers
        .iter()
        .filter(|layer| layer.standing() == Standing::Grant);
    let permission = if changing.clone().all(|layer| granting(&layer)) {
        "to grant"
    } else {
        "to change"
    };
    let parts: Vec<_> = [
        (Standing::Create, "layer", "to create"),
        (Standing::Publish, "version", "to publish"),
        (Standing::Grant, "permission", permission),
    ]
    .into_iter()
    .filter(|(standing, ..)| number(*standing) > 0)
    .map(|(standing, noun, verb)| format!("{} {verb}", count(number(standing), noun)))
    .collect();
    let parts = if parts.is_empty() {
        "nothing to do".to_owned()
    } else {
        parts.join(", ")
    };
    let rest = format!(
        "{} unchanged, {} blocked",
        number(Standing::Unchanged),
        number(Standing::Blocked)
    );
    wrapped("Plan: ", &format!("{parts}; {rest}.")).join("\n")
}
