//! Command line of a node.

use crate::{
    desk::{
        Node, NodeRequest,
        lan::{self, certificate::Files},
        plain::{self, Stage},
        wizard,
    },
    doctor,
    enrolled::{NodeFile, enrol, keypair},
    serve,
};
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
    local,
    rim::{health, logging, stop},
    web::people,
};
use serde_json::{Value as Json, json};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

/// How long `enrol` waits for the copy of the database's key to reach the county.
const HAND_OVER: Duration = Duration::from_secs(10);

/// huxue node 护学学校端: a school's records, with or without a link
#[derive(Parser, Debug)]
#[command(
    name = "huxue-node",
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
    /// Enrol this node at the county's hub with a one-time token
    Enrol {
        /// Hub address: name or IP, with :port if it is not 4433
        #[arg(long)]
        hub: String,
        /// The token, as issued by `huxue-hub enrol issue`
        #[arg(long, env = "HUXUE_TOKEN", hide_env_values = true)]
        token: String,
    },
    /// Run the daemon with the school's desk; without enrolment, its first start
    Serve(Listen),
    /// Import office files
    #[command(subcommand)]
    Import(Import),
    /// Take an edit, a batch or an import back: earlier values again where nobody changed them since
    Undo(Undo),
    /// Records
    #[command(subcommand)]
    Record(Record),
    /// Records of a ledger, filtered
    Query(Query),
    /// Reports of this school
    #[command(subcommand)]
    Report(Report),
    /// What awaits a person's choice
    #[command(subcommand)]
    Conflicts(Conflicts),
    /// Ledger definitions
    #[command(subcommand)]
    Ledger(Ledger),
    /// School years
    #[command(subcommand)]
    Year(Year),
    /// The passphrase of the database key
    #[command(subcommand)]
    Key(Key),
    /// Accounts of the desk
    #[command(subcommand)]
    Account(Account),
    /// The desk for other PCs and phones of the school: addresses, fingerprint, on and off
    Lan {
        #[command(subcommand)]
        act: Option<Lan>,
    },
    /// The link to the county
    #[command(subcommand)]
    Sync(Sync),
    /// Attach a photograph or scan to a record
    Attach(Attach),
    /// Files attached to records
    #[command(subcommand)]
    Blob(Blob),
    /// Who read or exported named records
    #[command(subcommand)]
    Audit(Audit),
    /// Check this machine and say what to do next; exit code 1: something needs a person
    Doctor,
    /// State of this node: saved, waiting, received
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

/// Where the desk answers.
#[derive(clap::Args, Debug)]
#[expect(clippy::struct_field_names, reason = "a field is the flag of its name: --listen-http")]
struct Listen {
    /// TCP address of the desk and of /healthz, /readyz, /metrics
    #[arg(long, default_value = "127.0.0.1:4481", env = "HUXUE_LISTEN_HTTP")]
    listen_http: SocketAddr,
    /// A name this machine is called by on the school's network; repeat
    #[arg(long, env = "HUXUE_HOST", value_delimiter = ',')]
    host: Vec<String>,
    /// Answer other machines without encryption: only behind something that encrypts
    #[arg(long)]
    plain_lan: bool,
    /// Answer the school's network with TLS at this address and port, whatever the page says: 0.0.0.0:4482 is every address of this machine
    #[arg(long, env = "HUXUE_LAN", value_name = "ADDRESS:PORT")]
    lan: Option<SocketAddr>,
    /// Certificate for it (PEM, with those above it), instead of the machine's own
    #[arg(long, env = "HUXUE_LAN_CERT", value_name = "FILE", requires = "lan_key")]
    lan_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, env = "HUXUE_LAN_KEY", value_name = "FILE", requires = "lan_cert")]
    lan_key: Option<PathBuf>,
}

impl Listen {
    fn told(&self) -> lan::Told {
        lan::Told { at: self.lan, files: files(self.lan_cert.as_ref(), self.lan_key.as_ref()), hosts: self.host.clone() }
    }
}

fn files(certificate: Option<&PathBuf>, key: Option<&PathBuf>) -> Option<Files> {
    certificate.zip(key).map(|(certificate, key)| Files { certificate: certificate.clone(), key: key.clone() })
}

/// `lan …`
#[derive(Subcommand, Debug)]
enum Lan {
    /// Answer other PCs and phones, from now on and after every start
    On {
        /// Address and port; default: where it was, at first 0.0.0.0:4482
        #[arg(long, value_name = "ADDRESS:PORT")]
        at: Option<SocketAddr>,
        /// Certificate for it (PEM, with those above it), instead of the machine's own
        #[arg(long, value_name = "FILE", requires = "key")]
        cert: Option<PathBuf>,
        /// The certificate's key (PEM)
        #[arg(long, value_name = "FILE", requires = "cert")]
        key: Option<PathBuf>,
    },
    /// Answer this machine alone
    Off,
}

#[derive(Subcommand, Debug)]
enum Import {
    /// A roster of children (.xlsx, .xls, .csv)
    Roster {
        /// The file
        file: PathBuf,
        /// Judge only, write nothing
        #[arg(long)]
        dry_run: bool,
        /// Which sheet, when several hold a roster
        #[arg(long)]
        sheet: Option<String>,
        /// Who imports
        #[arg(long)]
        by: Option<String>,
        /// It is this school's roster, although its title, codes or children look like another's
        #[arg(long)]
        this_school: bool,
    },
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
    /// Take an import back as one
    Undo {
        /// Import id or its beginning
        batch: String,
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
}

#[derive(Subcommand, Debug)]
enum Year {
    /// Promote this school's pupils into a new year, without waiting for the county
    Open {
        /// Calendar year it starts in
        year: u16,
    },
}

#[derive(Subcommand, Debug)]
enum Account {
    /// Make an account; its one-time password is changed at the first login
    Add {
        /// Login name
        login: String,
        /// Name of the person, as records show it
        #[arg(long)]
        name: String,
        /// registrar, aid_officer, class_teacher or principal; repeat for several
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<String>,
        /// A class of a class teacher, such as 3.2; repeat for several
        #[arg(long = "class", value_name = "CLASS")]
        classes: Vec<String>,
    },
    /// Who may log in
    List,
    /// A one-time password for somebody who forgot theirs
    Reset {
        /// Login name
        login: String,
    },
}

#[derive(Subcommand, Debug)]
enum Sync {
    /// Dial at once and wait until the county has everything
    Now,
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
        Command::Enrol { hub, token } => enrol_node(&global, &hub, &token),
        Command::Serve(listen) => serve_node(&global, &listen),
        Command::Key(command) => {
            NodeFile::read(&global.dir()?)?;
            let answer = keys::run(&global, &command, true)?;
            run::deliver(&global, &answer, None, |answer| render::fields(answer, global.language()))
        }
        Command::Doctor => {
            logging::start(false);
            examine(&global)
        }
        other => {
            logging::start(false);
            let (request, out) = request_of(other, &global)?;
            ask(&global, request, out)
        }
    }
}

fn enrol_node(global: &Global, hub: &str, token: &str) -> Result<ExitCode, Fault> {
    logging::start(false);
    let dir = global.dir()?;
    let _lock = local::alone(&dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::internal)?;
    let file = runtime.block_on(async {
        let (file, sealer) = enrol(&dir, hub, token, &global.unlock(), &serve::software()).await?;
        // What does not get there in time the daemon brings later.
        let _ = tokio::time::timeout(HAND_OVER, sealer.deliver()).await;
        Ok::<_, Fault>(file)
    })?;
    let node = keypair(&dir, &SystemClock)?.origin().to_string();
    let answer = json!({ "school": file.school.to_string(), "school_name": file.school_name, "county": file.county.to_string(), "node": node });
    run::say(&if global.json { answer.to_string() } else { render::fields(&answer, global.language()) });
    Ok(ExitCode::SUCCESS)
}

fn serve_node(global: &Global, listen: &Listen) -> Result<ExitCode, Fault> {
    logging::start(true);
    let dir = global.dir()?;
    let at = listen.listen_http;
    if !at.ip().is_loopback() && !listen.plain_lan {
        return Err(Fault::new("http-lan-plain", Exit::Usage).with("address", at));
    }
    let _lock = local::alone(&dir)?;
    let (listener, address) = health::bind(at)?;
    let ready = |first_start: bool| run::say(&json!({ "ready": true, "http": address.to_string(), "first_start": first_start }).to_string());
    let runtime = serve::runtime()?;
    let stage = Stage::default();
    let (stop, _pages) = runtime.block_on(async {
        let stop = stop::on_signal().map_err(Fault::internal)?;
        let pages = plain::answer(listener, stage.clone(), stop.clone())?;
        Ok::<_, Fault>((stop, pages))
    })?;
    match NodeFile::read(&dir) {
        Err(fault) if fault.code == "enrol-first" => {
            let ready = || {
                ready(true);
                // Not under systemd: nobody to tell.
                let _ = stop::tell_systemd(true);
            };
            if !runtime.block_on(wizard::show(&dir, global.unlock(), &stage, address, stop.clone(), ready))? {
                return Ok(ExitCode::SUCCESS);
            }
        }
        _ => {}
    }
    let node = Node::open(&dir, &global.unlock())?.told(listen.told());
    let front = serve::Front { at: address, stage, stop, hosts: listen.host.clone() };
    serve::serve(runtime, &dir, node, front, || ready(false))?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::needless_pass_by_value, reason = "each command hands its request and its file over")]
fn ask(global: &Global, request: NodeRequest, out: Option<PathBuf>) -> Result<ExitCode, Fault> {
    let lang = global.language();
    let dir = global.dir()?;
    NodeFile::read(&dir)?;
    let asked = Asked::here(lang, request.clone());
    let answer = run::here_or_there(global, asked, |_| Node::open(&dir, &global.unlock()))?;
    let text = |answer: &Json| match &request {
        NodeRequest::Common(request) => render::render(request, answer, lang),
        NodeRequest::SyncNow => render::render(&Request::Status, answer, lang),
        NodeRequest::AccountReset { .. } | NodeRequest::AccountAdd { .. } | NodeRequest::Doctor => render::fields(answer, lang),
        NodeRequest::AccountList => {
            render::table(&people::in_words(&answer["accounts"], lang), &["login", "name", "roles", "classes", "closed"], lang)
        }
        NodeRequest::Lan(_) => serde_json::from_value::<lan::Standing>(answer.clone()).map(|lan| lan.words(lang)).unwrap_or_default(),
    };
    let exit = run::deliver(global, &answer, out.as_deref(), text)?;
    // Kept, and tried again by itself; but whoever asked for it now does not have it.
    let failed = matches!(request, NodeRequest::Lan(lan::Ask::On { .. })) && answer["code"].is_string();
    Ok(if failed { ExitCode::from(Exit::Found as u8) } else { exit })
}

/// What is wrong with a machine is often that it cannot be opened: so this opens nothing before it looks.
fn examine(global: &Global) -> Result<ExitCode, Fault> {
    let (lang, dir) = (global.language(), global.dir()?);
    let items: Vec<doctor::Item> = match dir.exists().then(|| local::owner(&dir)) {
        Some(Ok(local::Owner::Daemon)) => {
            let answer = local::socket::ask(&dir, &Asked::here(lang, NodeRequest::Doctor), &mut |_| {})?;
            serde_json::from_value(answer).map_err(Fault::internal)?
        }
        Some(Ok(local::Owner::Here(_lock))) => doctor::of_closed(&dir, &global.unlock()),
        Some(Err(fault)) => vec![doctor::Item::wrong("dir", fault)],
        None => vec![doctor::Item::wrong("dir", Fault::new("doctor-dir-none", Exit::Storage).with("path", dir.display()))],
    };
    run::say(&if global.json { doctor::json(&items, lang).to_string() } else { doctor::words(&items, lang) });
    Ok(if items.iter().all(|item| item.mark == doctor::Mark::Well) { ExitCode::SUCCESS } else { ExitCode::from(Exit::Found as u8) })
}

fn request_of(command: Command, global: &Global) -> Result<(NodeRequest, Option<PathBuf>), Fault> {
    let common = |request: Request| (NodeRequest::Common(request), None);
    Ok(match command {
        Command::Enrol { .. } | Command::Serve(_) | Command::Key(_) | Command::Doctor => return Err(Fault::internal("not a request")),
        Command::Import(Import::Roster { file, dry_run, sheet, by, this_school }) => {
            let (file, bytes) = run::read_upload(&file)?;
            common(Request::ImportRoster { file, bytes, dry_run, sheet, by, this_school })
        }
        Command::Import(Import::Ledger { code, file, dry_run, year, by, take, sheet }) => {
            let (file, bytes) = run::read_upload(&file)?;
            common(Request::ImportLedger { code, file, bytes, dry_run, year, by, take, within: None, sheet })
        }
        Command::Import(Import::Undo { batch }) => common(Request::ImportUndo { batch }),
        Command::Undo(undo) => common(undo.request()),
        Command::Record(record) => {
            let (request, out) = record.request(global.json)?;
            (NodeRequest::Common(request), out)
        }
        Command::Query(query) => {
            let (request, out) = query.request(global.json);
            (NodeRequest::Common(request), out)
        }
        Command::Report(report) => {
            let (request, out) = report.request(global.json)?;
            (NodeRequest::Common(request), out)
        }
        Command::Conflicts(conflicts) => common(conflicts.request()),
        Command::Ledger(Ledger::List) => common(Request::LedgerList),
        Command::Ledger(Ledger::Show { code }) => common(Request::LedgerShow { code }),
        Command::Year(Year::Open { year }) => common(Request::YearOpen { year }),
        Command::Sync(Sync::Now) => (NodeRequest::SyncNow, None),
        Command::Attach(attach) => common(attach.request()?),
        Command::Blob(blob) => {
            let (request, out) = blob.request();
            (NodeRequest::Common(request), out)
        }
        Command::Account(Account::Add { login, name, roles, classes }) => (NodeRequest::AccountAdd { login, name, roles, classes }, None),
        Command::Account(Account::List) => (NodeRequest::AccountList, None),
        Command::Account(Account::Reset { login }) => (NodeRequest::AccountReset { login }, None),
        Command::Lan { act } => (NodeRequest::Lan(asked_of_lan(act)?), None),
        Command::Audit(audit) => common(audit.request()),
        Command::Status { settled } => common(if settled { Request::Settle } else { Request::Status }),
        Command::Rebuild => common(Request::Rebuild),
        Command::Verify => common(Request::Verify),
    })
}

/// Files are named from where the command runs; the daemon may run elsewhere.
fn asked_of_lan(act: Option<Lan>) -> Result<lan::Ask, Fault> {
    let whole = |path: PathBuf| {
        std::path::absolute(&path).map_err(|error| Fault::new("lan-file-unreadable", Exit::Input).with("path", path.display()).because(error))
    };
    Ok(match act {
        None => lan::Ask::Show,
        Some(Lan::On { at, cert, key }) => {
            lan::Ask::On { at, files: files(cert.map(whole).transpose()?.as_ref(), key.map(whole).transpose()?.as_ref()) }
        }
        Some(Lan::Off) => lan::Ask::Off,
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
