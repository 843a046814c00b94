//! Sessions: options that a client sets once for many requests.
//!
//! A client keeps them for us in a signed cookie, if it keeps cookies (JDBC, ODBC). Those that do not are known by
//! the session that their bearer token names; of those the server remembers the last [`MAX_SESSIONS`].

use auditlake_access::SigningKeys;
use auditlake_model::Result;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tonic::metadata::{MetadataMap, MetadataValue};

use super::handle::{seal, unseal};
use super::options::SessionOptions;
use super::recent::Recent;
use crate::caller::Caller;

/// The cookie's name, as Arrow's clients know it for sessions without state.
const COOKIE: &str = "arrow_flight_session";
/// What is signed as a cookie.
const PURPOSE: &str = "flight session";
/// Sessions whose options the server remembers.
const MAX_SESSIONS: usize = 10_000;

/// Options by session.
#[derive(Debug)]
pub(crate) struct Sessions {
    known: Mutex<Recent<SessionOptions>>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { known: Mutex::new(Recent::new(MAX_SESSIONS)) }
    }
}

/// What a cookie holds.
#[derive(Debug, Serialize, Deserialize)]
struct Cookie {
    principal: String,
    options: SessionOptions,
}

impl Sessions {
    /// Returns the options of a caller: those of the cookie, else of the session, else none.
    pub(crate) fn options(
        &self,
        caller: &Caller,
        headers: &MetadataMap,
        keys: &SigningKeys,
    ) -> SessionOptions {
        let from_cookie = || {
            let text = cookie(headers)?;
            let signed = super::base64_decode(&text)?;
            let cookie: Cookie = unseal(keys, PURPOSE, &signed).ok()?;
            (cookie.principal == caller.principal.name()).then_some(cookie.options)
        };
        let from_session = || self.known.lock().get(caller.session.as_deref()?);
        from_cookie().or_else(from_session).unwrap_or_default()
    }

    /// Remembers the options of a caller, and returns the cookie that does so too.
    ///
    /// # Errors
    ///
    /// `Internal` when the cookie cannot be made.
    pub(crate) fn set(
        &self,
        caller: &Caller,
        options: &SessionOptions,
        keys: &SigningKeys,
    ) -> Result<Option<MetadataValue<tonic::metadata::Ascii>>> {
        if let Some(session) = &caller.session {
            self.known.lock().put(session.clone(), options.clone());
        }
        let content = Cookie { principal: caller.principal.name().to_owned(), options: options.clone() };
        let value = super::base64_encode(&seal(keys, PURPOSE, &content)?);
        Ok(format!("{COOKIE}={value}; Path=/; HttpOnly").parse().ok())
    }

    /// Forgets a session, and returns the cookie that does so too.
    pub(crate) fn close(&self, caller: &Caller) -> Option<MetadataValue<tonic::metadata::Ascii>> {
        if let Some(session) = &caller.session {
            self.known.lock().remove(session);
        }
        format!("{COOKIE}=; Path=/; Max-Age=0").parse().ok()
    }
}

fn cookie(headers: &MetadataMap) -> Option<String> {
    let all = headers.get_all("cookie");
    let mut pairs = all.iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('=').map(ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use auditlake_model::Principal;

    use super::*;

    fn caller(name: &str, session: Option<&str>) -> Caller {
        Caller {
            principal: Arc::new(Principal::owner(name)),
            session: session.map(ToOwned::to_owned),
            address: None,
            user_agent: None,
            request_id: "r".into(),
        }
    }

    #[test]
    fn a_cookie_carries_the_options_of_its_owner_and_of_nobody_else() {
        let (sessions, keys) = (Sessions::default(), SigningKeys::random().unwrap());
        let mut options = SessionOptions::default();
        options.set("schema", Some("system")).unwrap();
        let set = sessions.set(&caller("ann", None), &options, &keys).unwrap().unwrap();
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = MetadataMap::new();
        headers.insert("cookie", format!("other=1; {pair}").parse().unwrap());
        assert_eq!(sessions.options(&caller("ann", None), &headers, &keys), options);
        assert_eq!(sessions.options(&caller("bob", None), &headers, &keys), SessionOptions::default());
        let foreign = SigningKeys::random().unwrap();
        assert_eq!(sessions.options(&caller("ann", None), &headers, &foreign), SessionOptions::default());
    }

    #[test]
    fn a_session_is_remembered_until_it_is_closed() {
        let (sessions, keys) = (Sessions::default(), SigningKeys::random().unwrap());
        let mut options = SessionOptions::default();
        options.set("types", Some("native")).unwrap();
        let ann = caller("ann", Some("s1"));
        sessions.set(&ann, &options, &keys).unwrap();
        assert_eq!(sessions.options(&ann, &MetadataMap::new(), &keys), options);
        sessions.close(&ann);
        assert_eq!(sessions.options(&ann, &MetadataMap::new(), &keys), SessionOptions::default());
    }
}
