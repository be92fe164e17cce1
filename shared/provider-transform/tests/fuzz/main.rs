//! Whatever comes in, from a caller, a provider or a bad wire: no panic, no request or answer that is no JSON, a stream
//! that ends once and says the same however it is cut.
//!
//! Recorded cases are changed at random, and pieces that bodies are made of are strung together. `PROPTEST_CASES=<n>`
//! tries more than the usual 256 of each.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test program")]

mod call;
mod change;
mod endless;
mod events;
mod pieces;
mod seed;

use proptest::prelude::*;
use proptest::sample::Index;
use provider_transform::catalog;
use serde_json::Value;

use call::{in_every_format, parse, read_stream, read_whole, send, with_cx};
use change::{change, damage};
use events::{shuffle, shuffled};
use seed::{answers, seeds, streams};

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn changed_streams_end_once_and_the_same_way(
        seed in any::<Index>(),
        shuffles in prop::collection::vec(shuffle(), 0..5),
        damages in prop::collection::vec(damage(), 0..3),
        cut in 1usize..70,
    ) {
        let seed = seed.get(streams());
        let mut bytes = shuffled(&seed.reply, &shuffles);
        damages.iter().for_each(|it| it.apply(&mut bytes));
        in_every_format(seed, |format, request, cx| {
            let Some(whole) = read_stream(request, cx, &bytes, bytes.len().max(1)) else { return };
            whole.check(format);
            assert_eq!(Some(&whole), read_stream(request, cx, &bytes, cut).as_ref(), "cut {cut} {} {format}", seed.id);
        });
    }

    #[test]
    fn streams_of_another_provider_end_once(seed in any::<Index>(), other in any::<Index>()) {
        let bytes = &other.get(streams()).reply;
        let seed = *seed.get(streams());
        in_every_format(seed, |format, request, cx| {
            if let Some(whole) = read_stream(request, cx, bytes, bytes.len().max(1)) {
                whole.check(format);
            }
        });
    }

    #[test]
    fn changed_answers_are_read_or_refused(
        seed in any::<Index>(),
        changes in prop::collection::vec(change(), 0..5),
        damages in prop::collection::vec(damage(), 0..2),
        status in 300u16..700,
    ) {
        let seed = seed.get(answers());
        let mut bytes = seed.reply.clone();
        if let Ok(mut body) = serde_json::from_slice::<Value>(&bytes) {
            changes.iter().for_each(|it| it.apply(&mut body));
            bytes = body.to_string().into_bytes();
        }
        damages.iter().for_each(|it| it.apply(&mut bytes));
        in_every_format(seed, |_, request, cx| read_whole(request, cx, &bytes, status));
    }

    #[test]
    fn changed_requests_are_sent_or_refused(
        seed in any::<Index>(),
        changes in prop::collection::vec(change(), 1..5),
        damages in prop::collection::vec(damage(), 0..2),
        is_damaged in prop::bool::weighted(0.1),
        drop_params in any::<bool>(),
        modify_params in any::<bool>(),
    ) {
        let seed = seed.get(seeds());
        let mut request = seed.request.clone();
        changes.iter().for_each(|it| it.apply(&mut request));
        let mut bytes = request.to_string().into_bytes();
        damages.iter().filter(|_| is_damaged).for_each(|it| it.apply(&mut bytes));
        let Ok(format) = parse(seed.format, &bytes) else { return Ok(()) };
        format.chat().text_chars();
        for provider in catalog::all() {
            let model = if provider.slug == seed.slug { &seed.model } else { &format.chat().model };
            with_cx(provider, model, &seed.params, |cx| {
                cx.settings.drop_params = drop_params;
                cx.settings.modify_params = modify_params;
                send(format.as_ref(), cx);
                format.count(cx).map(|it| it.is_ok());
            });
        }
    }
}
