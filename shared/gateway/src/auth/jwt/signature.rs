//! Verifies signatures of tokens.

use policy::jwt::{Algorithm, Jwk, KeyMaterial, Token};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// Whether a token was signed with the private part of `key`, which is a candidate of the token's: of the kind that its
/// algorithm asks for.
pub(super) fn is_signed(token: &Token<'_>, key: &Jwk) -> bool {
    let (message, signature) = (token.signed, token.signature.as_slice());
    match &key.material {
        KeyMaterial::Rsa { n, e } => rsa(token.algorithm)
            .is_some_and(|it| RsaPublicKeyComponents { n: trim(n), e: trim(e) }.verify(it, message, signature).is_ok()),
        KeyMaterial::Ec { point, .. } => other(token.algorithm)
            .is_some_and(|it| UnparsedPublicKey::new(it, point).verify(message, signature).is_ok()),
        KeyMaterial::Ed25519(point) => other(token.algorithm)
            .is_some_and(|it| UnparsedPublicKey::new(it, point).verify(message, signature).is_ok()),
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
    })
}

fn other(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &ECDSA_P384_SHA384_FIXED,
        Algorithm::EdDsa => &ED25519,
        _ => return None,
    })
}

/// Without the leading zeros that some publish.
fn trim(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|it| **it == 0).count();
    number.get(zeros..).unwrap_or_default()
}
