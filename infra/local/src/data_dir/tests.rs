use super::*;
use crate::testing::Folder;

#[test]
fn one_process_at_a_time() {
    let folder = Folder::new();
    let path = folder.path().join("made/on/the/way");
    let first = DataDir::take(&path).unwrap();
    assert!(matches!(DataDir::take(&path), Err(DataDirError::InUse(_))));
    drop(first);
    DataDir::take(&path).unwrap();
}

#[test]
fn a_file_is_no_folder() {
    let folder = Folder::new();
    let path = folder.path().join("file");
    std::fs::write(&path, "").unwrap();
    assert!(matches!(DataDir::take(&path), Err(DataDirError::Io { .. })));
}
