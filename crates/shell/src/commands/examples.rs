//! `\examples`: lists, shows and runs the example queries.

use auditlake_model::{Error, Result};
use auditlake_query::ParameterValue;
use auditlake_query::render::escape_text;

use super::table::aligned;
use crate::examples::{Example, ExampleParameter, all, find};
use crate::shell::{Flow, Shell};

impl Shell {
    /// Lists the examples, shows one, or runs one.
    pub(super) async fn examples(&mut self, arguments: &str) -> Flow {
        let examples = all();
        let words = crate::command::words(arguments);
        match words.split_first() {
            None => self.list_examples(&examples),
            Some((verb, rest)) if verb.eq_ignore_ascii_case("run") => match rest.split_first() {
                Some((name, values)) => self.run_example(&examples, name, values).await,
                None => self.report(Error::invalid("which example?").with_hint("`\\examples` lists them.")),
            },
            Some((name, _)) => match find(&examples, name) {
                Ok(example) => self.show(&example_text(example)),
                Err(error) => self.report(error),
            },
        }
    }

    fn list_examples(&self, examples: &[Example]) -> Flow {
        if examples.is_empty() {
            return self.show("no example queries are part of this program\n");
        }
        let row = |example: &Example| vec![example.name.clone(), example.title.clone()];
        let rows: Vec<Vec<String>> = examples.iter().map(row).collect();
        let mut text = aligned(&["example", "what it shows"], &rows, &[]);
        text.push_str("\n`\\examples NAME` shows one, `\\examples run NAME parameter=value` runs it.\n");
        self.show(&text)
    }

    /// Runs an example with the values given, those of `\set`, and else its own.
    async fn run_example(&mut self, examples: &[Example], name: &str, values: &[String]) -> Flow {
        let example = match find(examples, name) {
            Ok(example) => example,
            Err(error) => return self.report(error),
        };
        let variables = match example_variables(example, values) {
            Ok(variables) => variables,
            Err(error) => return self.report(error),
        };
        self.talk.say(&self.talk.heading(&example.title));
        let before = self.settings.variables.clone();
        for (name, value, given) in variables {
            if given || self.settings.variables.get(&name).is_none() {
                self.talk.say(&format!(":{name} = {}", escape_text(&value.to_string())));
                if let Err(error) = self.settings.variables.set(&name, value) {
                    return self.report(error);
                }
            }
        }
        let flow = self.run_statement(&example.sql, None, false).await;
        self.settings.variables = before;
        flow
    }
}

/// Returns each parameter with its value, and whether the user gave it.
fn example_variables(example: &Example, values: &[String]) -> Result<Vec<(String, ParameterValue, bool)>> {
    let mut given = Vec::new();
    for text in values {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Error::invalid(format!("`{text}` is no `parameter=value`")));
        };
        if !example.parameters.iter().any(|parameter| parameter.name == name) {
            let names: Vec<&str> = example.parameters.iter().map(|p| p.name.as_str()).collect();
            return Err(Error::invalid(format!("example `{}` has no parameter `{name}`", example.name))
                .with_hint(format!(
                    "It has {}.",
                    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
                )));
        }
        given.push((name, value));
    }
    let value = |parameter: &ExampleParameter| {
        let own = given.iter().find(|(name, _)| *name == parameter.name);
        let text = own.map_or(parameter.example.as_str(), |(_, value)| value);
        let type_name = if parameter.type_name.is_empty() { "text" } else { &parameter.type_name };
        let value = ParameterValue::parse(type_name, text)
            .map_err(|error| error.with_context("parameter", &parameter.name))?;
        Ok((parameter.name.clone(), value, own.is_some()))
    };
    example.parameters.iter().map(value).collect()
}

fn example_text(example: &Example) -> String {
    let mut text = format!("{}\n", example.title);
    if !example.purpose.is_empty() {
        text.push_str(&format!("{}\n", example.purpose));
    }
    for parameter in &example.parameters {
        text.push_str(&format!(
            "  :{} {}, for example {}  {}\n",
            parameter.name, parameter.type_name, parameter.example, parameter.help
        ));
    }
    text.push('\n');
    text.push_str(&example.sql);
    text.push_str(";\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_from_the_user_or_the_example() {
        let text = "-- param: user text alice who\n-- param: n number 3 how many\nSELECT :user, :n";
        let example = Example::parse("01-x", text);
        let variables = example_variables(&example, &["n=5".to_owned()]).unwrap();
        assert_eq!(variables[0].1.to_string(), "alice");
        assert!(!variables[0].2);
        assert_eq!((variables[1].1.to_string(), variables[1].2), ("5".to_owned(), true));
        assert!(
            example_variables(&example, &["m=5".to_owned()]).unwrap_err().hint().unwrap().contains("user, n")
        );
        assert!(example_variables(&example, &["n".to_owned()]).is_err());
        assert!(example_text(&example).contains(":user text, for example alice"));
    }
}
