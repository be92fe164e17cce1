//! A page of a list, by its number.

use crate::request::{Refusal, invalid};

/// The highest number of a page.
const LAST: usize = 1_000_000;

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The page, from 1.
    pub number: usize,
    /// Entries a page.
    pub size: usize,
}

impl Page {
    /// The first page of `size` entries.
    #[must_use]
    pub fn first(size: usize) -> Self {
        Self { number: 1, size }
    }

    /// Reads a parameter of the query, if it is about the page: `page`, and `page_size` up to `most`. False for any
    /// other.
    ///
    /// # Errors
    /// [`Refusal`], naming the parameter.
    pub fn set(&mut self, name: &str, value: &str, most: usize) -> Result<bool, Refusal> {
        match name {
            "page" => self.number = number(name, value, LAST)?,
            "page_size" | "size" => self.size = number(name, value, most)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// How many entries come before it.
    #[must_use]
    pub fn skip(&self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }

    /// Its entries of a whole list.
    #[must_use]
    pub fn cut<T>(&self, entries: Vec<T>) -> Vec<T> {
        entries.into_iter().skip(self.skip()).take(self.size).collect()
    }

    /// How many pages `total` entries fill.
    #[must_use]
    pub fn count(&self, total: usize) -> usize {
        total.div_ceil(self.size)
    }
}

fn number(name: &str, value: &str, most: usize) -> Result<usize, Refusal> {
    match value.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(invalid(name, format!("must be a whole number from 1 to {most}"))),
    }
}
