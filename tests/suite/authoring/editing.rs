//! Editing a manifest: what is not meant stays byte for byte, however the manifest is written.

use expect_test::expect;
use lls::input::Repository;
use lls::manifest::ManifestText;

use crate::support::project::{HELLO, Project};

const NASTY: &str = "\u{feff}# Before everything\r
default_target='local'# no blank\r
\r
  [ targets . local ] # header\r
\tdirectory   =   '''registry'''   # odd blanks\r
\r
# [layers.gone]\r
# description = \"v1.0.0\"\r
\r
[layers]# the layers\r
a.description = 'v1.0.0' # a\r
a.\"runtimes\" = [ # of a\r
    'python3.12', # last\r
]\r
\r
[layers.\"b\"]\r
runtimes = [\"python3.12\"]\n\
\"description\" = \"\"\"v0.9.0\"\"\" # b, \"v1.0.0\"\r
# permission = \"public\"\r
# to be decided\r
\r
# What holds for all.\r
[defaults]\r
prefix = \"python\"\r
# The end, without a line end";

fn text(text: &str) -> ManifestText {
    ManifestText {
        path: "layers.toml".into(),
        text: text.to_owned(),
        repository: Repository::around(".".as_ref(), "/".as_ref(), &[]),
    }
}

fn with_layer(before: &str) -> String {
    let keys = [
        ("description", "v1.0.0".into()),
        ("prefix", "python".into()),
    ];
    let edited = text(before).with_layer(&"new".parse().unwrap(), &keys);
    edited.map_or_else(|error| error.to_string(), |edited| edited.text)
}

fn with_description(before: &str, layer: &str, description: &str) -> String {
    let (layer, description) = (layer.parse().unwrap(), description.parse().unwrap());
    let edited = text(before).with_description(&layer, &description);
    edited.map_or_else(|error| error.to_string(), |edited| edited.text)
}

#[test]
fn a_description_is_all_that_changes() {
    let a = NASTY.replacen(
        "a.description = 'v1.0.0' # a",
        "a.description = 'v1.1.0' # a",
        1,
    );
    assert_eq!(with_description(NASTY, "a", "v1.1.0"), a);
    let b = NASTY.replacen("\"\"\"v0.9.0\"\"\"", "\"v1.0.0-rc.1+x\"", 1);
    assert_eq!(with_description(NASTY, "b", "v1.0.0-rc.1+x"), b);
    let inline = "layers = { a = { runtimes = [], description = \"1.0.0\" } } # x";
    assert_eq!(
        with_description(inline, "a", "1.0.1"),
        inline.replace("1.0.0", "1.0.1")
    );
    let refused = "cannot set the description of layer `c` in `layers.toml` without touching other parts of it";
    assert_eq!(with_description(NASTY, "c", "v1.0.0"), refused);
    assert_eq!(with_description("[layers.c]\n", "c", "v1.0.0"), refused);
    assert_eq!(with_description("[layers.c", "c", "v1.0.0"), refused);
}

#[test]
fn a_layer_comes_behind_the_last_one() {
    let new = "\r\n[layers.new]\r\ndescription = \"v1.0.0\"\r\nprefix = \"python\"\r\n";
    let place = NASTY.find("\r\n# What holds").unwrap();
    let expected = [&NASTY[..place], new, &NASTY[place..]].concat();
    assert_eq!(with_layer(NASTY), expected);
}

#[test]
fn every_way_to_write_layers_takes_another_one_or_is_refused() {
    let ways = [
        "",
        "# only a comment",
        "[targets.local]\ndirectory = \"x\"\n",
        "[targets.local]\ndirectory = \"x\"\n\n",
        "[layers]\n",
        "[layers.a]\ndescription = \"1.0.0\"",
        "[layers.a]\n[defaults]\n",
        "[layers.a]\n# about the defaults\n[defaults]\n",
        "[layers.a]\npermission = { account = \"123456789012\" } # x\n\n\n[defaults]\n",
        "[layers.a.permission]\naccount = \"123456789012\"\n[targets]\n",
        "layers.a.description = \"1.0.0\"\ndefault_target = \"x\"\n\n[targets.x]\n",
        "layers.a = { description = \"1.0.0\" }\n",
        "layers = {}\n",
        "layers = { a = { description = \"1.0.0\" } } # x\n[defaults]\n",
        "[layers]\na = { description = \"1.0.0\" }\n\n[defaults]\n",
        "[defaults]\n[layers.a]\n[targets.x]\n[layers.b]\nlicense = \"x\"\n[targets.y]\n",
        "[layers.new]\n",
        "layers = 1\n",
    ];
    let shown = ways.map(|way| format!("{way:?}\n{}\n", with_layer(way)));
    expect![[r##"
        ""
        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        ----
        "# only a comment"
        # only a comment

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        ----
        "[targets.local]\ndirectory = \"x\"\n"
        [targets.local]
        directory = "x"

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        ----
        "[targets.local]\ndirectory = \"x\"\n\n"
        [targets.local]
        directory = "x"

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        ----
        "[layers]\n"
        [layers]

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        ----
        "[layers.a]\ndescription = \"1.0.0\""
        [layers.a]
        description = "1.0.0"

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        ----
        "[layers.a]\n[defaults]\n"
        [layers.a]

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        [defaults]

        ----
        "[layers.a]\n# about the defaults\n[defaults]\n"
        [layers.a]

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        # about the defaults
        [defaults]

        ----
        "[layers.a]\npermission = { account = \"123456789012\" } # x\n\n\n[defaults]\n"
        [layers.a]
        permission = { account = "123456789012" } # x

        [layers.new]
        description = "v1.0.0"
        prefix = "python"


        [defaults]

        ----
        "[layers.a.permission]\naccount = \"123456789012\"\n[targets]\n"
        [layers.a.permission]
        account = "123456789012"

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        [targets]

        ----
        "layers.a.description = \"1.0.0\"\ndefault_target = \"x\"\n\n[targets.x]\n"
        layers.a.description = "1.0.0"
        default_target = "x"

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        [targets.x]

        ----
        "layers.a = { description = \"1.0.0\" }\n"
        layers.a = { description = "1.0.0" }

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        ----
        "layers = {}\n"
        layers = { new = { description = "v1.0.0", prefix = "python" } }

        ----
        "layers = { a = { description = \"1.0.0\" } } # x\n[defaults]\n"
        layers = { a = { description = "1.0.0" }, new = { description = "v1.0.0", prefix = "python" } } # x
        [defaults]

        ----
        "[layers]\na = { description = \"1.0.0\" }\n\n[defaults]\n"
        [layers]
        a = { description = "1.0.0" }

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        [defaults]

        ----
        "[defaults]\n[layers.a]\n[targets.x]\n[layers.b]\nlicense = \"x\"\n[targets.y]\n"
        [defaults]
        [layers.a]
        [targets.x]
        [layers.b]
        license = "x"

        [layers.new]
        description = "v1.0.0"
        prefix = "python"

        [targets.y]

        ----
        "[layers.new]\n"
        cannot set the new layer `new` in `layers.toml` without touching other parts of it
        ----
        "layers = 1\n"
        cannot set the new layer `new` in `layers.toml` without touching other parts of it
    "##]].assert_eq(&shown.join("----\n"));
}

#[test]
fn symlinks_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::hello().file("shared/layers.toml", HELLO);
    std::fs::remove_file(project.path("layers.toml")).unwrap();
    std::os::unix::fs::symlink("shared/layers.toml", project.path("layers.toml")).unwrap();
    let file = project.path("shared/layers.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let run = project.run(&["bump", "hello", "--patch"]);
    run.check(expect![[r#"
        hello  v1.0.0 -> v1.0.1   layers.toml:5
        --- exit status 0
    "#]]);
    assert!(
        project
            .path("layers.toml")
            .symlink_metadata()
            .unwrap()
            .is_symlink()
    );
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(
        project.read("shared/layers.toml"),
        HELLO.replace("v1.0.0", "v1.0.1")
    );
}

#[test]
fn a_nasty_manifest_is_edited_by_the_commands() {
    let manifest = NASTY.replace("'''registry'''", "'registry'");
    let project = Project::hello()
        .manifest(&manifest)
        .file("layers/a/a.py", "")
        .file("layers/b/b.py", "");
    project.succeed(&["bump", "b", "--major"]);
    project.succeed(&["add", "c", "-r", "python3.12"]);
    let expected = manifest
        .replace("\"\"\"v0.9.0\"\"\"", "\"v1.0.0\"")
        .replace(
            "# to be decided\r\n",
            "# to be decided\r\n\r\n[layers.c]\r\ndescription = \"v1.0.0\"\r\nruntimes = [\"python3.12\"]\r\n",
        );
    assert_eq!(project.read("layers.toml"), expected);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();
}
