use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::jwt::{KeySet, Token};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair,
};
use serde_json::{Value, json};

use super::signature::is_signed;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn is_valid(token: &str, keys: &Value) -> bool {
    let (token, keys) = (Token::parse(token).unwrap(), KeySet::read(keys).unwrap());
    keys.candidates(token.kid.as_deref(), token.algorithm).any(|key| is_signed(&token, key))
}

fn unsigned(algorithm: &str) -> String {
    let header = json!({"alg": algorithm, "kid": "k"}).to_string();
    format!("{}.{}", encode(header), encode(r#"{"sub":"u"}"#))
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, name: &str, curve: &str) -> (String, Value) {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let signed = unsigned(name);
    let token = format!("{signed}.{}", encode(pair.sign(&random, signed.as_bytes()).unwrap()));
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    (token, json!({"keys": [{"kty": "EC", "kid": "k", "crv": curve, "x": encode(x), "y": encode(y)}]}))
}

/// Changes one bit of a token's signature.
fn damaged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    signature[5] ^= 1;
    format!("{signed}.{}", encode(signature))
}

#[test]
fn signatures_on_curves() {
    let (p256, of_p256) = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256");
    let (p384, of_p384) = ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384", "P-384");
    let (_, other) = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256");
    assert!(is_valid(&p256, &of_p256) && is_valid(&p384, &of_p384));
    assert!(!is_valid(&p256, &other) && !is_valid(&p256, &of_p384));
    assert!(!is_valid(&damaged(&p256), &of_p256) && !is_valid(&damaged(&p384), &of_p384));

    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let signed = unsigned("EdDSA");
    let token = format!("{signed}.{}", encode(pair.sign(signed.as_bytes())));
    let keys = json!({"keys": [{"kty": "OKP", "kid": "k", "crv": "Ed25519", "x": encode(pair.public_key())}]});
    assert!(is_valid(&token, &keys) && !is_valid(&damaged(&token), &keys));
}

#[test]
fn signatures_with_rsa() {
    // The key of `upstream`'s tests signs; its public part is what an identity provider would publish.
    let der = include_str!("../../../../upstream/src/credentials/testdata/rsa.pem");
    let der: String = der.lines().filter(|it| !it.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(der).unwrap();
    let pair = ring::signature::RsaKeyPair::from_pkcs8(&der).unwrap();
    let public: ring::signature::RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
    // Some publish a leading zero.
    let n = [&[0], public.n.as_slice()].concat();
    let keys = json!({"keys": [{"kty": "RSA", "kid": "k", "n": encode(&n), "e": encode(&public.e)}]});
    let sign = |name: &str, encoding: &'static dyn ring::signature::RsaEncoding| {
        let signed = unsigned(name);
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", encode(signature))
    };
    use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512};
    use ring::signature::{RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512};
    for (name, encoding) in [
        ("RS256", &RSA_PKCS1_SHA256 as &'static dyn ring::signature::RsaEncoding),
        ("RS384", &RSA_PKCS1_SHA384),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
        ("PS384", &RSA_PSS_SHA384),
        ("PS512", &RSA_PSS_SHA512),
    ] {
        let token = sign(name, encoding);
        assert!(is_valid(&token, &keys), "{name}");
        assert!(!is_valid(&damaged(&token), &keys), "{name}");
    }
    assert!(!is_valid(&sign("PS256", &RSA_PKCS1_SHA256), &keys));
    assert!(!is_valid(&sign("RS512", &RSA_PKCS1_SHA256), &keys));
    assert!(!is_valid(&sign("ES256", &RSA_PKCS1_SHA256), &keys));
}
