//! Finds the rows that a request asks for: by the narrowest index, and what no index knows by looking at the rows.

use gateway::{ApiError, Request};
use policy::money::Usd;
use policy::spend::SpendEvent;
use store::{RowFilter, RowOwner, RowPage};

use crate::query::{Moments, api_key, list, text};
use crate::sight::{View, store};

/// The most rows that one request looks at.
pub(crate) const MOST: usize = 10_000;

/// The least rows that are read at once.
const BATCH: usize = 100;

/// Which rows a request asks for.
pub(crate) struct Wanted {
    filter: RowFilter,
    request_id: Option<String>,
    rest: Rest,
}

/// What no index knows.
#[derive(Default)]
struct Rest {
    /// Not everything that the index finds may be seen.
    guarded: bool,
    token: Option<String>,
    user: Option<String>,
    team: Option<String>,
    end_user: Option<String>,
    model: Option<String>,
    model_id: Option<String>,
    key_alias: Option<String>,
    status: Option<String>,
    error_code: Option<String>,
    tags: Vec<String>,
    least: Option<Usd>,
    most: Option<Usd>,
    moments: Option<Moments>,
}

impl Wanted {
    /// Reads the request's filters; `moments` is when the calls must have begun.
    pub(crate) async fn of(view: &View<'_>, req: &Request, moments: Option<Moments>) -> Result<Self, ApiError> {
        let owned = |name: &str| text(req, name).map(str::to_owned);
        let amount = |name: &'static str| match text(req, name).map(str::parse::<Usd>) {
            None => Ok(None),
            Some(Ok(amount)) => Ok(Some(amount)),
            Some(Err(_)) => Err(ApiError::invalid(format!("`{name}` must be a number.")).param(name)),
        };
        let mut rest = Rest {
            guarded: !view.sight.everything,
            token: api_key(req),
            user: owned("user_id"),
            team: owned("team_id"),
            end_user: owned("end_user"),
            model: owned("model"),
            model_id: owned("model_id"),
            key_alias: owned("key_alias"),
            status: owned("status_filter").or_else(|| owned("status")),
            error_code: owned("error_code"),
            tags: [list(req, "tags"), list(req, "request_tags")].concat(),
            least: amount("min_spend")?,
            most: amount("max_spend")?,
            moments: None,
        };
        if let Some(token) = &rest.token {
            view.check_key(token).await?;
        }
        if let Some(user) = &rest.user {
            view.check_user(user)?;
        }
        if let Some(team) = &rest.team {
            view.check_team(team)?;
        }
        let request_id = owned("request_id");
        let filter = match &request_id {
            Some(id) => {
                rest.moments = moments;
                RowFilter::Request(id.clone())
            }
            None => rest.narrowest(view, req, moments)?,
        };
        Ok(Self { filter, request_id, rest })
    }

    /// Rows, newest first, at most `limit`.
    pub(crate) async fn page(&self, view: &View<'_>, limit: usize, cursor: Option<&str>) -> Result<RowPage, ApiError> {
        if self.rest.is_empty() {
            let page = view.app.store.find_spend_rows(&self.filter, limit, cursor).await.map_err(store)?;
            return self.or_own_id(view, page).await;
        }
        let (mut rows, mut cursor, mut looked) = (Vec::new(), cursor.map(str::to_owned), 0);
        loop {
            let batch = limit.saturating_sub(rows.len()).max(BATCH);
            let found = view.app.store.find_spend_rows(&self.filter, batch, cursor.as_deref());
            let page = found.await.map_err(store)?;
            looked += page.rows.len();
            rows.extend(page.rows.into_iter().filter(|row| self.rest.holds(view, row)));
            cursor = page.next;
            if cursor.is_none() || rows.len() >= limit || looked >= MOST {
                return self.or_own_id(view, RowPage { rows, next: cursor }).await;
            }
        }
    }

    /// All rows, newest first, as far as one request looks; the cursor says where it has stopped.
    pub(crate) async fn all(&self, view: &View<'_>) -> Result<RowPage, ApiError> {
        self.page(view, MOST, None).await
    }

    /// The filter of an index, where it alone decides.
    pub(crate) fn indexed(&self) -> Option<&RowFilter> {
        (self.rest.is_empty() && self.request_id.is_none()).then_some(&self.filter)
    }

    /// A call without an answer is listed under its own id.
    async fn or_own_id(&self, view: &View<'_>, mut page: RowPage) -> Result<RowPage, ApiError> {
        if let (true, Some(id)) = (page.rows.is_empty(), &self.request_id) {
            let row = view.app.store.find_spend_row(id).await.map_err(store)?;
            page.rows.extend(row.filter(|row| self.rest.holds(view, row)));
        }
        Ok(page)
    }
}

impl Rest {
    /// The narrowest index that holds all that is wanted; what it takes care of is no longer in the rest.
    fn narrowest(&mut self, view: &View<'_>, req: &Request, moments: Option<Moments>) -> Result<RowFilter, ApiError> {
        let Moments { from, to } = moments.unwrap_or(Moments { from: 0, to: u64::MAX });
        let session = text(req, "session_id").map(str::to_owned);
        let named = session
            .map(RowOwner::Session)
            .or_else(|| self.token.take().map(RowOwner::Key))
            .or_else(|| self.end_user.take().map(RowOwner::EndUser))
            .or_else(|| self.user.take().map(RowOwner::User))
            .or_else(|| self.team.take().map(RowOwner::Team));
        let own = || match &view.sight {
            sight if sight.everything => None,
            sight if !sight.user.is_empty() => Some(RowOwner::User(sight.user.clone())),
            sight => Some(RowOwner::Key(sight.api_key.clone())),
        };
        if named.is_none() {
            self.guarded = false;
        }
        match (named.or_else(own), moments) {
            (Some(owner), _) => Ok(RowFilter::Of { owner, from, to }),
            (None, Some(Moments { from, to })) => Ok(RowFilter::All { from, to }),
            (None, None) => Err(ApiError::invalid("Please provide start_date and end_date").param("start_date")),
        }
    }

    fn is_empty(&self) -> bool {
        let names = [&self.token, &self.user, &self.team, &self.end_user, &self.model, &self.model_id];
        let more = [&self.key_alias, &self.status, &self.error_code];
        names.into_iter().chain(more).all(Option::is_none)
            && self.tags.is_empty()
            && self.least.is_none()
            && self.most.is_none()
            && self.moments.is_none()
            && !self.guarded
    }

    fn holds(&self, view: &View<'_>, row: &SpendEvent) -> bool {
        let is = |wanted: &Option<String>, have: &str| wanted.as_deref().is_none_or(|wanted| wanted == have);
        let of = |wanted: &Option<String>, have: &Option<String>| is(wanted, have.as_deref().unwrap_or_default());
        let alias = row.key_alias.as_deref().unwrap_or_default();
        view.sees_row(row)
            && is(&self.token, &row.api_key)
            && of(&self.user, &row.user)
            && of(&self.team, &row.team_id)
            && of(&self.end_user, &row.end_user)
            && (is(&self.model, &row.model) || is(&self.model, &row.model_group))
            && is(&self.model_id, &row.model_id)
            && self.key_alias.as_deref().is_none_or(|wanted| alias.contains(wanted))
            && is(&self.status, row.status.as_str())
            && is(&self.error_code, row.error.as_ref().map(|it| it.code.as_str()).unwrap_or_default())
            && (self.tags.is_empty() || self.tags.iter().any(|tag| row.tags.contains(tag)))
            && self.least.is_none_or(|least| row.spend >= least)
            && self.most.is_none_or(|most| row.spend <= most)
            && self.moments.is_none_or(|it| (it.from..=it.to).contains(&row.started))
    }
}
