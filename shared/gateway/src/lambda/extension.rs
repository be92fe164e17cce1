use std::time::Duration;

use lambda_extension::{Extension, LambdaEvent, service_fn};

use crate::App;

/// Registers an internal extension. Lambda freezes the environment only once the extension has asked for its next
/// event, which it does when the work that follows the reply is done. Where the platform has no extensions the
/// application stays in the mode that accounts before a reply ends.
/// (AWS documentation: "Lambda Extensions API", "Internal extensions".)
pub(super) async fn keep_awake(app: App) -> App {
    let tail = app.tail().clone();
    let mut invocations = 0;
    let processor = service_fn(move |_: LambdaEvent| {
        let tail = tail.clone();
        let expected = invocations + 1;
        invocations = expected;
        async move {
            // An invocation that never reached the handler, such as an unreadable event, must not hold the environment.
            drop(tokio::time::timeout(Duration::from_secs(1), tail.invoked(expected)).await);
            tail.drained().await;
            Ok::<_, lambda_extension::Error>(())
        }
    });
    let extension =
        Extension::new().with_extension_name("accounting").with_events(&["INVOKE"]).with_events_processor(processor);
    match tokio::time::timeout(Duration::from_millis(500), extension.register()).await {
        Ok(Ok(registered)) => {
            app.account_after_reply();
            #[expect(clippy::disallowed_methods, reason = "the extension is what the platform waits for")]
            drop(tokio::spawn(async move {
                if let Err(error) = registered.run().await {
                    crate::log_chain("extension failed", error.as_ref());
                }
            }));
        }
        Ok(Err(_)) | Err(_) => tracing::info!("no extensions here: accounting precedes the end of each reply"),
    }
    app
}
