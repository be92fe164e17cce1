//! Times pricing: `cargo run --release -p policy --example price_a_call`.
//!
//! The first lookup is timed apart, since the table must cost nothing at start.

#![expect(clippy::print_stdout, reason = "the program exists to print its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use policy::cost::{Call, cost, worst_case};
use policy::prices;
use provider_transform::Usage;

const ROUNDS: u32 = 200_000;

fn main() {
    let started = Instant::now();
    let first = prices::find("anthropic", black_box("claude-sonnet-4-5")).and_then(|entry| entry.price());
    println!("first find and decode  {:>9.2?}", started.elapsed());
    let Some(price) = first else { return };
    let usage = Usage { prompt_tokens: 12_345, cache_read_tokens: 10_000, completion_tokens: 678, ..Usage::default() };
    let call = Call::default();
    print("find and decode", &mut || {
        black_box(prices::find("anthropic", black_box("claude-sonnet-4-5")).and_then(|entry| entry.price()));
    });
    print("find, unlisted", &mut || {
        black_box(prices::find("anthropic", black_box("claude-nobody")));
    });
    print("limits and capabilities", &mut || {
        black_box(prices::info("anthropic", black_box("claude-sonnet-4-5")));
    });
    print("cost", &mut || {
        black_box(cost(black_box(&price), &usage, &call));
    });
    print("worst case", &mut || {
        black_box(worst_case(black_box(&price), 12_345, 8192, 1, &call));
    });
}

fn print(what: &str, work: &mut dyn FnMut()) {
    let started = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    let each: Duration = started.elapsed() / ROUNDS;
    println!("{what:<22} {each:>9.2?}");
}
