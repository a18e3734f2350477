//! Which file of the source imports from which: names are followed through re-exports to the file that declares them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A module: its file, the names that it imports or re-exports, and where each comes from.
struct Module {
    file: PathBuf,
    code: String,
    names: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// The paths that it uses itself: imports, and paths in its code.
    uses: Vec<Vec<String>>,
}

/// The modules of the source by their path in the crate.
pub struct Modules(BTreeMap<Vec<String>, Module>);

impl Modules {
    /// The modules in files, whose texts have no tests.
    pub fn of(files: Vec<(PathBuf, String)>) -> Self {
        let files = files
            .into_iter()
            .filter(|(file, _)| !file.ends_with("tests.rs"));
        let modules = files.map(|(file, text)| {
            let lines = text.lines().map(|line| line.split("//").next().unwrap());
            let code = lines.filter(|line| !(line.contains("mod ") && line.ends_with(';')));
            let code: Vec<_> = code.collect();
            (place(&file), Module::read(file, &code.join("\n")))
        });
        Self(modules.collect())
    }

    /// For each file, the files that it imports from.
    pub fn imports(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let of = |(place, module): (&Vec<String>, &Module)| {
            let used = module.uses.iter();
            let files = used.filter_map(|path| self.file(place, path));
            let others = files.filter(|file| *file != module.file);
            (module.file.clone(), others.collect())
        };
        self.0.iter().map(of).collect()
    }

    /// The file that declares what `path` names in the module at `place`.
    fn file(&self, place: &[String], path: &[String]) -> Option<PathBuf> {
        let (mut place, mut rest) = (place.to_vec(), path);
        let mut is_first = true;
        while let Some((name, after)) = rest.split_first() {
            match name.as_str() {
                "crate" if is_first => place.clear(),
                "self" => {}
                "super" => drop(place.pop()),
                name => {
                    place.push(name.to_owned());
                    if !self.0.contains_key(&place) {
                        place.pop();
                        return self.declared(&place, name, is_first);
                    }
                }
            }
            (rest, is_first) = (after, false);
        }
        Some(self.0[&place].file.clone())
    }

    /// The file that declares a name of a module; none for a crate.
    fn declared(&self, place: &[String], name: &str, is_first: bool) -> Option<PathBuf> {
        let module = self.0.get(place)?;
        if let Some(path) = module.names.get(name)
            && path.first().map(String::as_str) != Some(name)
        {
            return self.file(place, path);
        }
        if declares(&module.code, name) {
            return Some(module.file.clone());
        }
        let globs = module.globs.iter().filter(|glob| glob[0] != name);
        let mut globbed = globs.filter_map(|glob| {
            let path = [glob.clone(), vec![name.to_owned()]].concat();
            self.file(place, &path)
        });
        globbed
            .next()
            .or_else(|| (!is_first).then(|| module.file.clone()))
    }
}

impl Module {
    fn read(file: PathBuf, text: &str) -> Self {
        let (mut names, mut globs, mut uses) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut code = String::new();
        let mut rest = text;
        while let Some((visibility, tree, before, after)) = next_use(rest) {
            code.push_str(before);
            let mut paths = Vec::new();
            expand(&[], tree, &mut paths);
            for (path, name) in paths {
                if name == "*" {
                    globs.push(path.clone());
                } else {
                    names.insert(name, path.clone());
                }
                if visibility.is_empty() {
                    uses.push(path);
                }
            }
            rest = after;
        }
        code.push_str(rest);
        uses.extend(paths_in(&code));
        // What is re-exported may be used too.
        let is_used = |name: &&String| words(&code).any(|word| word == name.as_str());
        uses.extend(names.keys().filter(is_used).map(|name| vec![name.clone()]));
        Self {
            file,
            code,
            names,
            globs,
            uses,
        }
    }
}

/// Whether code declares a name.
fn declares(code: &str, name: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "const", "type", "static"];
    let declared = |kind: &&str| {
        let declaration = format!("{kind} {name}");
        let mut ends = code
            .match_indices(&declaration)
            .map(|(at, text)| at + text.len());
        ends.any(|end| !code[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    };
    kinds.iter().any(declared)
}

/// The place of a file's module in the crate.
fn place(file: &std::path::Path) -> Vec<String> {
    let path = file.with_extension("");
    let names = path.iter().skip(1).map(|name| name.to_str().unwrap());
    names
        .filter(|name| !matches!(*name, "mod" | "lib"))
        .map(str::to_owned)
        .collect()
}

/// The first `use` of a text: its visibility, its tree, and what is before and after it.
fn next_use(text: &str) -> Option<(&str, &str, &str, &str)> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = line.trim_start();
        let visibility = match start.split_once("use ") {
            Some((before, _)) if before.trim().is_empty() => "",
            Some((before, _)) if before.starts_with("pub") && !before.contains(';') => before,
            _ => {
                offset += line.len();
                continue;
            }
        };
        let from = offset + line.find("use ").unwrap() + "use ".len();
        let length = text[from..].find(';').unwrap();
        let (tree, after) = (&text[from..from + length], &text[from + length + 1..]);
        return Some((visibility, tree, &text[..offset], after));
    }
    None
}

/// The paths of a tree of `use`, each with the name that it has then.
fn expand(before: &[String], tree: &str, paths: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    let names = |text: &str| {
        let names = text.split("::").map(str::trim);
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    if let Some((start, inner)) = tree.split_once('{') {
        let before = [before, &names(start)].concat();
        let (mut depth, mut from) = (0, 0);
        let inner = &inner[..inner.rfind('}').unwrap()];
        for (index, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&before, &inner[from..index], paths);
                    from = index + 1;
                }
                _ => {}
            }
        }
        expand(&before, &inner[from..], paths);
    } else if !tree.is_empty() {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path = [before, &names(path)].concat();
        let is_all = path.last().is_some_and(|name| name == "*");
        if is_all || path.last().is_some_and(|name| name == "self") {
            path.pop();
        }
        let name = match name.trim() {
            _ if is_all => "*".to_owned(),
            "" => path.last().unwrap().clone(),
            name => name.to_owned(),
        };
        paths.push((path, name));
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// The paths of at least two names in code.
fn paths_in(code: &str) -> impl Iterator<Item = Vec<String>> + '_ {
    let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let paths = code.split(move |c: char| !is_path(c));
    paths
        .filter(|path| path.contains("::"))
        .map(|path| {
            path.split("::")
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|path| path.len() > 1)
}
