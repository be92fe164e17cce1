//! Headers of every format that is read, and files that are cut or lie.

use super::seconds;

fn near(bytes: &[u8], want: f64) {
    let have = seconds(bytes).unwrap();
    assert!((have - want).abs() < 1e-3, "{have}, not {want}");
}

fn wav(rate: u32, size: u32, sound: usize) -> Vec<u8> {
    let format = [&[1, 0, 1, 0][..], &rate.to_le_bytes(), &rate.to_le_bytes(), &[1, 0, 8, 0]].concat();
    let list = [&b"LIST\x03\x00\x00\x00"[..], &[0; 4]].concat();
    let data = [&b"data"[..], &size.to_le_bytes(), &vec![0; sound]].concat();
    [&b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0"[..], &format, &list, &data].concat()
}

fn ogg_page(granule: u64, packet: &[u8]) -> Vec<u8> {
    [&b"OggS\0\0"[..], &granule.to_le_bytes(), &[0; 12], &[1, packet.len() as u8], packet].concat()
}

fn mp4(version: u8) -> Vec<u8> {
    let times = if version == 0 {
        [&[0; 8][..], &600u32.to_be_bytes(), &1500u32.to_be_bytes()].concat()
    } else {
        [&[0; 16][..], &600u32.to_be_bytes(), &1500u64.to_be_bytes()].concat()
    };
    let header = [&[version, 0, 0, 0][..], &times].concat();
    let boxed = |kind: &[u8], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes(), kind, body].concat();
    [boxed(b"ftyp", b"M4A "), boxed(b"free", &[]), boxed(b"moov", &boxed(b"mvhd", &header))].concat()
}

fn flac(rate: u64, samples: u64) -> Vec<u8> {
    [&b"fLaC\0\0\0\x22"[..], &[0; 10], &(rate << 44 | samples).to_be_bytes(), &[0; 16]].concat()
}

#[test]
fn headers_tell_the_length() {
    near(&wav(8000, 4000, 4000), 0.5);
    near(&wav(8000, u32::MAX, 4000), 0.5);
    near(&flac(44_100, 88_200), 2.0);
    let opus = [&b"OpusHead\x01\x01"[..], &312u16.to_le_bytes(), &[0; 7]].concat();
    near(&[ogg_page(0, &opus), ogg_page(48_312, b"x")].concat(), 1.0);
    let vorbis = [&b"\x01vorbis\0\0\0\0\x02"[..], &44_100u32.to_le_bytes(), &[0; 14]].concat();
    near(&[ogg_page(0, &vorbis), ogg_page(66_150, b"x")].concat(), 1.5);
    near(&mp4(0), 2.5);
    near(&mp4(1), 2.5);
}

#[test]
fn mp3_is_counted_by_frames_or_by_its_bitrate() {
    // MPEG-1 Layer III, 128 kbit/s, 44.1 kHz, stereo.
    let frame = [&[0xFF, 0xFB, 0x90, 0x00][..], &[0; 15_996]].concat();
    near(&frame, 1.0);
    near(&[&b"ID3\x04\0\0\0\0\x01\0"[..], &[0; 128], &frame].concat(), 1.0);
    let counted = [&[0xFF, 0xFB, 0x90, 0x00][..], &[0; 32], b"Xing\0\0\0\x01", &100u32.to_be_bytes()].concat();
    near(&counted, 100.0 * 1152.0 / 44_100.0);
}

#[test]
fn files_that_are_cut_or_lie_have_no_length() {
    let whole = [wav(8000, 8, 8), flac(1, 1), mp4(0), mp4(1)];
    for bytes in whole {
        for end in 0..bytes.len() {
            seconds(&bytes[..end]);
        }
    }
    assert_eq!(seconds(b""), None);
    assert_eq!(seconds(&wav(0, 8, 8)), None);
    assert_eq!(seconds(&flac(0, 8)), None);
    assert_eq!(seconds(b"\0\0\0\x08ftyp\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    assert_eq!(seconds(b"no sound at all"), None);
}
