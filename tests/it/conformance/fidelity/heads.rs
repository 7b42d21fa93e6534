//! What the first comment of a source says of its upstream.

use std::fs;
use std::path::Path;

/// The head of a source that mirrors something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Path of the source below `src`.
    pub(super) file: String,
    mirrors: String,
    left_out: String,
}

/// The heads of all sources, in order of their paths.
pub(super) fn all(src: &Path) -> Vec<Head> {
    let mut heads = Vec::new();
    collect(src, src, &mut heads);
    heads.sort_by(|one, other| one.file.cmp(&other.file));
    heads
}

fn collect(src: &Path, folder: &Path, heads: &mut Vec<Head>) {
    for path in super::entries(folder) {
        if path.is_dir() {
            collect(src, &path, heads);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(src).expect("it lies inside").to_string_lossy();
            let text = fs::read_to_string(&path).expect("a source is text");
            heads.extend(parse(&file.replace('\\', "/"), &text));
        }
    }
}

fn parse(file: &str, text: &str) -> Option<Head> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let lines: Vec<&str> = lines.collect();
    let paragraphs: Vec<String> =
        lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
    let place = paragraphs.iter().position(|one| one.contains("Mirrors "))?;
    let (_, said) = paragraphs[place].split_once("Mirrors ")?;
    let (mirrors, left_out) = said.split_once("Left out: ").unwrap_or((said, ""));
    let own_paragraph = paragraphs.get(place + 1).and_then(|next| next.strip_prefix("Left out: "));
    let left_out = if left_out.is_empty() { own_paragraph.unwrap_or("") } else { left_out };
    Some(Head { file: file.to_owned(), mirrors: plain(mirrors), left_out: plain(left_out) })
}

/// As a cell of a table: without links into the documentation of the code.
fn plain(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    text.replace("[`", "`").replace("`]", "`").replace('|', "\\|")
}

impl Head {
    pub(super) fn row(&self) -> String {
        format!("| `{}` | {} | {} |\n", self.file, self.mirrors, self.left_out)
    }
}

#[test]
fn a_head_says_what_it_mirrors_and_leaves_out() {
    let text = "//! One sync. Mirrors `a.go` and\n//! [`Other`] (v1.36). Left out: this,\n\
                //! that.\n//!\n//! More.\n\nuse x;\n";
    let head = parse("kube/a.rs", text).expect("it mirrors something");
    assert_eq!(head.row(), "| `kube/a.rs` | `a.go` and `Other` (v1.36) | this, that |\n");
    assert_eq!(parse("kube/b.rs", "//! Nothing of the kind.\n"), None);
}
