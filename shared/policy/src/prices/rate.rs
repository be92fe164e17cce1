//! Names of rates: what is charged, for which service tier, above which prompt size. Shared with the build script.

/// Defines the units with the field names of the price table; the order is the binary form.
macro_rules! units {
    ($($(#[$doc:meta])* $unit:ident = $name:literal,)*) => {
        /// What one rate is charged for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Unit { $($(#[$doc])* $unit,)* }

        impl Unit {
            /// Every unit, in the order of the binary form.
            pub const ALL: &[Self] = &[$(Self::$unit,)*];

            /// The field of the price table that holds the standard rate.
            pub const fn field(self) -> &'static str {
                match self { $(Self::$unit => $name,)* }
            }
        }
    };
}

units! {
    /// A prompt token.
    Input = "input_cost_per_token",
    /// A generated token.
    Output = "output_cost_per_token",
    /// A prompt token read from the provider's cache.
    CacheRead = "cache_read_input_token_cost",
    /// A prompt token written to the cache for five minutes.
    CacheWrite = "cache_creation_input_token_cost",
    /// A prompt token written to the cache for an hour.
    CacheWrite1h = "cache_creation_input_token_cost_above_1hr",
    /// An audio prompt token read from the cache.
    CacheReadAudio = "cache_read_input_audio_token_cost",
    /// An image prompt token read from the cache.
    CacheReadImage = "cache_read_input_image_token_cost",
    /// An audio prompt token written to the cache.
    CacheWriteAudio = "cache_creation_input_audio_token_cost",
    /// An audio prompt token.
    InputAudio = "input_cost_per_audio_token",
    /// An image prompt token.
    InputImageToken = "input_cost_per_image_token",
    /// A video prompt token.
    InputVideoToken = "input_cost_per_video_token",
    /// A generated audio token.
    OutputAudio = "output_cost_per_audio_token",
    /// A generated image token.
    OutputImageToken = "output_cost_per_image_token",
    /// A generated video token.
    OutputVideoToken = "output_cost_per_video_token",
    /// A reasoning token.
    Reasoning = "output_cost_per_reasoning_token",
    /// A token of cited sources.
    Citation = "citation_cost_per_token",
    /// A character of input text.
    InputCharacter = "input_cost_per_character",
    /// A character of generated text.
    OutputCharacter = "output_cost_per_character",
    /// A second of input audio, or of run time on a rented model.
    InputSecond = "input_cost_per_second",
    /// A second of output, or of run time on a rented model.
    OutputSecond = "output_cost_per_second",
    /// A second of generated video at 480 lines.
    OutputSecond480p = "output_cost_per_second_480p",
    /// A second of generated video at 720 lines.
    OutputSecond720p = "output_cost_per_second_720p",
    /// A second of generated video at 768 lines.
    OutputSecond768p = "output_cost_per_second_768p",
    /// A second of generated video at 1080 lines.
    OutputSecond1080p = "output_cost_per_second_1080p",
    /// A second of generated video in 2K.
    OutputSecond2k = "output_cost_per_second_2k",
    /// A second of generated video in 4K.
    OutputSecond4k = "output_cost_per_second_4k",
    /// A second of input audio for a model that also takes tokens.
    InputAudioSecond = "input_cost_per_audio_per_second",
    /// A second of input video.
    InputVideoSecond = "input_cost_per_video_per_second",
    /// A second of generated video.
    OutputVideoSecond = "output_cost_per_video_per_second",
    /// An input image, or a generated one where the model has no output rate.
    InputImage = "input_cost_per_image",
    /// A generated image.
    OutputImage = "output_cost_per_image",
    /// A pixel of a generated image, by its input rate.
    InputPixel = "input_cost_per_pixel",
    /// A pixel of a generated image.
    OutputPixel = "output_cost_per_pixel",
    /// A search query or rerank unit.
    Query = "input_cost_per_query",
    /// A fee for every request.
    Request = "input_cost_per_request",
    /// A text message in a realtime session.
    TextMessage = "input_cost_per_text_message",
    /// A page read by OCR.
    OcrPage = "ocr_cost_per_page",
    /// An OCR credit.
    OcrCredit = "ocr_cost_per_credit",
    /// An annotated page.
    AnnotationPage = "annotation_cost_per_page",
    /// A web search with a small context.
    SearchLow = "search_context_size_low",
    /// A web search with the default context.
    SearchMedium = "search_context_size_medium",
    /// A web search with a large context.
    SearchHigh = "search_context_size_high",
    /// A query grounded with Google Maps.
    MapsQuery = "google_maps_grounding_cost_per_query",
    /// A code interpreter session.
    CodeInterpreterSession = "code_interpreter_cost_per_session",
    /// A file search call.
    FileSearchCall = "file_search_cost_per_call",
    /// Factor for processing kept in the European Union.
    ResidencyEu = "regional_processing_uplift_multiplier_eu",
    /// Factor for processing kept in the United States.
    ResidencyUs = "regional_processing_uplift_multiplier_us",
    /// Factor for a regional instead of the global endpoint.
    RegionalEndpoint = "regional_endpoint_uplift_multiplier",
    /// Factor for inference kept in the United States.
    InferenceGeoUs = "us",
    /// Factor for fast mode.
    SpeedFast = "fast",
}

/// The service tier a rate is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Tier {
    /// No tier asked for, or the standard one.
    #[default]
    Standard,
    /// Faster and dearer.
    Priority,
    /// Slower and cheaper.
    Flex,
    /// Asynchronous batches.
    Batches,
    /// Between standard and ultrafast.
    Balanced,
    /// The fastest.
    Ultrafast,
    /// Decision workloads.
    Decisions,
}

impl Tier {
    /// Every tier, in the order of the binary form.
    pub const ALL: &[Self] =
        &[Self::Standard, Self::Priority, Self::Flex, Self::Batches, Self::Balanced, Self::Ultrafast, Self::Decisions];

    /// What the price table appends to a field for this tier.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Priority => "_priority",
            Self::Flex => "_flex",
            Self::Batches => "_batches",
            Self::Balanced => "_balanced",
            Self::Ultrafast => "_ultrafast",
            Self::Decisions => "_decisions",
        }
    }
}

/// Which rate: unit, service tier and prompt size above which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RateKey {
    /// What is charged.
    pub unit: Unit,
    /// In thousands of prompt tokens; 0 holds for every size.
    pub above: u16,
    /// For which service tier.
    pub tier: Tier,
}

impl RateKey {
    /// The standard rate of a unit for every prompt size.
    pub const fn standard(unit: Unit) -> Self {
        Self { unit, above: 0, tier: Tier::Standard }
    }

    /// Reads a field name such as `input_cost_per_token_above_200k_tokens_priority`; `None` when it names no rate.
    pub fn parse(field: &str) -> Option<Self> {
        let (rest, tier) = Tier::ALL
            .iter()
            .filter(|tier| **tier != Tier::Standard)
            .find_map(|tier| Some((field.strip_suffix(tier.suffix())?, *tier)))
            .unwrap_or((field, Tier::Standard));
        let (name, above) = match rest.strip_suffix("k_tokens").and_then(|it| it.rsplit_once("_above_")) {
            Some((name, thousands)) => (name, thousands.parse().ok()?),
            None => (rest, 0),
        };
        let unit = *Unit::ALL.iter().find(|unit| unit.field() == name)?;
        Some(Self { unit, above, tier })
    }
}
