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
    /// Tells whether a value is given.
    pub(crate) fn has_some(&self) -> bool {
        !self.param.is_empty()
    }

    /// Returns a request for each statement, with the parameters that it and the views in it use.
    ///
    /// # Errors
    /// `Invalid` for an assignment of no sense, and for a parameter that no statement uses.
    pub(crate) fn requests(&self, statements: &[String], views: &[SavedView]) -> Result<Vec<QueryRequest>> {
        let mut parameters = Parameters::default();
        for assignment in &self.param {
            parameters.assign(assignment).map_err(|error| error.with_context("argument", "--param"))?;
        }
        let uses: Vec<Vec<String>> = statements.iter().map(|sql| uses_of(sql, views)).collect();
        check_used(&parameters, &uses.concat())?;
        let request = |(sql, uses): (&String, &Vec<String>)| {
            let mut used = parameters.clone();
            for name in parameters.names().filter(|name| !uses.iter().any(|used| used == name)) {
                used.remove(name);
            }
            QueryRequest::new(sql, session::principal(), CLIENT).with_parameters(used)
        };
        Ok(statements.iter().zip(&uses).map(request).collect())
    }
}

/// Returns the parameters that a statement may take: its own, and those of the views whose names are in it.
fn uses_of(sql: &str, views: &[SavedView]) -> Vec<String> {
    let lower = sql.to_lowercase();
    let named = views.iter().filter(|view| lower.contains(&view.name.to_lowercase()));
    let own = parameter_uses(sql).into_iter().map(|found| found.name);
    own.chain(named.flat_map(|view| view.parameters.iter().cloned())).collect()
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
