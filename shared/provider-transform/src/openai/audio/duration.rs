//! Length of a sound file by its header, for providers that bill by the second and do not say how many.

/// Seconds of a WAV or FLAC file; `None` for everything else.
pub(super) fn seconds(bytes: &[u8]) -> Option<f64> {
    wav(bytes).or_else(|| flac(bytes)).filter(|it| it.is_finite())
}

/// "Multimedia Programming Interface and Data Specifications 1.0", WAVE form: bytes of data by bytes a second.
fn wav(bytes: &[u8]) -> Option<f64> {
    let mut rest = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    let mut rate = None;
    loop {
        let (id, size) = (rest.get(..4)?, u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?));
        let size = usize::try_from(size).ok()?;
        let body = rest.get(8..)?;
        match id {
            b"fmt " => rate = Some(u32::from_le_bytes(body.get(8..12)?.try_into().ok()?)),
            // Streams are written with a size that nobody knew.
            b"data" => return Some(size.min(body.len()) as f64 / f64::from(rate.filter(|it| *it > 0)?)),
            _ => {}
        }
        rest = body.get(size.checked_add(size % 2)?..)?;
    }
}

/// RFC 9639, section 8.2: samples in all by samples a second.
fn flac(bytes: &[u8]) -> Option<f64> {
    let info = bytes.strip_prefix(b"fLaC")?.get(4..)?;
    let packed = u64::from_be_bytes(info.get(10..18)?.try_into().ok()?);
    let (rate, samples) = (packed >> 44, packed & 0x000F_FFFF_FFFF);
    (rate > 0 && samples > 0).then(|| samples as f64 / rate as f64)
}
