//! Bedrock's model ids as configurations write them: `<route>/<region>/<geography>.<maker>.<model>` or an ARN.

/// Prefixes of cross-region inference profiles ("Supported Regions and models for inference profiles").
const GEOGRAPHIES: [&str; 9] = ["apac", "au", "ca", "eu", "global", "in", "jp", "us", "us-gov"];

/// How the models begin that LiteLLM calls by `InvokeModel`: what `Converse` does not know, or knows without tools and
/// system prompts ("Supported models and model features").
const INVOKED: [&str; 8] = [
    "ai21.j2-",
    "amazon.titan-",
    "cohere.",
    "meta.llama2-",
    "mistral.mistral-7b-",
    "mistral.mixtral-",
    "stability.",
    "twelvelabs.",
];

/// Routes of LiteLLM's that are other APIs than model inference by `Converse` or `InvokeModel`.
const OTHER_ROUTES: [&str; 6] = ["agent", "agentcore", "async_invoke", "chat_completions", "claude_platform", "mantle"];

/// A model's name, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelId<'a> {
    /// How it is to be called.
    pub route: Route<'a>,
    /// The region it names, by its path or its ARN.
    pub region: Option<&'a str>,
    /// The family that is named in front of an ARN, which alone says nothing of it: `llama`, `nova-2`, `qwen3`, ...
    pub spec: Option<&'a str>,
    /// The id as Bedrock takes it.
    pub id: &'a str,
    /// The id behind its region, if it names one in front: price lists have entries of such names.
    pub placed: &'a str,
    /// Maker and model: the id without ARN, geography and throughput. Opaque for some ARNs.
    pub base: &'a str,
}

/// How a configuration wants a model to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// As suits the model.
    Default,
    /// By `Converse`.
    Converse,
    /// By `InvokeModel`.
    Invoke,
    /// By an API that is neither; its prefix.
    Other(&'a str),
}

/// The protocol of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `Converse` and `ConverseStream`.
    Converse,
    /// `InvokeModel` and `InvokeModelWithResponseStream`.
    Invoke,
}

impl<'a> ModelId<'a> {
    /// Takes a name apart; what it does not know it takes for the id.
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        let mut parsed = Self { route: Route::Default, region: None, spec: None, id: name, placed: name, base: name };
        while let Some((first, rest)) = parsed.id.split_once('/').filter(|(first, _)| !is_arn(first)) {
            let mut placed = rest;
            match first {
                "converse" | "converse_like" => parsed.route = Route::Converse,
                "invoke" => parsed.route = Route::Invoke,
                other if OTHER_ROUTES.contains(&other) => parsed.route = Route::Other(other),
                region if is_region(region) => {
                    parsed.region = Some(region);
                    placed = parsed.id;
                }
                spec if is_arn(rest) => parsed.spec = Some(spec),
                _ => break,
            }
            (parsed.id, parsed.placed) = (rest, placed);
        }
        if parsed.region.is_none() {
            parsed.region = arn_region(parsed.id);
        }
        let name = if is_arn(parsed.id) { parsed.id.rsplit('/').next().unwrap_or_default() } else { parsed.id };
        parsed.base = without_geography(without_throughput(name));
        parsed
    }

    /// The protocol to call the model by.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        let is_invoked = INVOKED.iter().any(|it| self.base.starts_with(it));
        let is_imported = self.spec.is_some_and(|it| !it.starts_with("nova"));
        match self.route {
            Route::Converse | Route::Other(_) => Protocol::Converse,
            Route::Invoke => Protocol::Invoke,
            Route::Default if is_invoked || is_imported => Protocol::Invoke,
            Route::Default => Protocol::Converse,
        }
    }

    /// Whether the id says nothing of the model: an ARN of a profile or a deployment of one's own.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.id.starts_with("arn:") && !self.base.contains('.')
    }

    /// Whether the maker, or the maker and the beginning of the model's name, is this.
    #[must_use]
    pub fn is_of(&self, family: &str) -> bool {
        self.base.starts_with(family)
    }

    /// The names that a table of models may list it under, from the most to the least specific.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let profile = if is_arn(self.id) { self.id.rsplit('/').next() } else { None };
        [Some(self.placed), Some(self.id), profile, Some(self.base)].into_iter().flatten()
    }
}

/// Whether it is the name of an AWS region, such as `us-gov-west-1`; never more than a host's label.
pub(super) fn is_region(name: &str) -> bool {
    let is_plain = name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    let number = name.rsplit_once('-').filter(|(area, _)| area.contains('-')).map(|(_, number)| number);
    is_plain && number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

/// The region of `arn:<partition>:bedrock:<region>:...`.
pub(super) fn arn_region(arn: &str) -> Option<&str> {
    arn.split(':').nth(3).filter(|it| is_arn(arn) && is_region(it))
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

fn without_geography(name: &str) -> &str {
    match name.split_once('.') {
        Some((geography, rest)) if GEOGRAPHIES.contains(&geography) => rest,
        _ => name,
    }
}

/// `...-v2:0:51k` is `...-v2:0` with a context of 51,000 tokens ("Provisioned Throughput").
fn without_throughput(name: &str) -> &str {
    let is_size =
        |it: &str| it.strip_suffix('k').is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()));
    match name.rsplit_once(':') {
        Some((rest, size)) if is_size(size) => rest,
        _ => name,
    }
}
