//! The settings that say who may call and how that is proven.

use super::reader::Reader;
use crate::identity::visitor::VisitorKeys;
use crate::identity::{KeySource, TokenPolicy, TokenSource};
use crate::secret::Secret;
use crate::settings::value;

/// How auth prove who they are: `AUTH`.
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
            Self::Token(rules) => match rules.place {
                TokenSource::Bearer => "jwt",
                TokenSource::Access => "access",
            },
        }
    }
}

/// Who may call.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// `AUTH`.
    pub auth: Auth,
    /// `TRUST_CLIENT_USER`: a user named in the body counts.
    pub trust_client_user: bool,
    /// From `VISITOR_SECRET`, or from the API key.
    pub visitors: VisitorKeys,
}

impl AuthSettings {
    /// Reads the variables. `None` if they say nothing usable; the reader then has a error.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        reader: &mut Reader<F>,
        api_key: Option<&Secret>,
    ) -> Option<Self> {
        let auth = read_auth(reader);
        let trust_client_user = reader.switch("TRUST_CLIENT_USER").unwrap_or(false);
        if trust_client_user && matches!(auth, Some(Auth::Token(_))) {
            reader.error(
                "TRUST_CLIENT_USER",
                "TRUST_CLIENT_USER is true and AUTH is not anonymous: only one of them can name the user.",
            );
        }
        Some(Self {
            auth: auth?,
            trust_client_user,
            visitors: visitor_keys(reader, api_key)?,
        })
    }
}

fn visitor_keys<F: Fn(&str) -> Option<String>>(
    reader: &Reader<F>,
    api_key: Option<&Secret>,
) -> Option<VisitorKeys> {
    let own: Vec<Secret> = reader
        .text("VISITOR_SECRET")
        .iter()
        .flat_map(|text| value::list(text))
        .map(Secret::new)
        .collect();
    match own.split_first() {
        Some((first, others)) => Some(VisitorKeys::derive(first, others.iter())),
        None => api_key.map(|key| VisitorKeys::derive(key, std::iter::empty())),
    }
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
    let secret = reader.secret("AUTH_JWT_SECRET");
    let url = reader.read("AUTH_JWKS_URL", value::fetched_url);
    match mode.as_str() {
        "jwt" => read_jwt(reader, issuer, audience, secret, url).map(Auth::Token),
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
            // Such keys sign tokens for other sites too; only issuer and audience tell them apart.
            require(reader, "AUTH_ISSUER", issuer.is_some());
            require(reader, "AUTH_AUDIENCE", audience.is_some());
            KeySource::Url(url)
        }
        (None, None) => {
            reader.error(
                "AUTH_JWT_SECRET",
                "AUTH is jwt and there is no key: set the secret AUTH_JWT_SECRET or the address AUTH_JWKS_URL.",
            );
            return None;
        }
        (Some(_), Some(_)) => {
            reader.error(
                "AUTH_JWKS_URL",
                "AUTH_JWT_SECRET and AUTH_JWKS_URL are both set: only one of them can have the keys.",
            );
            return None;
        }
    };
    Some(TokenPolicy {
        place: TokenSource::Bearer,
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
        place: TokenSource::Access,
        keys: KeySource::Url(url),
        issuer: Some(issuer),
        audience: Some(audience),
    })
}

fn require<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
    variable: &'static str,
    is_set: bool,
) {
    // A variable that is set wrongly has its error already.
    if !is_set && reader.text(variable).is_none() {
        reader.error(
            variable,
            format!("{variable} is not set, and the value of AUTH needs it."),
        );
    }
}
