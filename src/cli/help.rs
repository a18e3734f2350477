//! The help: commands in groups, a command's own options and examples first, the options of every command last.

use clap::{Args as _, Command, CommandFactory as _};

use super::{Cli, GlobalOptions, STYLES};

/// The commands in the order in which people need them. `Command` has the same order.
pub const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Define layers",
        &[
            "init", "add", "import", "lock", "bump", "validate", "build", "test",
        ],
    ),
    ("Publish layers", &["plan", "apply", "diff", "publish"]),
    (
        "Look up published layers",
        &["outputs", "list", "versions", "show", "usage"],
    ),
    ("Delete old versions", &["prune", "delete"]),
    (
        "Other commands",
        &["doctor", "cache", "schema", "completions", "man", "help"],
    ),
];

/// The command line with its help. `-h` leaves out the options of every command.
pub fn program() -> Command {
    let program = Cli::command().mut_args(|argument| {
        let is_global = argument.is_global_set();
        argument.hide_env_values(true).hide(is_global)
    });
    let options = global_options();
    let program = program.mut_subcommands(|command| {
        let command = command.mut_args(|argument| argument.hide_env_values(true));
        with_global_options(command, &options)
    });
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}{}\n{{options}}{{after-help}}",
        commands(&program),
        heading("Options:")
    );
    with_global_options(program, &options).help_template(template)
}

/// The list of commands, in groups.
fn commands(program: &Command) -> String {
    let literal = STYLES.get_literal();
    let about = |name| match program.find_subcommand(name) {
        Some(command) => command.get_about().cloned().unwrap_or_default(),
        None => "Show the help of a command".into(),
    };
    let mut text = String::new();
    for (title, names) in GROUPS {
        text += &format!("{}\n", heading(&format!("{title}:")));
        for name in names {
            text += &format!("  {literal}{name:<11}{literal:#}  {}\n", about(name));
        }
        text += "\n";
    }
    text
}

fn heading(title: &str) -> String {
    let header = STYLES.get_header();
    format!("{header}{title}{header:#}")
}

fn with_global_options(command: Command, options: &str) -> Command {
    let name = match command.get_name() {
        "lls" => "lls".to_owned(),
        name => format!("lls {name}"),
    };
    let examples = command.get_after_help().map(|text| format!("{text}\n\n"));
    let examples = examples.unwrap_or_default();
    let title = heading("Global options:");
    command
        .after_help(format!(
            "{examples}{title} run `{name} --help` to list the options of every command"
        ))
        .after_long_help(format!("{examples}{title}\n{options}"))
}

/// The options of every command, as `--help` shows them.
fn global_options() -> String {
    let command = Command::default().styles(STYLES).max_term_width(100);
    let command = command.disable_help_flag(true).help_template("{options}");
    let command = GlobalOptions::augment_args(command);
    let mut command = command.mut_args(|argument| argument.hide_env_values(true));
    let text = command.render_long_help().ansi().to_string();
    text.trim_end().to_owned()
}
