use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::Result;
use tests::local::{Local, config};
use tests::money::decimal;
use tests::standin::StandIn;

use tests::books::cost;
use tests::world::{eventually, question};

const PARALLEL: usize = 50;
const COVERED: u32 = 10;
const TOKENS: u64 = 10;

/// Fifty calls at once on a budget for ten: what is spent exceeds the budget by no more than one call, and those that
/// were refused have used nothing up.
#[tokio::test(flavor = "multi_thread")]
async fn parallel_calls_never_outspend_a_budget() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let local = Local::start(&config(&stand_in.url()), None).await?;
    let body = question("word standin:delay=300ms&chunks=10", json!({"max_tokens": TOKENS}));
    let one = cost(2, TOKENS)?;
    let budget = one * Decimal::from(COVERED);
    let key = local.new_key(&json!({"max_budget": budget.to_string().parse::<f64>()?})).await?;

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..PARALLEL {
        let call = local.chat_call(&key, &body);
        calls.spawn(async move { call.fetch().await.map(|it| (it.status.as_u16(), it.text())) });
    }
    let mut answered = 0;
    for outcome in calls.join_all().await {
        match outcome? {
            (200, _) => answered += 1,
            (422, text) => assert!(text.contains("budget_exceeded"), "{text}"),
            other => return Err(format!("{other:?}").into()),
        }
    }
    assert!(answered > 0 && answered <= COVERED + 1, "{answered} of {PARALLEL} were answered");
    assert_eq!(stand_in.calls().count(), answered as usize, "a refused call reached the provider");
    wait_for_spend(&local, &key, one * Decimal::from(answered)).await?;

    // Had a refusal used something up, the rest of the budget would not be there.
    let mut total = answered;
    while local.chat(&key, &body).await?.status == 200 {
        total += 1;
        assert!(total <= COVERED + 1, "{total} calls on a budget for {COVERED}");
        wait_for_spend(&local, &key, one * Decimal::from(total)).await?;
    }
    assert!(total >= COVERED, "only {total} calls on a budget for {COVERED}");
    assert_eq!(stand_in.calls().count(), total as usize);
    local.stop().await?;
    Ok(())
}

async fn wait_for_spend(local: &Local, key: &str, amount: Decimal) -> Result<()> {
    eventually(&format!("spend of {amount}"), async || {
        let info = local.admin("GET", &format!("/key/info?key={key}"), &Value::Null).await?;
        Ok((decimal(&info["info"]["spend"])? == amount).then_some(()))
    })
    .await
}
