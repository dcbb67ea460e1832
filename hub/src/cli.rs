//! Command line of the hub.

mod beside;

use crate::{
    county::HubFile,
    desk::{self, HubRequest},
    recovery,
    serve::{self, Listen},
};
use beside::{Recovery, Register, moved_away, new_recovery, on_register, recover_key};
use clap::{Parser, Subcommand};
use huxue_shared::{
    clock::SystemClock,
    command::{
        args::{Attach, Audit, Blob, Conflicts, Global, Key, Query, Record, Report, Undo},
        keys, render,
        request::{Asked, Request},
        run, usage,
    },
    fault::{Exit, Fault},
    local, locale,
    rim::logging,
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

/// huxue hub 护学县级平台: merges what schools record and answers across schools
#[derive(Parser, Debug)]
#[command(
    name = "huxue-hub",
    version,
    after_help = "Exit codes: 0 done, 1 found wrong, 2 usage, 3 input, 4 no match, 5 not allowed, 6 unreachable, 7 identity, 8 storage, 9 version, 10 internal (docs/commands.md)"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a county's hub in an empty directory
    Init {
        /// County code, 6 digits (GB/T 2260)
        #[arg(long)]
        county: String,
        /// Name of the county
        #[arg(long)]
        name: String,
        /// The disk is encrypted already: do not encrypt the database
        #[arg(long)]
        plain_database: bool,
        /// Where to write the county's recovery key; default DIR/recovery.key. Move it offline afterwards
        #[arg(long, value_name = "FILE")]
        recovery_key: Option<PathBuf>,
    },
    /// Run the daemon
    Serve {
        /// UDP address for the schools' nodes
        #[arg(long, default_value = "0.0.0.0:4433", env = "HUXUE_LISTEN_QUIC")]
        listen_quic: SocketAddr,
        /// TCP address of /healthz, /readyz, /metrics
        #[arg(long, default_value = "127.0.0.1:4480", env = "HUXUE_LISTEN_HTTP")]
        listen_http: SocketAddr,
    },
    /// The county's schools
    #[command(subcommand)]
    School(School),
    /// Let a school's node in
    #[command(subcommand)]
    Enrol(Enrol),
    /// The nodes there are
    #[command(subcommand)]
    Node(Node),
    /// Ledger definitions
    #[command(subcommand)]
    Ledger(Ledger),
    /// Records of a ledger across schools, filtered
    Query(Query),
    /// Reports across schools
    #[command(subcommand)]
    Report(ReportOrPublish),
    /// What awaits a person's choice
    #[command(subcommand)]
    Conflicts(Conflicts),
    /// Records
    #[command(subcommand)]
    Record(Record),
    /// Import office files
    #[command(subcommand)]
    Import(Import),
    /// Take an edit, a batch or an import back: earlier values again where nobody changed them since
    Undo(Undo),
    /// School years
    #[command(subcommand)]
    Year(Year),
    /// The passphrase of the database key
    #[command(subcommand)]
    Key(Key),
    /// The county's recovery key
    #[command(subcommand)]
    Recovery(Recovery),
    /// Give a school back its database key: passphrase forgotten, or key lost
    RecoverKey {
        /// Node id or its beginning, see `node list`: the sealed key that the hub keeps
        #[arg(long, required_unless_present = "sealed", conflicts_with = "sealed")]
        node: Option<String>,
        /// A sealed key in a file: db.key.sealed from beside a database
        #[arg(long, value_name = "FILE")]
        sealed: Option<PathBuf>,
        /// The county's recovery key, from its safe
        #[arg(long, value_name = "FILE")]
        recovery_key: PathBuf,
        /// Write the database key to this file (0600) instead of showing it
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Enrolments, spent tokens and revocations, as kept outside the database
    #[command(subcommand)]
    Register(Register),
    /// Attach a photograph or scan to a record
    Attach(Attach),
    /// Files attached to records
    #[command(subcommand)]
    Blob(Blob),
    /// Who read or exported named records
    #[command(subcommand)]
    Audit(Audit),
    /// State of this hub
    Status {
        /// First wait until queries see all that was acknowledged
        #[arg(long)]
        settled: bool,
    },
    /// Make the projection again from the log
    Rebuild,
    /// Check log, digests, signatures and projection
    Verify,
}

#[derive(Subcommand, Debug)]
enum School {
    /// Add one school
    Add {
        /// School code, 10 digits
        #[arg(long)]
        code: String,
        /// Name
        #[arg(long)]
        name: String,
        /// Stage: primary, junior, nine_year, senior, preschool …
        #[arg(long)]
        stage: Option<String>,
        /// Township
        #[arg(long)]
        township: Option<String>,
    },
    /// Import schools from a CSV or workbook (学校标识码, 学校名称, 学段, 镇街)
    Import {
        /// The file
        file: PathBuf,
    },
    /// List the schools
    List,
}

#[derive(Subcommand, Debug)]
enum Enrol {
    /// Issue a one-time token
    Issue {
        /// School code
        #[arg(long)]
        school: String,
        /// Hours until it expires
        #[arg(long, default_value_t = 72)]
        hours: u32,
    },
}

#[derive(Subcommand, Debug)]
enum Node {
    /// List them
    List,
    /// Shut one out, at once
    Revoke {
        /// Node id or its beginning, see `node list`
        id: String,
    },
}

#[derive(Subcommand, Debug)]
enum Ledger {
    /// List the ledgers
    List,
    /// Show one definition
    Show {
        /// Ledger code
        code: String,
    },
    /// Check a definition file: what is wrong with it, by line
    Check {
        /// The TOML file
        file: PathBuf,
    },
    /// Publish a new or changed definition to all schools
    Publish {
        /// The TOML file
        file: PathBuf,
    },
}

#[derive(Subcommand, Debug)]
enum ReportOrPublish {
    /// Ask, or list what can be asked
    #[command(flatten)]
    Ask(Report),
    /// Publish a report to all schools
    Publish {
        /// The SQL file with its head
        file: PathBuf,
    },
}

#[derive(Subcommand, Debug)]
enum Import {
    /// Rows of a ledger
    Ledger {
        /// Ledger code
        code: String,
        /// CSV or workbook
        file: PathBuf,
        /// Judge only, write nothing
        #[arg(long)]
        dry_run: bool,
        /// School year
        #[arg(long)]
        year: Option<u16>,
        /// Who imports
        #[arg(long)]
        by: Option<String>,
        /// Which sheet, when several hold such a table
        #[arg(long)]
        sheet: Option<String>,
        /// Of cells changed in the file and here since the export, take the file's: ROW:FIELD, or all; repeat. Without it they stay as they are here
        #[arg(long, value_name = "ROW:FIELD")]
        take: Vec<String>,
    },
    /// Take an import back
    Undo {
        /// Import id or its beginning
        batch: String,
    },
}

#[derive(Subcommand, Debug)]
enum Year {
    /// Open a school year: all schools promote their pupils
    Open {
        /// Calendar year it starts in
        year: u16,
    },
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let cli: Cli = match usage::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let global = cli.global.clone();
    match run_command(cli) {
        Ok(code) => code,
        Err(fault) => run::show_fault(&global, &fault),
    }
}

fn run_command(cli: Cli) -> Result<ExitCode, Fault> {
    let Cli { global, command } = cli;
    match command {
        Command::Init { county, name, plain_database, recovery_key } => init(&global, &county, &name, !plain_database, recovery_key),
        Command::Serve { listen_quic, listen_http } => serve_hub(&global, Listen { quic: listen_quic, http: listen_http }),
        Command::Key(command) => {
            let encrypted = HubFile::read(&global.dir()?)?.encrypted;
            let mut answer = keys::run(&global, &command, encrypted)?;
            // It is the county that has it.
            answer.as_object_mut().map(|facts| facts.remove("county_has_it"));
            run::deliver(&global, &answer, None, |answer| render::fields(answer, global.language()))
        }
        Command::Recovery(Recovery::New { out }) => new_recovery(&global, out),
        Command::RecoverKey { node, sealed, recovery_key, out } => recover_key(&global, node, sealed, &recovery_key, out.as_deref()),
        Command::Register(command) => on_register(&global, &command),
        other => {
            logging::start(false);
            let (request, out) = request_of(other, &global)?;
            ask(&global, request, out)
        }
    }
}

fn init(global: &Global, county: &str, name: &str, encrypted: bool, recovery_key: Option<PathBuf>) -> Result<ExitCode, Fault> {
    logging::start(false);
    let dir = global.dir()?;
    let code = county.parse().map_err(|_| Fault::new("county-code", Exit::Input).with("code", county))?;
    if name.trim().is_empty() {
        return Err(Fault::new("county-name-missing", Exit::Input));
    }
    let _lock = local::alone(&dir)?;
    if dir.join("hub.json").exists() {
        return Err(Fault::new("already-initialised", Exit::Input).with("path", dir.display()));
    }
    let place = recovery_key.unwrap_or_else(|| recovery::default_place(&dir));
    let (public, recovery_id) = recovery::make(&place, code, &SystemClock)?;
    let file = HubFile::create(&dir, code, name, encrypted, &global.unlock(), public, Arc::new(SystemClock)).inspect_err(|_| {
        // Nothing was sealed to it: the next try makes its own.
        if !dir.join("hub.json").exists() {
            let _ = std::fs::remove_file(&place);
        }
    })?;
    let fingerprint = file.county(&dir)?.fingerprint().to_string();
    let answer = serde_json::json!({ "county": code.to_string(), "name": name, "fingerprint": fingerprint, "data": dir.display().to_string(),
        "recovery": recovery_id, "recovery_key_file": place.display().to_string() });
    run::deliver(global, &answer, None, |answer| render::fields(answer, global.language()) + &moved_away(global, &place))
}

fn serve_hub(global: &Global, listen: Listen) -> Result<ExitCode, Fault> {
    logging::start(true);
    let dir = global.dir()?;
    let _lock = local::alone(&dir)?;
    let hub = desk::Hub::open(&dir, &global.unlock())?;
    serve::serve(&dir, hub, listen, |quic, http| {
        run::say(&serde_json::json!({ "ready": true, "quic": quic.to_string(), "http": http.to_string() }).to_string());
    })?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::needless_pass_by_value, reason = "each command hands its request and its file over")]
fn ask(global: &Global, request: HubRequest, out: Option<PathBuf>) -> Result<ExitCode, Fault> {
    let lang = global.language();
    let asked = Asked::here(lang, request.clone());
    let dir = global.dir()?;
    if !dir.join("hub.json").exists() {
        return Err(Fault::new("not-initialised", Exit::Storage).with("path", dir.display()));
    }
    let answer = run::here_or_there(global, asked, |_| desk::for_command(&dir, &global.unlock()))?;
    let text = |answer: &Json| match &request {
        HubRequest::Common(request) => render::render(request, answer, lang),
        HubRequest::NodeList => render::table(&answer["nodes"], &["node", "school", "name", "connected", "last_contact", "revoked"], lang),
        HubRequest::EnrolIssue { .. } => {
            let value = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
            locale::text(
                lang,
                "token-issued",
                &[("token", &value("token")), ("school", &value("school")), ("expires", &locale::instant(&value("expires")))],
            )
        }
        _ => render::fields(answer, lang),
    };
    run::deliver(global, &answer, out.as_deref(), text)
}

fn upload(path: &std::path::Path) -> Result<(String, String), Fault> {
    run::read_upload(path)
}

fn common(request: Request) -> (HubRequest, Option<PathBuf>) {
    (HubRequest::Common(request), None)
}

fn import_ledger(
    code: String,
    file: &std::path::Path,
    dry_run: bool,
    year: Option<u16>,
    by: Option<String>,
    take: Vec<String>,
    sheet: Option<String>,
) -> Result<(HubRequest, Option<PathBuf>), Fault> {
    let (file, bytes) = upload(file)?;
    Ok(common(Request::ImportLedger { code, file, bytes, dry_run, year, by, take, within: None, sheet }))
}

fn request_of(command: Command, global: &Global) -> Result<(HubRequest, Option<PathBuf>), Fault> {
    Ok(match command {
        Command::Init { .. } | Command::Serve { .. } | Command::Key(_) | Command::Recovery(_) | Command::RecoverKey { .. } | Command::Register(_) => {
            return Err(Fault::internal("not a request"));
        }
        Command::School(School::Add { code, name, stage, township }) => {
            let mut set = BTreeMap::from([("code".to_owned(), code), ("name".to_owned(), name)]);
            set.extend(stage.map(|s| ("stage".to_owned(), s)));
            set.extend(township.map(|t| ("township".to_owned(), t)));
            (HubRequest::SchoolAdd { set }, None)
        }
        Command::School(School::Import { file }) => import_ledger("school".into(), &file, false, None, None, Vec::new(), None)?,
        Command::School(School::List) => {
            let query = Query {
                ledger: "school".into(),
                filters: vec![],
                school: None,
                year: None,
                columns: ["code", "name", "stage", "township"].map(str::to_owned).to_vec(),
                order: vec!["code".into()],
                limit: None,
                format: huxue_shared::command::request::Format::Table,
                out: None,
            };
            let (request, out) = query.request(global.json);
            (HubRequest::Common(request), out)
        }
        Command::Enrol(Enrol::Issue { school, hours }) => (HubRequest::EnrolIssue { school, hours }, None),
        Command::Node(Node::List) => (HubRequest::NodeList, None),
        Command::Node(Node::Revoke { id }) => (HubRequest::NodeRevoke { id }, None),
        Command::Ledger(Ledger::List) => common(Request::LedgerList),
        Command::Ledger(Ledger::Show { code }) => common(Request::LedgerShow { code }),
        Command::Ledger(Ledger::Check { file }) => common(Request::LedgerCheck { path: file.display().to_string(), text: run::read_text(&file)? }),
        Command::Ledger(Ledger::Publish { file }) => {
            common(Request::LedgerPublish { path: file.display().to_string(), text: run::read_text(&file)? })
        }
        Command::Query(query) => {
            let (request, out) = query.request(global.json);
            (HubRequest::Common(request), out)
        }
        Command::Report(ReportOrPublish::Ask(report)) => {
            let (request, out) = report.request(global.json)?;
            (HubRequest::Common(request), out)
        }
        Command::Report(ReportOrPublish::Publish { file }) => {
            common(Request::ReportPublish { path: file.display().to_string(), text: run::read_text(&file)? })
        }
        Command::Conflicts(conflicts) => common(conflicts.request()),
        Command::Record(record) => {
            let (request, out) = record.request(global.json)?;
            (HubRequest::Common(request), out)
        }
        Command::Import(Import::Ledger { code, file, dry_run, year, by, take, sheet }) => import_ledger(code, &file, dry_run, year, by, take, sheet)?,
        Command::Import(Import::Undo { batch }) => common(Request::ImportUndo { batch }),
        Command::Undo(undo) => common(undo.request()),
        Command::Year(Year::Open { year }) => common(Request::YearOpen { year }),
        Command::Attach(attach) => common(attach.request()?),
        Command::Blob(blob) => {
            let (request, out) = blob.request();
            (HubRequest::Common(request), out)
        }
        Command::Audit(audit) => common(audit.request()),
        Command::Status { settled } => common(if settled { Request::Settle } else { Request::Status }),
        Command::Rebuild => common(Request::Rebuild),
        Command::Verify => common(Request::Verify),
    })
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn every_sentence_of_the_help_has_its_chinese() {
        assert_eq!(huxue_shared::command::help::untranslated(&Cli::command()), Vec::<String>::new());
    }
}
