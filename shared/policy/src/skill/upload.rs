//! What an uploaded skill must be: files below one folder with a `SKILL.md` that names it ("Agent Skills", SKILL.md
//! format).

use std::collections::BTreeSet;

use serde::Deserialize;

use super::INSTRUCTIONS;
use crate::request::{Refusal, invalid};

/// The most that all files of a skill may come to, in bytes.
pub const LARGEST_UPLOAD: usize = 8 << 20;

/// A model is given all of the instructions; and they are kept beside the skill's facts, in one item.
const LARGEST_INSTRUCTIONS: usize = 128 << 10;
const MOST_FILES: usize = 500;
const LONGEST_PATH: usize = 255;
const LONGEST_NAME: usize = 64;
const LONGEST_DESCRIPTION: usize = 1024;
const LONGEST_TITLE: usize = 255;

/// A file of a skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path: in an upload with the skill's folder, in an [`Upload`] below it.
    pub path: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// An upload that is a skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The name that `SKILL.md` states.
    pub name: String,
    /// When to use it; empty when `SKILL.md` does not say.
    pub description: String,
    /// The folder of the files; the name in lower case, with hyphens, where they came without one.
    pub directory: String,
    /// The whole `SKILL.md`.
    pub instructions: String,
    /// All files, by paths below the folder.
    pub files: Vec<File>,
}

/// What a `SKILL.md` begins with.
#[derive(Deserialize)]
struct Front {
    name: Option<String>,
    description: Option<String>,
}

/// Reads uploaded files as a skill.
///
/// # Errors
/// A refusal of `files` that says what is wrong.
pub fn read(files: Vec<File>) -> Result<Upload, Refusal> {
    if files.is_empty() {
        return Err(refused(format!("a skill needs at least a {INSTRUCTIONS}")));
    }
    if files.len() > MOST_FILES {
        return Err(refused(format!("a skill may have {MOST_FILES} files, this one has {}", files.len())));
    }
    let size: usize = files.iter().map(|it| it.content.len()).sum();
    if size > LARGEST_UPLOAD {
        return Err(refused(format!("the files of a skill may come to {LARGEST_UPLOAD} bytes, these are {size}")));
    }
    let (folder, files) = below_folder(files)?;
    let found = files.iter().find(|it| it.path == INSTRUCTIONS);
    let found = found.ok_or_else(|| refused(format!("there is no {INSTRUCTIONS} at the root of the folder")))?;
    if found.content.len() > LARGEST_INSTRUCTIONS {
        return Err(refused(format!("{INSTRUCTIONS} is longer than {LARGEST_INSTRUCTIONS} bytes")));
    }
    let instructions = String::from_utf8(found.content.clone());
    let instructions = instructions.map_err(|_| refused(format!("{INSTRUCTIONS} is no UTF-8 text")))?;
    let front = front(&instructions)?;
    let name = front.name.map(|it| it.trim().to_owned()).unwrap_or_default();
    let description = front.description.map(|it| it.trim().to_owned()).unwrap_or_default();
    check("name", &name, LONGEST_NAME)?;
    if !description.is_empty() {
        check("description", &description, LONGEST_DESCRIPTION)?;
    }
    let directory = folder.unwrap_or_else(|| name.to_lowercase().replace(|it: char| !it.is_alphanumeric(), "-"));
    Ok(Upload { name, description, directory, instructions, files })
}

/// Checks a title that a request gives.
///
/// # Errors
/// A refusal of `display_title`.
pub fn check_title(title: &str) -> Result<(), Refusal> {
    if title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
        return Err(invalid("display_title", format!("must be one line of at most {LONGEST_TITLE} characters")));
    }
    Ok(())
}

/// Takes the one folder off that all files are in, if they are in one.
fn below_folder(files: Vec<File>) -> Result<(Option<String>, Vec<File>), Refusal> {
    let mut paths = BTreeSet::new();
    for file in &files {
        if !is_sound(&file.path) {
            return Err(refused(format!("{:?} is no path below the skill's folder", file.path)));
        }
        if !paths.insert(file.path.as_str()) {
            return Err(refused(format!("{} comes twice", file.path)));
        }
    }
    if paths.contains(INSTRUCTIONS) {
        return Ok((None, files));
    }
    let folders: BTreeSet<&str> = paths.iter().map(|it| it.split('/').next().unwrap_or_default()).collect();
    let folder = match folders.first() {
        Some(folder) if folders.len() == 1 && !paths.contains(folder) => format!("{folder}/"),
        _ => return Err(refused(format!("all files must be in one folder, with {INSTRUCTIONS} at its root"))),
    };
    let below = |mut file: File| {
        file.path = file.path.strip_prefix(&folder).unwrap_or_default().to_owned();
        file
    };
    let files = files.into_iter().map(below).collect();
    Ok((Some(folder.trim_end_matches('/').to_owned()), files))
}

/// Whether a path stays below the folder that it begins in, wherever it is unpacked.
fn is_sound(path: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.len() <= LONGEST_PATH
        && path.split('/').all(is_plain)
        && !path.chars().any(|it| it.is_control() || matches!(it, '\\' | ':'))
}

/// The fields between the two lines of hyphens at the beginning.
fn front(instructions: &str) -> Result<Front, Refusal> {
    let text = instructions.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let missing = || refused(format!("{INSTRUCTIONS} must begin with a block of `---` lines that states its name"));
    let rest = text.strip_prefix("---\n").ok_or_else(missing)?;
    let (block, _) = rest.split_once("\n---").ok_or_else(missing)?;
    serde_saphyr::from_str(block).map_err(|_| refused(format!("the beginning of {INSTRUCTIONS} is no YAML")))
}

fn check(field: &str, text: &str, most: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length == 0 || length > most || text.contains(['<', '>']) {
        let reason = format!("`{field}` in {INSTRUCTIONS} must have 1 to {most} characters, no angle brackets");
        return Err(refused(reason));
    }
    Ok(())
}

fn refused(reason: String) -> Refusal {
    invalid("files", reason)
}
