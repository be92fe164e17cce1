//! An identity provider on loopback: publishes keys, signs tokens, knows accounts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Map, Value, json};

use crate::Result;
use crate::server::{self, Body, Server};

/// A running identity provider.
pub struct Identity {
    state: Arc<Mutex<State>>,
    server: Server,
}

#[derive(Default)]
struct State {
    /// By key id; those that are published.
    keys: BTreeMap<String, Pair>,
    /// Keys that sign but are not published.
    hidden: BTreeMap<String, Pair>,
    /// What is told of an opaque token.
    accounts: Map<String, Value>,
    is_down: bool,
    asked: usize,
    url: String,
}

enum Pair {
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Identity {
    /// Starts with the published keys `main` (ES256) and `edwards` (EdDSA).
    pub async fn start() -> Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(server::loopback().await?, move |request| answer(Arc::clone(&shared), request))?;
        let identity = Self { state, server };
        identity.change(|state| {
            state.keys.insert("main".to_owned(), Pair::ecdsa());
            state.keys.insert("edwards".to_owned(), Pair::ed25519());
            state.url = identity.server.url();
        });
        Ok(identity)
    }

    /// `http://host:port`: `/jwks`, `/.well-known/openid-configuration`, `/userinfo`, `/token-info`, `/introspect`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What a test asks of it: `rotate` replaces `main` by a key of that name, `publish_again` takes a name, `down`
    /// answers nothing but 503, `accounts` says what is told of opaque tokens.
    pub fn command(&self, command: &Value) {
        self.change(|state| {
            if let Some(name) = command["rotate"].as_str() {
                if let Some(old) = state.keys.remove("main") {
                    state.hidden.insert("main".to_owned(), old);
                }
                state.keys.insert(name.to_owned(), Pair::ecdsa());
            }
            if let Some(is_down) = command["down"].as_bool() {
                state.is_down = is_down;
            }
            if let Some(accounts) = command["accounts"].as_object() {
                state.accounts.clone_from(accounts);
            }
        });
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        let mut count = 0;
        self.change(|state| count = state.asked);
        count
    }

    /// A token: `claims` (with `exp_in` and the like as seconds from now), signed with `key` (`main` by default, or
    /// `stranger`, which is not published); `header` replaces fields of the header. `forge` damages it: `none` takes the
    /// signature away, `hmac` signs with the published key as a shared secret, `claims` changes the claims afterwards.
    pub fn token(&self, wanted: &Value) -> String {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
        let now = now.unwrap_or_default();
        let mut claims = Map::from_iter([("exp".to_owned(), json!(now + 300)), ("iat".to_owned(), json!(now - 5))]);
        for (name, value) in wanted["claims"].as_object().into_iter().flatten() {
            match (name.strip_suffix("_in"), value) {
                (_, Value::Null) => drop(claims.remove(name)),
                (Some(name), Value::Number(seconds)) => {
                    claims.insert(name.to_owned(), json!(now + seconds.as_i64().unwrap_or_default()));
                }
                _ => drop(claims.insert(name.clone(), value.clone())),
            }
        }
        let key = wanted["key"].as_str().unwrap_or("main");
        let mut token = String::new();
        self.change(|state| {
            if key == "stranger" {
                state.hidden.entry(key.to_owned()).or_insert_with(Pair::ecdsa);
            }
            let Some(pair) = state.keys.get(key).or_else(|| state.hidden.get(key)) else { return };
            let mut header = json!({"alg": pair.algorithm(), "typ": "JWT", "kid": key});
            for (name, value) in wanted["header"].as_object().into_iter().flatten() {
                header[name] = value.clone();
            }
            if let (Value::Object(header), Some(Value::Null)) = (&mut header, wanted["header"].get("kid")) {
                header.remove("kid");
            }
            let signed = format!("{}.{}", encode(header.to_string()), encode(Value::Object(claims).to_string()));
            let signature = match wanted["forge"].as_str() {
                Some("none") => Vec::new(),
                Some("hmac") => {
                    let shared = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, pair.public());
                    ring::hmac::sign(&shared, signed.as_bytes()).as_ref().to_vec()
                }
                _ => pair.sign(signed.as_bytes()),
            };
            let signed = match wanted["forge"].as_str() {
                Some("claims") => {
                    let (header, _) = signed.split_once('.').unwrap_or_default();
                    let claims = json!({"sub": "admin", "scope": "litellm_proxy_admin", "exp": now + 300});
                    format!("{header}.{}", encode(claims.to_string()))
                }
                _ => signed,
            };
            token = format!("{signed}.{}", encode(signature));
        });
        token
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
        }
    }
}

impl Pair {
    #[expect(clippy::expect_used, reason = "a test without keys has no meaning")]
    fn ecdsa() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("random numbers");
        Self::Ecdsa(Box::new(EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).expect("a key")))
    }

    #[expect(clippy::expect_used, reason = "a test without keys has no meaning")]
    fn ed25519() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("random numbers");
        Self::Ed25519(Box::new(Ed25519KeyPair::from_pkcs8(made.as_ref()).expect("a key")))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ecdsa(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ecdsa(pair) => {
                pair.sign(&SystemRandom::new(), message).map(|it| it.as_ref().to_vec()).unwrap_or_default()
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::Ecdsa(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    fn published(&self, kid: &str) -> Value {
        match self {
            Self::Ecdsa(_) => {
                let point = self.public().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "kid": kid, "use": "sig", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Self::Ed25519(_) => json!({"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": encode(self.public())}),
        }
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Body>> {
    let (path, bearer) = (request.uri().path().to_owned(), bearer(&request));
    let body = request.into_body().collect().await?.to_bytes();
    let mut state = state.lock().map_err(|_| "the identity provider broke")?;
    state.asked += 1;
    if state.is_down {
        return server::json(503, &json!({}));
    }
    let account = |token: &str| state.accounts.get(token).cloned();
    match path.as_str() {
        "/jwks" => {
            let keys: Vec<Value> = state.keys.iter().map(|(kid, it)| it.published(kid)).collect();
            server::json(200, &json!({"keys": keys}))
        }
        "/.well-known/openid-configuration" => {
            server::json(200, &json!({"issuer": state.url, "jwks_uri": format!("{}/jwks", state.url)}))
        }
        "/userinfo" | "/token-info" => match account(&bearer) {
            Some(account) => server::json(200, &account),
            None => server::json(401, &json!({"error": "invalid_token"})),
        },
        "/introspect" => {
            let form = String::from_utf8_lossy(&body);
            let token = form.split('&').find_map(|it| it.strip_prefix("token=")).unwrap_or_default();
            let known = account(token).filter(|_| bearer == "Y2xpZW50OnMzY3IzdA==");
            server::json(200, &known.unwrap_or_else(|| json!({"active": false})))
        }
        _ => server::json(404, &json!({})),
    }
}

/// What stands after the scheme.
fn bearer(request: &Request<Incoming>) -> String {
    let header = request.headers().get("authorization").and_then(|it| it.to_str().ok()).unwrap_or_default();
    header.split_once(' ').map(|(_, it)| it.to_owned()).unwrap_or_default()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
