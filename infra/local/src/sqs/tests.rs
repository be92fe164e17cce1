//! The endpoint as the real SDK sees it.

use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};

use crate::aws::Aws;
use crate::testing::{Folder, aws, sqs};

const QUEUE: &str = "SpendQueue";
const DEAD: &str = "SpendDeadLetters";

async fn send(client: &Client, aws: &Aws, body: &str) {
    client.send_message().queue_url(aws.queues.url(QUEUE)).message_body(body).send().await.unwrap();
}

async fn receive(client: &Client, aws: &Aws, queue: &str, visibility: i32) -> Vec<Message> {
    let call = client.receive_message().queue_url(aws.queues.url(queue)).max_number_of_messages(10);
    let call = call.visibility_timeout(visibility).message_system_attribute_names(MessageSystemAttributeName::All);
    call.send().await.unwrap().messages.unwrap_or_default()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|it| it.body().unwrap()).collect()
}

fn receives(message: &Message) -> &str {
    &message.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount]
}

#[tokio::test]
async fn a_received_message_is_hidden_until_it_is_answered_or_its_time_is_over() {
    let aws = aws(None);
    let client = sqs(&aws);
    send(&client, &aws, "one").await;

    let first = receive(&client, &aws, QUEUE, 1).await;
    assert_eq!(bodies(&first), ["one"]);
    assert_eq!(receives(&first[0]), "1");
    assert!(receive(&client, &aws, QUEUE, 1).await.is_empty(), "hidden while in flight");

    tokio::time::sleep(Duration::from_millis(1100)).await;
    let second = receive(&client, &aws, QUEUE, 60).await;
    assert_eq!(receives(&second[0]), "2");
    assert_eq!(second[0].message_id(), first[0].message_id());

    let url = aws.queues.url(QUEUE);
    let stale = first[0].receipt_handle().unwrap();
    client.delete_message().queue_url(&url).receipt_handle(stale).send().await.unwrap();
    let change = client.change_message_visibility().queue_url(&url).visibility_timeout(0);
    change.receipt_handle(second[0].receipt_handle().unwrap()).send().await.unwrap();
    let third = receive(&client, &aws, QUEUE, 60).await;
    assert_eq!(bodies(&third), ["one"], "an old receipt deletes nothing");

    client.delete_message().queue_url(&url).receipt_handle(third[0].receipt_handle().unwrap()).send().await.unwrap();
    let attributes = client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "0");
}

#[tokio::test]
async fn a_message_received_too_often_goes_to_the_dead_letters() {
    let aws = aws(None);
    let client = sqs(&aws);
    send(&client, &aws, "poison").await;
    for receipt in 1..=5 {
        assert_eq!(bodies(&receive(&client, &aws, QUEUE, 0).await), ["poison"], "receipt {receipt}");
    }
    assert!(receive(&client, &aws, QUEUE, 0).await.is_empty());
    let dead = receive(&client, &aws, DEAD, 0).await;
    assert_eq!(bodies(&dead), ["poison"]);
    let origin = &dead[0].attributes().unwrap()[&MessageSystemAttributeName::DeadLetterQueueSourceArn];
    assert!(origin.ends_with(":SpendQueue"), "{origin}");
    assert_eq!(bodies(&receive(&client, &aws, DEAD, 0).await), ["poison"], "dead letters stay");
}

#[tokio::test]
async fn a_batch_fails_entry_by_entry() {
    let aws = aws(None);
    let client = sqs(&aws);
    let url = aws.queues.url(QUEUE);
    let mut batch = client.send_message_batch().queue_url(&url);
    for (id, body) in [("a", "1"), ("b", "2"), ("c", "bad \u{0}"), ("d", "4")] {
        batch = batch.entries(SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap());
    }
    let sent = batch.send().await.unwrap();
    assert_eq!(sent.successful().iter().map(|it| it.id()).collect::<Vec<_>>(), ["a", "b", "d"]);
    assert_eq!(sent.failed()[0].id(), "c");
    assert_eq!(sent.failed()[0].code(), "InvalidMessageContents");

    let messages = receive(&client, &aws, QUEUE, 60).await;
    assert_eq!(bodies(&messages), ["1", "2", "4"]);
    let mut batch = client.delete_message_batch().queue_url(&url);
    for (id, handle) in [
        ("first", messages[0].receipt_handle().unwrap()),
        ("wrong", "no such handle"),
        ("third", messages[2].receipt_handle().unwrap()),
    ] {
        batch = batch.entries(DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap());
    }
    let deleted = batch.send().await.unwrap();
    assert_eq!(deleted.successful().iter().map(|it| it.id()).collect::<Vec<_>>(), ["first", "third"]);
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");

    let back = client.change_message_visibility().queue_url(&url).visibility_timeout(0);
    back.receipt_handle(messages[1].receipt_handle().unwrap()).send().await.unwrap();
    assert_eq!(bodies(&receive(&client, &aws, QUEUE, 60).await), ["2"]);
}

#[tokio::test]
async fn messages_survive_a_new_process_and_those_in_flight_return_at_once() {
    let folder = Folder::new();
    {
        let aws = aws(Some(&folder));
        let client = sqs(&aws);
        for body in ["done", "in flight", "waiting"] {
            send(&client, &aws, body).await;
        }
        let url = aws.queues.url(QUEUE);
        let received = client.receive_message().queue_url(&url).max_number_of_messages(2).send().await.unwrap();
        let done = received.messages()[0].receipt_handle().unwrap();
        client.delete_message().queue_url(&url).receipt_handle(done).send().await.unwrap();
    }
    let aws = aws(Some(&folder));
    assert_eq!(bodies(&receive(&sqs(&aws), &aws, QUEUE, 60).await), ["in flight", "waiting"]);
}

#[tokio::test]
async fn a_waiting_receive_answers_as_soon_as_something_is_sent() {
    let aws = aws(None);
    let client = sqs(&aws);
    let url = aws.queues.url(QUEUE);
    let started = Instant::now();
    let waiting = client.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let sending = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        client.send_message().queue_url(&url).message_body("late").delay_seconds(1).send().await.unwrap();
    };
    let (received, ()) = tokio::join!(waiting, sending);
    assert_eq!(bodies(received.unwrap().messages()), ["late"]);
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(1200) && took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn refusals_have_the_names_that_clients_know() {
    let aws = aws(None);
    let client = sqs(&aws);
    let url = aws.queues.url(QUEUE);
    let unknown = client.get_queue_url().queue_name("nothing").send().await.unwrap_err();
    assert!(unknown.as_service_error().unwrap().is_queue_does_not_exist());
    assert_eq!(client.get_queue_url().queue_name(QUEUE).send().await.unwrap().queue_url(), Some(url.as_str()));

    let twice = || SendMessageBatchRequestEntry::builder().id("same").message_body("x").build().unwrap();
    let refused =
        client.send_message_batch().queue_url(&url).entries(twice()).entries(twice()).send().await.unwrap_err();
    assert!(refused.as_service_error().unwrap().is_batch_entry_ids_not_distinct());
    let refused = client.send_message_batch().queue_url(&url).send().await.unwrap_err();
    assert!(refused.as_service_error().unwrap().is_empty_batch_request());
    let mut eleven = client.send_message_batch().queue_url(&url);
    for id in 0..11 {
        let entry = SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body("x").build().unwrap();
        eleven = eleven.entries(entry);
    }
    let refused = eleven.send().await.unwrap_err();
    assert!(refused.as_service_error().unwrap().is_too_many_entries_in_batch_request());
    let refused = client.receive_message().queue_url(&url).max_number_of_messages(11).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
    let refused = client.create_queue().queue_name("new").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidAction"));
    assert!(receive(&client, &aws, QUEUE, 0).await.is_empty(), "a refused batch sends nothing");
}
