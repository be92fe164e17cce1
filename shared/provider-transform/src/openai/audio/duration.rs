//! Length of a sound file by its headers, for providers that bill by the second and do not say how many.

#[cfg(test)]
mod tests;

/// Bitrates of MPEG-1 Layer III in kbit/s (ISO/IEC 11172-3, bitrate_index).
const MPEG_1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/// Bitrates of MPEG-2 Layer III in kbit/s (ISO/IEC 13818-3, bitrate_index).
const MPEG_2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/// How far behind tags an MP3's first frame is looked for, in bytes.
const MAX_SEARCH: usize = 64 << 10;

/// Seconds of a WAV, FLAC, Ogg, MP4 or MP3 file; `None` for everything else.
pub(super) fn seconds(bytes: &[u8]) -> Option<f64> {
    let found = wav(bytes).or_else(|| flac(bytes)).or_else(|| ogg(bytes)).or_else(|| mp4(bytes)).or_else(|| mp3(bytes));
    found.filter(|it| it.is_finite() && *it >= 0.0)
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

/// RFC 3533: the last page's granule counts samples, at the rate of Vorbis's first header or Opus's fixed one (RFC 7845).
fn ogg(bytes: &[u8]) -> Option<f64> {
    bytes.strip_prefix(b"OggS")?;
    let head = bytes.get(27usize.checked_add(usize::from(*bytes.get(26)?))?..)?;
    let last = memchr::memmem::rfind(bytes, b"OggS")?;
    let granule = bytes.get(last.checked_add(6)?..last.checked_add(14)?)?;
    let samples = u64::from_le_bytes(granule.try_into().ok()?);
    if let Some(opus) = head.strip_prefix(b"OpusHead") {
        let skipped = u16::from_le_bytes(opus.get(2..4)?.try_into().ok()?);
        return Some(samples.saturating_sub(u64::from(skipped)) as f64 / 48_000.0);
    }
    let vorbis = head.strip_prefix(b"\x01vorbis")?;
    let rate = u32::from_le_bytes(vorbis.get(5..9)?.try_into().ok()?);
    (rate > 0).then(|| samples as f64 / f64::from(rate))
}

/// ISO/IEC 14496-12, `mvhd`: duration by time scale.
fn mp4(bytes: &[u8]) -> Option<f64> {
    (bytes.get(4..8)? == b"ftyp").then_some(())?;
    let header = find_box(find_box(bytes, b"moov")?, b"mvhd")?;
    let (scale, length) = match *header.first()? {
        0 => (big_endian(header, 12)?, u64::from(big_endian(header, 16)?)),
        _ => (big_endian(header, 20)?, u64::from_be_bytes(header.get(24..32)?.try_into().ok()?)),
    };
    (scale > 0).then(|| length as f64 / f64::from(scale))
}

/// What is in the first box of a kind.
fn find_box<'a>(mut bytes: &'a [u8], kind: &[u8]) -> Option<&'a [u8]> {
    loop {
        let found = bytes.get(4..8)?;
        let (head, size) = match big_endian(bytes, 0)? {
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?)).ok()?),
            size => (8, usize::try_from(size).ok()?),
        };
        if found == kind {
            return bytes.get(head..size.min(bytes.len()));
        }
        bytes = bytes.get(size.max(head)..)?;
    }
}

/// ISO/IEC 11172-3: frames as a Xing header counts them, else bytes by the first frame's bitrate.
fn mp3(bytes: &[u8]) -> Option<f64> {
    let start = match bytes.strip_prefix(b"ID3") {
        Some(tag) => {
            tag.get(3..7)?.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7F)).checked_add(10)?
        }
        None => 0,
    };
    let sound = bytes.get(start..)?;
    let is_frame = |it: &[u8]| matches!(it, [0xFF, second, third] if second & 0xE6 == 0xE2 && third >> 4 < 15 && third >> 2 & 3 < 3);
    let searched = sound.get(..MAX_SEARCH).unwrap_or(sound);
    let frame = sound.get(searched.windows(3).position(is_frame)?..)?;
    let (version, third, mode) = (frame.get(1)? >> 3 & 3, *frame.get(2)?, frame.get(3)? >> 6);
    let (is_first, is_mono) = (version == 3, mode == 3);
    let full: u32 = *[44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))?;
    let rate = full / [4, 1, 2, 1].get(usize::from(version))?;
    let tag = frame.get(*[[21, 13], [36, 21]].get(usize::from(is_first))?.get(usize::from(is_mono))?..);
    let counted = tag.filter(|it| it.starts_with(b"Xing") || it.starts_with(b"Info"));
    if let Some(frames) =
        counted.filter(|it| big_endian(it, 4).is_some_and(|it| it & 1 == 1)).and_then(|it| big_endian(it, 8))
    {
        let samples = if is_first { 1152.0 } else { 576.0 };
        return Some(f64::from(frames) * samples / f64::from(rate));
    }
    let bitrates = if is_first { MPEG_1 } else { MPEG_2 };
    let bitrate = *bitrates.get(usize::from(third >> 4)).filter(|it| **it > 0)?;
    Some(frame.len() as f64 * 8.0 / (f64::from(bitrate) * 1000.0))
}

fn big_endian(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
