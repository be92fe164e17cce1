//! Archives of files: those that are uploaded, and the one that a version's files are kept and downloaded in.

use std::io::{Cursor, Read, Write};

use gateway::ApiError;
use policy::skill::{File, LARGEST_UPLOAD, Upload};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Packs a skill's files below its folder.
pub(crate) fn pack(upload: &Upload) -> Result<Vec<u8>, ApiError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for File { path, content } in &upload.files {
        let path = format!("{}/{path}", upload.directory);
        writer.start_file(path, SimpleFileOptions::default()).map_err(ApiError::internal)?;
        writer.write_all(content).map_err(ApiError::internal)?;
    }
    Ok(writer.finish().map_err(ApiError::internal)?.into_inner())
}

/// Unpacks an uploaded archive; stops at what a skill may not be larger than, whatever the archive says of itself.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<File>, ApiError> {
    let unreadable = |_| ApiError::invalid("The archive cannot be read as a zip file.").param("files");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let (mut files, mut left) = (Vec::new(), LARGEST_UPLOAD as u64 + 1);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        // Finder's own notes, which no skill means to hold.
        if entry.is_dir() || entry.name().starts_with("__MACOSX/") || entry.name().ends_with(".DS_Store") {
            continue;
        }
        if entry.is_symlink() {
            return Err(ApiError::invalid("The archive holds a symbolic link.").param("files"));
        }
        let path = entry.name().to_owned();
        let mut content = Vec::new();
        let read = entry.by_ref().take(left).read_to_end(&mut content);
        let read = read.map_err(|_| ApiError::invalid("The archive is damaged.").param("files"))?;
        left -= read as u64;
        files.push(File { path, content });
        if left == 0 {
            break;
        }
    }
    Ok(files)
}
