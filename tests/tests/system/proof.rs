use tests::Result;
use tests::proof::{Figures, Size, customers, limited, outage, oversized, parallel, restart};

/// Less than the program `proof` tries.
const SIZE: Size = Size { processes: 4, calls: 80, customers: 20 };

#[track_caller]
fn check(figures: &Figures) {
    assert!(figures.hold(), "{figures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_calls_of_several_processes_pass_no_shared_budget() -> Result<()> {
    let figures = parallel(&SIZE).await?;
    check(&figures);
    assert!(figures.refused > 0, "{figures}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_calls_of_several_processes_pass_no_shared_limit() -> Result<()> {
    let figures = limited(&SIZE).await?;
    check(&figures);
    assert!(figures.refused > 0, "{figures}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_replies_pass_a_budget_by_the_calls_under_way_alone() -> Result<()> {
    let figures = oversized(&SIZE).await?;
    check(&figures);
    assert!(figures.refused > 0, "{figures}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_loses_nothing_and_ends_by_itself() -> Result<()> {
    let figures = outage(&SIZE).await?;
    check(&figures);
    assert_eq!((figures.answered, figures.failed), (5, 2), "{figures}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_processes_lose_no_call() -> Result<()> {
    check(&restart(&SIZE).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_customers_keep_to_their_budgets() -> Result<()> {
    check(&customers(&SIZE).await?);
    Ok(())
}
