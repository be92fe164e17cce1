use gateway::BatchOutcome;

use super::*;
use crate::sqs::{Depth, Outgoing};
use crate::testing::{app, aws};

const QUEUE: &str = "SpendQueue";
const DEAD: &str = "SpendDeadLetters";

/// Fails what says "bad", and everything beside a "panic".
fn consumer(_: &App, batch: SqsBatch) -> std::pin::Pin<Box<dyn Future<Output = BatchOutcome> + Send + '_>> {
    Box::pin(async move {
        assert!(batch.messages.iter().all(|it| it.body != "panic"), "as asked");
        let failed = batch.messages.into_iter().filter(|it| it.body == "bad").map(|it| it.id).collect();
        BatchOutcome { failed }
    })
}

/// Delivers `bodies` until the queue is empty; answers what became dead letters.
async fn check(bodies: &[&str], dead: u64) {
    let aws = aws(None);
    let mut queue = aws.queues.find(QUEUE).unwrap().clone();
    queue.visibility = Duration::from_millis(300);
    let source = Source { queue: QUEUE.to_owned(), batch_size: 2, window: Duration::from_millis(10), concurrency: 2 };
    let poller = Poller {
        app: app().await,
        queues: Arc::clone(&aws.queues),
        queue,
        source,
        handle: consumer,
        timeout: Duration::from_secs(5),
    };
    let (stop, stopping) = watch::channel(false);
    let mut running = JoinSet::new();
    running.spawn(poller.run(stopping));
    for body in bodies {
        let message = Outgoing { body: (*body).to_owned(), attributes: None, delay: Duration::ZERO };
        aws.queues.send(QUEUE, &[message], now()).unwrap();
    }
    let empty = Depth { visible: 0, in_flight: 0, delayed: 0 };
    let emptied = async {
        while aws.queues.depth(QUEUE, now()).unwrap() != empty {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), emptied).await.unwrap();
    assert_eq!(aws.queues.depth(DEAD, now()).unwrap(), Depth { visible: dead, ..empty }, "{bodies:?}");
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), running.join_all()).await.unwrap();
}

#[tokio::test]
async fn a_message_that_fails_goes_to_the_dead_letters_alone() {
    check(&["good", "bad", "good", "good", "good"], 1).await;
}

#[tokio::test]
async fn a_consumer_that_panics_loses_nothing() {
    check(&["panic", "good"], 2).await;
}

#[tokio::test]
async fn what_waits_is_delivered_before_the_end() {
    let aws = aws(None);
    let queue = aws.queues.find(QUEUE).unwrap().clone();
    let source = Source { queue: QUEUE.to_owned(), batch_size: 10, window: Duration::from_secs(60), concurrency: 1 };
    let (app, queues, timeout) = (app().await, Arc::clone(&aws.queues), Duration::from_secs(5));
    let poller = Poller { app, queues, queue, source, handle: consumer, timeout };
    let message = Outgoing { body: "last".to_owned(), attributes: None, delay: Duration::ZERO };
    let (stop, stopping) = watch::channel(false);
    let sending = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        aws.queues.send(QUEUE, &[message], now()).unwrap();
        stop.send_replace(true);
    };
    let ended = async { tokio::join!(poller.run(stopping), sending) };
    tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap();
    assert_eq!(aws.queues.depth(QUEUE, now()).unwrap(), Depth { visible: 0, in_flight: 0, delayed: 0 });
}
