use super::{File, Upload, check_title, read};

const SKILL: &str = "---\nname: pdf-forms\ndescription: Fills PDF forms\nlicense: MIT\n---\n# How\n";

fn file(path: &str, content: &str) -> File {
    File { path: path.to_owned(), content: content.as_bytes().to_vec() }
}

fn reason(files: Vec<File>) -> String {
    let refusal = read(files).unwrap_err();
    assert_eq!(refusal.field, "files");
    refusal.reason
}

#[test]
fn files_below_one_folder_are_a_skill() {
    let upload = read(vec![file("pdf/lib/fill.py", "print()"), file("pdf/SKILL.md", SKILL)]).unwrap();
    let expected = Upload {
        name: "pdf-forms".to_owned(),
        description: "Fills PDF forms".to_owned(),
        directory: "pdf".to_owned(),
        instructions: SKILL.to_owned(),
        files: vec![file("lib/fill.py", "print()"), file("SKILL.md", SKILL)],
    };
    assert_eq!(upload, expected);
}

#[test]
fn a_lone_file_names_its_folder() {
    let upload = read(vec![file("SKILL.md", "---\r\nname: My Skill\r\n---\r\nText")]).unwrap();
    assert_eq!((upload.directory.as_str(), upload.description.as_str()), ("my-skill", ""));
}

#[test]
fn what_is_no_skill_is_refused() {
    let skill = || file("a/SKILL.md", SKILL);
    for (files, said) in [
        (vec![], "at least"),
        (vec![file("a/README.md", "x")], "no SKILL.md"),
        (vec![file("a/b/SKILL.md", SKILL)], "no SKILL.md"),
        (vec![skill(), file("b/x.py", "")], "one folder"),
        (vec![skill(), file("a", "")], "one folder"),
        (vec![skill(), skill()], "twice"),
        (vec![file("a/SKILL.md", "name: x")], "must begin"),
        (vec![file("a/SKILL.md", "---\nname: x\n")], "must begin"),
        (vec![file("a/SKILL.md", "---\nname: [\n---\n")], "no YAML"),
        (vec![file("a/SKILL.md", "---\ndescription: x\n---\n")], "`name`"),
        (vec![file("a/SKILL.md", &format!("---\nname: {}\n---\n", "n".repeat(65)))], "`name`"),
        (vec![file("a/SKILL.md", "---\nname: x\ndescription: <b>\n---\n")], "`description`"),
        (vec![File { path: "a/SKILL.md".to_owned(), content: vec![0xff] }], "UTF-8"),
        (vec![file("a/SKILL.md", &format!("{SKILL}{}", "x".repeat(200_000)))], "longer than"),
        (vec![skill(), file("a/big", &"x".repeat(9 << 20))], "bytes"),
        ((0..501).map(|at| file(&format!("a/{at}"), "")).collect(), "500 files"),
    ] {
        let reason = reason(files);
        assert!(reason.contains(said), "{said}: {reason}");
    }
    for path in ["/etc/passwd", "a/../../x", "a//x", "a/./x", "a\\x", "c:/x", "a/x\0", "", "a/"] {
        let reason = reason(vec![skill(), file(path, "")]);
        assert!(reason.contains("no path"), "{path}: {reason}");
    }
}

#[test]
fn titles_are_one_line() {
    assert!(check_title(&"t".repeat(255)).is_ok());
    assert!(check_title(&"t".repeat(256)).is_err());
    assert!(check_title("a\nb").is_err());
}
