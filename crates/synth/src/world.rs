//! The company that a corpus is about: its accounts, people, machines and things.
//!
//! A world depends on the seed and the number of accounts only, so that two corpora of one seed
//! speak of the same people and buckets.

use std::collections::BTreeMap;

use auditlake_model::{Error, Result};

use crate::actor::{self, Actor};
use crate::rng::{Pool, Rng, Weighted};
use crate::shape::{Slot, Who};
use crate::shapes;
use crate::text;

/// Regions in the order of their use.
pub(crate) const REGIONS: [&str; 6] =
    ["us-east-1", "eu-west-1", "us-west-2", "eu-central-1", "ap-southeast-2", "sa-east-1"];
const REGION_WEIGHTS: [u64; 6] = [50, 24, 12, 8, 4, 1];

const TEAMS: [&str; 10] =
    ["payments", "checkout", "orders", "search", "billing", "identity", "data", "platform", "risk", "mobile"];
const PEOPLE: [&str; 12] = [
    "ana.silva",
    "ben.okafor",
    "chloe.martin",
    "dmitri.ivanov",
    "emi.tanaka",
    "farid.haddad",
    "greta.lind",
    "hugo.ramos",
    "ines.costa",
    "jonas.weber",
    "kavya.rao",
    "liam.byrne",
];
const PURPOSES: [&str; 12] = [
    "app-logs",
    "data-lake-raw",
    "data-lake-curated",
    "customer-exports",
    "static-assets",
    "ml-features",
    "build-artifacts",
    "backups",
    "trail-logs",
    "invoices",
    "terraform-state",
    "email-attachments",
];
const POLICIES: [&str; 5] =
    ["ReadOnlyAccess", "PowerUserAccess", "app-runtime", "deploy-pipeline", "break-glass-admin"];

/// Everything that events of a corpus may name.
#[derive(Debug)]
pub(crate) struct World {
    /// Accounts; the first one is the busiest and the stage of the incident.
    pub(crate) accounts: Pool<Account>,
    /// Draws an index into [`REGIONS`].
    pub(crate) regions: Weighted,
}

/// One account with what it owns.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// The 12-digit account id.
    pub(crate) id: String,
    /// What templates name, by slot.
    names: BTreeMap<u8, Pool<String>>,
    people: Pool<Actor>,
    console: Pool<Actor>,
    workloads: Pool<Actor>,
    anyone: Pool<Actor>,
    sign_in: Pool<Actor>,
    identity_center: Pool<Actor>,
    web: Pool<Actor>,
    other: Pool<Actor>,
    root: Actor,
    services: BTreeMap<&'static str, Actor>,
}

impl World {
    /// Makes the world of a seed.
    ///
    /// # Errors
    /// `Internal` when a list of this module is empty.
    pub(crate) fn new(seed: u64, accounts: u32) -> Result<World> {
        let mut rng = Rng::new(seed, u64::MAX);
        let ids: Vec<String> =
            (0..accounts).map(|_| (100_000_000_000 + rng.below(900_000_000_000)).to_string()).collect();
        let accounts: Option<Vec<Account>> =
            (0..ids.len()).map(|index| Account::new(&mut rng, &ids, index)).collect();
        let accounts =
            accounts.and_then(Pool::new).ok_or_else(|| Error::internal("a world of `synth` is empty"))?;
        Ok(World { accounts, regions: Weighted::new(REGION_WEIGHTS) })
    }
}

impl Account {
    fn new(rng: &mut Rng, ids: &[String], index: usize) -> Option<Account> {
        let id = ids[index].as_str();
        let other = ids[(index + 1) % ids.len()].as_str();
        let names = names(rng, other, index);
        let list = |slot: Slot| names.get(&(slot as u8)).map(Pool::items).unwrap_or_default();

        let mut people = Vec::new();
        let mut console = Vec::new();
        for (rank, name) in PEOPLE.iter().enumerate() {
            people.push(match rank % 3 {
                0 => actor::iam_user(rng, id, name)?,
                _ => actor::sso_session(rng, id, name, "Developer", false)?,
            });
            console.push(match rank % 2 {
                0 => actor::sso_session(rng, id, name, "Administrator", true)?,
                _ => actor::console_user(rng, id, name)?,
            });
        }
        people.push(actor::federated(rng, id, "vendor-reports")?);
        let root = actor::root(rng, id)?;
        people.push(root.clone());

        let sessions: Vec<&String> =
            list(Slot::Instance).iter().zip(list(Slot::Function)).flat_map(<[_; 2]>::from).collect();
        let roles = list(Slot::Role);
        let workloads: Option<Vec<Actor>> = (0..24)
            .map(|rank| actor::workload(rng, id, &roles[rank % roles.len()], sessions.get(rank)?))
            .collect();
        let workloads = workloads?;
        let anyone = workloads.iter().take(8).chain(&people).cloned().collect();
        Some(Account {
            id: id.to_owned(),
            anyone: Pool::new(anyone)?,
            people: Pool::new(people)?,
            console: Pool::new(console)?,
            workloads: Pool::new(workloads)?,
            sign_in: pool_of(&PEOPLE, |name| actor::sign_in(rng, id, name))?,
            identity_center: pool_of(&PEOPLE, |_| actor::identity_center(rng, id))?,
            web: pool_of(&TEAMS, |team| actor::web_identity(rng, id, team))?,
            other: pool_of(&[other, "998877665544"], |other| actor::other_account(rng, other))?,
            root,
            services: services()?,
            names,
        })
    }

    /// Draws a caller.
    pub(crate) fn actor(&self, who: Who, rng: &mut Rng) -> &Actor {
        match who {
            Who::Anyone => self.anyone.draw(rng),
            Who::Person => self.people.draw(rng),
            Who::Console => self.console.draw(rng),
            Who::Workload => self.workloads.draw(rng),
            Who::Root => &self.root,
            Who::Service(name) => self.services.get(name).unwrap_or(&self.root),
            Who::OtherAccount => self.other.draw(rng),
            Who::WebIdentity => self.web.draw(rng),
            Who::IdentityCenter => self.identity_center.draw(rng),
            Who::SignIn => self.sign_in.draw(rng),
        }
    }

    /// Draws a name for a slot; `None` for slots that are not drawn from a list.
    pub(crate) fn name(&self, slot: Slot, rng: &mut Rng) -> Option<&str> {
        self.names.get(&(slot as u8)).map(|pool| pool.draw(rng).as_str())
    }
}

impl Account {
    /// Returns all names for a slot in the order of their rank.
    pub(crate) fn names(&self, slot: Slot) -> &[String] {
        self.names.get(&(slot as u8)).map(Pool::items).unwrap_or_default()
    }
}

fn pool_of<'a, T, F>(names: &[&'a str], make: F) -> Option<Pool<T>>
where
    F: FnMut(&'a str) -> Option<T>,
{
    let made: Option<Vec<T>> = names.iter().copied().map(make).collect();
    made.and_then(Pool::new)
}

/// Returns the services that call on their own behalf, as the shapes name them.
fn services() -> Option<BTreeMap<&'static str, Actor>> {
    shapes::callers().map(|name| Some((name, actor::aws_service(name)?))).collect()
}

fn names(rng: &mut Rng, other: &str, index: usize) -> BTreeMap<u8, Pool<String>> {
    let stage = ["prod", "staging", "dev", "sandbox"][index % 4];
    let company = if index < 4 { format!("acorn-{stage}") } else { format!("acorn-{stage}-{index}") };
    let each = |list: &[&str], make: &dyn Fn(&str) -> String| list.iter().map(|name| make(name)).collect();
    let mut many = |count: usize, make: &dyn Fn(&mut Rng) -> String| (0..count).map(|_| make(rng)).collect();
    let lists: Vec<(Slot, Vec<String>)> = vec![
        (Slot::Other, vec![other.to_owned()]),
        (Slot::Bucket, each(&PURPOSES, &|purpose| format!("{company}-{purpose}"))),
        (Slot::Key, many(300, &object_key)),
        (Slot::User, each(&PEOPLE, &str::to_owned)),
        (Slot::Role, each(&TEAMS, &|team| format!("{team}-service"))),
        (Slot::Session, each(&TEAMS, &|team| format!("{team}-pipeline"))),
        (Slot::Policy, each(&POLICIES, &str::to_owned)),
        (Slot::Instance, many(120, &|rng| format!("i-{}", text::hex(rng, 17)))),
        (Slot::Group, many(20, &|rng| format!("sg-{}", text::hex(rng, 17)))),
        (Slot::Subnet, many(6, &|rng| format!("subnet-{}", text::hex(rng, 17)))),
        (Slot::Vpc, many(2, &|rng| format!("vpc-{}", text::hex(rng, 17)))),
        (Slot::Image, many(4, &|rng| format!("ami-{}", text::hex(rng, 17)))),
        (Slot::Table, each(&TEAMS, &|team| format!("{team}-{stage}"))),
        (
            Slot::Function,
            many(30, &|rng| {
                format!("{}-{}", rng.pick(&TEAMS), rng.pick(&["api", "worker", "cron", "export"]))
            }),
        ),
        (Slot::Kms, many(8, &text::uuid)),
        (Slot::Secret, each(&TEAMS, &|team| format!("{stage}/{team}/database-Qx7{}", &team[..2]))),
        (Slot::Queue, each(&TEAMS, &|team| format!("{team}-jobs"))),
        (Slot::Topic, each(&TEAMS, &|team| format!("{team}-events"))),
        (Slot::Cluster, each(&["main", "batch", "edge"], &|name| format!("{company}-{name}"))),
        (Slot::Service, each(&TEAMS, &|team| format!("{team}-api"))),
        (Slot::Database, each(&TEAMS[..5], &|team| format!("{team}-{stage}-db"))),
        (Slot::LogGroup, each(&TEAMS, &|team| format!("/aws/lambda/{team}-api"))),
        (Slot::Trail, vec![format!("{company}-trail")]),
    ];
    lists.into_iter().filter_map(|(slot, list)| Some((slot as u8, Pool::new(list)?))).collect()
}

fn object_key(rng: &mut Rng) -> String {
    let team = rng.pick(&TEAMS);
    let (month, day, part) = (1 + rng.below(12), 1 + rng.below(28), rng.below(100_000));
    match rng.below(6) {
        0 => format!("{team}/year=2025/month={month:02}/day={day:02}/part-{part:05}.snappy.parquet"),
        1 => format!("{team}/2025/{month:02}/{day:02}/events-{part:05}.json.gz"),
        2 => format!("exports/customers-{part:05}.csv"),
        3 => format!("assets/{}/app.min.js", text::hex(rng, 8)),
        4 => format!("uploads/{}/Rechnung M\u{fc}ller & S\u{f6}hne {part}.pdf", text::uuid(rng)),
        _ => format!("backups/{team}/{}.tar.zst", text::uuid(rng)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_identity_is_json() {
        let world = World::new(3, 5).unwrap();
        let account = world.accounts.first();
        let pools = [&account.anyone, &account.console, &account.workloads, &account.sign_in, &account.web];
        let more = [&account.identity_center, &account.other];
        let services = account.services.values();
        for actor in pools.iter().chain(&more).flat_map(|pool| pool.items()).chain(services) {
            let rest = actor.identity_rest.as_deref().map(|rest| format!("2026-01-05T00:00:00Z{rest}"));
            let text = format!("{}{}", actor.identity, rest.unwrap_or_default());
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(value["type"].is_string(), "{text}");
        }
    }

    #[test]
    fn a_world_repeats_for_its_seed() {
        let world = |seed| format!("{:?}", World::new(seed, 2).unwrap());
        assert_eq!(world(1), world(1));
        assert_ne!(world(1), world(2));
    }
}
