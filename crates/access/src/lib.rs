//! Who may do what: users, tokens and grants, kept as files; logins and signed tokens.
