//! Markdown of plans with names that would like to be markup, and of plans that are too long for a comment.

use std::collections::BTreeMap;

use lls::layer::{Description, PackageName, VersionNumber};
use lls::plan::{
    Action, Changes, DestinationPlan, FileChange, LayerPlan, LineChange, MetadataChange,
    PackageChange, PermissionPlan, Plan, VersionReference,
};
use lls::render::{Report, TargetReport, TargetResult, render_html, render_markdown};

/// Everything that Markdown, HTML, GitHub and GitLab could obey.
const EVIL: &str = "</details>|x\n# h `a` ``b`` <script>alert(1)</script> @octocat #123 [l](https://evil.example) \
     ![i](https://evil.example/i.png) www.evil.example \\| -->\u{202e}\u{200b} &lt; \\`@octocat";

fn changed(files: Vec<FileChange>) -> Changes {
    let package = PackageChange {
        name: "numpy".parse::<PackageName>().unwrap(),
        before: [EVIL.to_owned()].into(),
        after: ["2.2.6".to_owned()].into(),
    };
    let license = MetadataChange {
        field: "license".into(),
        before: EVIL.to_owned(),
        after: "MIT".to_owned(),
    };
    Changes {
        compared: true,
        packages: vec![package],
        files,
        metadata: vec![license],
        ..Changes::default()
    }
}

fn file(path: &str, diff: &str) -> FileChange {
    FileChange {
        path: path.parse().unwrap(),
        before: None,
        after: None,
        lines: Some(LineChange {
            added: 1,
            removed: 0,
        }),
        diff: Some(diff.to_owned()),
        uncompared: None,
    }
}

fn layer(name: &str, files: Vec<FileChange>) -> LayerPlan {
    let after = VersionReference {
        number: VersionNumber(1),
        description: EVIL.to_owned(),
        arn: EVIL.to_owned(),
    };
    let destination = DestinationPlan {
        destination: format!("../{EVIL}"),
        action: Action::Publish {
            after,
            changes: changed(files),
        },
        versions: vec![VersionNumber(1)],
        permission: PermissionPlan::default(),
        parameters: Vec::new(),
    };
    LayerPlan {
        layer: name.parse().unwrap(),
        description: "1.0.0".parse::<Description>().unwrap(),
        description_position: None,
        archive: None,
        destinations: vec![destination],
    }
}

/// Renders a plan of `layers` by `render`.
fn rendered(layers: Vec<LayerPlan>, render: fn(&Report<'_>) -> String) -> String {
    let plan = Plan {
        target: EVIL.to_owned(),
        account: None,
        destinations: vec![EVIL.to_owned()],
        layers,
    };
    let failures = [EVIL.to_owned()];
    let target = TargetReport {
        plan: TargetResult {
            target: &plan.target,
            result: Some(&plan),
            failures: &failures,
        },
        summary: None,
        contents: BTreeMap::new(),
    };
    render(&Report {
        manifest: EVIL,
        targets: vec![target],
    })
}

/// A line of Markdown without what is code in it, spans and `<code>`.
fn without_code(line: &str) -> String {
    let html = regex::Regex::new("<code>[^<>]*</code>").unwrap();
    let span = regex::Regex::new("`[^`]+`").unwrap();
    span.replace_all(&html.replace_all(line, ""), "")
        .into_owned()
}

#[test]
fn names_are_never_markup() {
    let diff = "@@ -0,0 +1,2 @@\n+```\n+</details>@octocat\n+````\n \u{202e}x\n";
    let text = rendered(
        vec![layer("evil", vec![file("python/a|`b`<i>@x.py", diff)])],
        render_markdown,
    );
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("<!-- lls plan ") && first.ends_with(" -->"),
        "{first}"
    );
    assert_eq!(
        first.matches("--").count(),
        2,
        "the comment ends once: {first}"
    );
    assert!(!text.contains(['\u{202e}', '\u{200b}']), "nothing hides");

    let (before, fenced) = text
        .split_once("\n`````diff\n")
        .expect("a fence longer than those inside");
    let (inside, after) = fenced.split_once("\n`````\n").unwrap();
    assert!(inside.contains("+</details>@octocat"));
    for line in before.lines().skip(1).chain(after.lines()) {
        let markup = without_code(line);
        for evil in ["<script", "octocat", "#123", "evil.example", "](", "\\"] {
            assert!(!markup.contains(evil), "{evil} in {line}");
        }
    }
    let is_row = |line: &&str| line.starts_with("| `^`");
    let row = before.lines().find(is_row).unwrap();
    assert_eq!(row.matches('|').count(), 7, "six cells: {row}");
    assert_eq!(text.matches("</details>\n").count(), 1, "{text}");
}

#[test]
fn pages_hold_names_as_text() {
    let diff = "@@ -0,0 +1 @@\n+</pre><script>alert(1)</script>\n";
    let page = rendered(
        vec![layer("evil", vec![file("python/<i>.py", diff)])],
        render_html,
    );
    assert!(!page.contains("<script") && !page.contains("<i>") && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(page.matches("</pre>").count(), 1);
}

#[test]
fn what_is_too_long_is_left_out_diffs_first_then_details_then_rows() {
    let length = |text: &str| text.encode_utf16().count();
    let diff = |characters: usize| format!("@@ -0,0 +1 @@\n+{}\n", "🦀".repeat(characters));
    let layers = |count: usize, files: &dyn Fn() -> Vec<FileChange>| {
        let names = (0..count).map(|number| layer(&format!("layer{number:04}"), files()));
        names.collect::<Vec<_>>()
    };
    let one = |characters| move || vec![file("python/a.py", &diff(characters))];

    let text = rendered(layers(3, &one(14_000)), render_markdown);
    assert!(
        length(&text) < 65_000 && length(&text) > 60_000,
        "{}",
        length(&text)
    );
    assert!(
        text.contains("Left out, because comments are short: 1 diff."),
        "{}",
        &text[text.len() - 300..]
    );
    assert_eq!(text.matches("<details>").count(), 3);

    let text = rendered(layers(100, &one(500)), render_markdown);
    assert!(length(&text) < 65_000, "{}", length(&text));
    let note = text.lines().last().unwrap();
    assert!(
        note.contains(" diffs and the details of ") && !note.contains("line"),
        "{note}"
    );
    assert_eq!(text.matches("| `layer").count(), 100, "every row is there");
    assert_eq!(
        text.matches("<details>").count(),
        text.matches("</details>\n").count()
    );

    let text = rendered(layers(1_000, &Vec::new), render_markdown);
    assert!(length(&text) < 65_000, "{}", length(&text));
    let note = text.lines().last().unwrap();
    assert!(
        note.contains("the details of 1000 layers and ") && note.contains(" lines. "),
        "{note}"
    );
}
