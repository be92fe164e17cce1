use std::io::{Cursor, Write};

use policy::skill::{self, File, LARGEST_UPLOAD};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::archive;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn what_is_packed_is_unpacked_below_its_folder() {
    let skill = "---\nname: haiku\n---\n";
    let plain = |path: &str, content: &str| File { path: path.to_owned(), content: content.as_bytes().to_vec() };
    let upload = skill::read(vec![plain("haiku/SKILL.md", skill), plain("haiku/lib/a.py", "print()")]).unwrap();
    let files = archive::unpack(&archive::pack(&upload).unwrap()).unwrap();
    assert_eq!(skill::read(files).unwrap(), upload);
}

#[test]
fn an_archive_that_grows_is_not_unpacked_further_than_a_skill_may_be() {
    let zeros = vec![0; LARGEST_UPLOAD];
    let bomb = zip(&[("a/1", &zeros), ("a/2", &zeros), ("a/3", &zeros)]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let files = archive::unpack(&bomb).unwrap();
    let size: usize = files.iter().map(|it| it.content.len()).sum();
    assert_eq!(size, LARGEST_UPLOAD + 1);
    assert!(skill::read(files).unwrap_err().reason.contains("bytes"));
}

#[test]
fn an_archive_that_is_damaged_or_leads_elsewhere_is_refused() {
    assert_eq!(archive::unpack(b"PK\x03\x04 and nothing").unwrap_err().status, 400);
    let mut damaged = zip(&[("a/SKILL.md", &[b'x'; 1000])]);
    damaged[45] ^= 0xff;
    assert!(archive::unpack(&damaged).is_err());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("a/SKILL.md", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let link = writer.finish().unwrap().into_inner();
    assert!(archive::unpack(&link).unwrap_err().message.contains("symbolic link"));
    // Paths are checked where the files become a skill.
    let outside = archive::unpack(&zip(&[("../SKILL.md", b"---\nname: x\n---\n")])).unwrap();
    assert!(skill::read(outside).unwrap_err().reason.contains("no path"));
}
