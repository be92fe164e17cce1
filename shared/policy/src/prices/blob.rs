//! Reads the compiled price table: binary search over sorted keys, then a cursor over one record.

use rust_decimal::Decimal;

use super::price::{Band, OffPeak, Rate, Window};
use super::rate::{RateKey, Tier, Unit};

/// The names that records refer to by number, written by the build script.
mod names {
    include!(concat!(env!("OUT_DIR"), "/prices_names.rs"));
}

static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/prices.bin"));

/// Two counts in front of the index.
const HEADER: usize = 8;

/// Offset and length of the key, offset and length of the record.
const ROW: usize = 12;

/// Decoded fixed part of a record, with the rest still packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) provider: &'static str,
    pub(super) mode: &'static str,
    stated: u128,
    yes: u128,
    pub(super) max_input_tokens: u32,
    pub(super) max_output_tokens: u32,
    pub(super) max_tokens: u32,
    pub(super) prompt_cache_min_tokens: u32,
    pub(super) output_vector_size: u32,
    pub(super) efforts: &'static [&'static str],
    pub(super) default_effort: &'static str,
    pub(super) effort_ceiling: &'static str,
    pub(super) search_per_query: bool,
    packed: Cursor,
}

/// The variable part of a record.
pub(super) struct Rates {
    pub(super) rates: Vec<Rate>,
    pub(super) bands: Vec<Band>,
    pub(super) off_peak: Option<OffPeak>,
}

impl Record {
    /// What the table states about a capability; `None` where it is silent.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let bit = 1_u128 << names::FLAGS.binary_search(&name).ok()?;
        (self.stated & bit != 0).then_some(self.yes & bit != 0)
    }

    /// Unpacks prices; the table is written by our build script, so a short record reads as no rates.
    pub(super) fn rates(&self) -> Rates {
        let mut cursor = self.packed;
        let rates = cursor.rates().unwrap_or_default();
        let bands = cursor.bands().unwrap_or_default();
        Rates { rates, bands, off_peak: cursor.off_peak() }
    }
}

/// Every key of the table with its position, sorted.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    (0..count()).filter_map(|at| Some(row(at)?.0))
}

/// The record of exactly this key.
pub(super) fn find(key: &str) -> Option<(&'static str, Record)> {
    let (mut low, mut high) = (0, count());
    while low < high {
        let middle = usize::midpoint(low, high);
        let (name, record) = row(middle)?;
        match name.cmp(key) {
            std::cmp::Ordering::Equal => return Some((name, decode(record)?)),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn count() -> usize {
    Cursor(BLOB).u32().unwrap_or_default() as usize
}

fn row(at: usize) -> Option<(&'static str, &'static [u8])> {
    let keys = HEADER + count() * ROW;
    let mut header = Cursor(BLOB.get(4..)?);
    let records = keys + header.u32()? as usize;
    let mut cursor = Cursor(BLOB.get(HEADER + at * ROW..)?);
    let (key_at, key_len) = (cursor.u32()? as usize, usize::from(cursor.u16()?));
    let (record_at, record_len) = (cursor.u32()? as usize, usize::from(cursor.u16()?));
    let key = BLOB.get(keys + key_at..)?.get(..key_len)?;
    let record = BLOB.get(records + record_at..)?.get(..record_len)?;
    Some((std::str::from_utf8(key).ok()?, record))
}

fn decode(record: &'static [u8]) -> Option<Record> {
    let mut cursor = Cursor(record);
    Some(Record {
        provider: names::PROVIDERS.get(usize::from(cursor.u8()?))?,
        mode: names::MODES.get(usize::from(cursor.u8()?))?,
        stated: cursor.u128()?,
        yes: cursor.u128()?,
        max_input_tokens: cursor.u32()?,
        max_output_tokens: cursor.u32()?,
        max_tokens: cursor.u32()?,
        prompt_cache_min_tokens: cursor.u32()?,
        output_vector_size: cursor.u32()?,
        efforts: names::EFFORTS.get(usize::from(cursor.u8()?))?,
        default_effort: names::WORDS.get(usize::from(cursor.u8()?))?,
        effort_ceiling: names::WORDS.get(usize::from(cursor.u8()?))?,
        search_per_query: cursor.u8()? == 1,
        packed: cursor,
    })
}

/// Little-endian reader of static bytes.
#[derive(Clone, Copy, Debug)]
struct Cursor(&'static [u8]);

impl Cursor {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn u128(&mut self) -> Option<u128> {
        self.take().map(u128::from_le_bytes)
    }

    fn rates(&mut self) -> Option<Vec<Rate>> {
        let count = self.u8()?;
        (0..count).map(|_| self.rate()).collect()
    }

    fn rate(&mut self) -> Option<Rate> {
        let unit = *Unit::ALL.get(usize::from(self.u8()?))?;
        let tier = *Tier::ALL.get(usize::from(self.u8()?))?;
        let above = self.u16()?;
        let scale = u32::from(self.u8()?);
        let amount = Decimal::from_i128_with_scale(i128::from(self.u64()?), scale);
        Some(Rate { key: RateKey { unit, above, tier }, amount })
    }

    fn bands(&mut self) -> Option<Vec<Band>> {
        let count = self.u8()?;
        (0..count).map(|_| Some(Band { up_to: u64::from(self.u32()?), rates: self.rates()? })).collect()
    }

    fn off_peak(&mut self) -> Option<OffPeak> {
        if self.u8()? == 0 {
            return None;
        }
        let zone = names::ZONES.get(usize::from(self.u8()?))?;
        let count = self.u8()?;
        let window = |_| Some(Window { days: self.u8()?, start: self.u16()?, end: self.u16()? });
        let windows = (0..count).map(window).collect::<Option<_>>()?;
        Some(OffPeak { zone, windows, rates: self.rates()? })
    }
}
