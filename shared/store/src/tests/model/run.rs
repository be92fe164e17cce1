//! Runs random steps on the store and on the model.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::books::{close, compare};
use super::*;
use crate::testing::{Local, local};
use crate::{Actual, Keep};

/// Histories that are tried; `PROPTEST_RNG_SEED` says which.
const HISTORIES: u32 = 16;
const STEPS: usize = 40;

fn step() -> impl Strategy<Value = Step> {
    let payer = 0..PAYERS.len();
    prop_oneof![
        12 => (0..8_u8, 0..4_u8, 0..90_u8).prop_map(|(payers, limits, cents)| Step::Ask { payers, limits, cents }),
        8 => (any::<usize>(), 0..120_u8).prop_map(|(call, cents)| Step::End { call, cents }),
        4 => (any::<usize>(), prop::option::of(0..90_u8)).prop_map(|(call, sent)| Step::Crash { call, sent }),
        1 => any::<usize>().prop_map(|call| Step::Repeat { call }),
        3 => Just(Step::Deliver),
        2 => Just(Step::Reclaim),
        3 => (0..12_u64).prop_map(|minutes| Step::Pass { minutes }),
        1 => Just(Step::NextDay),
        1 => (payer.clone(), 0..90_u8).prop_map(|(payer, cents)| Step::Reset { payer, cents }),
        1 => (payer, 50..250_u8).prop_map(|(payer, cents)| Step::Change { payer, cents }),
    ]
}

/// The store, the model, and the calls that are being made.
struct World {
    it: Local,
    model: Model,
    made: usize,
    running: Vec<(Reserve, Reserved)>,
    ended: Vec<(Reserved, Actual)>,
    /// Calls that have reserved money or sent an event.
    paying: std::collections::BTreeSet<String>,
    taken: usize,
}

#[test]
fn any_history_of_the_store_is_the_models() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: HISTORIES,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    });
    let histories = prop::collection::vec(step(), 1..STEPS);
    let result = runner.run(&histories, |steps| {
        runtime.block_on(history(&steps));
        Ok(())
    });
    result.unwrap();
}

async fn history(steps: &[Step]) {
    let mut world = World {
        it: local().await,
        model: Model::new(),
        made: 0,
        running: Vec::new(),
        ended: Vec::new(),
        paying: Default::default(),
        taken: 0,
    };
    for (number, step) in steps.iter().enumerate() {
        world.take(step).await;
        compare(&world.it, &world.model, &format!("step {number}, {step:?}")).await;
    }
    // Every call that still runs has lost its process; days pass.
    world.running.clear();
    for _ in 0..2 {
        world.take(&Step::NextDay).await;
    }
    compare(&world.it, &world.model, "the end").await;
    close(&world.it, &world.model, world.paying.len()).await;
}

impl World {
    async fn take(&mut self, step: &Step) {
        match step {
            Step::Ask { payers, limits, cents: most } => self.ask(*payers, *limits, cents(*most)).await,
            Step::End { call, cents: cost } => {
                let Some((req, reserved)) = self.pick(*call) else { return };
                let actual = Actual { spend: cents(*cost), tokens: u64::from(*cost) / 3, ..Actual::default() };
                self.send(&req, actual.spend);
                self.it.store.settle(&reserved, &actual).await.unwrap();
                self.model.settle(&req.event.id, actual.spend, actual.tokens);
                self.ended.push((reserved, actual));
            }
            Step::Crash { call, sent } => {
                let Some((req, _)) = self.pick(*call) else { return };
                if let Some(cost) = sent {
                    self.send(&req, cents(*cost));
                }
            }
            Step::Repeat { call } => {
                let Some(place) = call.checked_rem(self.ended.len()) else { return };
                let (reserved, actual) = &self.ended[place];
                self.it.store.settle(reserved, actual).await.unwrap();
            }
            Step::Deliver => self.deliver().await,
            Step::Reclaim => self.reclaim().await,
            Step::Pass { minutes } => self.model.now += minutes * MINUTE,
            Step::NextDay => {
                self.look_after().await;
                self.model.now = (self.model.now / DAY + 1) * DAY;
                self.look_after().await;
            }
            Step::Reset { payer, cents: to } => {
                let scope = self.model.budget(*payer).scope;
                self.it.store.reset_total(&scope, cents(*to), self.model.now).await.unwrap();
                self.model.reset(&scope, cents(*to));
            }
            Step::Change { payer, cents: max } => self.model.maxima[*payer] = cents(*max),
        }
    }

    async fn ask(&mut self, payers: u8, limits: u8, most: Usd) {
        self.made += 1;
        let req = self.model.request(&format!("call-{}", self.made), payers, limits, most);
        let decision = self.it.store.reserve(&req).await.unwrap();
        let expected = self.model.reserve(&req);
        let told = match decision {
            Decision::Reserved(reserved) => {
                if !req.budgets.is_empty() {
                    self.paying.insert(req.event.id.clone());
                }
                self.running.push((req, reserved));
                Ok(())
            }
            Decision::Refused(Refusal::OverBudget { scope, .. }) => Err((scope.kind, None)),
            Decision::Refused(Refusal::RateLimited { descriptor, limited, .. }) => Err((descriptor, Some(limited))),
        };
        assert_eq!(told, expected);
        self.fetch();
    }

    /// A call that can still be running.
    fn pick(&mut self, call: usize) -> Option<(Reserve, Reserved)> {
        self.running.retain(|(req, _)| req.expires > self.model.now);
        let place = call.checked_rem(self.running.len())?;
        Some(self.running.swap_remove(place))
    }

    fn send(&mut self, req: &Reserve, spend: Usd) {
        self.paying.insert(req.event.id.clone());
        self.model.queue.push(SpendEvent { spend, ..req.event.clone() });
    }

    async fn deliver(&mut self) {
        let twice = [self.model.queue.clone(), self.model.queue.clone()].concat();
        for written in self.it.store.write_spend(&twice, Keep::default()).await {
            written.unwrap();
        }
        self.model.deliver();
    }

    async fn reclaim(&mut self) {
        for kind in ["key", "organization", "team"] {
            self.it.store.reclaim(&entity(kind, "it"), self.model.now).await.unwrap();
            self.model.reclaim_one(kind);
        }
        self.fetch();
    }

    /// The events that were sent for crashed calls are those that the model has sent.
    fn fetch(&mut self) {
        let sent = self.it.sent();
        let new = sent[self.taken..].iter().map(|text| SpendEvent::parse(text).unwrap());
        let mut new: Vec<(String, Usd)> = new.map(|event| (event.id, event.spend)).collect();
        new.sort();
        let expected = self.model.queue.iter().rev().take(new.len()).rev();
        let mut expected: Vec<(String, Usd)> = expected.map(|event| (event.id.clone(), event.spend)).collect();
        // Those of one moment come in any order.
        expected.sort();
        assert_eq!(new, expected);
        self.taken = sent.len();
    }

    /// What happens when there is time enough.
    async fn look_after(&mut self) {
        for _ in 0..3 {
            self.reclaim().await;
            self.deliver().await;
            self.model.now += 16 * MINUTE;
        }
        self.reclaim().await;
    }
}
