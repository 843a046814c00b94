//! Values for `:name` in the statements.

use auditlake_dialect::parameter_uses;
use auditlake_model::{Error, Result};
use auditlake_query::{Parameters, QueryRequest};
use auditlake_store::SavedView;
use clap::Args;

use super::CLIENT;
use crate::session;

/// Parameters of the statements.
#[derive(Debug, Default, Args)]
pub(crate) struct ParameterArgs {
    /// A value for :NAME in the statements, text unless NAME:TYPE= says number, boolean, timestamp or null; repeatable
    #[arg(long = "param", value_name = "NAME=VALUE")]
    param: Vec<String>,
}

impl ParameterArgs {
    /// Tells whether all values that are given belong to parameters in the statements themselves, so that no saved query
    /// needs to be looked at.
    pub(crate) fn are_in(&self, statements: &[String]) -> bool {
        let uses = uses_of(statements);
        let name =
            |assignment: &String| assignment.split(['=', ':']).next().unwrap_or_default().trim().to_owned();
        self.param.iter().all(|assignment| uses.concat().contains(&name(assignment)))
    }

    /// Returns a request for each statement, with the values that it uses, and those that saved queries in it may.
    ///
    /// # Errors
    /// `Invalid` for an assignment of no sense, and for a parameter that no statement and no view uses.
    pub(crate) fn requests(&self, statements: &[String], views: &[SavedView]) -> Result<Vec<QueryRequest>> {
        let mut parameters = Parameters::default();
        for assignment in &self.param {
            parameters.assign(assignment).map_err(|error| error.with_context("argument", "--param"))?;
        }
        let uses = uses_of(statements);
        let in_views: Vec<String> = views.iter().flat_map(|view| view.parameters.iter().cloned()).collect();
        check_used(&parameters, &[uses.concat(), in_views.clone()].concat())?;
        let request = |(sql, uses): (&String, &Vec<String>)| {
            let mine = parameters.only(&[uses.as_slice(), &in_views].concat());
            // One statement must use all that is given; of several, nobody knows which view is in which.
            let mine = if statements.len() > 1 { mine.offered() } else { mine };
            QueryRequest::new(sql, session::principal(), CLIENT).with_parameters(mine)
        };
        Ok(statements.iter().zip(&uses).map(request).collect())
    }
}

/// Returns the parameters that each statement names itself.
fn uses_of(statements: &[String]) -> Vec<Vec<String>> {
    let names = |sql: &String| parameter_uses(sql).into_iter().map(|found| found.name).collect();
    statements.iter().map(names).collect()
}

fn check_used(parameters: &Parameters, uses: &[String]) -> Result<()> {
    let Some(unused) = parameters.names().find(|name| !uses.iter().any(|used| used == name)) else {
        return Ok(());
    };
    let error = Error::invalid(format!("parameter `{unused}` is used by no statement"))
        .with_context("argument", "--param");
    let likely = uses.iter().max_by(|left, right| {
        let score = |name: &String| strsim::normalized_damerau_levenshtein(name, unused);
        score(left).total_cmp(&score(right))
    });
    Err(error.with_hint(match likely {
        Some(name) => format!("Did you mean `{name}`?"),
        None => format!("Write `:{unused}` where its value belongs, outside of quotes."),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(param: &[&str], statements: &[&str]) -> Result<Vec<QueryRequest>> {
        let args = ParameterArgs { param: param.iter().map(ToString::to_string).collect() };
        args.requests(&statements.iter().map(ToString::to_string).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn each_statement_gets_what_it_uses() {
        let made =
            requests(&["a=1", "b:number=2", "a=3"], &["SELECT :a", "SELECT 1", "SELECT :b, :a"]).unwrap();
        let names: Vec<Vec<&str>> = made.iter().map(|request| request.parameters.names().collect()).collect();
        assert_eq!(names, [vec!["a"], vec![], vec!["a", "b"]]);
        assert_eq!(made[0].parameters.get("a").unwrap().to_string(), "3");
    }

    #[test]
    fn a_view_may_use_what_no_statement_names() {
        let view = SavedView {
            name: "logins".to_owned(),
            sql: "SELECT :start".to_owned(),
            description: None,
            parameters: vec!["start".to_owned()],
            columns: Vec::new(),
            created_at: auditlake_model::Timestamp::from_micros(0),
        };
        let args = ParameterArgs { param: vec!["start=1".to_owned()] };
        let (one, other) = ("SELECT * FROM logins".to_owned(), "SELECT 1".to_owned());
        assert!(!args.are_in(std::slice::from_ref(&one)) && args.are_in(&["SELECT :start".to_owned()]));
        let made = args.requests(std::slice::from_ref(&one), std::slice::from_ref(&view)).unwrap();
        assert!(made[0].parameters.get("start").is_some() && !made[0].parameters.is_offered());
        let made = args.requests(&[one, other], &[view]).unwrap();
        assert!(made.iter().all(|request| request.parameters.is_offered()));
    }

    #[test]
    fn a_parameter_for_nobody_is_a_fault() {
        let error = requests(&["sicne=1"], &["SELECT 1", "SELECT :since"]).unwrap_err();
        assert_eq!(error.hint(), Some("Did you mean `since`?"));
        let error = requests(&["a=1"], &["SELECT ':a'"]).unwrap_err();
        assert!(
            error.report().contains("parameter `a` is used by no statement (argument: --param)"),
            "{error:?}"
        );
        assert!(requests(&["a"], &["SELECT :a"]).unwrap_err().hint().unwrap().contains("name=value"));
    }
}
