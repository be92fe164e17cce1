//! The compact form of a signed token (RFC 7515, section 7.1; RFC 7519).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The longest token that is looked at, in bytes. Headers of a request seldom hold more.
const LONGEST: usize = 16 << 10;

/// A token as it came: nothing in it is true before its signature is verified.
#[derive(Debug, Clone)]
pub struct Token<'a> {
    /// How it says it was signed.
    pub algorithm: Algorithm,
    /// The key that it says it was signed with.
    pub kid: Option<String>,
    /// What was signed.
    pub signed: &'a [u8],
    /// The signature.
    pub signature: Vec<u8>,
    /// What it claims.
    pub claims: Map<String, Value>,
}

/// Algorithms of signatures (RFC 7518, section 3.1; RFC 8037) by which a token can be verified with a public key.
/// There is none with a shared secret, and none without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS #1 v1.5 with SHA-384.
    Rs384,
    /// RSA PKCS #1 v1.5 with SHA-512.
    Rs512,
    /// RSA PSS with SHA-256.
    Ps256,
    /// RSA PSS with SHA-384.
    Ps384,
    /// RSA PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// Why a text is no token that could be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It has not the form of a token.
    Form,
    /// Its algorithm is not one of [`Algorithm`].
    Algorithm,
    /// Its header demands an extension (`crit`).
    Extension,
}

impl Algorithm {
    /// Its name in a header.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }
}

impl<'a> Token<'a> {
    /// Whether a text has the outward form of a token: three parts between dots.
    #[must_use]
    pub fn looks_like(text: &str) -> bool {
        text.split('.').count() == 3
    }

    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        if text.len() > LONGEST {
            return Err(Malformed::Form);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Malformed::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(Malformed::Form)?;
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(Malformed::Extension);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let kid = match header.get("kid") {
            None | Some(Value::Null) => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(Malformed::Form),
        };
        Ok(Self {
            algorithm: algorithm.ok_or(Malformed::Algorithm)?,
            kid,
            signed: signed.as_bytes(),
            signature: decode(signature)?,
            claims: object(payload)?,
        })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed::Form)
}

fn object(part: &str) -> Result<Map<String, Value>, Malformed> {
    serde_json::from_slice(&decode(part)?).map_err(|_| Malformed::Form)
}
