//! Signs the JSON web token with which a service account asks for an access token (RFC 7523; Google, "Using OAuth 2.0
//! for Server to Server Applications").

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::CredentialsError;

/// The longest life that Google allows such a token.
const LIFE: Duration = Duration::from_secs(3600);

/// `claims` with the time added, signed by an RSA key in PEM form.
pub(super) fn sign(
    key: &str,
    key_id: Option<&str>,
    mut claims: Value,
    now: SystemTime,
) -> Result<String, CredentialsError> {
    let unusable = |what| CredentialsError::Unusable { what };
    // Environment variables often carry a key with its line breaks escaped.
    let key = key.replace("\\n", "\n");
    let pem = PrivateKeyDer::from_pem_slice(key.as_bytes());
    let pair = match &pem {
        Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(unusable("private_key is not a private key in PEM form")),
    };
    let pair = pair.map_err(|_| unusable("private_key is not an RSA key of at least 2048 bits"))?;

    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if let Some(claims) = claims.as_object_mut() {
        claims.insert("iat".to_owned(), since.as_secs().into());
        claims.insert("exp".to_owned(), (since + LIFE).as_secs().into());
    }
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let (Some(id), Some(header)) = (key_id, header.as_object_mut()) {
        header.insert("kid".to_owned(), id.into());
    }
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&header), encode(&claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| unusable("private_key cannot sign"))?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
