//! POST `/key/generate`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::money::Usd;

use crate::access::maker;
use crate::errors::{refusal, store};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let generated = policy::key::generate(&body, &maker(app, caller)?).map_err(refusal)?;
    app.store.create(&generated.key).await.map_err(store)?;
    Ok(Reply::json(StatusCode::OK, &generated.answer(Usd::ZERO)))
}
