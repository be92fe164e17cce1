//! An identity provider's public keys (RFC 7517, RFC 7518 section 6, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Algorithm;

/// Identity providers publish a handful of keys.
const MOST: usize = 256;

/// Public keys by which tokens can be verified; others are left out.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<Jwk>);

/// One public key.
#[derive(Debug, Clone)]
pub struct Jwk {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    /// The key itself.
    pub material: KeyMaterial,
}

/// Kinds of public keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMaterial {
    /// RSA: modulus and exponent, big-endian.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A point on a curve of NIST, uncompressed: 4, x, y.
    Ec {
        /// The curve.
        curve: Curve,
        /// The point.
        point: Vec<u8>,
    },
    /// Ed25519.
    Ed25519(Vec<u8>),
}

/// Curves of NIST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
}

impl KeySet {
    /// Reads a key set, a list of keys, or a single key. Gives `None` for anything else.
    #[must_use]
    pub fn read(document: &Value) -> Option<Self> {
        let keys = match document.get("keys").unwrap_or(document) {
            Value::Array(keys) => keys.as_slice(),
            key @ Value::Object(_) => std::slice::from_ref(key),
            _ => return None,
        };
        Some(Self(keys.iter().take(MOST).filter_map(Jwk::read).collect()))
    }

    /// The keys that a token with this header may have been signed with. One without a key id means the only key that
    /// there is.
    pub fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Jwk> {
        let only = self.0.len() == 1;
        self.0.iter().filter(move |it| match kid {
            Some(kid) => it.kid.as_deref() == Some(kid) && it.fits(algorithm),
            None => only && it.fits(algorithm),
        })
    }

    /// Whether a key of that id is in the set.
    #[must_use]
    pub fn has(&self, kid: Option<&str>) -> bool {
        match kid {
            Some(kid) => self.0.iter().any(|it| it.kid.as_deref() == Some(kid)),
            None => self.0.len() == 1,
        }
    }
}

impl Jwk {
    fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok();
        if text("use").is_some_and(|it| it != "sig") {
            return None;
        }
        let operations = key.get("key_ops").and_then(Value::as_array);
        if operations.is_some_and(|it| !it.iter().any(|operation| operation == "verify")) {
            return None;
        }
        let algorithm = match text("alg") {
            // A key for an algorithm that is not known here.
            Some(name) => Some(Algorithm::named(name)?),
            None => None,
        };
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => KeyMaterial::Rsa { n: number("n")?, e: number("e")? },
            ("EC", Some("P-256")) => point(Curve::P256, 32, &number("x")?, &number("y")?)?,
            ("EC", Some("P-384")) => point(Curve::P384, 48, &number("x")?, &number("y")?)?,
            ("OKP", Some("Ed25519")) => KeyMaterial::Ed25519(number("x")?),
            _ => return None,
        };
        Some(Self { kid: text("kid").map(str::to_owned), algorithm, material })
    }

    /// Whether a signature of this algorithm can be verified with this key: what kind of key it is decides, never the
    /// token alone.
    fn fits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        let kind = match &self.material {
            KeyMaterial::Rsa { .. } => matches!(algorithm, Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512),
            KeyMaterial::Ec { curve: Curve::P256, .. } => algorithm == Es256,
            KeyMaterial::Ec { curve: Curve::P384, .. } => algorithm == Es384,
            KeyMaterial::Ed25519(_) => algorithm == EdDsa,
        };
        kind && self.algorithm.is_none_or(|it| it == algorithm)
    }
}

fn point(curve: Curve, length: usize, x: &[u8], y: &[u8]) -> Option<KeyMaterial> {
    (x.len() == length && y.len() == length).then(|| KeyMaterial::Ec { curve, point: [&[4], x, y].concat() })
}
