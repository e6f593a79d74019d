//! The settings that say who may use the Worker and how they prove who they are.

use super::reader::Reader;
use super::value;
use crate::identity::client_secret::ClientSecretKeys;
use crate::identity::owner_keys::OwnerKeys;
use crate::identity::visitor::VisitorKeys;
use crate::secret::Secret;

/// `VISITOR_MAX_AGE_DAYS`: the default and the maximum. Browsers keep no cookie longer.
const MAX_VISITOR_AGE_DAYS: u64 = 400;

/// The shortest `AUTH_JWT_SECRET`, in bytes: as long as the MAC that it signs (RFC 7518, section 3.2).
const MIN_JWT_SECRET_BYTES: usize = 32;

/// Where a request carries its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Cf-Access-Jwt-Assertion`, which Cloudflare Access adds.
    Access,
}

/// Where the key of a token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// `AUTH_JWT_SECRET`, for HS256.
    Secret(Secret),
    /// The address of a JWKS, for RS256 and ES256.
    Jwks(String),
}

/// What a token must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// Where it is carried.
    pub source: TokenSource,
    /// What it is signed with.
    pub keys: KeySource,
    /// The expected `iss`, if the owner set one.
    pub issuer: Option<String>,
    /// The expected `aud`, if the owner set one.
    pub audience: Option<String>,
}

/// How users prove who they are: `AUTH`.
#[derive(Debug, Clone)]
pub enum Auth {
    /// `anonymous`: a signed visitor in a cookie or a header.
    Anonymous,
    /// `jwt` or `access`: a token signed by the owner's site or by Cloudflare Access.
    Token(TokenPolicy),
}

impl Auth {
    /// The value of `AUTH`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Token(policy) => match policy.source {
                TokenSource::Bearer => "jwt",
                TokenSource::Access => "access",
            },
        }
    }
}

/// Who may use the Worker.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// `AUTH`.
    pub auth: Auth,
    /// `TRUST_CLIENT_USER`: a user named in the request is trusted if it comes with `proxy_secret`.
    pub trust_client_user: bool,
    /// `PROXY_SECRET`: proves the owner's own proxy. Always set with `trust_client_user`.
    pub proxy_secret: Option<Secret>,
    /// Sign visitors; from `VISITOR_SECRET`, or from the API key.
    pub visitors: VisitorKeys,
    /// Hash users before they are stored; from the same secrets.
    pub owners: OwnerKeys,
    /// From the same secrets.
    pub client_secrets: ClientSecretKeys,
}

impl AuthSettings {
    /// Reads the variables. `None` if they are not usable; the reader then has an error.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        reader: &mut Reader<F>,
        api_key: Option<&Secret>,
        is_key_required: bool,
    ) -> Option<Self> {
        let auth = read_auth(reader);
        let trust_client_user = reader.switch("TRUST_CLIENT_USER").unwrap_or(false);
        if trust_client_user && matches!(auth, Some(Auth::Token(_))) {
            reader.error(
                "TRUST_CLIENT_USER",
                "TRUST_CLIENT_USER is true and AUTH is not anonymous: set only one of them.",
            );
        }
        let proxy_secret = reader.secret("PROXY_SECRET");
        if trust_client_user && proxy_secret.is_none() {
            reader.error(
                "PROXY_SECRET",
                "TRUST_CLIENT_USER is true and PROXY_SECRET is not set: add it with npx wrangler secret put PROXY_SECRET, \
                 and send it as X-ChatKit-Proxy-Secret from your proxy.",
            );
        }
        let max_age_days = reader.number("VISITOR_MAX_AGE_DAYS", 1, MAX_VISITOR_AGE_DAYS);
        let secrets = key_secrets(reader, api_key);
        // A missing key has its own error where a backend requires it.
        if secrets.is_empty() && reader.text("OPENAI_API_KEY").is_none() && !is_key_required {
            reader.error(
                "VISITOR_SECRET",
                "VISITOR_SECRET is not set, and there is no OPENAI_API_KEY to derive it from: \
                 add it with npx wrangler secret put VISITOR_SECRET.",
            );
        }
        let (first, others) = secrets.split_first()?;
        Some(Self {
            auth: auth?,
            trust_client_user,
            proxy_secret,
            visitors: VisitorKeys::derive(
                first,
                others.iter(),
                max_age_days.unwrap_or(MAX_VISITOR_AGE_DAYS),
            ),
            owners: OwnerKeys::derive(first, others.iter()),
            client_secrets: ClientSecretKeys::derive(first, others.iter()),
        })
    }
}

/// What the Worker's own keys are derived from: the secrets in `VISITOR_SECRET`, or the API key.
fn key_secrets<F: Fn(&str) -> Option<String>>(
    reader: &Reader<F>,
    api_key: Option<&Secret>,
) -> Vec<Secret> {
    let own: Vec<Secret> = reader
        .text("VISITOR_SECRET")
        .iter()
        .flat_map(|text| value::list(text))
        .map(Secret::new)
        .collect();
    if own.is_empty() {
        return api_key.into_iter().cloned().collect();
    }
    own
}

fn read_auth<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<Auth> {
    let mode = match reader.text("AUTH") {
        None => "anonymous".to_owned(),
        Some(_) => reader.read("AUTH", |text| match text {
            "anonymous" | "jwt" | "access" => Ok(text.to_owned()),
            _ => Err("anonymous, jwt or access".to_owned()),
        })?,
    };
    let issuer = reader.header_word("AUTH_ISSUER");
    let audience = reader.header_word("AUTH_AUDIENCE");
    let secret = reader.long_secret("AUTH_JWT_SECRET", MIN_JWT_SECRET_BYTES);
    let url = reader.read("AUTH_JWKS_URL", value::fetched_url);
    match mode.as_str() {
        "jwt" => read_jwt(reader, issuer, audience, secret.ok()?, url).map(Auth::Token),
        "access" => read_access(reader, issuer, audience, url).map(Auth::Token),
        _ => Some(Auth::Anonymous),
    }
}

fn read_jwt<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
    issuer: Option<String>,
    audience: Option<String>,
    secret: Option<Secret>,
    url: Option<String>,
) -> Option<TokenPolicy> {
    let keys = match (secret, url) {
        (Some(secret), None) => KeySource::Secret(secret),
        (None, Some(url)) => {
            // A provider's keys sign tokens for other sites too; only issuer and audience tell them apart.
            require(reader, "AUTH_ISSUER", issuer.is_some());
            require(reader, "AUTH_AUDIENCE", audience.is_some());
            KeySource::Jwks(url)
        }
        (None, None) => {
            reader.error(
                "AUTH_JWT_SECRET",
                "AUTH is jwt and no key is set: set the secret AUTH_JWT_SECRET or the address AUTH_JWKS_URL.",
            );
            return None;
        }
        (Some(_), Some(_)) => {
            reader.error(
                "AUTH_JWKS_URL",
                "AUTH_JWT_SECRET and AUTH_JWKS_URL are both set: set only one of them.",
            );
            return None;
        }
    };
    Some(TokenPolicy {
        source: TokenSource::Bearer,
        keys,
        issuer,
        audience,
    })
}

fn read_access<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
    issuer: Option<String>,
    audience: Option<String>,
    url: Option<String>,
) -> Option<TokenPolicy> {
    require(reader, "AUTH_ISSUER", issuer.is_some());
    require(reader, "AUTH_AUDIENCE", audience.is_some());
    let (issuer, audience) = (issuer?, audience?);
    let base = issuer.trim_end_matches('/');
    let url = match url {
        Some(url) => url,
        None => {
            let certs = format!("{base}/cdn-cgi/access/certs");
            match value::fetched_url(&certs) {
                Ok(url) => url,
                Err(_) => {
                    reader.error(
                        "AUTH_ISSUER",
                        "AUTH_ISSUER must be the address of your team, like https://team.cloudflareaccess.com.",
                    );
                    return None;
                }
            }
        }
    };
    Some(TokenPolicy {
        source: TokenSource::Access,
        keys: KeySource::Jwks(url),
        issuer: Some(issuer),
        audience: Some(audience),
    })
}

fn require<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
    variable: &'static str,
    is_set: bool,
) {
    // A wrong value already has its own error.
    if !is_set && reader.text(variable).is_none() {
        reader.error(
            variable,
            format!("{variable} is not set, and this value of AUTH requires it."),
        );
    }
}
