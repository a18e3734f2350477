//! Markdown of plans with names that would like to be markup, and of plans that are too long for a comment.

use std::collections::BTreeMap;

use lls::layer::{Architecture, Description, PackageName, VersionNumber};
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
            lowers_description: false,
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
        runtimes: ["python3.12".parse().unwrap()].into(),
        architectures: [Architecture::X86_64].into(),
        license: Some(EVIL.to_owned()),
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
        warnings: vec![EVIL.to_owned()],
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
    let mut new = layer("new", Vec::new());
    new.destinations[0].action = Action::Create;
    let mut changed = layer("evil", vec![file("python/a|`b`<i>@x.py", diff)]);
    let action = &mut changed.destinations[0].action;
    if let Action::Publish {
        lowers_description, ..
    } = action
    {
        *lowers_description = true;
    }
    let text = rendered(vec![changed, new], render_markdown);
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
    assert_eq!(text.matches("</details>\n").count(), 2, "{text}");
    assert!(text.contains("for python3&#46;12 on x86&#95;64&#44; license "));
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
        text.contains("Left out to fit into a comment: 1 diff."),
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

/// What differs from the version that a layer was compared with.
fn changes(action: &mut Action) -> &mut Changes {
    match action {
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => changes,
        Action::Create | Action::Unchanged { .. } => panic!("nothing was compared"),
    }
}

/// Sets the packages and files that change in a layer.
fn with_changes(layer: &mut LayerPlan, packages: Vec<PackageChange>, files: Vec<FileChange>) {
    let changes = changes(&mut layer.destinations[0].action);
    (changes.packages, changes.files) = (packages, files);
}

fn package(name: &str, before: &str, after: &str) -> PackageChange {
    let versions = |version: &str| {
        let versions = version.split_whitespace().map(str::to_owned);
        versions.collect()
    };
    PackageChange {
        name: name.parse().unwrap(),
        before: versions(before),
        after: versions(after),
    }
}

#[test]
fn a_title_names_the_packages_that_change() {
    let mut science = layer("science", Vec::new());
    let packages = vec![
        package("idna", "", "3.10"),
        package("numpy", "2.1.3", "2.2.0"),
        package("six", "1.16.0", ""),
        package("toml", "1", "2"),
    ];
    with_changes(&mut science, packages, vec![file("python/a.py", "")]);
    let text = rendered(vec![science], render_markdown);
    let title = text.lines().find(|line| line.starts_with("<details>"));
    assert_eq!(
        title.unwrap(),
        "<details><summary><b>science</b> 1.0.0: <code>+ idna 3.10</code>, \
         <code>numpy 2.1.3 -&gt; 2.2.0</code>, <code>- six 1.16.0</code>, \
         1 more package, 1 file</summary>"
    );
    assert!(text.contains("blocked, 1 not planned\n"), "{text}");
}

#[test]
fn of_a_layer_with_very_many_files_some_are_told_and_who_may_use_it() {
    let mut large = layer("large", Vec::new());
    let files =
        (0..5_000).map(|number| file(&format!("python/{number:04}.py"), "@@ -0,0 +1 @@\n+x\n"));
    with_changes(
        &mut large,
        vec![package("numpy", "1", "2")],
        files.collect(),
    );
    large.destinations[0].permission.grant = Some(lls::layer::Grantee::Account(
        "123456789012".parse().unwrap(),
    ));
    let text = rendered(vec![large.clone()], render_markdown);
    for told in [
        "`numpy 1 -> 2`",
        "- `+` `python/0078.py  +1`\n",
        "- ... 4903 more lines\n",
        "- `grant account 123456789012`\n",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }

    let page = rendered(vec![large], render_html);
    assert_eq!(page.matches("<pre").count(), 5_000, "these are few lines");
}

#[test]
fn diffs_say_where_they_are_if_that_is_not_everywhere() {
    let mut hello = layer(
        "hello",
        vec![file("python/a.py", "@@ -1 +1 @@\n-a\r\n+a\n")],
    );
    let mut other = hello.destinations[0].clone();
    other.destination = "eu-west-1".to_owned();
    changes(&mut other.action).files[0].diff = Some("@@ -1 +1 @@\n-b\n+a\n".to_owned());
    hello.destinations[0].destination = "us-east-1".to_owned();
    hello.destinations.push(other);
    let text = rendered(vec![hello.clone()], render_markdown);
    for told in [
        "\nIn `us-east-1`:\n",
        "\nIn `eu-west-1`:\n",
        "\n`python/a.py` in `us-east-1`\n\n```diff\n@@ -1 +1 @@\n-a\\r\n+a\n",
        "\n`python/a.py` in `eu-west-1`\n\n```diff\n@@ -1 +1 @@\n-b\n+a\n",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(rendered(vec![hello], render_html).contains(">-a\\r</span>"));
}

#[test]
fn a_page_tells_what_the_other_reports_tell() {
    let long = "@@ -0,0 +3000 @@\n".to_owned() + &"+x\n".repeat(3_000);
    let mut logo = file("python/logo.png", "");
    (logo.lines, logo.diff) = (None, None);
    logo.uncompared = Some(lls::plan::Uncompared::Binary);
    let mut hello = layer("hello", vec![logo, file("python/long.py", &long)]);
    let destination = &mut hello.destinations[0];
    destination.parameters = vec![lls::plan::ParameterChange {
        name: serde_json::from_str("\"/layers/hello/current\"").unwrap(),
        before: None,
    }];
    let page = rendered(vec![hello], render_html);
    for told in [
        "<span class=\"quiet\">binary</span>",
        "<li>set parameter /layers/hello/current</li>",
        "... 1001 more lines: the JSON report has all of them</span>",
    ] {
        assert!(page.contains(told), "{told}");
    }
}
