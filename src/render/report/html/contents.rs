//! What fills a layer: a bar of the room that Lambda gives, a map of packages and their folders, and a table that says
//! the same in words.

use maud::{Markup, html};

use super::map::{Area, squarified};
use crate::archive::MAX_UNPACKED;
use crate::build::{Contents, Owner, Share};
use crate::plan::{LayerPlan, Standing};
use crate::reconcile::LayerContents;
use crate::render::wording::{count, size, visible};

/// Up to how many shares and folders are told apart; the smaller ones are put together.
const SHARES: usize = 30;
const FOLDERS: usize = 12;

/// The unit of the map: percent of its width and height.
const WHOLE: Area = Area {
    x: 0.0,
    y: 0.0,
    width: 100.0,
    height: 100.0,
};

/// How wide the map is where it is as high as 1: shapes are made to look square on a wide screen.
const ASPECT: f64 = 2.2;

/// From which part of the room on, in percent, the map shows the room that is left; below, it shows what is used alone.
const TO_SCALE: u64 = 30;

/// How many colours there are in `style.css`.
const COLOURS: u32 = 10;

/// The least width of the map in pixels: on a narrow screen, and on others.
const NARROW: f64 = 290.0;
const WIDE: f64 = 460.0;

/// The width of a character of labels in pixels, of names and of folders.
const BOLD: f64 = 7.8;
const PLAIN: f64 = 6.4;

/// What is drawn with one colour.
struct Block<'a> {
    label: String,
    size: u64,
    class: String,
    share: Option<&'a Share>,
}

/// What fills a layer.
pub(super) fn contents(layer: &LayerPlan, contents: Option<&LayerContents>) -> Markup {
    let Some(contents) = contents else {
        return html! {};
    };
    let (contents, source) = match contents {
        LayerContents::Unknown(reason) => {
            return html! { p.quiet { "The contents of the layer are not known: " (visible(reason)) } };
        }
        LayerContents::Stored(contents) => (contents, None),
        LayerContents::Published {
            contents,
            destination,
            number,
        } => (
            contents,
            Some(format!(
                "as read from version {number} in {}",
                visible(destination)
            )),
        ),
    };
    let blocks = blocks(contents);
    let used = contents.unpacked_size;
    let percent = percent(used, MAX_UNPACKED);
    let label = format!(
        "Map of the contents of {}; the table has the same data",
        layer.layer
    );
    let room = format!(
        "{} (250 MiB) that a function and its layers can unpack to",
        size(MAX_UNPACKED)
    );
    html! {
        section.contents {
            h4 { "What fills it" }
            p {
                // Of a layer that changes, the size is among the changes.
                @if layer.standing() == Standing::Unchanged { b { (size(used)) } ", " }
                (percent) " % of the " (room)
                @if let [only] = blocks.as_slice() { ": " (only.label) }
                @if let Some(source) = &source { ", " (source) } "."
            }
            @if source.is_some() {
                p.quiet { "Only the list of files was read, so each file counts toward the package that its folder is named after." }
            }
            @if blocks.len() > 1 || !is_small(used) { (bar(&blocks)) }
            @if blocks.len() > 1 {
                div.sides {
                    div {
                        (map(&blocks, used, &label))
                        @if !is_to_scale(used) && used > 0 {
                            p.quiet { "The map shows what is used; the bar above it shows the room that is left." }
                        }
                    }
                    (table(&blocks, used))
                }
            }
        }
    }
}

fn is_to_scale(used: u64) -> bool {
    used.saturating_mul(100) >= MAX_UNPACKED * TO_SCALE
}

/// Whether there is little to look at: less than a hundredth of the room is used.
fn is_small(used: u64) -> bool {
    used.saturating_mul(100) < MAX_UNPACKED
}

/// A part of a whole in percent with one decimal.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn percent(part: u64, whole: u64) -> String {
    let percent = part as f64 * 100.0 / whole.max(1) as f64;
    match percent {
        0.0..0.1 if part > 0 => "< 0.1".to_owned(),
        _ => format!("{percent:.1}"),
    }
}

/// What is told apart, the largest first.
fn blocks(contents: &Contents) -> Vec<Block<'_>> {
    let (large, small) = contents.shares.split_at(contents.shares.len().min(SHARES));
    let mut taken = Vec::new();
    let large = large.iter().map(|share| block(share, &mut taken));
    let mut blocks: Vec<_> = large.collect();
    if !small.is_empty() {
        let sizes = small.iter().map(|share| share.size);
        blocks.push(Block {
            label: count(small.len(), "smaller package"),
            size: sizes.fold(0, u64::saturating_add),
            class: "others".to_owned(),
            share: None,
        });
    }
    blocks
}

fn block<'a>(share: &'a Share, taken: &mut Vec<u32>) -> Block<'a> {
    let (label, class) = match &share.owner {
        Owner::Package { name, version } => {
            let colour = colour(name.as_str(), taken);
            (format!("{name} {}", visible(version)), format!("c{colour}"))
        }
        Owner::Bytecode => ("bytecode".to_owned(), "others".to_owned()),
        Owner::Others => ("own files, RECORD files".to_owned(), "others".to_owned()),
    };
    Block {
        label,
        size: share.size,
        class,
        share: Some(share),
    }
}

/// The colour of a package: by its name (FNV-1a), so that it is the same in every report, unless a larger package of
/// the layer has it.
fn colour(name: &str, taken: &mut Vec<u32>) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let first = (hash ^ (hash >> 16)) % COLOURS;
    let mut candidates = (0..COLOURS).map(|step| (first + step) % COLOURS);
    let free = candidates.find(|colour| !taken.contains(colour));
    let colour = free.unwrap_or(first);
    taken.push(colour);
    colour
}

/// Everything to scale, in one line.
fn bar(blocks: &[Block<'_>]) -> Markup {
    let used: u64 = blocks
        .iter()
        .map(|block| block.size)
        .fold(0, u64::saturating_add);
    let rest = MAX_UNPACKED.saturating_sub(used);
    let sizes: Vec<u64> = blocks
        .iter()
        .map(|block| block.size)
        .chain([rest])
        .collect();
    let whole = used.saturating_add(rest);
    let mut x = 0.0;
    let places = sizes.iter().map(|size| {
        let (start, width) = (x, part(*size, whole) * 100.0);
        x += width;
        (start, width)
    });
    html! {
        svg.bar aria-hidden="true" {
            @for (block, (start, width)) in blocks.iter().map(Some).chain([None]).zip(places) {
                @if let Some(block) = block {
                    rect class=(block.class) x=(length(start)) width=(length(width)) height="100%" {
                        title { (block.label) ": " (size(block.size)) }
                    }
                } @else {
                    rect.free x=(length(start)) width=(length(width)) height="100%" {
                        title { "unused: " (size(rest)) }
                    }
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn part(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn length(percent: f64) -> String {
    format!("{percent:.3}%")
}

/// Divides the whole of an element, so wide where it is as high as 1, in proportion to `sizes`; in percent.
fn divided(sizes: &[u64], aspect: f64) -> Vec<Area> {
    let areas = squarified(
        sizes,
        Area {
            width: WHOLE.width * aspect,
            ..WHOLE
        },
    );
    let scaled = areas.into_iter().map(|area| Area {
        x: area.x / aspect,
        width: area.width / aspect,
        ..area
    });
    scaled.collect()
}

fn map(blocks: &[Block<'_>], used: u64, label: &str) -> Markup {
    let width = if is_to_scale(used) {
        part(used, MAX_UNPACKED.max(used))
    } else {
        1.0
    };
    let sizes: Vec<_> = blocks.iter().map(|block| block.size).collect();
    let areas = divided(&sizes, ASPECT * width);
    html! {
        svg.map.small[is_small(used)] role="img" aria-label=(label) {
            @for (block, area) in blocks.iter().zip(areas) {
                @let area = Area { x: area.x * width, width: area.width * width, ..area };
                (block_map(block, area))
            }
            @if width < 1.0 {
                svg x=(length(width * 100.0)) width=(length(100.0 - width * 100.0)) height="100%" {
                    title { "unused: " (size(MAX_UNPACKED - used)) }
                    rect.free width="100%" height="100%" {}
                    text.name x="8" y="20" { "unused" }
                    text x="8" y="37" { (size(MAX_UNPACKED - used)) }
                }
            }
        }
    }
}

/// A package and its folders.
fn block_map(block: &Block<'_>, area: Area) -> Markup {
    let folders = block.share.map(folders).unwrap_or_default();
    let sizes: Vec<_> = folders.iter().map(|(_, size)| *size).collect();
    let inner = divided(&sizes, area.width * ASPECT / area.height.max(0.001));
    let name = block.label.split(' ').next().unwrap_or_default();
    let labels = [block.label.as_str(), name];
    let label = labels
        .into_iter()
        .find_map(|label| Some((label, fit(label, BOLD, area.width)?)));
    html! {
        svg class=(block.class) x=(length(area.x)) y=(length(area.y)) width=(length(area.width)) height=(length(area.height)) {
            title { (block.label) ": " (size(block.size)) }
            rect width="100%" height="100%" {}
            @for ((folder, bytes), inner) in folders.iter().zip(inner) {
                (folder_map(folder, *bytes, block, inner, area))
            }
            @if let Some((label, fit)) = label && area.height > 7.0 {
                text.name.wide[fit == Fit::Wide] x="8" y="20" { (label) }
                @if area.height > 12.0 { text.wide[fit == Fit::Wide] x="8" y="37" { (size(block.size)) } }
            }
        }
    }
}

/// The screens on which a label is shown whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    All,
    /// Those from about 540 pixels on, see `style.css`.
    Wide,
}

/// Where a label, whose characters are at most so wide, fits into a part of the map's width in percent.
fn fit(label: &str, character: f64, percent: f64) -> Option<Fit> {
    let needed = f64::from(u32::try_from(label.chars().count()).ok()?) * character + 12.0;
    match percent / 100.0 {
        part if needed <= NARROW * part => Some(Fit::All),
        part if needed <= WIDE * part => Some(Fit::Wide),
        _ => None,
    }
}

fn folder_map(folder: &str, bytes: u64, block: &Block<'_>, inner: Area, outer: Area) -> Markup {
    let (width, height) = (
        inner.width * outer.width / 100.0,
        inner.height * outer.height / 100.0,
    );
    // The label of the package stands in the corner.
    let needed = if inner.y < 1.0 { 22.0 } else { 9.0 };
    html! {
        svg x=(length(inner.x)) y=(length(inner.y)) width=(length(inner.width)) height=(length(inner.height)) {
            title { (block.label) ", " (folder) ": " (size(bytes)) }
            rect.folder width="100%" height="100%" {}
            @if height > needed && fit(folder, PLAIN, width).is_some() {
                text.minor.wide x="8" y="100%" dy="-8" { (folder) }
            }
        }
    }
}

/// The folders of a share that are told apart.
fn folders(share: &Share) -> Vec<(String, u64)> {
    let (large, small) = share.folders.split_at(share.folders.len().min(FOLDERS));
    let name = |folder: &str| match folder {
        "" => "files at the top".to_owned(),
        folder => visible(folder),
    };
    let mut folders: Vec<_> = large
        .iter()
        .map(|(folder, size)| (name(folder), *size))
        .collect();
    if !small.is_empty() {
        let sizes = small.iter().map(|(_, size)| *size);
        folders.push((
            count(small.len(), "smaller folder"),
            sizes.fold(0, u64::saturating_add),
        ));
    }
    folders
}

fn table(blocks: &[Block<'_>], used: u64) -> Markup {
    html! {
        table.shares {
            thead { tr { th { "Package" } th.number { "Unpacked" } th.number { "Part" } } }
            tbody {
                @for block in blocks {
                    tr {
                        td {
                            svg.key aria-hidden="true" { rect class=(block.class) width="100%" height="100%" {} }
                            (block.label)
                            @if let Some((folder, bytes)) = block.share.and_then(largest_folder) {
                                span.quiet.folders { (visible(folder)) " " (size(bytes)) }
                            }
                        }
                        td.number { (size(block.size)) }
                        td.number { (percent(block.size, used)) " %" }
                    }
                }
                tr.total {
                    td { "unused" }
                    td.number { (size(MAX_UNPACKED.saturating_sub(used))) }
                    td.number {}
                }
            }
        }
    }
}

/// The folder that takes most, where there are several.
fn largest_folder(share: &Share) -> Option<(&str, u64)> {
    let (folder, size) = share.folders.first()?;
    (share.folders.len() > 1 && !folder.is_empty()).then_some((folder.as_str(), *size))
}
