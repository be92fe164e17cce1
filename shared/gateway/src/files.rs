//! Files that callers name by URL, for providers that take bytes alone.

use std::time::Duration;

use provider_transform::{ErrorClass, Files, ProviderError};
use upstream::Limits;

use crate::App;

/// As LiteLLM has it, where `MAX_IMAGE_URL_DOWNLOAD_SIZE_MB` is not set.
const USUAL_MEGABYTES: f64 = 50.0;
const LONGEST: Duration = Duration::from_secs(30);
/// Of a URL as much is shown as it takes to recognise it.
const SHOWN: usize = 200;

/// Downloads `urls` for a request to `provider`.
///
/// # Errors
/// LiteLLM's `ImageFetchError`, 400, with the URL that the caller named.
pub(crate) async fn download(app: &App, provider: &'static str, urls: &[String]) -> Result<Files, ProviderError> {
    let settings = &app.config.litellm_settings;
    let limits = Limits {
        bytes: largest(app),
        time: LONGEST,
        public_only: settings.user_url_validation,
        allowed_hosts: &settings.user_url_allowed_hosts,
    };
    let mut files = Files::default();
    match app.upstream.download_all(urls, &limits, &mut files).await {
        Ok(()) => Ok(files),
        Err((url, error)) => {
            // The query may hold a signature.
            let shown: String = url.split(['?', '#']).next().unwrap_or_default().chars().take(SHOWN).collect();
            let message = format!("Unable to fetch {shown}: {error}");
            Err(ProviderError::new(provider, ErrorClass::ImageFetch, 400, message))
        }
    }
}

fn largest(app: &App) -> usize {
    let variable = app.config.variable("MAX_IMAGE_URL_DOWNLOAD_SIZE_MB", &|name| app.env.get(name));
    let megabytes = variable.and_then(|it| it.expose().trim().parse().ok()).filter(|it: &f64| it.is_finite());
    (megabytes.unwrap_or(USUAL_MEGABYTES).max(0.0) * 1_048_576.0) as usize
}

#[cfg(test)]
mod tests;
