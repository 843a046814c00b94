//! Users, grants and tokens, by the commands that change them.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::environment::Environment;

fn json(env: &Environment, arguments: &[&str]) -> Vec<Value> {
    let text = env.ok(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Runs a command with a line on its standard input; returns its exit code and what it said.
fn with_input(env: &Environment, arguments: &[&str], input: &str) -> (i32, String) {
    let mut command = env.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that needs no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), said)
}

#[test]
fn a_user_is_added_granted_listed_and_removed() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.ok(&["store", "create", "other"]);
    let added = env.run(&["user", "add", "ann", "--role", "reader", "--store", "trail", "--no-password"]);
    assert_eq!((added.code, added.stdout.as_str()), (0, ""), "{}", added.stderr);
    assert!(added.stderr.contains("added user `ann`: reader of trail"), "{}", added.stderr);
    assert!(added.stderr.contains("Next: auditlake token create ann"), "{}", added.stderr);
    let (code, said) =
        with_input(&env, &["user", "add", "Bob", "--role", "admin", "--password-stdin"], "correct horse\n");
    assert_eq!(code, 0, "{said}");
    env.ok(&["user", "grant", "ann", "--role", "operator", "--store", "OTHER"]);
    let users = json(&env, &["user", "list"]);
    assert_eq!((&users[0]["name"], &users[1]["name"]), (&"ann".into(), &"Bob".into()));
    let grants: Vec<_> =
        users[0]["grants"].as_array().unwrap().iter().map(|g| (&g["role"], &g["store"])).collect();
    assert_eq!(grants, [(&"reader".into(), &"trail".into()), (&"operator".into(), &"other".into())]);
    assert_eq!(users[1]["grants"], serde_json::json!([{ "role": "admin", "store": "*" }]));
    assert_eq!((&users[0]["password"], &users[1]["password"]), (&false.into(), &true.into()));
    let table = env.ok(&["user", "list"]);
    assert!(
        table.contains("reader of trail, operator of other") && table.contains("admin of everything"),
        "{table}"
    );
    env.ok(&["user", "ungrant", "ann", "--store", "trail"]);
    assert!(env.ok(&["user", "list"]).contains("operator of other "));
    env.ok(&["user", "remove", "BOB"]);
    assert_eq!(json(&env, &["user", "list"]).len(), 1);
}

#[test]
fn a_token_is_shown_once_listed_and_revoked() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.ok(&["user", "add", "ann", "--no-password"]);
    let created = env.run(&["token", "create", "ann", "--expires", "90d", "--label", "grafana"]);
    let token = created.stdout.trim_end();
    assert!(token.starts_with("al_") && token.len() == 67 && created.stdout.lines().count() == 1);
    assert!(!created.stderr.contains(token), "{}", created.stderr);
    env.ok(&["token", "create", "ann", "--expires", "never", "-q"]);
    let tokens = json(&env, &["token", "list", "--user", "ANN"]);
    assert_eq!(tokens.len(), 2);
    assert_eq!((&tokens[0]["label"], &tokens[0]["state"]), (&"grafana".into(), &"valid".into()));
    assert!(tokens[0]["expiresAt"].is_string() && tokens[1]["expiresAt"].is_null());
    let stored = stored(&env);
    assert!(!stored.contains(token) && !stored.contains(&token[3..]), "only a hash is kept");
    let pasted = env.run(&["token", "revoke", token]);
    assert_eq!(pasted.code, 2);
    assert!(!pasted.stderr.contains(token), "{}", pasted.stderr);
    env.ok(&["token", "revoke", tokens[0]["id"].as_str().unwrap()]);
    assert_eq!(json(&env, &["token", "list"]).len(), 1);
    env.ok(&["user", "remove", "ann"]);
    assert_eq!(env.ok(&["token", "list", "--format", "json"]).trim(), "[]");
}

/// The users' document, of which there is one.
fn stored(env: &Environment) -> String {
    let entries = std::fs::read_dir(env.folder().join("lake/auth")).unwrap();
    let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    std::fs::read_to_string(&files[0]).unwrap()
}

#[test]
fn passwords_are_kept_as_argon2id_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let add = ["user", "add", "ann", "--password-stdin"];
    let (code, said) = with_input(&env, &add, "short\n");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("fewer than 8 characters") && !said.contains("short"), "{said}");
    assert_eq!(with_input(&env, &add, "correct horse battery\r\n").0, 0);
    let first = stored(&env);
    assert!(first.contains("$argon2id$") && !first.contains("horse"));
    assert_eq!(with_input(&env, &["user", "passwd", "ann", "--password-stdin"], "another long one").0, 0);
    assert_ne!(stored(&env), first);
    let auth = env.folder().join("lake/auth");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&auth), 0o700);
    for entry in std::fs::read_dir(&auth).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn what_cannot_be_is_refused_with_a_way_out() {
    let env = Environment::new();
    let nowhere = env.run(&["user", "list"]);
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.stderr.contains("there is no lake here"), "{}", nowhere.stderr);
    env.ok(&["store", "create", "trail"]);
    assert!(env.run(&["user", "list"]).stderr.contains("auditlake user add NAME"));
    env.ok(&["user", "add", "ann", "--no-password"]);
    for (arguments, code, said) in [
        (&["user", "add", "eve"][..], 2, "--password-stdin"),
        (&["user", "add", "ANN", "--no-password"][..], 1, "there is a user `ANN` already"),
        (&["user", "add", "a b", "--no-password"][..], 2, "no user name"),
        (&["user", "add", "eve", "--role", "owner", "--no-password"][..], 2, "reader, operator, admin"),
        (
            &["user", "add", "eve", "--role", "admin", "--store", "trail", "--no-password"][..],
            2,
            "whole lake",
        ),
        (&["user", "add", "eve", "--store", "trial", "--no-password"][..], 1, "trail"),
        (&["user", "passwd", "eve", "--no-password"][..], 1, "there is no user `eve`"),
        (&["user", "ungrant", "ann", "--role", "admin"][..], 1, "no such grant"),
        (
            &["user", "grant", "ann", "--role", "admin", "--store", "trail"][..],
            1,
            "not over one event data store",
        ),
        (&["token", "create", "eve"][..], 1, "there is no user `eve`"),
        (&["token", "create", "ann", "--expires", "soon"][..], 2, "no life of a token"),
        (&["token", "revoke", "0123456789ab"][..], 1, "there is no token `0123456789ab`"),
    ] {
        let outcome = env.run(arguments);
        assert_eq!(outcome.code, code, "{arguments:?}\n{}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{arguments:?}\n{}", outcome.stderr);
    }
}

#[test]
fn the_users_can_be_kept_elsewhere() {
    let env = Environment::new();
    env.ok(&["user", "add", "ann", "--no-password", "--auth-root", "secrets/auth"]);
    assert!(env.folder().join("secrets/auth/0000000001.json").exists());
    assert!(!env.folder().join("lake").exists());
    let list = |variable: &str| {
        let output =
            env.command(&["user", "list", "--format", "csv"]).env("AUDITLAKE_AUTH_ROOT", variable).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(list("secrets/auth").contains("ann"));
    std::fs::write(env.folder().join("config.toml"), "[auth]\nroot = 'secrets/auth'\n").unwrap();
    let text = env.ok(&["token", "create", "ann", "--config", "config.toml"]);
    assert!(text.starts_with("al_"), "{text}");
    env.ok(&["store", "create", "trail"]);
    let check = ["serve", "--check", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--auth-root"];
    assert!(env.ok(&[&check[..], &["secrets/auth"]].concat()).ends_with("ok\n"));
    std::fs::write(env.folder().join("secrets/auth/0000000009.json"), "{").unwrap();
    let damaged = env.run(&[&check[..], &["secrets/auth"]].concat());
    assert!(damaged.code == 1 && damaged.stderr.contains("0000000009.json"), "{}", damaged.stderr);
}

#[test]
fn damaged_users_are_named() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.ok(&["user", "add", "ann", "--no-password"]);
    let file = env.folder().join("lake/auth/0000000001.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    let outcome = env.run(&["user", "add", "bob", "--no-password"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("0000000001.json") && outcome.stderr.contains("good copy"),
        "{}",
        outcome.stderr
    );
}

/// A person at a terminal is asked twice, and what they type is not shown.
#[test]
fn a_terminal_is_asked_twice() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let add = |first: &str, second: &str| {
        let program = env!("CARGO_BIN_EXE_auditlake");
        let script = format!("{program} user add ann");
        let mut child = std::process::Command::new("script")
            .args(["-qec", &script, "/dev/null"])
            .env("AUDITLAKE_LAKE", env.folder().join("lake"))
            .env("HOME", env.folder())
            .current_dir(env.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut keys = child.stdin.take().unwrap();
        let mut shown = child.stdout.take().unwrap();
        let mut screen = String::new();
        for (prompt, answer) in [("Password of ann: ", first), ("Once more: ", second)] {
            read_until(&mut shown, &mut screen, prompt);
            // The terminal stops to echo right after the prompt, which nothing on it shows.
            std::thread::sleep(Duration::from_millis(500));
            keys.write_all(format!("{answer}\r").as_bytes()).unwrap();
        }
        std::io::Read::read_to_string(&mut shown, &mut screen).unwrap();
        drop(keys);
        (child.wait().unwrap().code().unwrap(), screen)
    };
    let (code, screen) = add("correct horse", "correct house");
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("the two passwords differ") && !screen.contains("correct"), "{screen}");
    let (code, screen) = add("correct horse", "correct horse");
    assert_eq!(code, 0, "{screen}");
    assert!(
        screen.contains("added user `ann`: reader of everything") && !screen.contains("correct"),
        "{screen}"
    );
}

fn read_until(shown: &mut impl std::io::Read, screen: &mut String, text: &str) {
    let mut byte = [0];
    while !screen.ends_with(text) {
        assert_eq!(shown.read(&mut byte).unwrap(), 1, "{screen}");
        screen.push(char::from(byte[0]));
    }
}
