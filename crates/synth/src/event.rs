//! Writes one event as JSON, with the fields in the order in which CloudTrail writes them.

use std::borrow::Cow;

use crate::actor::{Actor, Channel};
use crate::calendar::Calendar;
use crate::rng::{Rng, Share, Weighted};
use crate::shape::{CompiledFailure, CompiledShape, Nature, Slot, Template};
use crate::text;
use crate::world::Account;

/// Sessions begin every two hours, a little before the hour.
const SESSION_SECONDS: i64 = 2 * 3600;
const VERSIONS: [&str; 4] = ["1.11", "1.10", "1.09", "1.08"];

/// One call that was made, decided but not yet written.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The account that gets the event.
    pub(crate) account: &'a Account,
    /// The region of the log file; events of global services name another one.
    pub(crate) region: &'static str,
    /// Seconds since the corpus began.
    pub(crate) instant: i64,
    /// The caller.
    pub(crate) actor: &'a Actor,
    /// What was called.
    pub(crate) shape: &'a CompiledShape,
    /// How it failed, if it did.
    pub(crate) failure: Option<&'a CompiledFailure>,
    /// Names that are not drawn but given, already escaped for JSON.
    pub(crate) given: Vec<(Slot, Cow<'a, str>)>,
    /// A user agent that replaces the caller's, already escaped for JSON.
    pub(crate) agent: Option<&'a str>,
}

impl Call<'_> {
    /// Returns the `eventName`.
    pub(crate) fn name(&self) -> &'static str {
        self.shape.shape.name
    }

    /// Returns the `errorCode`.
    pub(crate) fn error_code(&self) -> Option<&'static str> {
        self.failure.and_then(|failure| failure.code)
    }
}

/// Writes events; holds what all events of a corpus share.
#[derive(Debug)]
pub(crate) struct EventWriter<'a> {
    calendar: &'a Calendar,
    versions: Weighted,
    endpoint: Share,
}

impl<'a> EventWriter<'a> {
    /// Makes a writer.
    pub(crate) fn new(calendar: &'a Calendar) -> Self {
        EventWriter { calendar, versions: Weighted::new([70, 15, 8, 7]), endpoint: Share::per_mille(500) }
    }

    /// Appends one event.
    pub(crate) fn write(&self, out: &mut String, rng: &mut Rng, call: Call<'_>) {
        let version = VERSIONS[self.versions.draw(rng)];
        let mut event =
            OpenEvent { calendar: self.calendar, out, rng, names: call.given.clone(), call: &call };
        event.head(version);
        if call.shape.shape.nature == Nature::Network {
            event.network_tail();
        } else {
            event.agent();
            event.error();
            event.outcome();
            event.tail(self.endpoint);
        }
    }
}

/// An event that is being written, with the names drawn for it so far: a bucket that the request
/// names is the bucket that `resources` names.
struct OpenEvent<'a, 'o> {
    calendar: &'a Calendar,
    out: &'o mut String,
    rng: &'o mut Rng,
    names: Vec<(Slot, Cow<'a, str>)>,
    call: &'a Call<'a>,
}

impl<'a> OpenEvent<'a, '_> {
    fn head(&mut self, version: &str) {
        let Call { actor, shape, instant, .. } = self.call;
        self.literal(r#"{"eventVersion":""#);
        self.literal(version);
        self.literal(r#"","userIdentity":"#);
        self.literal(&actor.identity);
        if let Some(rest) = &actor.identity_rest {
            let began = instant.div_euclid(SESSION_SECONDS) * SESSION_SECONDS - 13;
            self.calendar.push(self.out, began);
            self.literal(rest);
        }
        self.literal(r#","eventTime":""#);
        self.calendar.push(self.out, *instant);
        self.literal(r#"","eventSource":""#);
        self.literal(shape.shape.service);
        self.literal(r#".amazonaws.com","eventName":""#);
        self.literal(shape.shape.name);
        self.literal(r#"","awsRegion":""#);
        self.literal(self.region());
        self.literal(r#"","sourceIPAddress":""#);
        self.slot(Slot::Ip);
        self.literal(r#"""#);
    }

    fn agent(&mut self) {
        self.literal(r#","userAgent":""#);
        let agent = match self.call.agent {
            Some(agent) => agent,
            None => self.call.actor.agents.draw(self.rng).as_str(),
        };
        self.literal(agent);
        self.literal(r#"""#);
    }

    fn error(&mut self) {
        if let Some(failure) = self.call.failure {
            if let Some(code) = failure.code {
                self.literal(r#","errorCode":""#);
                self.literal(code);
                self.literal(r#"""#);
            }
            if !failure.message.is_empty() {
                self.literal(r#","errorMessage":""#);
                self.template(&failure.message);
                self.literal(r#"""#);
            }
        }
    }

    fn outcome(&mut self) {
        let shape = self.call.shape;
        self.literal(r#","requestParameters":"#);
        self.template(&shape.request);
        self.literal(r#","responseElements":"#);
        match self.call.failure {
            Some(failure) => self.literal(failure.response),
            None => self.template(&shape.response),
        }
        if !shape.extra.is_empty() {
            self.literal(r#","additionalEventData":"#);
            self.template(&shape.extra);
        }
    }

    fn tail(&mut self, endpoint: Share) {
        let shape = self.call.shape;
        let row = &shape.shape;
        if row.event_type != "AwsServiceEvent" {
            self.literal(r#","requestID":""#);
            self.slot(if row.service == "s3" { Slot::Upper16 } else { Slot::Uuid });
            self.literal(r#"""#);
        }
        self.literal(r#","eventID":""#);
        self.slot(Slot::Uuid);
        let (read_only, management) = match row.nature {
            Nature::Read => ("true", true),
            Nature::Write => ("false", true),
            Nature::DataRead => ("true", false),
            Nature::DataWrite | Nature::Network => ("false", false),
        };
        self.literal(r#"","readOnly":"#);
        self.literal(read_only);
        if !shape.resources.is_empty() {
            self.literal(r#","resources":"#);
            self.template(&shape.resources);
        }
        self.literal(r#","eventType":""#);
        self.literal(row.event_type);
        if !row.api_version.is_empty() {
            self.literal(r#"","apiVersion":""#);
            self.literal(row.api_version);
        }
        self.literal(if management { r#"","managementEvent":true"# } else { r#"","managementEvent":false"# });
        self.literal(r#","recipientAccountId":""#);
        self.literal(&self.call.account.id);
        if row.shared {
            self.literal(r#"","sharedEventID":""#);
            self.slot(Slot::Uuid);
        }
        self.literal(r#"""#);
        if !shape.details.is_empty() {
            self.literal(r#","serviceEventDetails":"#);
            self.template(&shape.details);
        }
        let category = if management { "Management" } else { "Data" };
        self.channel(endpoint, category);
        self.literal("}");
    }

    /// Writes the fields that tell how the call arrived, and the category between them.
    fn channel(&mut self, endpoint: Share, category: &str) {
        let channel = self.call.actor.channel;
        if channel == Channel::Vpc && self.rng.hit(endpoint) {
            self.endpoint();
        }
        self.literal(r#","eventCategory":""#);
        self.literal(category);
        self.literal(r#"""#);
        if matches!(channel, Channel::Program | Channel::Vpc) {
            self.literal(r#","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":""#);
            self.literal(self.call.shape.shape.service);
            self.literal(".");
            self.literal(self.region());
            self.literal(r#".amazonaws.com"}"#);
        }
        if channel == Channel::Console && self.call.shape.shape.event_type == "AwsApiCall" {
            self.literal(r#","sessionCredentialFromConsole":"true""#);
        }
    }

    fn endpoint(&mut self) {
        self.literal(r#","vpcEndpointId":"vpce-"#);
        let vpc = self.call.account.name(Slot::Vpc, self.rng).unwrap_or_default();
        self.literal(vpc.trim_start_matches("vpc-"));
        self.literal(r#"","vpcEndpointAccountId":""#);
        self.literal(&self.call.account.id);
        self.literal(r#"""#);
    }

    /// Writes what a network activity event has after its address: it knows no parameters.
    fn network_tail(&mut self) {
        self.error();
        self.literal(r#","requestID":""#);
        self.slot(Slot::Uuid);
        self.literal(r#"","eventID":""#);
        self.slot(Slot::Uuid);
        self.literal(r#"","eventType":"AwsVpceEvent","recipientAccountId":""#);
        self.literal(&self.call.account.id);
        self.literal(r#"""#);
        self.endpoint();
        self.literal(r#","eventCategory":"NetworkActivity"}"#);
    }

    fn region(&self) -> &'static str {
        if self.call.shape.shape.global { "us-east-1" } else { self.call.region }
    }

    fn literal(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn template(&mut self, template: &Template) {
        for (literal, slot) in &template.parts {
            self.out.push_str(literal);
            self.slot(*slot);
        }
        self.out.push_str(template.tail);
    }

    fn slot(&mut self, slot: Slot) {
        match slot {
            Slot::Account => self.out.push_str(&self.call.account.id),
            Slot::Region => self.out.push_str(self.region()),
            Slot::CallerArn => self.out.push_str(&self.call.actor.arn),
            Slot::Now => self.calendar.push(self.out, self.call.instant),
            Slot::Later => self.calendar.push(self.out, self.call.instant + 3_600),
            Slot::Action => {
                self.out.push_str(self.call.shape.shape.service);
                self.out.push(':');
                self.out.push_str(self.call.shape.shape.name);
            }
            Slot::Uuid => text::push_uuid(self.out, self.rng),
            Slot::Hex8 => text::push_hex(self.out, self.rng, 8),
            Slot::Hex17 => text::push_hex(self.out, self.rng, 17),
            Slot::Upper16 => text::push_upper(self.out, self.rng, 16),
            Slot::Small => text::push_number(self.out, 1 + self.rng.below(100)),
            Slot::Bytes => self.size_in_bytes(),
            Slot::AccessKeyId => {
                self.out.push_str("AKIA");
                text::push_upper(self.out, self.rng, 16);
            }
            Slot::Ip => self.named(slot, |call, rng| Some(call.actor.addresses.draw(rng))),
            _ => self.named(slot, |call, rng| call.account.name(slot, rng)),
        }
    }

    /// Writes a name that stays the same within the event.
    fn named(&mut self, slot: Slot, draw: impl FnOnce(&'a Call<'a>, &mut Rng) -> Option<&'a str>) {
        if let Some((_, name)) = self.names.iter().find(|(known, _)| *known == slot) {
            self.out.push_str(name);
            return;
        }
        let name = draw(self.call, self.rng).unwrap_or_default();
        self.out.push_str(name);
        self.names.push((slot, Cow::Borrowed(name)));
    }

    /// Writes a size: each order of magnitude up to 16 MiB is about as likely as the next.
    fn size_in_bytes(&mut self) {
        let magnitude = 1 << (4 + self.rng.below(21));
        let size = magnitude + self.rng.below(magnitude);
        text::push_number(self.out, size);
    }
}
