//! `\?`: the commands.

use auditlake_model::Error;

use crate::command::{SECTIONS, Spec, find};
use crate::script::CommandLine;
use crate::shell::{Flow, Shell};

impl Shell {
    /// Shows all commands, or one of them.
    pub(super) fn help(&self, arguments: &str) -> Flow {
        let name = arguments.trim().trim_start_matches('\\');
        if name.is_empty() {
            return self.show(&self.all_help());
        }
        let line = CommandLine { name: name.to_owned(), arguments: String::new(), statement: None };
        match find(&line) {
            Ok(spec) => {
                let also: Vec<String> = spec.aliases.iter().map(|alias| format!("\\{alias}")).collect();
                let also =
                    if also.is_empty() { String::new() } else { format!(" (also {})", also.join(", ")) };
                self.show(&format!("{}  {}{also}\n", call(spec), spec.help))
            }
            Err(error) => self.report(
                Error::not_found(error.message().to_owned()).with_hint(
                    error
                        .hint()
                        .unwrap_or("For SQL, see `\\df` for functions and `\\examples` for statements.")
                        .to_owned(),
                ),
            ),
        }
    }

    fn all_help(&self) -> String {
        let widest = SECTIONS.iter().flat_map(|(_, specs)| *specs).map(|spec| call(spec).len()).max();
        let mut text = String::new();
        for (title, specs) in SECTIONS {
            text.push_str(&self.talk.heading(title));
            text.push('\n');
            for spec in *specs {
                text.push_str(&format!(
                    "  {:width$}  {}\n",
                    call(spec),
                    spec.help,
                    width = widest.unwrap_or(0)
                ));
            }
        }
        text.push_str(
            "\nA statement ends with `;` and may have many lines. Tab completes, Ctrl-R searches the history,\n\
             Ctrl-C cancels a query or clears the line, Ctrl-D leaves. Values of `\\set` are written :name.\n",
        );
        text
    }
}

fn call(spec: &Spec) -> String {
    format!("\\{} {}", spec.name, spec.arguments).trim_end().to_owned()
}
