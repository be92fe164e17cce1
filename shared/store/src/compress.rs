//! Makes what is kept smaller. An item holds 400 KB, and every kilobyte of it is paid for.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::StoreError;

/// Compresses `plain`; `what` names it in errors.
pub(crate) fn pack(what: &'static str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).map_err(|error| StoreError::malformed(what, error))?;
    encoder.finish().map_err(|error| StoreError::malformed(what, error))
}

/// What was compressed; more than `most` bytes were not written here.
pub(crate) fn unpack(what: &'static str, packed: &[u8], most: u64) -> Result<Vec<u8>, StoreError> {
    let mut plain = Vec::new();
    let mut decoder = DeflateDecoder::new(packed).take(most + 1);
    decoder.read_to_end(&mut plain).map_err(|error| StoreError::malformed(what, error))?;
    if plain.len() as u64 > most {
        return Err(StoreError::malformed(what, format!("more than {most} bytes")));
    }
    Ok(plain)
}
